/* SPDX-License-Identifier: ISC */
/*
 * Local response normalisation of one strip of positions, for all channels: plain loops over the
 * strip, which lies in the cache.
 */
#include <math.h>

#include "kernel.h"
#include "kernel/simd.h"

#define STRIP NN_LRN_STRIP
#define PIXELS (NN_LRN_NUMBERS / VL)

/* s of channel ch at width positions */
INLINE void scale(const struct nn_lrn_shape *p, const float *x, int64_t ch, int64_t width, float *s)
{
	int64_t j, i, end = NN_MIN(ch + p->after + 1, p->channels);
	const float *row;

	for (i = 0; i < STRIP; i++)
		s[i] = 0;
	for (j = NN_MAX(ch - p->before, 0); j < end; j++)
		for (row = x + j * p->positions, i = 0; i < width; i++)
			s[i] += row[i] * row[i];
	for (i = 0; i < STRIP; i++)
		s[i] = p->bias + p->alpha * s[i];
}

/* r = s^-beta: by square roots for the exponents that networks use */
INLINE void power(const struct nn_lrn_shape *p, const float *s, float *r)
{
	int64_t i;

	if (p->beta == .75f)
		for (i = 0; i < STRIP; i++) {
			float root = sqrtf(s[i]);

			r[i] = 1 / (root * sqrtf(root));
		}
	else if (p->beta == .5f)
		for (i = 0; i < STRIP; i++)
			r[i] = 1 / sqrtf(s[i]);
	else
		for (i = 0; i < STRIP; i++)
			r[i] = powf(s[i], -p->beta);
}

static void lrn_forward(const struct nn_lrn_shape *p, const float *x, float *y, int64_t width)
{
	float s[STRIP], r[STRIP];
	int64_t ch, i;

	for (ch = 0; ch < p->channels; ch++) {
		scale(p, x, ch, width, s);
		power(p, s, r);
		for (i = 0; i < width; i++)
			y[ch * p->positions + i] = x[ch * p->positions + i] * r[i];
	}
}

/*
 * gx_j = g_j s_j^-beta - 2 alpha beta x_j sum over the i whose window has j of g_i x_i
 * s_i^(-beta-1): r [c][STRIP] gets s^-beta, t [c][STRIP] the terms of the sum.
 */
static void lrn_backward(const struct nn_lrn_shape *p, const float *x, const float *g, float *gx,
                         int64_t width, float *scratch)
{
	float s[STRIP], total[STRIP], *r = scratch, *t = scratch + p->channels * STRIP, f;
	int64_t ch, i, j, end, at;

	for (ch = 0; ch < p->channels; ch++) {
		at = ch * p->positions;
		scale(p, x, ch, width, s);
		power(p, s, r + ch * STRIP);
		for (i = 0; i < width; i++)
			t[ch * STRIP + i] = g[at + i] * x[at + i] * r[ch * STRIP + i] / s[i];
	}
	f = 2 * p->alpha * p->beta;
	for (ch = 0; ch < p->channels; ch++) {
		at = ch * p->positions;
		for (i = 0; i < STRIP; i++)
			total[i] = 0;
		end = NN_MIN(ch + p->before + 1, p->channels);
		for (j = NN_MAX(ch - p->after, 0); j < end; j++)
			for (i = 0; i < width; i++)
				total[i] += t[j * STRIP + i];
		for (i = 0; i < width; i++)
			gx[at + i] = g[at + i] * r[ch * STRIP + i] - f * x[at + i] * total[i];
	}
}

/*
 * In blocks of channels: the squares of all channels of a pixel are put side by side, with zeros
 * around them, and a sum over neighbours is of vectors at offsets.  Several pixels at a time, so
 * that what was just stored is not read at once at another offset, for which a processor waits.
 */

/* a pixel's channels, and zeros, in floats: room before, all blocks, room after */
INLINE int64_t room(int64_t n)
{
	return (n + VL - 1) / VL * VL;
}

static int64_t line_floats(const struct nn_lrn_shape *p, int64_t before, int64_t after)
{
	return room(before) + room(p->channels) + room(after);
}

static size_t lrn_blocks_scratch(const struct nn_lrn_shape *p)
{
	int64_t values = room(p->channels);
	int64_t floats = line_floats(p, p->before, p->after) + line_floats(p, p->after, p->before);

	return (size_t)(PIXELS * (floats + values)) * sizeof(float);
}

/* Zeros around the channels of each pixel's line. */
static void clear_around(const struct nn_lrn_shape *p, int64_t before, int64_t after, float *line,
                         int64_t pixels)
{
	int64_t floats = line_floats(p, before, after), i;

	for (; pixels > 0; pixels--, line += floats) {
		for (i = 0; i < room(before); i += VL)
			v_store(line + i, v_zero());
		for (i = floats - room(after); i < floats; i += VL)
			v_store(line + i, v_zero());
	}
}

/* The sum of neighbours from before to after, for the channels at line. */
INLINE vec around(const float *line, int64_t before, int64_t after)
{
	vec sum = v_zero();
	int64_t i;

	if (before == 2 && after == 2) {
#pragma GCC unroll 5
		for (i = -2; i <= 2; i++)
			sum = v_add(sum, v_load(line + i));
		return sum;
	}
	for (i = -before; i <= after; i++)
		sum = v_add(sum, v_load(line + i));
	return sum;
}

/* s^-beta as power() */
INLINE vec v_power(const struct nn_lrn_shape *p, vec s)
{
	float lane[VL];
	vec root;
	int i;

	if (p->beta == .75f) {
		root = v_sqrt(s);
		return v_div(v_set1(1), v_mul(root, v_sqrt(root)));
	}
	if (p->beta == .5f)
		return v_div(v_set1(1), v_sqrt(s));
	v_store(lane, s);
	for (i = 0; i < VL; i++)
		lane[i] = powf(lane[i], -p->beta);
	return v_load(lane);
}

/* a, but zeros in the lanes past the last channel when block b is the last. */
INLINE void store_block(const struct nn_lrn_shape *p, int64_t b, float *y, vec a)
{
	int64_t given = p->channels - b * VL;

	if (given >= VL) {
		v_store(y, a);
		return;
	}
	v_store(y, v_zero());
	v_store_range(y, v_range(0, (int)given), a);
}

/* Squares of the pixels' channels into lines. */
static void square(const struct nn_lrn_shape *p, const float *x, int64_t pixels, float *line)
{
	int64_t blocks = room(p->channels) / VL, floats = line_floats(p, p->before, p->after), b, i;

	clear_around(p, p->before, p->after, line, pixels);
	for (b = 0; b < blocks; b++, x += p->positions * VL)
		for (i = 0; i < pixels; i++) {
			vec v = v_load(x + i * VL);

			v_store(line + i * floats + room(p->before) + b * VL, v_mul(v, v));
		}
}

/* s of block b of a pixel's line */
INLINE vec sums(const struct nn_lrn_shape *p, const float *line, int64_t b)
{
	vec s = around(line + room(p->before) + b * VL, p->before, p->after);

	return v_add(v_set1(p->bias), v_mul(v_set1(p->alpha), s));
}

static void lrn_forward_blocks(const struct nn_lrn_shape *p, const float *x, float *y,
                               int64_t pixels, float *scratch)
{
	int64_t blocks = room(p->channels) / VL, floats = line_floats(p, p->before, p->after);
	int64_t plane = p->positions * VL, b, i;

	square(p, x, pixels, scratch);
	for (b = 0; b < blocks; b++)
		for (i = 0; i < pixels; i++) {
			vec r = v_power(p, sums(p, scratch + i * floats, b));
			int64_t at = b * plane + i * VL;

			store_block(p, b, y + at, v_mul(v_load(x + at), r));
		}
}

/* As lrn_backward(): lines of squares, lines of terms, and s^-beta [pixels][blocks]. */
static void lrn_backward_blocks(const struct nn_lrn_shape *p, const float *x, const float *g,
                                float *gx, int64_t pixels, float *scratch)
{
	int64_t blocks = room(p->channels) / VL, floats = line_floats(p, p->before, p->after);
	int64_t plane = p->positions * VL, terms = line_floats(p, p->after, p->before), b, i, at;
	float *term = scratch + PIXELS * floats, *power = term + PIXELS * terms;
	vec f = v_set1(2 * p->alpha * p->beta), s, r, v;

	square(p, x, pixels, scratch);
	clear_around(p, p->after, p->before, term, pixels);
	for (b = 0; b < blocks; b++)
		for (i = 0; i < pixels; i++) {
			at = b * plane + i * VL;
			s = sums(p, scratch + i * floats, b);
			r = v_power(p, s);
			v_store(power + (i * blocks + b) * VL, r);
			v = v_mul(v_mul(v_load(g + at), v_load(x + at)), r);
			store_block(p, b, term + i * terms + room(p->after) + b * VL, v_div(v, s));
		}
	for (b = 0; b < blocks; b++)
		for (i = 0; i < pixels; i++) {
			at = b * plane + i * VL;
			v = around(term + i * terms + room(p->after) + b * VL, p->after, p->before);
			v = v_mul(v_mul(f, v_load(x + at)), v);
			r = v_load(power + (i * blocks + b) * VL);
			store_block(p, b, gx + at, v_sub(v_mul(v_load(g + at), r), v));
		}
}

extern const struct nn_lrn_kernel NN_LOCAL(nn_lrn_kernel);
const struct nn_lrn_kernel NN_LOCAL(nn_lrn_kernel) = {
	.forward = lrn_forward,
	.backward = lrn_backward,
	.blocks_scratch = lrn_blocks_scratch,
	.forward_blocks = lrn_forward_blocks,
	.backward_blocks = lrn_backward_blocks,
};
