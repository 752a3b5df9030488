/* SPDX-License-Identifier: ISC */
/* Functions of two numbers along a run; either may stand still (a step of 0). */
#include <math.h>
#include <string.h>

#include "kernel.h"
#include "kernel/simd.h"

typedef float function(float a, float b);

/* The three forms that become vectors, though y may be a or b, and any other; f is put in place. */
INLINE void each(const float *a, int64_t sa, const float *b, int64_t sb, float *y, int64_t n,
                 function *f)
{
	const float still_a = *a, still_b = *b;
	int64_t i;

	if (sa == 1 && sb == 1) {
#pragma omp simd
		for (i = 0; i < n; i++)
			y[i] = f(a[i], b[i]);
	} else if (sa == 1 && sb == 0) {
#pragma omp simd
		for (i = 0; i < n; i++)
			y[i] = f(a[i], still_b);
	} else if (sa == 0 && sb == 1) {
#pragma omp simd
		for (i = 0; i < n; i++)
			y[i] = f(still_a, b[i]);
	} else {
		for (i = 0; i < n; i++)
			y[i] = f(a[i * sa], b[i * sb]);
	}
}

/* The same for functions that call others, and do not become vectors. */
INLINE void one_by_one(const float *a, int64_t sa, const float *b, int64_t sb, float *y, int64_t n,
                       function *f)
{
	int64_t i;

	for (i = 0; i < n; i++)
		y[i] = f(a[i * sa], b[i * sb]);
}

/* Runs of the length of one vector, the rows of blocks of channels. */
INLINE void rows_of(const float *a, int64_t ra, const float *b, int64_t rb, float *y, int64_t ry,
                    int64_t rows, function *f)
{
	float v[VL]; /* y may be a or b */
	int64_t r;
	int i;

	for (r = 0; r < rows; r++) {
		for (i = 0; i < VL; i++)
			v[i] = f(a[r * ra + i], b[r * rb + i]);
		memcpy(y + r * ry, v, sizeof v);
	}
}

INLINE float add(float a, float b) { return a + b; }
INLINE float add_relu(float a, float b) { return a + b < 0 ? 0 : a + b; }
INLINE float sub(float a, float b) { return a - b; }
INLINE float mul(float a, float b) { return a * b; }
INLINE float quotient(float a, float b) { return a / b; }
INLINE float power(float a, float b) { return b == 2 ? a * a : b == .5f ? sqrtf(a) : powf(a, b); }
INLINE float modulo(float a, float b) { return fmodf(a, b); }
INLINE float slope(float a, float b) { return a < 0 ? a * b : a; }

/* what is not a number stays so, whichever it is */
INLINE float larger(float a, float b) { return ((a >= b) | (a != a)) ? a : b; }
INLINE float smaller(float a, float b) { return ((a <= b) | (a != a)) ? a : b; }

/* the derivatives: to a, and to b */
INLINE float first(float a, float b) { return (void)b, a; }
INLINE float second(float a, float b) { return (void)a, b; }
INLINE float pass(float a, float b) { return b > 0 ? a : 0; }
INLINE float div_a(float a, float b) { return (void)a, 1 / b; }
INLINE float div_b(float a, float b) { return -a / (b * b); }
INLINE float pow_a(float a, float b)
{
	return b == 2 ? 2 * a : b == 0 ? 0 : b * powf(a, b - 1);
}
/* As others do: 0 where the base is not positive, which has no slope there, or an infinite one. */
INLINE float pow_b(float a, float b) { return a > 0 ? powf(a, b) * logf(a) : 0; }
INLINE float mod_b(float a, float b) { return -truncf(a / b); }
INLINE float slope_a(float a, float b) { return a < 0 ? b : 1; }
INLINE float slope_b(float a, float b) { return (void)b, a < 0 ? a : 0; }

static void pair_run(enum nn_pair f, const float *a, int64_t sa, const float *b, int64_t sb,
		     float *y, int64_t n)
{
	if (n < 1)
		return;
	switch (f) {
	case NN_ADD: each(a, sa, b, sb, y, n, add); break;
	case NN_ADD_RELU: each(a, sa, b, sb, y, n, add_relu); break;
	case NN_SUB: each(a, sa, b, sb, y, n, sub); break;
	case NN_MUL: each(a, sa, b, sb, y, n, mul); break;
	case NN_DIV: each(a, sa, b, sb, y, n, quotient); break;
	case NN_POW: one_by_one(a, sa, b, sb, y, n, power); break;
	case NN_FMOD: one_by_one(a, sa, b, sb, y, n, modulo); break;
	case NN_PRELU: each(a, sa, b, sb, y, n, slope); break;
	case NN_LARGER: each(a, sa, b, sb, y, n, larger); break;
	case NN_SMALLER: each(a, sa, b, sb, y, n, smaller); break;
	case NN_FIRST: each(a, sa, b, sb, y, n, first); break;
	case NN_SECOND: each(a, sa, b, sb, y, n, second); break;
	case NN_PASS: each(a, sa, b, sb, y, n, pass); break;
	case NN_DIV_A: each(a, sa, b, sb, y, n, div_a); break;
	case NN_DIV_B: each(a, sa, b, sb, y, n, div_b); break;
	case NN_POW_A: one_by_one(a, sa, b, sb, y, n, pow_a); break;
	case NN_POW_B: one_by_one(a, sa, b, sb, y, n, pow_b); break;
	case NN_FMOD_B: one_by_one(a, sa, b, sb, y, n, mod_b); break;
	case NN_PRELU_A: each(a, sa, b, sb, y, n, slope_a); break;
	case NN_PRELU_B: each(a, sa, b, sb, y, n, slope_b); break;
	}
}

static void pair_rows(enum nn_pair f, const float *a, int64_t ra, const float *b, int64_t rb,
                      float *y, int64_t ry, int64_t rows)
{
	switch (f) {
	case NN_ADD: rows_of(a, ra, b, rb, y, ry, rows, add); break;
	case NN_ADD_RELU: rows_of(a, ra, b, rb, y, ry, rows, add_relu); break;
	case NN_SUB: rows_of(a, ra, b, rb, y, ry, rows, sub); break;
	case NN_MUL: rows_of(a, ra, b, rb, y, ry, rows, mul); break;
	case NN_DIV: rows_of(a, ra, b, rb, y, ry, rows, quotient); break;
	case NN_POW: rows_of(a, ra, b, rb, y, ry, rows, power); break;
	case NN_FMOD: rows_of(a, ra, b, rb, y, ry, rows, modulo); break;
	case NN_PRELU: rows_of(a, ra, b, rb, y, ry, rows, slope); break;
	case NN_LARGER: rows_of(a, ra, b, rb, y, ry, rows, larger); break;
	case NN_SMALLER: rows_of(a, ra, b, rb, y, ry, rows, smaller); break;
	case NN_FIRST: rows_of(a, ra, b, rb, y, ry, rows, first); break;
	case NN_SECOND: rows_of(a, ra, b, rb, y, ry, rows, second); break;
	case NN_PASS: rows_of(a, ra, b, rb, y, ry, rows, pass); break;
	case NN_DIV_A: rows_of(a, ra, b, rb, y, ry, rows, div_a); break;
	case NN_DIV_B: rows_of(a, ra, b, rb, y, ry, rows, div_b); break;
	case NN_POW_A: rows_of(a, ra, b, rb, y, ry, rows, pow_a); break;
	case NN_POW_B: rows_of(a, ra, b, rb, y, ry, rows, pow_b); break;
	case NN_FMOD_B: rows_of(a, ra, b, rb, y, ry, rows, mod_b); break;
	case NN_PRELU_A: rows_of(a, ra, b, rb, y, ry, rows, slope_a); break;
	case NN_PRELU_B: rows_of(a, ra, b, rb, y, ry, rows, slope_b); break;
	}
}

extern const struct nn_pair_kernel NN_LOCAL(nn_pair_kernel);
const struct nn_pair_kernel NN_LOCAL(nn_pair_kernel) = {.run = pair_run, .rows = pair_rows};
