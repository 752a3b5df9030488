/* SPDX-License-Identifier: ISC */
/* Shape, Size, ConstantOfShape, Range: tensors made of shapes and numbers that are constant. */
#include <math.h>
#include <stdlib.h>

#include "op.h"

/* The range of dimensions that attributes start and end choose. */
static void span(const struct nn_call *c, int64_t *start, int64_t *end)
{
	int64_t n = c->in[0]->ndim;

	*start = nn_attr_int(c->attrs, "start", 0);
	*end = nn_attr_int(c->attrs, "end", n);
	*start = NN_MIN(NN_MAX(*start < 0 ? *start + n : *start, 0), n);
	*end = NN_MIN(NN_MAX(*end < 0 ? *end + n : *end, *start), n);
}

static int shape_shape(struct nn_call *c)
{
	int64_t start, end;

	if (nn_want_inputs(c, 1, 1) < 0)
		return -1;
	span(c, &start, &end);
	return nn_out(c, 0, NN_I64, 1, (int64_t[]){end - start});
}

static int shape_forward(struct nn_call *c)
{
	int64_t start, end, i;

	span(c, &start, &end);
	for (i = start; i < end; i++)
		((int64_t *)c->out[0]->data)[i - start] = c->in[0]->dim[i];
	return 0;
}

const struct nn_op nn_op_Shape = {
	.name = "Shape",
	.shape = shape_shape,
	.forward = shape_forward,
	.flags = NN_SHAPE_ONLY,
};

static int size_shape(struct nn_call *c)
{
	return nn_want_inputs(c, 1, 1) < 0 ? -1 : nn_out(c, 0, NN_I64, 0, NULL);
}

static int size_forward(struct nn_call *c)
{
	*(int64_t *)c->out[0]->data = nn_tensor_count(c->in[0]);
	return 0;
}

const struct nn_op nn_op_Size = {
	.name = "Size",
	.shape = size_shape,
	.forward = size_forward,
	.flags = NN_SHAPE_ONLY,
};

/* The number is attribute value, its element type (an nn_type) attribute type; f32 0 without. */
static int constant_shape(struct nn_call *c)
{
	int64_t *dim, type;
	int n, r = 0, i;

	if (nn_want_inputs(c, 1, 1) < 0 || nn_const_ints(c, 0, &dim, &n) < 0)
		return -1;
	type = nn_attr_int(c->attrs, "type", NN_F32);
	if (type != NN_F32 && type != NN_I64 && type != NN_I32 && type != NN_U8)
		r = nn_fail("attribute type: %lld", (long long)type);
	for (i = 0; i < n && r == 0; i++)
		if (dim[i] < 0)
			r = nn_fail("input 0: dimension %lld", (long long)dim[i]);
	if (r == 0)
		r = nn_out(c, 0, (enum nn_type)type, n, dim);
	free(dim);
	return r;
}

static int constant_forward(struct nn_call *c)
{
	float value = (float)nn_attr_float(c->attrs, "value", 0);
	int64_t i, n = nn_tensor_count(c->out[0]), whole = nn_attr_int(c->attrs, "value", 0);

	for (i = 0; i < n; i++)
		if (c->out[0]->type == NN_F32)
			((float *)c->out[0]->data)[i] = value;
		else
			nn_int_put(c->out[0], i, whole);
	return 0;
}

const struct nn_op nn_op_ConstantOfShape = {
	.name = "ConstantOfShape",
	.limits = "shape constant",
	.shape = constant_shape,
	.forward = constant_forward,
};

static int range_shape(struct nn_call *c)
{
	double v[3], count;
	int i;

	if (nn_want_inputs(c, 3, 3) < 0 || nn_want_same(c, 0, 1) < 0 || nn_want_same(c, 0, 2) < 0)
		return -1;
	for (i = 0; i < 3; i++) {
		if (nn_tensor_count(c->in[i]) != 1 || !c->in[i]->data)
			return nn_fail("input %d: want one constant number", i);
		v[i] = nn_tensor_at(c->in[i], 0);
	}
	if (v[2] == 0)
		return nn_fail("input 2: a step of 0");
	count = NN_MAX(ceil((v[1] - v[0]) / v[2]), 0);
	if (!(count < (double)INT32_MAX))
		return nn_fail("%g numbers", count);
	return nn_out(c, 0, c->in[0]->type, 1, (int64_t[]){(int64_t)count});
}

static int range_forward(struct nn_call *c)
{
	int64_t i, n = nn_tensor_count(c->out[0]);

	for (i = 0; i < n; i++)
		if (c->out[0]->type == NN_F32)
			((float *)c->out[0]->data)[i] = *(const float *)c->in[0]->data +
			                                (float)i * *(const float *)c->in[2]->data;
		else
			nn_int_put(c->out[0], i,
				   nn_int_at(c->in[0], 0) + i * nn_int_at(c->in[2], 0));
	return 0;
}

const struct nn_op nn_op_Range = {
	.name = "Range",
	.limits = "start, limit and delta constant",
	.shape = range_shape,
	.forward = range_forward,
};
