/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "op_conv.h"

void nn_slices_init(struct nn_slices *c, int64_t n, int64_t ci, int64_t co, int64_t groups,
                    const struct nn_window *w)
{
	int h = w->ndim - 2, v = w->ndim - 1; /* the dimensions that are rows and columns */

	*c = (struct nn_slices){.n = n, .ci = ci, .d = 1, .od = 1, .kd = 1, .stride_d = 1,
	                        .dilation_d = 1};
	c->s = (struct nn_conv_shape){
		.n = 1,
		.ci = ci,
		.co = co,
		.groups = groups,
		.h = 1,
		.oh = 1,
		.kh = 1,
		.stride_h = 1,
		.dilation_h = 1,
		.w = w->in[v],
		.ow = w->out[v],
		.kw = w->kernel[v],
		.stride_w = w->stride[v],
		.dilation_w = w->dilation[v],
		.pad_left = w->pad_begin[v],
	};
	if (h >= 0) {
		c->s.h = w->in[h];
		c->s.oh = w->out[h];
		c->s.kh = w->kernel[h];
		c->s.stride_h = w->stride[h];
		c->s.dilation_h = w->dilation[h];
		c->s.pad_top = w->pad_begin[h];
	}
	if (w->ndim == 3) {
		c->d = w->in[0];
		c->od = w->out[0];
		c->kd = w->kernel[0];
		c->stride_d = w->stride[0];
		c->dilation_d = w->dilation[0];
		c->pad_front = w->pad_begin[0];
		c->s.ci *= c->kd;
	} else {
		c->flat = 1;
		c->s.n = n;
	}
}

static size_t floats(int64_t a, int64_t b, int64_t c)
{
	return nn_round_up((size_t)(a * b * c) * sizeof(float), NN_ALIGN);
}

static size_t x_bytes(const struct nn_slices *c)
{
	return c->flat ? 0 : floats(c->s.ci, c->s.h, c->s.w);
}

static size_t y_bytes(const struct nn_slices *c)
{
	return c->flat ? 0 : floats(c->s.co, c->s.oh, c->s.ow);
}

size_t nn_slices_scratch(const struct nn_slices *c, int backward)
{
	return x_bytes(c) + y_bytes(c) + nn_kernels()->conv->scratch_bytes(&c->s, backward);
}

/* The plane of x that slice channel i = (channel, tap) of output slice z reads, or NULL outside. */
static int64_t x_plane(const struct nn_slices *c, int64_t n, int64_t z, int64_t i)
{
	int64_t at = z * c->stride_d + i % c->kd * c->dilation_d - c->pad_front;

	return at < 0 || at >= c->d ? -1 : (n * c->ci + i / c->kd) * c->d + at;
}

void nn_slices_forward(const struct nn_slices *c, const float *x, const void *packed,
                       const float *bias, int relu, float *y, void *scratch)
{
	const struct nn_conv_kernel *k = nn_kernels()->conv;
	int64_t n, z, i, in = c->s.h * c->s.w, out = c->s.oh * c->s.ow, from;
	float *xs = scratch, *ys = (float *)(void *)((char *)scratch + x_bytes(c));
	void *rest = (char *)ys + y_bytes(c);

	if (c->flat) {
		k->forward(&c->s, x, packed, bias, relu, y, scratch);
		return;
	}
	for (n = 0; n < c->n; n++)
		for (z = 0; z < c->od; z++) {
			for (i = 0; i < c->s.ci; i++) {
				from = x_plane(c, n, z, i);
				if (from < 0)
					memset(xs + i * in, 0, (size_t)in * sizeof *xs);
				else
					memcpy(xs + i * in, x + from * in, (size_t)in * sizeof *xs);
			}
			k->forward(&c->s, xs, packed, bias, relu, ys, rest);
			for (i = 0; i < c->s.co; i++)
				memcpy(y + ((n * c->s.co + i) * c->od + z) * out, ys + i * out,
				       (size_t)out * sizeof *y);
		}
}

void nn_slices_backward(const struct nn_slices *c, float *dy, const float *y, const void *packed,
                        float *dx, void *scratch)
{
	const struct nn_conv_kernel *k = nn_kernels()->conv;
	int64_t n, z, i, j, in = c->s.h * c->s.w, out = c->s.oh * c->s.ow, to;
	float *xs = scratch, *ys = (float *)(void *)((char *)scratch + x_bytes(c));
	void *rest = (char *)ys + y_bytes(c);

	if (c->flat) {
		k->backward(&c->s, dy, y, packed, dx, scratch);
		return;
	}
	memset(dx, 0, (size_t)(c->n * c->ci * c->d * in) * sizeof *dx);
	for (n = 0; n < c->n; n++)
		for (z = 0; z < c->od; z++) {
			for (i = 0; i < c->s.co; i++)
				memcpy(ys + i * out, dy + ((n * c->s.co + i) * c->od + z) * out,
				       (size_t)out * sizeof *ys);
			k->backward(&c->s, ys, NULL, packed, xs, rest);
			for (i = 0; i < c->s.ci; i++) {
				to = x_plane(c, n, z, i);
				for (j = 0; to >= 0 && j < in; j++)
					dx[to * in + j] += xs[i * in + j];
			}
		}
}
