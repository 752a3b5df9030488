/* SPDX-License-Identifier: ISC */
/* Resize: one axis after another, by its table, through scratch. */
#include <string.h>

#include "op/resize.h"

/* x [outer][in][inner] to y [outer][out][inner], or, backward, the gradient y to x */
static void axis_forward(const struct nn_resize_axis *a, int64_t outer, int64_t inner,
			 const float *x, float *y)
{
	int64_t job;

#pragma omp parallel for schedule(static) if (outer * a->out * inner >= NN_PARALLEL)
	for (job = 0; job < outer * a->out; job++) {
		const int64_t *from = a->from + job % a->out * a->taps;
		const float *weight = a->weight + job % a->out * a->taps;
		const float *base = x + job / a->out * a->in * inner;
		float *to = y + job * inner;
		int64_t t, i;

		for (i = 0; i < inner; i++)
			to[i] = weight[0] * base[from[0] * inner + i];
		for (t = 1; t < a->taps; t++)
			for (i = 0; i < inner; i++)
				to[i] += weight[t] * base[from[t] * inner + i];
	}
}

static void axis_backward(const struct nn_resize_axis *a, int64_t outer, int64_t inner,
			  const float *gy, float *gx)
{
	int64_t o;

#pragma omp parallel for schedule(static) if (outer * a->out * inner >= NN_PARALLEL)
	for (o = 0; o < outer; o++) {
		float *to = gx + o * a->in * inner;
		const float *from = gy + o * a->out * inner;
		int64_t k, i;

		memset(to, 0, (size_t)(a->in * inner) * sizeof *to);
		for (k = 0; k < a->out * a->taps; k++)
			for (i = 0; i < inner; i++)
				to[a->from[k] * inner + i] += a->weight[k] *
				                              from[k / a->taps * inner + i];
	}
}

/* Sets what lies outside the input, when cropping, to value. */
static void fill_outside(const struct nn_resize *p, const struct nn_tensor *y, float *data,
			 float value)
{
	int64_t i, rest, n = nn_tensor_count(y);
	int d, outside;

	for (i = 0; i < n; i++) {
		for (d = p->ndim - 1, rest = i, outside = 0; d >= 0; d--) {
			outside |= p->axis[d].outside[rest % p->axis[d].out];
			rest /= p->axis[d].out;
		}
		if (outside)
			data[i] = value;
	}
}

/* Product of dimensions low to before high, of those done already the output's. */
static int64_t product(const struct nn_resize *p, int low, int high, int done)
{
	int64_t n = 1;
	int d;

	for (d = low; d < high; d++)
		n *= d < done ? p->axis[d].out : p->axis[d].in;
	return n;
}

static int resize_forward(struct nn_call *c)
{
	const struct nn_resize *p = c->param;
	const float *x = c->in[0]->data;
	float *room[2] = {c->scratch, (float *)c->scratch + p->room}, *y;
	int d, k = 0;

	for (d = 0; d < p->ndim; d++) {
		if (!p->axis[d].taps)
			continue;
		y = room[k ^= 1];
		axis_forward(&p->axis[d], product(p, 0, d, d), product(p, d + 1, p->ndim, d), x, y);
		x = y;
	}
	memcpy(c->out[0]->data, x, nn_tensor_bytes(c->out[0]));
	if (p->crops)
		fill_outside(p, c->out[0], c->out[0]->data, p->extrapolation);
	return 0;
}

static void resize_backward(struct nn_call *c)
{
	const struct nn_resize *p = c->param;
	const float *g = c->gout[0];
	float *room[2] = {c->scratch, (float *)c->scratch + p->room}, *gx;
	int d, k = 0;

	if (!c->gin[0])
		return;
	if (p->crops)
		fill_outside(p, c->out[0], c->gout[0], 0);
	for (d = p->ndim - 1; d >= 0; d--) {
		if (!p->axis[d].taps)
			continue;
		gx = room[k ^= 1];
		axis_backward(&p->axis[d], product(p, 0, d, d), product(p, d + 1, p->ndim, d), g,
			      gx);
		g = gx;
	}
	memcpy(c->gin[0], g, nn_tensor_bytes(c->in[0]));
}

/* The lanes are one more axis that is left as it is. */
static unsigned resize_blocks(struct nn_call *c)
{
	struct nn_resize *p = c->param;
	int64_t dim[5];

	if (p->axis[0].taps || p->axis[1].taps || p->crops)
		return 0;
	nn_blocks_shape(c->in[0], dim);
	p->room = p->room / (size_t)p->axis[1].in * (size_t)(dim[1] * dim[4]);
	c->scratch_bytes = 2 * p->room * sizeof(float);
	p->axis[1].in = p->axis[1].out = dim[1];
	p->axis[4].in = p->axis[4].out = dim[4];
	p->ndim = 5;
	return NN_BLOCKS_IN | NN_BLOCKS_OUT;
}

const struct nn_op nn_op_Resize = {
	.name = "Resize",
	.limits = "float only; roi, scales and sizes constant",
	.shape = nn_resize_read,
	.forward = resize_forward,
	.backward = resize_backward,
	.blocks = resize_blocks,
};
