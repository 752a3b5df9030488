/* SPDX-License-Identifier: ISC */
/*
 * Preprocess, ours: from a picture x [n][3][h][w], RGB, 0..1, to what the network was trained on:
 * y channel i = (scale x[order[i]] - mean[i]) / deviation[i], each operation rounded to float32 as
 * the frameworks do it; scale is 255 when it is not given; order -1: one channel of luminance
 * (ITU-R BT.601).
 */
#include <math.h>
#include <string.h>

#include "op.h"

struct preprocess {
	int channels;
	float weight[3][3]; /* y[i] = (sum over j of weight[i][j] x[j] - mean[i]) / deviation[i] */
	float mean[3], deviation[3];
};

static int preprocess_shape(struct nn_call *c)
{
	static const double luminance[3] = {.299, .587, .114};
	const double *mean, *deviation;
	const int64_t *order;
	double scale = nn_attr_float(c->attrs, "scale", 255);
	struct preprocess *p;
	int64_t dim[4];
	int n, nmean, ndeviation, i, j;

	if (nn_want_inputs(c, 1, 1) < 0 || nn_want_float(c, 0) < 0)
		return -1;
	if (c->in[0]->ndim != 4 || c->in[0]->dim[1] != 3)
		return nn_fail("input 0: want a picture nx3xhxw");
	order = nn_attr_ints(c->attrs, "order", &n);
	mean = nn_attr_floats(c->attrs, "mean", &nmean);
	deviation = nn_attr_floats(c->attrs, "deviation", &ndeviation);
	if (!(n == 3 || (n == 1 && order[0] == -1)))
		return nn_fail("attribute order: want three channels or -1");
	if (nmean < n || ndeviation < n)
		return nn_fail("attributes mean and deviation: want %d numbers", n);
	c->param = p = nn_calloc(1, sizeof *p);
	p->channels = n;
	for (i = 0; i < n; i++) {
		if (n == 3 && (order[i] < 0 || order[i] > 2))
			return nn_fail("attribute order: no channel %lld", (long long)order[i]);
		if (!(fabs(deviation[i]) > 0) || !isfinite(deviation[i]) || !isfinite(mean[i]) ||
		    !isfinite(scale))
			return nn_fail("attributes scale, mean and deviation: %g, %g and %g", scale,
			               mean[i], deviation[i]);
		for (j = 0; j < 3; j++)
			p->weight[i][j] = (float)(n == 1 ? scale * luminance[j] : scale * (j == order[i]));
		p->mean[i] = (float)mean[i];
		p->deviation[i] = (float)deviation[i];
	}
	memcpy(dim, c->in[0]->dim, sizeof dim);
	dim[1] = n;
	return nn_out(c, 0, NN_F32, 4, dim);
}

#define PIECE 4096 /* pixels of a task */

/* n pixels of planes that are size apart */
static void forward_piece(const struct preprocess *p, const float *x, float *y, int64_t size,
                          int64_t n)
{
	int64_t k;
	int i;

	for (i = 0; i < p->channels; i++, y += size) {
		const float *w = p->weight[i], mean = p->mean[i], deviation = p->deviation[i];

#pragma omp simd
		for (k = 0; k < n; k++)
			y[k] = (w[0] * x[k] + w[1] * x[size + k] + w[2] * x[2 * size + k] - mean) /
			       deviation;
	}
}

static void backward_piece(const struct preprocess *p, const float *g, float *gx, int64_t size,
                           int64_t n)
{
	int64_t k;
	int i, j, first;

	for (j = 0; j < 3; j++, gx += size)
		for (first = 1, i = 0; i < p->channels; i++) {
			const float *from = g + i * size, w = p->weight[i][j];
			float deviation = p->deviation[i];

			if (w == 0 && (first == 0 || i + 1 < p->channels))
				continue;
#pragma omp simd
			for (k = 0; k < n; k++)
				gx[k] = (first ? 0 : gx[k]) + from[k] / deviation * w;
			first = 0;
		}
}

/* All pictures, in pieces. */
static void run(const struct nn_call *c, const float *from, float *to, int backward)
{
	const struct preprocess *p = c->param;
	const int64_t *dim = c->in[0]->dim;
	int64_t size = dim[2] * dim[3], pieces = (size + PIECE - 1) / PIECE, i;
	int64_t x_size = 3 * size, y_size = p->channels * size;

#pragma omp parallel for schedule(static) if (dim[0] * size >= NN_PARALLEL)
	for (i = 0; i < dim[0] * pieces; i++) {
		int64_t picture = i / pieces, at = i % pieces * PIECE, n = NN_MIN(PIECE, size - at);

		if (backward)
			backward_piece(p, from + picture * y_size + at, to + picture * x_size + at, size,
			               n);
		else
			forward_piece(p, from + picture * x_size + at, to + picture * y_size + at, size,
			              n);
	}
}

static int preprocess_forward(struct nn_call *c)
{
	run(c, c->in[0]->data, c->out[0]->data, 0);
	return 0;
}

static void preprocess_backward(struct nn_call *c)
{
	if (c->gin[0])
		run(c, c->gout[0], c->gin[0], 1);
}

const struct nn_op nn_op_Preprocess = {
	.name = "Preprocess",
	.shape = preprocess_shape,
	.forward = preprocess_forward,
	.backward = preprocess_backward,
};
