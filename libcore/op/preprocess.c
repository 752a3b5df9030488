/* SPDX-License-Identifier: ISC */
/*
 * Preprocess, ours: from a picture x [n][3][h][w], RGB, 0..1, to what the network was trained on:
 * y channel i = (255 x[order[i]] - mean[i]) / deviation[i]; order -1: one channel of luminance
 * (ITU-R BT.601).
 */
#include <math.h>
#include <string.h>

#include "op.h"

struct preprocess {
	int channels;
	float factor[3][3], shift[3]; /* y[i] = sum over j of factor[i][j] x[j] + shift[i] */
};

static int preprocess_shape(struct nn_call *c)
{
	static const double luminance[3] = {.299, .587, .114};
	const double *mean, *deviation;
	const int64_t *order;
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
		if (!(fabs(deviation[i]) > 0) || !isfinite(deviation[i]) || !isfinite(mean[i]))
			return nn_fail("attributes mean and deviation: %g and %g", mean[i], deviation[i]);
		for (j = 0; j < 3; j++)
			p->factor[i][j] = (float)((n == 1 ? luminance[j] : j == order[i]) * 255 /
			                          deviation[i]);
		p->shift[i] = (float)(-mean[i] / deviation[i]);
	}
	memcpy(dim, c->in[0]->dim, sizeof dim);
	dim[1] = n;
	return nn_out(c, 0, NN_F32, 4, dim);
}

/* y = sum over j of f[j] x[j] + shift, planes of size numbers */
static void mix(const float f[3], const float *const x[3], float shift, float *y, int64_t size)
{
	int64_t i;

#pragma omp parallel for schedule(static) if (size >= NN_PARALLEL)
	for (i = 0; i < size; i++)
		y[i] = f[0] * x[0][i] + f[1] * x[1][i] + f[2] * x[2][i] + shift;
}

static int preprocess_forward(struct nn_call *c)
{
	const struct preprocess *p = c->param;
	int64_t n, size = c->in[0]->dim[2] * c->in[0]->dim[3];
	const float *x = c->in[0]->data;
	float *y = c->out[0]->data;
	int i;

	for (n = 0; n < c->in[0]->dim[0]; n++, x += 3 * size) {
		const float *plane[3] = {x, x + size, x + 2 * size};

		for (i = 0; i < p->channels; i++, y += size)
			mix(p->factor[i], plane, p->shift[i], y, size);
	}
	return 0;
}

static void preprocess_backward(struct nn_call *c)
{
	const struct preprocess *p = c->param;
	int64_t n, size = c->in[0]->dim[2] * c->in[0]->dim[3];
	const float *g = c->gout[0];
	float *gx = c->gin[0];
	int i, j;

	if (!gx)
		return;
	for (n = 0; n < c->in[0]->dim[0]; n++, g += p->channels * size) {
		const float *plane[3] = {g, g, g};

		for (i = 1; i < p->channels; i++)
			plane[i] = g + i * size;
		for (j = 0; j < 3; j++, gx += size) {
			float f[3] = {p->factor[0][j], p->factor[1][j], p->factor[2][j]};

			mix(f, plane, 0, gx, size);
		}
	}
}

const struct nn_op nn_op_Preprocess = {
	.name = "Preprocess",
	.shape = preprocess_shape,
	.forward = preprocess_forward,
	.backward = preprocess_backward,
};
