/* SPDX-License-Identifier: ISC */
/* The gradient rules of ReLU and its bounded kin. */
#include <math.h>

#include "op.h"

static void plain(const float *y, const float *g, float *gx, int64_t size, float low, float high)
{
	int64_t i;
	float v;

#pragma omp parallel for simd private(v) schedule(static) if (size >= NN_PARALLEL)
	for (i = 0; i < size; i++) {
		v = g[i]; /* read in any case: then the choice is no branch */
		gx[i] = ((y[i] > low) & !(y[i] >= high)) ? v : 0;
	}
}

/* Is the plain gradient of an item all zero?  Looked at before gx is written, as gx may be g. */
static int dead(const float *y, const float *g, int64_t size, float low, float high)
{
	int64_t i, j, end;
	int some = 0;

	for (i = 0; i < size && !some; i = end) { /* most are not, and say so soon */
		end = NN_MIN(i + 1024, size);
		for (j = i; j < end; j++)
			some |= (y[j] > low) & !(y[j] >= high) & (g[j] != 0);
	}
	return !some;
}

static void redirected(const float *y, const float *g, float *gx, int64_t size, float low,
                       float high)
{
	int64_t i;
	float v;

#pragma omp parallel for simd private(v) schedule(static) if (size >= NN_PARALLEL)
	for (i = 0; i < size; i++) {
		v = g[i];
		gx[i] = ((y[i] <= low) & (v < 0)) | ((y[i] >= high) & (v > 0)) ? 0 : v;
	}
}

static void guided(const float *y, const float *g, float *gx, int64_t size, float low, float high)
{
	int64_t i;
	float v;

#pragma omp parallel for simd private(v) schedule(static) if (size >= NN_PARALLEL)
	for (i = 0; i < size; i++) {
		v = g[i];
		gx[i] = ((y[i] > low) & !(y[i] >= high) & (v > 0)) ? v : 0;
	}
}

static void deconvolution(const float *g, float *gx, int64_t size)
{
	int64_t i;

#pragma omp parallel for schedule(static) if (size >= NN_PARALLEL)
	for (i = 0; i < size; i++)
		gx[i] = g[i] > 0 ? g[i] : 0;
}

void nn_clip_gradient(enum nn_relu_rule rule, const float *y, const float *g, float *gx,
                      int64_t items, int64_t size, float low, float high)
{
	int64_t n;

	for (n = 0; n < items; n++, y += size, g += size, gx += size) {
		if (rule == NN_RELU_GUIDED)
			guided(y, g, gx, size, low, high);
		else if (rule == NN_RELU_DECONV)
			deconvolution(g, gx, size);
		else if (rule == NN_RELU_REDIRECTED && dead(y, g, size, low, high))
			redirected(y, g, gx, size, low, high);
		else
			plain(y, g, gx, size, low, high);
	}
}

void nn_relu_gradient(enum nn_relu_rule rule, const float *y, const float *g, float *gx,
                      int64_t items, int64_t size)
{
	nn_clip_gradient(rule, y, g, gx, items, size, 0, NAN); /* no bound, not even infinity */
}
