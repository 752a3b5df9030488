/* SPDX-License-Identifier: ISC */
/*
 * BatchNormalization (inference): y = scale[c] (x - mean[c]) / sqrt(variance[c] + epsilon) +
 * bias[c].
 */
#include <math.h>

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

/* y = factor of channel * x + shift of channel (without it when it is the gradient) */
static void affine(const struct nn_call *c, const float *x, float *y, int shifted)
{
	const float *scale = c->in[1]->data, *bias = c->in[2]->data, *mean = c->in[3]->data;
	const float *variance = c->in[4]->data;
	double epsilon = nn_attr_float(c->attrs, "epsilon", 1e-5);
	int64_t ch = c->in[0]->dim[1], planes = c->in[0]->dim[0] * ch, p;
	int64_t size = planes ? nn_tensor_count(c->in[0]) / planes : 0;

#pragma omp parallel for schedule(static) if (planes * size >= NN_PARALLEL)
	for (p = 0; p < planes; p++) {
		int64_t i, k = p % ch;
		double f = scale[k] / sqrt(variance[k] + epsilon);
		float factor = (float)f, shift = shifted ? (float)(bias[k] - f * mean[k]) : 0;

		for (i = p * size; i < (p + 1) * size; i++)
			y[i] = factor * x[i] + shift;
	}
}

static int batch_forward(struct nn_call *c)
{
	affine(c, c->in[0]->data, c->out[0]->data, 1);
	return 0;
}

static void batch_backward(struct nn_call *c)
{
	if (c->gin[0])
		affine(c, c->gout[0], c->gin[0], 0);
}

const struct nn_op nn_op_BatchNormalization = {
	.name = "BatchNormalization",
	.limits = "inference only; no gradient to scale, bias, mean, variance",
	.shape = batch_shape,
	.forward = batch_forward,
	.backward = batch_backward,
	.flags = NN_IN_PLACE,
};
