/* SPDX-License-Identifier: ISC */
/* Relu and Clip: the ones that take part in the rules of visualisation. */
#include <math.h>

#include "op.h"

/* Numbers of one picture: dimensions beyond the first. */
static int64_t item(const struct nn_tensor *t)
{
	return t->ndim > 0 && t->dim[0] > 0 ? nn_tensor_count(t) / t->dim[0] : 1;
}

static int relu_shape(struct nn_call *c)
{
	if (nn_want_inputs(c, 1, 1) < 0 || nn_want_float(c, 0) < 0)
		return -1;
	return nn_out_like(c, 0, c->in[0]);
}

static int relu_forward(struct nn_call *c)
{
	const float *x = c->in[0]->data;
	float *y = c->out[0]->data;
	int64_t i, n = nn_tensor_count(c->in[0]);

#pragma omp parallel for schedule(static) if (n >= NN_PARALLEL)
	for (i = 0; i < n; i++)
		y[i] = x[i] < 0 ? 0 : x[i]; /* what is not a number stays so */
	return 0;
}

static void relu_backward(struct nn_call *c)
{
	const struct nn_tensor *y = c->out[0];

	if (c->gin[0])
		nn_relu_gradient(c->rule, y->data, c->gout[0], c->gin[0],
		                 y->ndim > 0 ? y->dim[0] : 1, item(y));
}

static unsigned relu_blocks(struct nn_call *c)
{
	return nn_blocks_same(c, 1);
}

const struct nn_op nn_op_Relu = {
	.name = "Relu",
	.limits = "float only",
	.shape = relu_shape,
	.forward = relu_forward,
	.backward = relu_backward,
	.narrow = nn_narrow_same,
	.blocks = relu_blocks,
	.flags = NN_KEEP_OUT | NN_IN_PLACE | NN_GRADIENT_IN_PLACE,
};

static int clip_shape(struct nn_call *c)
{
	int i;

	if (nn_want_inputs(c, 1, 3) < 0)
		return -1;
	for (i = 1; i < c->nin; i++) {
		if (c->in[i] && nn_want_same(c, 0, i) < 0)
			return -1;
		if (c->in[i] && nn_tensor_count(c->in[i]) != 1)
			return nn_fail("input %d: want one number", i);
		if (nn_want_no_gradient(c, i) < 0)
			return -1;
	}
	return nn_out_like(c, 0, c->in[0]);
}

static float bound(const struct nn_call *c, int i, float otherwise)
{
	return nn_in(c, i) ? *(const float *)c->in[i]->data : otherwise;
}

static int clip_integers(struct nn_call *c)
{
	struct nn_tensor *x = c->in[0], *y = c->out[0];
	int64_t i, v, n = nn_tensor_count(x);
	int64_t low = nn_in(c, 1) ? nn_int_at(c->in[1], 0) : INT64_MIN;
	int64_t high = nn_in(c, 2) ? nn_int_at(c->in[2], 0) : INT64_MAX;

	for (i = 0; i < n; i++) {
		v = NN_MIN(NN_MAX(nn_int_at(x, i), low), high);
		nn_int_put(y, i, v);
	}
	return 0;
}

static int clip_forward(struct nn_call *c)
{
	const float *x = c->in[0]->data;
	float *y = c->out[0]->data, low, high;
	int64_t i, n = nn_tensor_count(c->in[0]);

	if (c->in[0]->type != NN_F32)
		return clip_integers(c);
	low = bound(c, 1, -INFINITY);
	high = bound(c, 2, INFINITY);
#pragma omp parallel for schedule(static) if (n >= NN_PARALLEL)
	for (i = 0; i < n; i++) {
		float v = x[i] < low ? low : x[i];

		y[i] = v > high ? high : v;
	}
	return 0;
}

/*
 * A clip from zero up is a ReLU with or without a ceiling (Relu6) and follows the rules; any other
 * has its plain gradient.
 */
static void clip_backward(struct nn_call *c)
{
	const struct nn_tensor *y = c->out[0];
	float low = bound(c, 1, -INFINITY), high = bound(c, 2, INFINITY);

	if (c->gin[0])
		nn_clip_gradient(low == 0 ? c->rule : NN_RELU_PLAIN, y->data, c->gout[0], c->gin[0],
		                 y->ndim > 0 ? y->dim[0] : 1, item(y), low, high);
}

static unsigned clip_blocks(struct nn_call *c)
{
	int i;

	for (i = 1; i < c->nin; i++)
		if (c->in[i] && !c->in[i]->data)
			return 0;
	return nn_blocks_same(c, bound(c, 1, -INFINITY) <= 0 && bound(c, 2, INFINITY) >= 0);
}

const struct nn_op nn_op_Clip = {
	.name = "Clip",
	.limits = "no gradient to min, max",
	.shape = clip_shape,
	.forward = clip_forward,
	.backward = clip_backward,
	.narrow = nn_narrow_same,
	.blocks = clip_blocks,
	.flags = NN_KEEP_OUT | NN_IN_PLACE | NN_GRADIENT_IN_PLACE,
};
