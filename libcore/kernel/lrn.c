/* SPDX-License-Identifier: ISC */
/*
 * Local response normalisation of one strip of positions, for all channels: plain loops over the
 * strip, which lies in the cache.
 */
#include <math.h>

#include "kernel.h"
#include "kernel/simd.h"

#define STRIP NN_LRN_STRIP

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

extern const struct nn_lrn_kernel NN_LOCAL(nn_lrn_kernel);
const struct nn_lrn_kernel NN_LOCAL(nn_lrn_kernel) = {
	.forward = lrn_forward,
	.backward = lrn_backward,
};
