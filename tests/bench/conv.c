/* SPDX-License-Identifier: ISC */
/* Single convolutions, forward and backward to the input, against the machine's own peak. */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

struct shape {
	int kh, kw, stride, pad_h, pad_w, ci, co, groups, size;
};

/* out = (size + 2 pad - k) / stride + 1 */
static const struct shape shapes[] = {
	{3, 3, 1, 1, 1, 64, 64, 1, 56}, {3, 3, 1, 1, 1, 128, 128, 1, 28},
	{3, 3, 1, 1, 1, 256, 256, 1, 14}, {3, 3, 1, 1, 1, 512, 512, 1, 7},
	{3, 3, 1, 1, 1, 512, 512, 1, 14}, {3, 3, 1, 1, 1, 64, 64, 1, 224},
	{3, 3, 1, 1, 1, 96, 208, 1, 14}, {3, 3, 1, 1, 1, 48, 192, 1, 13},
	{3, 3, 1, 1, 1, 3, 64, 1, 224},
	{1, 1, 1, 0, 0, 256, 64, 1, 56}, {1, 1, 1, 0, 0, 64, 256, 1, 56},
	{1, 1, 1, 0, 0, 512, 512, 1, 14}, {1, 1, 1, 0, 0, 832, 256, 1, 7},
	{1, 1, 1, 0, 0, 480, 24, 1, 14}, {1, 1, 1, 0, 0, 256, 64, 1, 32},
	{7, 7, 2, 3, 3, 3, 64, 1, 224}, {11, 11, 4, 0, 0, 3, 96, 1, 227},
	{5, 5, 1, 2, 2, 96, 256, 2, 27}, {5, 5, 1, 2, 2, 32, 96, 1, 28},
	{3, 3, 2, 1, 1, 128, 128, 1, 56}, {3, 3, 2, 0, 0, 3, 64, 1, 227},
	{1, 1, 2, 0, 0, 256, 512, 1, 28},
	{3, 3, 1, 1, 1, 144, 144, 144, 56}, {3, 3, 2, 1, 1, 144, 144, 144, 56},
	{5, 5, 1, 2, 2, 240, 240, 240, 28}, {1, 7, 1, 0, 3, 128, 128, 1, 17},
	{7, 1, 1, 3, 0, 128, 192, 1, 17}, {4, 4, 2, 1, 1, 64, 128, 1, 56},
};

struct run {
	struct nn_conv_shape s;
	float *in, *out, *bias;
	void *packed, *scratch;
	int backward;
};

static void once(void *context)
{
	const struct run *r = context;

	if (r->backward)
		nn_kernels()->conv->backward(&r->s, r->in, NULL, r->packed, r->out,
					     r->scratch);
	else
		nn_kernels()->conv->forward(&r->s, r->in, r->packed, r->bias, 1, r->out,
					    r->scratch);
}

static float *noise(int64_t n)
{
	float *v = nn_aligned((size_t)n * sizeof *v);
	struct nn_random random;
	int64_t i;

	nn_random_init(&random, 1, 0);
	for (i = 0; i < n; i++)
		v[i] = (float)nn_random_uniform(&random) - .5f;
	return v;
}

/* Channels that are in memory. */
static int64_t stored(int64_t channels, int blocks)
{
	int64_t lanes = blocks ? nn_kernels()->block->lanes : 1;

	return (channels + lanes - 1) / lanes * lanes;
}

static void measure(const struct shape *t, int batch, int threads, int backward)
{
	const struct nn_conv_kernel *k = nn_kernels()->conv;
	int64_t x, y, out_h = (t->size + 2 * t->pad_h - t->kh) / t->stride + 1;
	int64_t out_w = (t->size + 2 * t->pad_w - t->kw) / t->stride + 1;
	int64_t weights = (int64_t)t->co * t->ci / t->groups * t->kh * t->kw;
	struct run r = {.backward = backward};
	struct bench_line line = {.part = "conv", .batch = batch, .threads = threads};
	char name[64];
	int blocks;
	float *w;

	r.s = (struct nn_conv_shape){
		.n = batch,
		.ci = t->ci,
		.h = t->size,
		.w = t->size,
		.co = t->co,
		.oh = out_h,
		.ow = out_w,
		.groups = t->groups,
		.kh = t->kh,
		.kw = t->kw,
		.stride_h = t->stride,
		.stride_w = t->stride,
		.dilation_h = 1,
		.dilation_w = 1,
		.pad_top = t->pad_h,
		.pad_left = t->pad_w,
	};
	snprintf(name, sizeof name, "%dx%d s%d %d-%d%s at %d%s", t->kh, t->kw, t->stride, t->ci,
		 t->co,
		 t->groups == t->ci ? " depthwise"
		 : t->groups > 1    ? " groups 2"
				    : "",
		 t->size, backward ? " backward" : "");
	if ((bench_only && !strstr(name, bench_only)) || (bench_batch && batch != bench_batch))
		return;
	line.name = name;
	blocks = k->blocks(&r.s);
	r.s.x_blocks = blocks > 1;
	r.s.y_blocks = blocks > 0;
	line.algorithm = k->algorithm(&r.s, backward);
	x = batch * r.s.h * r.s.w * stored(r.s.ci, r.s.x_blocks);
	y = batch * out_h * out_w * stored(r.s.co, r.s.y_blocks);
	line.flop = 2.0 * (double)weights * (double)(out_h * out_w) * batch;
	line.bytes = t->groups == t->ci ? (double)(x + y) * sizeof(float) : 0;
	r.in = noise(backward ? y : x);
	r.out = noise(backward ? x : y);
	r.bias = noise(t->co);
	w = noise(weights);
	omp_set_num_threads(threads);
	r.packed = nn_aligned(k->packed_bytes(&r.s, backward));
	r.scratch = nn_aligned(k->scratch_bytes(&r.s, backward));
	k->pack(&r.s, backward, w, NULL, r.packed);
	bench_measure(&line, bench_seconds, once, &r);
	free(r.in);
	free(r.out);
	free(r.bias);
	free(w);
	free(r.packed);
	free(r.scratch);
}

void bench_conv(void)
{
	int threads = omp_get_max_threads(), batch, backward;
	size_t i;

	for (batch = 1; batch <= 8; batch += 7)
		for (backward = 0; backward < 2; backward++)
			for (i = 0; i < NN_LEN(shapes); i++) {
				measure(&shapes[i], batch, 1, backward);
				if (threads > 1)
					measure(&shapes[i], batch, threads, backward);
			}
	omp_set_num_threads(threads);
}
