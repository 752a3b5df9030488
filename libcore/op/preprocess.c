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

/* One channel of one picture, planes of size numbers. */
static void channel(const struct preprocess *p, int i, const float *x, float *y, int64_t size)
{
	const float *w = p->weight[i], mean = p->mean[i], deviation = p->deviation[i];
	int64_t k;

#pragma omp parallel for schedule(static) if (size >= NN_PARALLEL)
	for (k = 0; k < size; k++)
		y[k] = (w[0] * x[k] + w[1] * x[size + k] + w[2] * x[2 * size + k] - mean) / deviation;
}

static int preprocess_forward(struct nn_call *c)
{
	const struct preprocess *p = c->param;
	int64_t n, size = c->in[0]->dim[2] * c->in[0]->dim[3];
	const float *x = c->in[0]->data;
	float *y = c->out[0]->data;
	int i;

	for (n = 0; n < c->in[0]->dim[0]; n++, x += 3 * size)
		for (i = 0; i < p->channels; i++, y += size)
			channel(p, i, x, y, size);
	return 0;
}

static void preprocess_backward(struct nn_call *c)
{
	const struct preprocess *p = c->param;
	int64_t n, k, size = c->in[0]->dim[2] * c->in[0]->dim[3];
	const float *g = c->gout[0];
	float *gx = c->gin[0];
	int i, j;

	if (!gx)
		return;
	memset(gx, 0, nn_tensor_bytes(c->in[0]));
	for (n = 0; n < c->in[0]->dim[0]; n++, gx += 3 * size)
		for (i = 0; i < p->channels; i++, g += size)
			for (j = 0; j < 3; j++)
				for (k = 0; p->weight[i][j] != 0 && k < size; k++)
					gx[j * size + k] += g[k] / p->deviation[i] * p->weight[i][j];
}

const struct nn_op nn_op_Preprocess = {
	.name = "Preprocess",
	.shape = preprocess_shape,
	.forward = preprocess_forward,
	.backward = preprocess_backward,
};
