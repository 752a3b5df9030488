/* SPDX-License-Identifier: ISC */
/*
 * Compress and NonZero, whose output's size is a matter of numbers: those have to be constant.
 */
#include <string.h>

#include "op.h"

struct compress {
	int64_t outer, length, inner, chosen;
};

static int compress_shape(struct nn_call *c)
{
	const struct nn_attr *given = nn_attrs_find(c->attrs, "axis");
	int64_t dim[NN_DIMS], i, n;
	const struct nn_tensor *x, *condition;
	struct compress *p;
	int d, axis;

	if (nn_want_inputs(c, 2, 2) < 0)
		return -1;
	x = c->in[0];
	condition = c->in[1];
	n = nn_tensor_count(condition);
	if (condition->type != NN_U8 || condition->ndim != 1 || (!condition->data && n > 0))
		return nn_fail("input 1: want a constant vector of bool");
	c->param = p = nn_calloc(1, sizeof *p);
	p->outer = p->inner = 1;
	p->length = nn_tensor_count(x);
	memcpy(dim, x->dim, sizeof dim);
	if (given) {
		if (nn_axis(nn_attr_int(c->attrs, "axis", 0), x->ndim, "attribute axis", &axis) < 0)
			return -1;
		p->length = x->dim[axis];
		for (d = 0; d < x->ndim; d++)
			if (d != axis)
				*(d < axis ? &p->outer : &p->inner) *= x->dim[d];
	}
	if (n > p->length)
		return nn_fail("input 1: %lld conditions for %lld", (long long)n,
			       (long long)p->length);
	for (i = 0; i < n; i++)
		p->chosen += nn_int_at(condition, i) != 0;
	if (!given)
		return nn_out(c, 0, x->type, 1, &p->chosen);
	dim[axis] = p->chosen;
	return nn_out(c, 0, x->type, x->ndim, dim);
}

/* Copies the chosen slices, or, backward, puts them back into zeros. */
static void slices(const struct nn_call *c, char *whole, char *part, size_t size, int back)
{
	const struct compress *p = c->param;
	int64_t o, i, k, n = nn_tensor_count(c->in[1]);
	size_t bytes = (size_t)p->inner * size;

	for (o = 0; o < p->outer; o++)
		for (i = k = 0; i < n; i++) {
			char *a = whole + (size_t)(o * p->length + i) * bytes;
			char *b = part + (size_t)(o * p->chosen + k) * bytes;

			if (!nn_int_at(c->in[1], i))
				continue;
			memcpy(back ? a : b, back ? b : a, bytes);
			k++;
		}
}

static int compress_forward(struct nn_call *c)
{
	slices(c, c->in[0]->data, c->out[0]->data, nn_type_size(c->in[0]->type), 0);
	return 0;
}

static void compress_backward(struct nn_call *c)
{
	if (!c->gin[0])
		return;
	memset(c->gin[0], 0, nn_tensor_bytes(c->in[0]));
	slices(c, (char *)c->gin[0], (char *)c->gout[0], sizeof(float), 1);
}

const struct nn_op nn_op_Compress = {
	.name = "Compress",
	.limits = "condition constant",
	.shape = compress_shape,
	.forward = compress_forward,
	.backward = compress_backward,
};

static int is_zero(const struct nn_tensor *x, int64_t i)
{
	return x->type == NN_F32 ? ((const float *)x->data)[i] == 0 : nn_int_at(x, i) == 0;
}

static int nonzero_shape(struct nn_call *c)
{
	int64_t i, n, found = 0;

	if (nn_want_inputs(c, 1, 1) < 0)
		return -1;
	n = nn_tensor_count(c->in[0]);
	if (!c->in[0]->data && n > 0)
		return nn_fail("input 0 is not constant");
	for (i = 0; i < n; i++)
		found += !is_zero(c->in[0], i);
	return nn_out(c, 0, NN_I64, 2, (int64_t[]){c->in[0]->ndim, found});
}

/* y [dimension][found]: the places, in row-major order */
static int nonzero_forward(struct nn_call *c)
{
	const struct nn_tensor *x = c->in[0];
	int64_t *y = c->out[0]->data, found = c->out[0]->dim[1], i, k = 0, rest;
	int d;

	for (i = 0; i < nn_tensor_count(x); i++) {
		if (is_zero(x, i))
			continue;
		for (d = x->ndim - 1, rest = i; d >= 0; d--) {
			y[d * found + k] = rest % x->dim[d];
			rest /= x->dim[d];
		}
		k++;
	}
	return 0;
}

const struct nn_op nn_op_NonZero = {
	.name = "NonZero",
	.limits = "input constant",
	.shape = nonzero_shape,
	.forward = nonzero_forward,
};
