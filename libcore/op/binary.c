/* SPDX-License-Identifier: ISC */
/* Add, Sub, Mul, Div, PRelu. */
#include "op/binary.h"

static float add(float a, float b)
{
	return a + b;
}

static int64_t add_int(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int add_forward(struct nn_call *c)
{
	return forward(c, add, add_int);
}

static void add_backward(struct nn_call *c)
{
	int i;

	for (i = 0; i < 2; i++)
		if (c->gin[i])
			nn_broadcast_gradient(c->out[0]->ndim, c->out[0]->dim, c->gout[0],
			                      c->in[i]->ndim, c->in[i]->dim, c->gin[i]);
}

static float sub(float a, float b)
{
	return a - b;
}

static int64_t sub_int(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int sub_forward(struct nn_call *c)
{
	return forward(c, sub, sub_int);
}

static void sub_backward(struct nn_call *c)
{
	int64_t i, n = nn_tensor_count(c->in[1]);

	add_backward(c);
	if (c->gin[1])
		for (i = 0; i < n; i++)
			c->gin[1][i] = -c->gin[1][i];
}

static float mul(float a, float b)
{
	return a * b;
}

static int64_t mul_int(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a * (uint64_t)b);
}

static int mul_forward(struct nn_call *c)
{
	return forward(c, mul, mul_int);
}

static float first(float a, float b)
{
	(void)b;
	return a;
}

static float second(float a, float b)
{
	(void)a;
	return b;
}

static void mul_backward(struct nn_call *c)
{
	gradient(c, 0, second);
	gradient(c, 1, first);
}

static float quotient(float a, float b)
{
	return a / b;
}

/* Towards zero, as in C; by zero gives 0. */
static int64_t quotient_int(int64_t a, int64_t b)
{
	return b == 0 ? 0 : b == -1 ? (int64_t)-(uint64_t)a : a / b;
}

static int div_forward(struct nn_call *c)
{
	return forward(c, quotient, quotient_int);
}

static float div_a(float a, float b)
{
	(void)a;
	return 1 / b;
}

static float div_b(float a, float b)
{
	return -a / (b * b);
}

static void div_backward(struct nn_call *c)
{
	gradient(c, 0, div_a);
	gradient(c, 1, div_b);
}

static float slope(float a, float b)
{
	return a < 0 ? a * b : a;
}

static int64_t slope_int(int64_t a, int64_t b)
{
	return a < 0 ? mul_int(a, b) : a;
}

static int prelu_forward(struct nn_call *c)
{
	return forward(c, slope, slope_int);
}

static float slope_a(float a, float b)
{
	return a < 0 ? b : 1;
}

static float slope_b(float a, float b)
{
	(void)b;
	return a < 0 ? a : 0;
}

static void prelu_backward(struct nn_call *c)
{
	gradient(c, 0, slope_a);
	gradient(c, 1, slope_b);
}

const struct nn_op nn_op_Add = {
	.name = "Add",
	.shape = binary_shape,
	.forward = add_forward,
	.backward = add_backward,
	.flags = NN_IN_PLACE,
};
const struct nn_op nn_op_Sub = {
	.name = "Sub",
	.shape = binary_shape,
	.forward = sub_forward,
	.backward = sub_backward,
	.flags = NN_IN_PLACE,
};
const struct nn_op nn_op_Mul = {
	.name = "Mul",
	.shape = binary_shape,
	.forward = mul_forward,
	.backward = mul_backward,
	.flags = NN_IN_PLACE | NN_KEEP_IN,
};
const struct nn_op nn_op_Div = {
	.name = "Div",
	.shape = binary_shape,
	.forward = div_forward,
	.backward = div_backward,
	.flags = NN_IN_PLACE | NN_KEEP_IN,
};
const struct nn_op nn_op_PRelu = {
	.name = "PRelu",
	.shape = binary_shape,
	.forward = prelu_forward,
	.backward = prelu_backward,
	.flags = NN_IN_PLACE | NN_KEEP_IN,
};
