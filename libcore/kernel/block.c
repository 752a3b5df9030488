/* SPDX-License-Identifier: ISC */
/* Between rows of channels and blocks of channels: squares of lanes by lanes are transposed. */
#include "block.h"
#include "kernel.h"

/* Channels of one block, given of them there, to or from a block of positions pixels. */
static void block_in(const float *x, int64_t given, int64_t positions, float *y)
{
	vec v[VL];
	int64_t p;
	int i, n;

	for (p = 0; p < positions; p += VL) {
		n = (int)NN_MIN(VL, positions - p);
		for (i = 0; i < VL; i++)
			v[i] = i >= given ? v_zero()
			       : n == VL  ? v_load(x + i * positions + p)
					  : v_load_range(x + i * positions + p, v_range(0, n));
		transpose(v);
		for (i = 0; i < n; i++)
			v_store(y + (p + i) * VL, v[i]);
	}
}

static void block_out(const float *x, int64_t given, int64_t positions, float *y)
{
	vec v[VL];
	int64_t p;
	int i, n;

	for (p = 0; p < positions; p += VL) {
		n = (int)NN_MIN(VL, positions - p);
		for (i = 0; i < VL; i++)
			v[i] = i < n ? v_load(x + (p + i) * VL) : v_zero();
		transpose(v);
		for (i = 0; i < given; i++)
			if (n == VL)
				v_store(y + i * positions + p, v[i]);
			else
				v_store_range(y + i * positions + p, v_range(0, n), v[i]);
	}
}

static void run(const float *x, int64_t n, int64_t c, int64_t positions, float *y, int in)
{
	int64_t blocks = (c + VL - 1) / VL, i;

#pragma omp parallel for schedule(static) if (n * blocks * positions >= 4096)
	for (i = 0; i < n * blocks; i++) {
		int64_t first = i % blocks * VL, given = NN_MIN(VL, c - first);
		int64_t rows = (i / blocks * c + first) * positions, at = i * positions * VL;

		if (in)
			block_in(x + rows, given, positions, y + at);
		else
			block_out(x + at, given, positions, y + rows);
	}
}

static void to_blocks(const float *x, int64_t n, int64_t c, int64_t positions, float *y)
{
	run(x, n, c, positions, y, 1);
}

static void from_blocks(const float *x, int64_t n, int64_t c, int64_t positions, float *y)
{
	run(x, n, c, positions, y, 0);
}

#define PIXELS 256 /* of a task */

/* Pixels [first, end) of all planes; factor and shift of their channels. */
INLINE void strip(const float *x, int64_t first, int64_t end, vec f, vec t, int relu, float *y)
{
	vec v;
	int64_t at;

	for (at = first * VL; at < end * VL; at += VL) {
		v = v_add(v_mul(v_load(x + at), f), t);
		v_store(y + at, relu ? v_larger(v_zero(), v) : v);
	}
}

static void scale(const float *x, int64_t planes, int64_t blocks, int64_t positions,
		  const float *factor, const float *shift, int relu, float *y)
{
	int64_t parts = (positions + PIXELS - 1) / PIXELS, i;

#pragma omp parallel for schedule(static) if (planes * positions * VL >= 16384)
	for (i = 0; i < planes * parts; i++) {
		int64_t b = i / parts, from = b * positions + i % parts * PIXELS;
		int64_t end = NN_MIN(from + PIXELS, (b + 1) * positions);
		vec f = v_load(factor + b % blocks * VL), t = v_load(shift + b % blocks * VL);

		if (relu)
			strip(x, from, end, f, t, 1, y);
		else
			strip(x, from, end, f, t, 0, y);
	}
}

/* Numbers [from, end) of all planes; f of their channel. */
INLINE void strip_backward(const float *g, const float *y, int64_t from, int64_t end, vec f,
			   int masked, int add, float *gx)
{
	int64_t at;
	vec v;

	for (at = from; at < end; at += VL) {
		v = v_load(g + at);
		v = v_mul(masked ? v_pass(v_load(y + at), v) : v, f);
		v_store(gx + at, add ? v_add(v_load(gx + at), v) : v);
	}
}

static void scale_backward(const float *g, const float *y, int64_t planes, int64_t blocks,
			   int64_t positions, const float *factor, int add, float *gx)
{
	int64_t parts = (positions + PIXELS - 1) / PIXELS, i;

#pragma omp parallel for schedule(static) if (planes * positions * VL >= 16384)
	for (i = 0; i < planes * parts; i++) {
		int64_t b = i / parts, from = (b * positions + i % parts * PIXELS) * VL;
		int64_t end = NN_MIN(from + PIXELS * VL, (b + 1) * positions * VL);
		vec f = v_load(factor + b % blocks * VL);

		if (y && add)
			strip_backward(g, y, from, end, f, 1, 1, gx);
		else if (y)
			strip_backward(g, y, from, end, f, 1, 0, gx);
		else
			strip_backward(g, y, from, end, f, 0, add, gx);
	}
}

extern const struct nn_block_kernel NN_LOCAL(nn_block_kernel);
const struct nn_block_kernel NN_LOCAL(nn_block_kernel) = {
	.lanes = VL,
	.to_blocks = to_blocks,
	.from_blocks = from_blocks,
	.scale = scale,
	.scale_backward = scale_backward,
};
