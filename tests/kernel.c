/* SPDX-License-Identifier: ISC */
/*
 * Kernels against plain loops in double, for every instruction set of this machine: sizes that
 * straddle tiles, forward and backward; the same bits for 1 and 2 threads, and for batch 1 and 3.
 */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "tap.h"

#define BATCH 3

static float *noise(int64_t n, uint64_t seed)
{
	float *v = nn_alloc((size_t)n * sizeof *v);
	struct nn_random r;
	int64_t i;

	nn_random_init(&r, seed, 0);
	for (i = 0; i < n; i++)
		v[i] = (float)(nn_random_uniform(&r) - .5);
	return v;
}

/* Largest difference over the largest value. */
static double difference(const float *a, const double *b, int64_t n)
{
	double most = 0, worst = 0, d;
	int64_t i;

	for (i = 0; i < n; i++) {
		d = fabs(a[i] - b[i]);
		if (!(d <= worst))
			worst = d;
		most = fmax(most, fabs(b[i]));
	}
	return most > 0 ? worst / most : worst;
}

/* y [n][co][oh][ow] += x * w when y is given; dx += dy * w when dx is given. */
static void plain_conv(const struct nn_conv_shape *s, const float *x, const float *w, double *y,
                       const float *dy, double *dx)
{
	int64_t cig = s->ci / s->groups, cog = s->co / s->groups, n, o, c, oy, ox, ky, kx;

	for (n = 0; n < s->n; n++)
		for (o = 0; o < s->co; o++)
			for (c = 0; c < cig; c++)
				for (ky = 0; ky < s->kh; ky++)
					for (kx = 0; kx < s->kw; kx++)
						for (oy = 0; oy < s->oh; oy++)
							for (ox = 0; ox < s->ow; ox++) {
		int64_t iy = oy * s->stride_h + ky * s->dilation_h - s->pad_top;
		int64_t ix = ox * s->stride_w + kx * s->dilation_w - s->pad_left;
		int64_t in = ((n * s->ci + o / cog * cig + c) * s->h + iy) * s->w + ix;
		int64_t out = ((n * s->co + o) * s->oh + oy) * s->ow + ox;
		double v = w[((o * cig + c) * s->kh + ky) * s->kw + kx];

		if (iy < 0 || iy >= s->h || ix < 0 || ix >= s->w)
			continue;
		if (y)
			y[out] += v * x[in];
		else
			dx[in] += v * dy[out];
							}
}

struct conv_run {
	struct nn_conv_shape s;
	float *x, *w, *bias, *dy, *gate, *y, *dx; /* dy counts where gate is positive */
	int64_t nx, ny;
	int relu;
};

static int64_t blocks_count(const struct nn_kernels *k, int64_t n, int64_t c, int64_t area)
{
	return n * ((c + k->block->lanes - 1) / k->block->lanes) * k->block->lanes * area;
}

/* x [n][c][area] in blocks if these are wanted, else a copy. */
static float *in_layout(const struct nn_kernels *k, const float *x, int64_t n, int64_t c,
                        int64_t area, int blocks)
{
	float *v = nn_alloc((size_t)blocks_count(k, n, c, area) * sizeof *v);

	if (blocks)
		k->block->to_blocks(x, n, c, area, v);
	else
		memcpy(v, x, (size_t)(n * c * area) * sizeof *v);
	return v;
}

/* Back to rows; what is in a lane past c turns up in the last channel. */
static float *in_rows(const struct nn_kernels *k, const float *v, int64_t n, int64_t c, int64_t area,
                      int blocks)
{
	int64_t lanes = k->block->lanes, per = (c + lanes - 1) / lanes, i, at;
	float *x = nn_alloc((size_t)(n * c * area) * sizeof *x);

	if (!blocks) {
		memcpy(x, v, (size_t)(n * c * area) * sizeof *x);
		return x;
	}
	k->block->from_blocks(v, n, c, area, x);
	for (i = 0; i < blocks_count(k, n, c, area); i++) {
		at = i / (area * lanes) % per * lanes + i % lanes;
		if (at >= c && !(v[i] == 0))
			x[c * area - 1] = NAN;
	}
	return x;
}

/* y and dx of the run's shape by kernels k, in newly allocated arrays. */
static void run_kernels(const struct nn_kernels *k, struct conv_run *r)
{
	const struct nn_conv_kernel *c = k->conv;
	struct nn_conv_shape *s = &r->s;
	int blocks = c->blocks(s);
	int64_t in = s->h * s->w, out = s->oh * s->ow;
	float *x, *y, *dx, *dy, *gate;
	size_t bytes;
	void *scratch, *forward, *backward;

	s->x_blocks = blocks > 1;
	s->y_blocks = blocks > 0;
	bytes = NN_MAX(c->scratch_bytes(s, 0), c->scratch_bytes(s, 1));
	scratch = nn_aligned(bytes + NN_ALIGN);
	forward = nn_aligned(c->packed_bytes(s, 0) + NN_ALIGN);
	backward = nn_aligned(c->packed_bytes(s, 1) + NN_ALIGN);
	x = in_layout(k, r->x, s->n, s->ci, in, s->x_blocks);
	dy = in_layout(k, r->dy, s->n, s->co, out, s->y_blocks);
	gate = in_layout(k, r->gate, s->n, s->co, out, s->y_blocks);
	y = nn_alloc((size_t)blocks_count(k, s->n, s->co, out) * sizeof *y);
	dx = nn_alloc((size_t)blocks_count(k, s->n, s->ci, in) * sizeof *dx);
	memset(y, 0xff, (size_t)blocks_count(k, s->n, s->co, out) * sizeof *y);
	memset(dx, 0xff, (size_t)blocks_count(k, s->n, s->ci, in) * sizeof *dx);
	memset(scratch, 0xff, bytes + NN_ALIGN);
	c->pack(s, 0, r->w, NULL, forward);
	c->pack(s, 1, r->w, NULL, backward);
	c->forward(s, x, forward, r->bias, r->relu, y, scratch);
	c->backward(s, dy, gate, backward, dx, scratch);
	r->y = in_rows(k, y, s->n, s->co, out, s->y_blocks);
	r->dx = in_rows(k, dx, s->n, s->ci, in, s->x_blocks);
	free(x);
	free(y);
	free(dx);
	free(dy);
	free(gate);
	free(scratch);
	free(forward);
	free(backward);
}

static int same_bits(const struct nn_kernels *k, const struct conv_run *r)
{
	struct conv_run one = *r;
	int same, threads = omp_get_max_threads();

	omp_set_num_threads(threads == 1 ? 2 : 1);
	run_kernels(k, &one);
	omp_set_num_threads(threads);
	same = !memcmp(one.y, r->y, (size_t)r->ny * 4) && !memcmp(one.dx, r->dx, (size_t)r->nx * 4);
	free(one.y);
	free(one.dx);
	one.s.n = 1;
	one.ny /= BATCH;
	one.nx /= BATCH;
	one.x += 2 * one.nx;
	one.dy += 2 * one.ny;
	one.gate += 2 * one.ny;
	run_kernels(k, &one);
	same = same && !memcmp(one.y, r->y + 2 * one.ny, (size_t)one.ny * 4) &&
	       !memcmp(one.dx, r->dx + 2 * one.nx, (size_t)one.nx * 4);
	free(one.y);
	free(one.dx);
	return same;
}

static void try_conv(const struct nn_conv_shape *shape, int relu, const char *forced)
{
	struct conv_run r = {.s = *shape, .relu = relu};
	const struct nn_conv_shape *s = &r.s;
	const struct nn_kernels *k;
	double *y, *dx, ey, ex;
	float *passed;
	int64_t i;
	int isa;

	r.s.n = BATCH;
	r.nx = s->n * s->ci * s->h * s->w;
	r.ny = s->n * s->co * s->oh * s->ow;
	r.x = noise(r.nx, 1);
	r.dy = noise(r.ny, 2);
	r.gate = noise(r.ny, 7);
	r.w = noise(s->co * s->ci / s->groups * s->kh * s->kw, 3);
	r.bias = relu ? noise(s->co, 4) : NULL;
	y = nn_calloc((size_t)r.ny, sizeof *y);
	dx = nn_calloc((size_t)r.nx, sizeof *dx);
	passed = nn_alloc((size_t)r.ny * sizeof *passed);
	for (i = 0; i < r.ny; i++)
		y[i] = r.bias ? r.bias[i / (s->oh * s->ow) % s->co] : 0;
	plain_conv(s, r.x, r.w, y, NULL, NULL);
	for (i = 0; i < r.ny; i++)
		passed[i] = r.gate[i] > 0 ? r.dy[i] : 0;
	plain_conv(s, NULL, r.w, NULL, passed, dx);
	free(passed);
	for (i = 0; i < r.ny; i++)
		y[i] = relu ? fmax(0, y[i]) : y[i];
	for (isa = 0; (k = nn_kernels_of(isa)); isa++) {
		run_kernels(k, &r);
		if (forced && strcmp(k->conv->algorithm(s, 0), forced) &&
		    strcmp(k->conv->algorithm(s, 1), forced)) {
			free(r.y);
			free(r.dx);
			continue;
		}
		ey = difference(r.y, y, r.ny);
		ex = difference(r.dx, dx, r.nx);
		ok(ey < 2e-5 && ex < 2e-5 && same_bits(k, &r),
		   "%s %s/%s %dx%d %dx%d stride %d,%d pad %d,%d groups %d dilation %d: %d to %d, "
		   "%.1e %.1e",
		   k->isa, k->conv->algorithm(s, 0), k->conv->algorithm(s, 1), (int)s->h, (int)s->w,
		   (int)s->kh, (int)s->kw, (int)s->stride_h, (int)s->stride_w, (int)s->pad_top,
		   (int)s->pad_left, (int)s->groups, (int)s->dilation_h, (int)s->ci, (int)s->co, ey,
		   ex);
		free(r.y);
		free(r.dx);
	}
	free(r.x);
	free(r.dy);
	free(r.gate);
	free(r.w);
	free(r.bias);
	free(y);
	free(dx);
}

/*
 * A layer of few channels takes its sums in one order, whatever the algorithm: over taps, then
 * channels, one v_fma at a time, and the bias last.  (Not portable, which has no v_fma.)
 */
static void try_order(void)
{
	struct conv_run r = {.s = {
		.n = 1, .ci = 3, .h = 30, .w = 33, .co = 20, .oh = 15, .ow = 17, .groups = 1,
		.kh = 7, .kw = 7, .stride_h = 2, .stride_w = 2, .dilation_h = 1, .dilation_w = 1,
		.pad_top = 3, .pad_left = 3,
	}};
	const struct nn_conv_shape *s = &r.s;
	const struct nn_kernels *k;
	int64_t o, at, t, c, y, x, i, differ;
	float sum;
	int isa;

	r.nx = s->ci * s->h * s->w;
	r.ny = s->co * s->oh * s->ow;
	r.x = noise(r.nx, 1);
	r.dy = noise(r.ny, 2);
	r.gate = noise(r.ny, 7);
	r.w = noise(s->co * s->ci * s->kh * s->kw, 3);
	r.bias = noise(s->co, 4);
	for (isa = 0; (k = nn_kernels_of(isa)); isa++) {
		if (strcmp(k->isa, "portable") == 0)
			continue;
		run_kernels(k, &r);
		for (differ = o = 0; o < s->co; o++)
			for (at = 0; at < s->oh * s->ow; at++) {
				for (sum = 0, t = 0; t < s->kh * s->kw; t++)
					for (c = 0; c < s->ci; c++) {
						y = at / s->ow * s->stride_h + t / s->kw -
						    s->pad_top;
						x = at % s->ow * s->stride_w + t % s->kw -
						    s->pad_left;
						i = (c * s->h + y) * s->w + x;
						sum = fmaf(r.w[(o * s->ci + c) * s->kh * s->kw + t],
						           y < 0 || x < 0 || y >= s->h || x >= s->w
						                   ? 0 : r.x[i], sum);
					}
				differ += r.y[o * s->oh * s->ow + at] != sum + r.bias[o];
			}
		ok(differ == 0,
		   "%s: the order of a first layer's sums, %dx%d stride %d: %d of %d differ",
		   k->isa, (int)s->kh, (int)s->kw, (int)s->stride_h, (int)differ, (int)r.ny);
		free(r.y);
		free(r.dx);
	}
	free(r.x);
	free(r.dy);
	free(r.gate);
	free(r.w);
	free(r.bias);
}

/*
 * Some rows of a layer alone are what they are among all, bit for bit, forward and for a gradient that
 * arrives at one of them only: algorithm and tiles are those of the whole layer.
 */
static void try_narrow(int size)
{
	struct nn_conv_shape whole = {
		.n = 1, .ci = 256, .h = size, .w = size, .co = 256, .oh = size, .ow = size,
		.groups = 1, .kh = 3, .kw = 3, .stride_h = 1, .stride_w = 1, .dilation_h = 1,
		.dilation_w = 1, .pad_top = 1, .pad_left = 1,
	};
	int64_t first = 32, rows = 16, area = size * size, from = first * area, n = rows * area, i;
	struct conv_run all = {.s = whole}, some = {.s = whole};
	const struct nn_kernels *k;
	int isa, same;

	all.x = noise(whole.ci * area, 1);
	all.w = noise(whole.co * whole.ci * 9, 3);
	all.gate = noise(whole.co * area, 7);
	all.dy = noise(whole.co * area, 2);
	for (i = 0; i < whole.co * area; i++)
		if (i / area != first + 5)
			all.dy[i] = 0;
	some.s.co = rows;
	some.s.whole = &whole;
	some.x = all.x;
	some.w = all.w + first * whole.ci * 9;
	some.gate = all.gate + from;
	some.dy = all.dy + from;
	for (isa = 0; (k = nn_kernels_of(isa)); isa++) {
		run_kernels(k, &all);
		run_kernels(k, &some);
		for (same = 1, i = 0; i < n; i++)
			same &= some.y[i] == all.y[from + i];
		for (i = 0; i < whole.ci * area; i++)
			same &= some.dx[i] == all.dx[i];
		ok(same, "%s %s: 16 of 256 rows at %d", k->isa, k->conv->algorithm(&all.s, 0), size);
		free(all.y);
		free(all.dx);
		free(some.y);
		free(some.dx);
	}
	free(all.x);
	free(all.w);
	free(all.gate);
	free(all.dy);
}

/* h w ci co groups kh kw sh sw dh dw top left bottom right */
static const int convs[][15] = {
	{14, 14, 64, 40, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
	{7, 7, 70, 33, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
	{30, 31, 16, 24, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
	{9, 50, 17, 9, 1, 3, 3, 1, 1, 1, 1, 0, 0, 0, 0},
	{13, 13, 200, 24, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},
	{7, 7, 65, 130, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},
	{1, 1, 33, 70, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0},
	{14, 15, 9, 16, 1, 1, 1, 2, 2, 1, 1, 0, 0, 0, 0},
	{37, 40, 3, 16, 1, 7, 7, 2, 2, 1, 1, 3, 3, 3, 3},
	{47, 47, 3, 13, 1, 11, 11, 4, 4, 1, 1, 0, 0, 0, 0},
	{33, 34, 3, 8, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
	{18, 17, 12, 20, 1, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1},
	{18, 17, 5, 7, 1, 3, 3, 2, 2, 1, 1, 0, 0, 1, 1},
	{19, 20, 6, 10, 1, 3, 3, 2, 3, 3, 2, 2, 1, 1, 2},
	{16, 16, 6, 10, 1, 2, 2, 3, 3, 1, 1, 0, 0, 0, 0},
	{15, 15, 4, 6, 1, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2},
	{13, 14, 12, 18, 2, 5, 5, 1, 1, 1, 1, 2, 2, 2, 2},
	{12, 12, 12, 24, 6, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
	{21, 22, 7, 7, 7, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
	{21, 23, 6, 6, 6, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1},
	{14, 35, 5, 10, 5, 5, 5, 1, 1, 1, 1, 2, 2, 2, 2},
	{40, 14, 3, 3, 3, 5, 5, 2, 2, 1, 1, 2, 2, 2, 2},
	{25, 30, 37, 37, 37, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
	{25, 30, 32, 32, 32, 5, 5, 2, 2, 1, 1, 2, 2, 2, 2},
	{12, 27, 64, 96, 2, 5, 5, 1, 1, 1, 1, 2, 2, 2, 2},
	{28, 28, 32, 64, 2, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
	{1, 9, 32, 40, 1, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1},
	{1, 1, 32, 16, 1, 1, 1, 2, 2, 1, 1, 0, 0, 0, 0},
	{9, 9, 4, 4, 4, 3, 3, 1, 1, 2, 2, 2, 2, 2, 2},
	{17, 17, 20, 24, 1, 1, 7, 1, 1, 1, 1, 0, 3, 0, 3},
	{17, 17, 20, 24, 1, 7, 1, 1, 1, 1, 1, 3, 0, 3, 0},
	{12, 12, 10, 12, 1, 4, 4, 2, 2, 1, 1, 1, 1, 1, 1},
	{1, 70, 6, 5, 1, 1, 5, 1, 2, 1, 1, 0, 2, 0, 2},
	{10, 10, 6, 5, 1, 3, 3, 1, 1, 1, 1, -1, -2, 0, -1},
	{6, 6, 3, 4, 1, 3, 3, 1, 1, 1, 1, 4, 4, 4, 4},
	{5, 1, 3, 4, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1},
};

static void try_gemm(int m, int n, int k, int at, int bt)
{
	struct nn_gemm_shape s = {.m = m, .n = n, .k = k, .lda = (at ? m : k) + 1,
	                          .ldb = (bt ? k : n) + 2, .ldc = n + 3, .a_transposed = at,
	                          .b_transposed = bt};
	float *a = noise((at ? k : m) * s.lda, 5), *b = noise((bt ? n : k) * s.ldb, 6), *c, *row;
	double *want = nn_calloc((size_t)(m * s.ldc), sizeof *want), e, e2;
	const struct nn_kernels *kernels;
	int i, j, p, isa, same, threads = omp_get_max_threads();
	void *scratch;

	for (i = 0; i < m; i++)
		for (j = 0; j < n; j++)
			for (p = 0; p < k; p++)
				want[i * s.ldc + j] +=
					(double)(at ? a[p * s.lda + i] : a[i * s.lda + p]) *
					(bt ? b[j * s.ldb + p] : b[p * s.ldb + j]);
	for (isa = 0; (kernels = nn_kernels_of(isa)); isa++) {
		c = nn_calloc((size_t)(m * s.ldc), sizeof *c);
		row = nn_calloc((size_t)s.ldc, sizeof *row);
		scratch = nn_aligned(kernels->gemm->scratch_bytes(&s) + NN_ALIGN);
		kernels->gemm->run(&s, a, b, c, 0, scratch);
		e = difference(c, want, m * s.ldc);
		/* the last row alone, by one thread */
		s.m = 1;
		omp_set_num_threads(1);
		kernels->gemm->run(&s, at ? a + m - 1 : a + (m - 1) * s.lda, b, row, 0, scratch);
		omp_set_num_threads(threads);
		s.m = m;
		same = !memcmp(row, c + (m - 1) * s.ldc, (size_t)n * sizeof *c);
		kernels->gemm->run(&s, a, b, c, 1, scratch);
		for (i = 0; i < m * s.ldc; i++)
			c[i] /= 2;
		e2 = difference(c, want, m * s.ldc);
		ok(e < 2e-5 && e2 < 2e-5 && same, "%s gemm %dx%dx%d%s%s: %.1e %.1e", kernels->isa,
		   m, n, k, at ? " a'" : "", bt ? " b'" : "", e, e2);
		free(c);
		free(row);
		free(scratch);
	}
	free(a);
	free(b);
	free(want);
}

int main(void)
{
	static const char *const forced[] = {NULL, "gemm", "direct", "winograd"};
	size_t i, j;

	omp_set_num_threads(2);
	for (i = 0; i < NN_LEN(convs); i++) {
		const int *v = convs[i];
		struct nn_conv_shape s = {
			.h = v[0],
			.w = v[1],
			.ci = v[2],
			.co = v[3],
			.groups = v[4],
			.kh = v[5],
			.kw = v[6],
			.stride_h = v[7],
			.stride_w = v[8],
			.dilation_h = v[9],
			.dilation_w = v[10],
			.pad_top = v[11],
			.pad_left = v[12],
		};

		s.oh = (s.h + v[11] + v[13] - (s.kh - 1) * s.dilation_h - 1) / s.stride_h + 1;
		s.ow = (s.w + v[12] + v[14] - (s.kw - 1) * s.dilation_w - 1) / s.stride_w + 1;
		for (j = 0; j < NN_LEN(forced); j++) {
			if (forced[j])
				setenv("NN_CONV", forced[j], 1);
			else
				unsetenv("NN_CONV");
			try_conv(&s, (int)i & 1, forced[j]);
			if (i == 0) {
				try_order();
				try_narrow(7);
				try_narrow(14);
			}
		}
	}
	for (i = 0; i < 4; i++) {
		try_gemm(1, 70, 65, (int)i & 1, (int)i >> 1);
		try_gemm(9, 50, 200, (int)i & 1, (int)i >> 1);
		try_gemm(33, 17, 400, (int)i & 1, (int)i >> 1);
		try_gemm(5, 3, 1, (int)i & 1, (int)i >> 1);
		try_gemm(11, 1050, 1003, (int)i & 1, (int)i >> 1);
	}
	return done();
}
