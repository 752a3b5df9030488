/* SPDX-License-Identifier: ISC */
#include "base.h"
#include "stripe.h"

INLINE void finish(const struct stripe *s, int j, int v, vec sum)
{
	float *out = s->out + j * s->step + v * s->plane;

	if (!s->first)
		sum = v_add(v_load(out), sum);
	if (s->bias)
		sum = v_add(sum, v_load(s->bias + v * VL));
	if (s->relu)
		sum = v_max(v_zero(), sum);
	v_store(out, sum);
}

/* vectors, pixels and pitch are constants: a copy of this for each, with the sums in registers */
INLINE void run(const int vectors, const int pixels, const int pitch, const struct stripe *s)
{
	vec sum[14][STRIPE_VECTORS], wv[STRIPE_VECTORS], x;
	const float *w = s->w, *in = s->in, *from;
	const int32_t *at = s->at, *end = at + s->k;
	int j, v;

#pragma GCC unroll 14
	for (j = 0; j < pixels; j++)
#pragma GCC unroll 4
		for (v = 0; v < vectors; v++)
			sum[j][v] = v_zero();
	for (; at < end; at++) {
		from = in + *at;
#pragma GCC unroll 4
		for (v = 0; v < vectors; v++)
			wv[v] = v_load(w + v * VL);
#pragma GCC unroll 14
		for (j = 0; j < pixels; j++) {
			x = v_set1(from[j * pitch]);
#pragma GCC unroll 4
			for (v = 0; v < vectors; v++)
				sum[j][v] = v_fma(x, wv[v], sum[j][v]);
		}
		w += vectors * VL;
	}
#pragma GCC unroll 14
	for (j = 0; j < pixels; j++)
#pragma GCC unroll 4
		for (v = 0; v < vectors; v++)
			finish(s, j, v, sum[j][v]);
}

#define STRIPE(vectors, pixels)                                                                    \
	static void run_##vectors##_##pixels(const struct stripe *s)                               \
	{                                                                                          \
		if (s->pitch == 1)                                                                 \
			run(vectors, pixels, 1, s);                                                \
		else                                                                               \
			run(vectors, pixels, VL, s);                                               \
	}
#define UP_TO_2(v) STRIPE(v, 1) STRIPE(v, 2)
#define UP_TO_4(v) UP_TO_2(v) STRIPE(v, 3) STRIPE(v, 4)
#define UP_TO_6(v) UP_TO_4(v) STRIPE(v, 5) STRIPE(v, 6)
#define UP_TO_9(v) UP_TO_6(v) STRIPE(v, 7) STRIPE(v, 8) STRIPE(v, 9)
#define UP_TO_12(v) UP_TO_9(v) STRIPE(v, 10) STRIPE(v, 11) STRIPE(v, 12)
#define UP_TO_14(v) UP_TO_12(v) STRIPE(v, 13) STRIPE(v, 14)

#define NAMES_2(v) run_##v##_1, run_##v##_2
#define NAMES_4(v) NAMES_2(v), run_##v##_3, run_##v##_4
#define NAMES_6(v) NAMES_4(v), run_##v##_5, run_##v##_6
#define NAMES_9(v) NAMES_6(v), run_##v##_7, run_##v##_8, run_##v##_9
#define NAMES_12(v) NAMES_9(v), run_##v##_10, run_##v##_11, run_##v##_12
#define NAMES_14(v) NAMES_12(v), run_##v##_13, run_##v##_14

/* as STRIPE_MOST says */
#if REGISTERS == 32
UP_TO_14(1) UP_TO_14(2) UP_TO_9(3) UP_TO_6(4)
static void (*const runs[][14])(const struct stripe *) = {
	{NAMES_14(1)}, {NAMES_14(2)}, {NAMES_9(3)}, {NAMES_6(4)},
};
#else
UP_TO_12(1) UP_TO_6(2) UP_TO_4(3) UP_TO_2(4)
static void (*const runs[][14])(const struct stripe *) = {
	{NAMES_12(1)}, {NAMES_6(2)}, {NAMES_4(3)}, {NAMES_2(4)},
};
#endif

void stripe_run(int vectors, int pixels, const struct stripe *s)
{
	runs[vectors - 1][pixels - 1](s);
}

/* Cycles for one k: two products, or two loads, at a time, and four to wait for a sum. */
static double cycles(int vectors, int64_t pixels)
{
	double product = (double)(vectors * pixels) / 2, load = (double)(vectors + pixels + 1) / 2;

	return NN_MAX(NN_MAX(product, load), 4) + .5;
}

static double time_of(int vectors, int64_t n)
{
	int64_t count = stripe_count(vectors, n), longer = n % count;

	return (double)longer * cycles(vectors, n / count + 1) +
	       (double)(count - longer) * cycles(vectors, n / count);
}

int stripe_width(int64_t vectors, int64_t n)
{
	double best = 0, t;
	int v, width = 1;

	for (v = 1; v <= STRIPE_VECTORS && v <= vectors; v++) {
		t = (double)(vectors / v) * time_of(v, n);
		if (vectors % v)
			t += time_of((int)(vectors % v), n);
		if (v == 1 || t < best) {
			best = t;
			width = v;
		}
	}
	return width;
}
