/* SPDX-License-Identifier: ISC */
/* Cast and CastLike between float, integers and bool. */
#include <math.h>
#include <string.h>

#include "op.h"

/* The standard's numbers of element types, and what they are here. */
static const struct kind {
	int number;
	enum nn_type type;
	int64_t low, high; /* narrower than type: wraps into this */
} kinds[] = {
	{1, NN_F32, 0, 0},        {2, NN_U8, 0, 255},
	{3, NN_I32, -128, 127},   {4, NN_I32, 0, 65535},
	{5, NN_I32, -32768, 32767}, {6, NN_I32, INT32_MIN, INT32_MAX},
	{7, NN_I64, INT64_MIN, INT64_MAX}, {9, NN_U8, 0, 1},
	{10, NN_F32, 0, 0},       {11, NN_F32, 0, 0},
	{12, NN_I64, 0, UINT32_MAX}, {13, NN_I64, INT64_MIN, INT64_MAX},
	{16, NN_F32, 0, 0},
};

static int cast_shape(struct nn_call *c)
{
	int64_t to = nn_attr_int(c->attrs, "to", 0);
	size_t i;

	if (nn_want_inputs(c, 1, 1) < 0)
		return -1;
	for (i = 0; i < NN_LEN(kinds) && kinds[i].number != to;)
		i++;
	if (i == NN_LEN(kinds))
		return nn_fail("attribute to: no element type %lld", (long long)to);
	c->param = nn_alloc(sizeof *kinds);
	memcpy(c->param, &kinds[i], sizeof *kinds);
	return nn_out(c, 0, kinds[i].type, c->in[0]->ndim, c->in[0]->dim);
}

static int64_t from_float(float x)
{
	if (x != x)
		return 0;
	return x >= 0x1p63f ? INT64_MAX : x < -0x1p63f ? INT64_MIN : (int64_t)x;
}

static int64_t fit(const struct kind *k, int64_t v)
{
	uint64_t span = (uint64_t)k->high - (uint64_t)k->low;

	if (span == UINT64_MAX)
		return v;
	return k->low + (int64_t)(((uint64_t)v - (uint64_t)k->low) & span);
}

/* The nearest number that the standard's type number k has. */
static float rounded(int k, float x)
{
	uint32_t bits;

	if (k == 10)
		return nn_half_to_float(nn_float_to_half(x));
	if (k != 16 || x != x)
		return x;
	memcpy(&bits, &x, sizeof bits); /* bfloat16: the upper half, ties to even */
	bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
	memcpy(&x, &bits, sizeof x);
	return x;
}

static int cast_forward(struct nn_call *c)
{
	const struct kind *k = c->param;
	const struct nn_tensor *x = c->in[0];
	struct nn_tensor *y = c->out[0];
	int64_t i, n = nn_tensor_count(x);

	for (i = 0; i < n; i++) {
		int is_float = x->type == NN_F32;
		float f = is_float ? ((const float *)x->data)[i] : 0;

		if (k->type == NN_F32)
			((float *)y->data)[i] =
			        rounded(k->number, is_float ? f : (float)nn_int_at(x, i));
		else if (k->number == 9)
			nn_int_put(y, i, is_float ? f != 0 : nn_int_at(x, i) != 0);
		else
			nn_int_put(y, i, fit(k, is_float ? from_float(f) : nn_int_at(x, i)));
	}
	return 0;
}

static void cast_backward(struct nn_call *c)
{
	if (c->gin[0])
		memcpy(c->gin[0], c->gout[0], nn_tensor_bytes(c->in[0]));
}

/* To the type of input 1, where that tells which of the standard's it is. */
static int cast_like_shape(struct nn_call *c)
{
	if (nn_want_inputs(c, 2, 2) < 0)
		return -1;
	if (c->in[1]->type != NN_F32 && c->in[1]->type != NN_I64)
		return nn_fail("input 1: a cast to narrow integers is not supported");
	c->param = nn_calloc(1, sizeof *kinds);
	*(struct kind *)c->param = c->in[1]->type == NN_F32 ? kinds[0] : kinds[6];
	return nn_out(c, 0, c->in[1]->type, c->in[0]->ndim, c->in[0]->dim);
}

const struct nn_op nn_op_CastLike = {
	.name = "CastLike",
	.limits = "to float and int64",
	.shape = cast_like_shape,
	.forward = cast_forward,
	.backward = cast_backward,
};

const struct nn_op nn_op_Cast = {
	.name = "Cast",
	.limits = "f64 is f32; no strings",
	.shape = cast_shape,
	.forward = cast_forward,
	.backward = cast_backward,
};
