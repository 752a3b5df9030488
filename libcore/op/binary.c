/* SPDX-License-Identifier: ISC */
/* Add, Sub, Mul, Div, PRelu. */
#include "op.h"

static int64_t sub_int(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int sub_forward(struct nn_call *c)
{
	return nn_binary_forward(c, NN_SUB, sub_int);
}

static void sub_backward(struct nn_call *c)
{
	int64_t i, n = nn_tensor_count(c->in[1]);

	nn_sum_backward(c);
	if (c->gin[1])
		for (i = 0; i < n; i++)
			c->gin[1][i] = -c->gin[1][i];
}

static int64_t mul_int(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a * (uint64_t)b);
}

static int mul_forward(struct nn_call *c)
{
	return nn_binary_forward(c, NN_MUL, mul_int);
}

static void mul_backward(struct nn_call *c)
{
	nn_binary_gradient(c, 0, NN_SECOND);
	nn_binary_gradient(c, 1, NN_FIRST);
}

/* Towards zero, as in C; by zero gives 0. */
static int64_t quotient_int(int64_t a, int64_t b)
{
	return b == 0 ? 0 : b == -1 ? (int64_t)-(uint64_t)a : a / b;
}

static int div_forward(struct nn_call *c)
{
	return nn_binary_forward(c, NN_DIV, quotient_int);
}

static void div_backward(struct nn_call *c)
{
	nn_binary_gradient(c, 0, NN_DIV_A);
	nn_binary_gradient(c, 1, NN_DIV_B);
}

static int64_t slope_int(int64_t a, int64_t b)
{
	return a < 0 ? mul_int(a, b) : a;
}

static int prelu_forward(struct nn_call *c)
{
	return nn_binary_forward(c, NN_PRELU, slope_int);
}

static void prelu_backward(struct nn_call *c)
{
	nn_binary_gradient(c, 0, NN_PRELU_A);
	nn_binary_gradient(c, 1, NN_PRELU_B);
}

static unsigned add_blocks(struct nn_call *c)
{
	return nn_blocks_pair(c, NN_ADD, NN_ADD, NN_ADD);
}

static unsigned sub_blocks(struct nn_call *c)
{
	return nn_blocks_pair(c, NN_SUB, NN_SUB, NN_SUB);
}

static unsigned mul_blocks(struct nn_call *c)
{
	return nn_blocks_pair(c, NN_MUL, NN_SECOND, NN_FIRST);
}

static unsigned div_blocks(struct nn_call *c)
{
	return nn_blocks_pair(c, NN_DIV, NN_DIV_A, NN_DIV_B);
}

static unsigned prelu_blocks(struct nn_call *c)
{
	return nn_blocks_pair(c, NN_PRELU, NN_PRELU_A, NN_PRELU_B);
}

const struct nn_op nn_op_Add = {
	.name = "Add",
	.shape = nn_binary_shape,
	.forward = nn_sum_forward,
	.backward = nn_sum_backward,
	.narrow = nn_narrow_same,
	.blocks = add_blocks,
	.fuse = nn_sum_fuse,
	.flags = NN_IN_PLACE | NN_GRADIENT_IN_PLACE,
};
const struct nn_op nn_op_Sub = {
	.name = "Sub",
	.shape = nn_binary_shape,
	.forward = sub_forward,
	.backward = sub_backward,
	.narrow = nn_narrow_same,
	.blocks = sub_blocks,
	.flags = NN_IN_PLACE | NN_GRADIENT_IN_PLACE,
};
const struct nn_op nn_op_Mul = {
	.name = "Mul",
	.shape = nn_binary_shape,
	.forward = mul_forward,
	.backward = mul_backward,
	.narrow = nn_narrow_same,
	.blocks = mul_blocks,
	.flags = NN_IN_PLACE | NN_KEEP_IN,
};
const struct nn_op nn_op_Div = {
	.name = "Div",
	.shape = nn_binary_shape,
	.forward = div_forward,
	.backward = div_backward,
	.narrow = nn_narrow_same,
	.blocks = div_blocks,
	.flags = NN_IN_PLACE | NN_KEEP_IN,
};
const struct nn_op nn_op_PRelu = {
	.name = "PRelu",
	.shape = nn_binary_shape,
	.forward = prelu_forward,
	.backward = prelu_backward,
	.narrow = nn_narrow_same,
	.blocks = prelu_blocks,
	.flags = NN_IN_PLACE | NN_KEEP_IN,
};
