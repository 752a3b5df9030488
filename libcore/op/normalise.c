/* SPDX-License-Identifier: ISC */
/*
 * BatchNormalization (inference): y = scale[c] (x - mean[c]) / sqrt(variance[c] + epsilon) +
 * bias[c], what follows of factors and terms per channel, and max(0, .) where a Relu does.
 */
#include <math.h>

#include "op.h"

struct batch {
	int64_t channels, stride; /* stride: channels as the blocks have them */
	int constant;             /* the values are known from the start */
	int blocks;               /* in blocks of channels */
	float values[];           /* factor [stride], shift [stride]; zeros past the channels */
};

/* Input i is a vector of n floats. */
static int want_vector(const struct nn_call *c, int i, int64_t n)
{
	if (nn_want_float(c, i) < 0)
		return -1;
	if (c->in[i]->ndim != 1 || c->in[i]->dim[0] != n)
		return nn_fail("input %d: want %lld numbers", i, (long long)n);
	return 0;
}

static int want_inputs(struct nn_call *c)
{
	int i;

	if (nn_want_inputs(c, 5, 5) < 0 || nn_want_float(c, 0) < 0)
		return -1;
	if (c->in[0]->ndim < 2)
		return nn_fail("input 0: want 2 dimensions or more, have %d", c->in[0]->ndim);
	if (nn_attr_int(c->attrs, "training_mode", 0))
		return nn_fail("attribute training_mode: only inference is done");
	for (i = 1; i < c->nout; i++)
		if (c->out[i])
			return nn_fail("output %d: only inference is done", i);
	for (i = 1; i < 5; i++)
		if (want_vector(c, i, c->in[0]->dim[1]) < 0 || nn_want_no_gradient(c, i) < 0)
			return -1;
	return 0;
}

/* Factor and shift of every channel, into p->values. */
static void lines(const struct nn_call *c, struct batch *p)
{
	const float *scale = c->in[1]->data, *bias = c->in[2]->data, *mean = c->in[3]->data;
	const float *variance = c->in[4]->data;
	double epsilon = nn_attr_float(c->attrs, "epsilon", 1e-5), f;
	int64_t k;

	for (k = 0; k < p->channels; k++) {
		f = scale[k] / sqrt(variance[k] + epsilon);
		p->values[k] = (float)f;
		p->values[p->stride + k] = (float)(bias[k] - f * mean[k]);
	}
}

static int batch_shape(struct nn_call *c)
{
	int64_t channels, stride;
	struct batch *p;
	int i;

	if (want_inputs(c) < 0)
		return -1;
	channels = c->in[0]->dim[1];
	stride = (int64_t)nn_round_up((size_t)channels, (size_t)nn_kernels()->block->lanes);
	p = nn_calloc(1, sizeof *p + (size_t)(2 * stride) * sizeof *p->values);
	c->param = p;
	p->channels = channels;
	p->stride = stride;
	for (p->constant = 1, i = 1; i < 5; i++)
		p->constant &= c->in[i]->data != NULL;
	if (p->constant)
		lines(c, p);
	return nn_out_like(c, 0, c->in[0]);
}

/* y = factor of channel * x + shift of channel; the gradient: without it */
static void affine(const struct nn_call *c, const float *x, float *y, int shifted)
{
	const struct batch *p = c->param;
	int64_t planes = c->in[0]->dim[0] * p->channels, i;
	int64_t size = planes ? nn_tensor_count(c->in[0]) / planes : 0;
	float low = c->relu ? 0 : -INFINITY;

#pragma omp parallel for schedule(static) if (planes * size >= NN_PARALLEL)
	for (i = 0; i < planes; i++) {
		float factor = p->values[i % p->channels], v;
		float shift = p->values[p->stride + i % p->channels];
		int64_t k;

		if (shifted)
			for (k = i * size; k < (i + 1) * size; k++) {
				v = factor * x[k] + shift;
				y[k] = v < low ? low : v;
			}
		else if (c->adds)
			for (k = i * size; k < (i + 1) * size; k++)
				y[k] += factor * x[k];
		else
			for (k = i * size; k < (i + 1) * size; k++)
				y[k] = factor * x[k];
	}
}

static unsigned batch_blocks(struct nn_call *c)
{
	((struct batch *)c->param)->blocks = 1;
	return NN_BLOCKS_IN | NN_BLOCKS_OUT;
}

/* Factors and terms that follow, one for each channel, and then a Relu. */
static int batch_fuse(struct nn_call *c, const struct nn_call *next)
{
	struct batch *p = c->param;
	const float *v;
	int64_t i, step;

	if (c->relu)
		return 0;
	if (next->op == &nn_op_Relu)
		return c->relu = 1;
	v = nn_per_channel(c, next, &step);
	if (!v || !p->constant || (next->op != &nn_op_Mul && next->op != &nn_op_Add))
		return 0;
	for (i = 0; i < p->channels; i++) {
		if (next->op == &nn_op_Mul) {
			p->values[i] *= v[i * step];
			p->values[p->stride + i] *= v[i * step];
		} else {
			p->values[p->stride + i] += v[i * step];
		}
	}
	return 1;
}

static int batch_forward(struct nn_call *c)
{
	const int64_t *dim = c->in[0]->dim;
	struct batch *p = c->param;

	if (!p->constant)
		lines(c, p);
	if (p->blocks)
		nn_kernels()->block->scale(c->in[0]->data, dim[0] * dim[1], dim[1], dim[2] * dim[3],
		                           p->values, p->values + p->stride, c->relu,
		                           c->out[0]->data);
	else
		affine(c, c->in[0]->data, c->out[0]->data, 1);
	return 0;
}

static void batch_backward(struct nn_call *c)
{
	const struct nn_tensor *y = c->out[0];
	int64_t items = NN_MAX(y->dim[0], 1);
	struct batch *p = c->param;
	int together = p->blocks && c->rule == NN_RELU_PLAIN;

	if (!c->gin[0])
		return;
	if (c->relu && !together)
		nn_relu_gradient(c->rule, y->data, c->gout[0], c->gout[0], items,
		                 nn_tensor_count(y) / items);
	if (p->blocks)
		nn_kernels()->block->scale_backward(
			c->gout[0], c->relu && together ? y->data : NULL, y->dim[0] * y->dim[1],
			y->dim[1], y->dim[2] * y->dim[3], p->values, c->adds, c->gin[0]);
	else
		affine(c, c->gout[0], c->gin[0], 0);
}

const struct nn_op nn_op_BatchNormalization = {
	.name = "BatchNormalization",
	.limits = "inference only; no gradient to scale, bias, mean, variance",
	.shape = batch_shape,
	.forward = batch_forward,
	.backward = batch_backward,
	.narrow = nn_narrow_each,
	.fuse = batch_fuse,
	.blocks = batch_blocks,
	.flags = NN_IN_PLACE | NN_GRADIENT_IN_PLACE | NN_GRADIENT_ADDED,
};
