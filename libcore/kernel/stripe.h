/* SPDX-License-Identifier: ISC */
/*
 * The stripe: some pixels beside each other by some vectors of output channels, in registers.
 *
 * The inner loop of all convolutions in blocks of channels: k numbers of the input, each spread
 * over a vector, times k rows of weights.  Each number of the result is a chain of v_fma in the
 * order of k, begun from zero; it is added to what former blocks of k left (sums of sums are more
 * exact than one long chain), and the bias comes last: the same bits whatever the place in the
 * stripe.
 */
#ifndef NN_STRIPE_H
#define NN_STRIPE_H

#include "simd.h"

#define STRIPE_VECTORS 4 /* most */

struct stripe {
	int64_t k;
	const float *in; /* of the first pixel; the next one is pitch floats on, 1 or VL */
	int pitch;
	const int32_t *at;   /* [k] where each number is, from the pixel's place */
	const float *w;      /* [k][vectors][VL] */
	float *out;          /* of the first pixel */
	int64_t step, plane; /* floats to the next pixel, and to the next vector */
	const float *bias;   /* [vectors][VL], added last; or NULL */
	int first;           /* out is written, else added to */
	int relu;            /* on what is stored */
};

/* Most pixels of a stripe of so many vectors. */
INLINE int stripe_most(int vectors)
{
	static const int most[STRIPE_VECTORS] = {STRIPE_MOST};

	return most[vectors - 1];
}

/* 1 <= pixels <= stripe_most(vectors) */
#define stripe_run NN_LOCAL(nn_stripe_run)
void stripe_run(int vectors, int pixels, const struct stripe *s);

/* Asks for part i of count of n weights, to be read after those of now. */
INLINE void stripe_ask(const float *w, int64_t i, int64_t count, int64_t n)
{
	const float *end = w + (i + 1) * n / count;

	for (w += i * n / count; w < end; w += 64 / sizeof *w) /* a line of the cache */
		__builtin_prefetch(w, 0, 2);
}

/* How many stripes n pixels take; they are made as equal as can be: stripe i begins at i n / count.
 */
INLINE int64_t stripe_count(int vectors, int64_t n)
{
	return (n + stripe_most(vectors) - 1) / stripe_most(vectors);
}

/* The number of vectors at a time, for a matrix of so many in all, that takes least time over n
 * pixels. */
#define stripe_width NN_LOCAL(nn_stripe_width)
int stripe_width(int64_t vectors, int64_t n);

#endif
