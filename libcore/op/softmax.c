/* SPDX-License-Identifier: ISC */
/*
 * Softmax, LogSoftmax and Hardmax along one axis of x [outer][axis][inner].  With the attribute flatten=1
 * (the standard before opset 13) along all dimensions from axis on.
 */
#include <math.h>
#include <string.h>

#include "op.h"

struct softmax {
	int64_t outer, length, inner;
};

static int softmax_shape(struct nn_call *c)
{
	int flatten = nn_attr_int(c->attrs, "flatten", 0) != 0, axis, i;
	const struct nn_tensor *x;
	struct softmax *p;

	if (nn_want_inputs(c, 1, 1) < 0 || nn_want_float(c, 0) < 0)
		return -1;
	x = c->in[0];
	if (nn_axis(nn_attr_int(c->attrs, "axis", flatten ? 1 : -1), x->ndim, "attribute axis",
	            &axis) < 0)
		return -1;
	c->param = p = nn_calloc(1, sizeof *p);
	p->outer = p->length = p->inner = 1;
	for (i = 0; i < x->ndim; i++)
		*(i < axis               ? &p->outer
		  : i == axis || flatten ? &p->length
					 : &p->inner) *= x->dim[i];
	return nn_out_like(c, 0, x);
}

/* One line of length numbers, inner apart; logarithm: y = x - max - log(sum). */
static void line(const float *x, float *y, int64_t length, int64_t inner, int logarithm)
{
	float most = -INFINITY;
	double total = 0;
	int64_t i;

	for (i = 0; i < length; i++)
		most = NN_MAX(most, x[i * inner]);
	for (i = 0; i < length; i++) {
		float e = expf(x[i * inner] - most);

		total += e;
		y[i * inner] = logarithm ? x[i * inner] : e;
	}
	if (logarithm) {
		float shift = most + (float)log(total);

		for (i = 0; i < length; i++)
			y[i * inner] -= shift;
	} else {
		float factor = (float)(1 / total);

		for (i = 0; i < length; i++)
			y[i * inner] *= factor;
	}
}

/* The same for numbers that lie side by side, without the logarithm: in vectors. */
static void adjacent_line(const float *x, float *y, int64_t length)
{
	float most = -INFINITY, factor;
	int64_t i;

	for (i = 0; i < length; i++)
		most = NN_MAX(most, x[i]);
	for (i = 0; i < length; i++)
		y[i] = x[i] - most;
	nn_kernels()->map->value(NN_EXP, 0, 0, y, y, length);
	factor = 1 / nn_sum(y, length, 1);
	for (i = 0; i < length; i++)
		y[i] *= factor;
}

static void lines(struct nn_call *c, int logarithm)
{
	const struct softmax *p = c->param;
	const float *x = c->in[0]->data;
	float *y = c->out[0]->data;
	int64_t i, n = p->outer * p->inner;

#pragma omp parallel for schedule(static) if (n * p->length >= NN_PARALLEL / 8)
	for (i = 0; i < n; i++) {
		int64_t at = i / p->inner * p->length * p->inner + i % p->inner;

		if (p->inner == 1 && !logarithm)
			adjacent_line(x + at, y + at, p->length);
		else
			line(x + at, y + at, p->length, p->inner, logarithm);
	}
}

static int softmax_forward(struct nn_call *c)
{
	lines(c, 0);
	return 0;
}

static int log_softmax_forward(struct nn_call *c)
{
	lines(c, 1);
	return 0;
}

/* softmax: gx = y (g - sum(g y)); its logarithm: gx = g - exp(y) sum(g) */
static void gradient(struct nn_call *c, int logarithm)
{
	const struct softmax *p = c->param;
	const float *y = c->out[0]->data, *g = c->gout[0];
	float *gx = c->gin[0];
	int64_t i, n = p->outer * p->inner;

	if (!gx)
		return;
#pragma omp parallel for schedule(static) if (n * p->length >= NN_PARALLEL / 8)
	for (i = 0; i < n; i++) {
		int64_t at = i / p->inner * p->length * p->inner + i % p->inner, j, k;
		double total = 0;

		for (j = 0, k = at; j < p->length; j++, k += p->inner)
			total += logarithm ? g[k] : (double)g[k] * y[k];
		for (j = 0, k = at; j < p->length; j++, k += p->inner)
			gx[k] = logarithm ? g[k] - expf(y[k]) * (float)total
			                  : y[k] * (g[k] - (float)total);
	}
}

static void softmax_backward(struct nn_call *c)
{
	gradient(c, 0);
}

static void log_softmax_backward(struct nn_call *c)
{
	gradient(c, 1);
}

const struct nn_op nn_op_Softmax = {
	.name = "Softmax",
	.shape = softmax_shape,
	.forward = softmax_forward,
	.backward = softmax_backward,
	.flags = NN_KEEP_OUT | NN_IN_PLACE,
};

const struct nn_op nn_op_LogSoftmax = {
	.name = "LogSoftmax",
	.shape = softmax_shape,
	.forward = log_softmax_forward,
	.backward = log_softmax_backward,
	.flags = NN_KEEP_OUT | NN_IN_PLACE,
};

/* 1 at the first maximum */
static int hardmax_forward(struct nn_call *c)
{
	const struct softmax *p = c->param;
	const float *x = c->in[0]->data;
	float *y = c->out[0]->data;
	int64_t i, j, best;

	memset(y, 0, nn_tensor_bytes(c->out[0]));
	for (i = 0; i < p->outer * p->inner && p->length > 0; i++) {
		int64_t base = i / p->inner * p->length * p->inner + i % p->inner;

		for (j = 1, best = 0; j < p->length; j++)
			if (x[base + j * p->inner] > x[base + best * p->inner])
				best = j;
		y[base + best * p->inner] = 1;
	}
	return 0;
}

const struct nn_op nn_op_Hardmax = {
	.name = "Hardmax",
	.limits = "no gradient",
	.shape = softmax_shape,
	.forward = hardmax_forward,
};
