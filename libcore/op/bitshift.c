/* SPDX-License-Identifier: ISC */
/* BitShift of unsigned integers; those of 16 bits are i32 here, those of 32 and 64 i64. */
#include "op.h"

static int bitshift_shape(struct nn_call *c)
{
	int left;

	if (nn_want_choice(c->attrs, "direction", "", "RIGHT LEFT", &left) < 0)
		return -1;
	if (nn_binary_shape(c) < 0)
		return -1;
	return c->in[0]->type == NN_F32 ? nn_fail("input 0: want integers, have f32") : 0;
}

static int64_t right(int64_t a, int64_t b)
{
	return b < 0 || b > 63 ? 0 : (int64_t)((uint64_t)a >> b);
}

static int64_t left(int64_t a, int64_t b)
{
	return b < 0 || b > 63 ? 0 : (int64_t)((uint64_t)a << b);
}

static int64_t left_16(int64_t a, int64_t b)
{
	return left(a, b) & 0xffff;
}

static int bitshift_forward(struct nn_call *c)
{
	int64_t i, n = nn_tensor_count(c->out[0]);

	if (*nn_attr_string(c->attrs, "direction", "") == 'R')
		return nn_binary_forward(c, NN_FIRST, right);
	if (c->in[0]->type == NN_I32)
		return nn_binary_forward(c, NN_FIRST, left_16);
	nn_binary_forward(c, NN_FIRST, left);
	for (i = 0; c->in[0]->type == NN_I64 && i < n; i++)
		if ((uint64_t)nn_int_at(c->out[0], i) > UINT32_MAX)
			return nn_fail("more than 32 bits: uint32 and uint64 are not told apart");
	return 0;
}

const struct nn_op nn_op_BitShift = {
	.name = "BitShift",
	.limits = "results of up to 32 bits",
	.shape = bitshift_shape,
	.forward = bitshift_forward,
};
