/* SPDX-License-Identifier: ISC */
/*
 * BatchNormalization (inference): y = scale[c] (x - mean[c]) / sqrt(variance[c] + epsilon) +
 * bias[c], and max(0, .) where a ReLU follows.
 */
#include <math.h>
#include <string.h>

#include "op.h"

/* Input i is a vector of n floats. */
static int want_vector(const struct nn_call *c, int i, int64_t n)
{
	if (nn_want_float(c, i) < 0)
		return -1;
	if (c->in[i]->ndim != 1 || c->in[i]->dim[0] != n)
		return nn_fail("input %d: want %lld numbers", i, (long long)n);
	return 0;
}

static int batch_shape(struct nn_call *c)
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
	return nn_out_like(c, 0, c->in[0]);
}

/* Factor and shift of channel k. */
static void line(const struct nn_call *c, int64_t k, float *factor, float *shift)
{
	const float *scale = c->in[1]->data, *bias = c->in[2]->data, *mean = c->in[3]->data;
	const float *variance = c->in[4]->data;
	double f = scale[k] / sqrt(variance[k] + nn_attr_float(c->attrs, "epsilon", 1e-5));

	*factor = (float)f;
	*shift = (float)(bias[k] - f * mean[k]);
}

/* y = factor of channel * x + shift of channel (without it when it is the gradient) */
static void affine(const struct nn_call *c, const float *x, float *y, int shifted)
{
	int64_t ch = c->in[0]->dim[1], planes = c->in[0]->dim[0] * ch, p;
	int64_t size = planes ? nn_tensor_count(c->in[0]) / planes : 0;
	float low = c->relu && shifted ? 0 : -INFINITY;

#pragma omp parallel for schedule(static) if (planes * size >= NN_PARALLEL)
	for (p = 0; p < planes; p++) {
		float factor, shift, v;
		int64_t i;

		line(c, p % ch, &factor, &shift);
		if (!shifted)
			shift = 0;
		for (i = p * size; i < (p + 1) * size; i++) {
			v = factor * x[i] + shift;
			y[i] = v < low ? low : v;
		}
	}
}

/* The same for blocks of channels: past the last, factor and shift are zero. */
static void block_affine(const struct nn_call *c, const float *x, float *y, int shifted)
{
	const struct nn_block_kernel *k = nn_kernels()->block;
	const int64_t *dim = c->in[0]->dim;
	int64_t lanes = dim[1] * k->lanes, i;
	float *factor = c->scratch, *shift = factor + lanes;

	memset(factor, 0, (size_t)(2 * lanes) * sizeof *factor);
	for (i = 0; i < c->in[1]->dim[0]; i++) {
		line(c, i, &factor[i], &shift[i]);
		if (!shifted)
			shift[i] = 0;
	}
	k->scale(x, dim[0] * dim[1], dim[1], dim[2] * dim[3], factor, shift, c->relu && shifted, y);
}

/* param: NULL unless in blocks of channels */
static unsigned batch_blocks(struct nn_call *c)
{
	int64_t dim[5];

	nn_blocks_shape(c->in[0], dim);
	c->param = nn_alloc(1);
	c->scratch_bytes = (size_t)(2 * dim[1] * dim[4]) * sizeof(float);
	return NN_BLOCKS_IN | NN_BLOCKS_OUT;
}

static int batch_fuse(struct nn_call *c, const struct nn_call *next)
{
	if (c->relu || next->op != &nn_op_Relu)
		return 0;
	return c->relu = 1;
}

static int batch_forward(struct nn_call *c)
{
	(c->param ? block_affine : affine)(c, c->in[0]->data, c->out[0]->data, 1);
	return 0;
}

static void batch_backward(struct nn_call *c)
{
	const struct nn_tensor *y = c->out[0];
	int64_t items = NN_MAX(y->dim[0], 1);

	if (!c->gin[0])
		return;
	if (c->relu)
		nn_relu_gradient(c->rule, y->data, c->gout[0], c->gout[0], items,
		                 nn_tensor_count(y) / items);
	(c->param ? block_affine : affine)(c, c->gout[0], c->gin[0], 0);
}

const struct nn_op nn_op_BatchNormalization = {
	.name = "BatchNormalization",
	.limits = "inference only; no gradient to scale, bias, mean, variance",
	.shape = batch_shape,
	.forward = batch_forward,
	.backward = batch_backward,
	.fuse = batch_fuse,
	.blocks = batch_blocks,
	.flags = NN_IN_PLACE,
};
