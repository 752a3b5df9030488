/* SPDX-License-Identifier: ISC */
/* Pow, of which the two inputs may be of different types, and Mod. */
#include <math.h>

#include "op.h"

/* Whole exponents of floats, as floats in param. */
static int exponents(struct nn_call *c)
{
	int64_t i, n = nn_tensor_count(c->in[1]);
	float *b;

	if (!c->in[1]->data && n > 0)
		return c->gradient ? nn_fail("input 1: whole exponents are not constant") : 0;
	c->param = b = nn_alloc((size_t)n * sizeof *b);
	for (i = 0; i < n; i++)
		b[i] = (float)nn_int_at(c->in[1], i);
	return 0;
}

static int pow_shape(struct nn_call *c)
{
	int64_t dim[NN_DIMS];
	int n;

	if (nn_want_inputs(c, 2, 2) < 0 ||
	    nn_broadcast(c->in[0]->ndim, c->in[0]->dim, c->in[1]->ndim, c->in[1]->dim, &n, dim) < 0)
		return -1;
	if (c->in[0]->type == NN_F32 && c->in[1]->type != NN_F32 && exponents(c) < 0)
		return -1;
	return nn_out(c, 0, c->in[0]->type, n, dim);
}

static int64_t power_int(int64_t a, int64_t b)
{
	uint64_t r = 1, base = (uint64_t)a;

	if (b < 0)
		return a == 1 ? 1 : a == -1 ? (b & 1 ? -1 : 1) : 0;
	for (; b > 0; b >>= 1, base *= base)
		if (b & 1)
			r *= base;
	return (int64_t)r;
}

/* One is float and one is not: the result has the type of the first. */
static void mixed(struct nn_call *c)
{
	struct nn_walk w;
	int64_t row, i, at[NN_WALK];
	double y;

	nn_binary_walk(c, &w);
	for (row = 0; row < w.rows; row++) {
		nn_walk_at(&w, row, at);
		for (i = 0; i < w.run; i++) {
			y = pow(nn_tensor_at(c->in[0], at[1] + i * w.step[1]),
			        nn_tensor_at(c->in[1], at[2] + i * w.step[2]));
			if (c->out[0]->type == NN_F32)
				((float *)c->out[0]->data)[at[0] + i] = (float)y;
			else
				nn_int_put(c->out[0], at[0] + i,
				           fabs(y) < 0x1p63 ? (int64_t)y : 0);
		}
	}
}

static int pow_forward(struct nn_call *c)
{
	if ((c->in[0]->type == NN_F32) == (c->in[1]->type == NN_F32))
		return nn_binary_forward(c, NN_POW, power_int);
	mixed(c);
	return 0;
}

static void pow_backward(struct nn_call *c)
{
	struct nn_tensor *given = c->in[1], b = *given;

	if (c->param)
		b.data = c->param;
	c->in[1] = &b;
	nn_binary_gradient(c, 0, NN_POW_A);
	nn_binary_gradient(c, 1, NN_POW_B);
	c->in[1] = given;
}

static unsigned pow_blocks(struct nn_call *c)
{
	return nn_blocks_pair(c, NN_POW, NN_POW_A, NN_POW_B);
}

const struct nn_op nn_op_Pow = {
	.name = "Pow",
	.shape = pow_shape,
	.forward = pow_forward,
	.backward = pow_backward,
	.narrow = nn_narrow_same,
	.blocks = pow_blocks,
	.flags = NN_KEEP_IN,
};

/* With fmod=1 the sign of a, as in C; without, integers only, the sign of b, as in Python. */
static int mod_shape(struct nn_call *c)
{
	if (nn_binary_shape(c) < 0)
		return -1;
	if (c->in[0]->type == NN_F32 && !nn_attr_int(c->attrs, "fmod", 0))
		return nn_fail("attribute fmod: floats want 1");
	return 0;
}

static int64_t remainder_int(int64_t a, int64_t b)
{
	return b == 0 || b == -1 ? 0 : a % b;
}

static int64_t modulo(int64_t a, int64_t b)
{
	int64_t r = remainder_int(a, b);

	return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

static int mod_forward(struct nn_call *c)
{
	if (nn_attr_int(c->attrs, "fmod", 0))
		return nn_binary_forward(c, NN_FMOD, remainder_int);
	return nn_binary_forward(c, NN_FMOD, modulo);
}

static void mod_backward(struct nn_call *c)
{
	if (c->gin[0])
		nn_broadcast_gradient(c->out[0]->ndim, c->out[0]->dim, c->gout[0], c->in[0]->ndim,
		                      c->in[0]->dim, c->gin[0]);
	nn_binary_gradient(c, 1, NN_FMOD_B);
}

const struct nn_op nn_op_Mod = {
	.name = "Mod",
	.shape = mod_shape,
	.forward = mod_forward,
	.backward = mod_backward,
	.flags = NN_KEEP_IN,
};
