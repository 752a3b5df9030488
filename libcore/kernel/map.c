/* SPDX-License-Identifier: ISC */
/*
 * Functions of one number, element by element: value and slope.  Plain loops that the compiler turns
 * into vectors; the exponential and what is made of it are written so that it can.
 */
#include <math.h>

#include "kernel.h"
#include "kernel/simd.h"

/*
 * e^x: x = k ln 2 + r with |r| <= ln 2 / 2, a polynomial for e^r (Cephes, S. Moshier), 2^k by bits.
 * Adding 1.5 * 2^23 rounds to a whole number and leaves it in the low bits.  Error under 2 units in
 * the last place; 0 below -87.3.
 */
INLINE float exponential(float x)
{
	const float magic = 12582912;
	float t = x * 1.44269504f + magic, k = t - magic, r = x - k * .693359375f + k * 2.12194440e-4f;
	float p = 1.9875691500e-4f, power;
	int32_t bits;

	p = p * r + 1.3981999507e-3f;
	p = p * r + 8.3334519073e-3f;
	p = p * r + 4.1665795894e-2f;
	p = p * r + 1.6666665459e-1f;
	p = p * r + 5.0000001201e-1f;
	p = p * r * r + r + 1;
	memcpy(&bits, &t, sizeof bits);
	bits = (int32_t)(((uint32_t)bits - 0x4b400000u + 126u) << 23); /* 2^(k-1): k may be 128 */
	memcpy(&power, &bits, sizeof power);
	p = p * power * 2;
	p = x < -87.3f ? 0 : p;
	p = x > 88.72f ? INFINITY : p;
	return x != x ? x : p;
}

/* Unlike fmaxf and fminf these are one instruction, and keep what is not a number in x. */
INLINE float at_least(float x, float low)
{
	return x < low ? low : x;
}

INLINE float at_most(float x, float high)
{
	return x > high ? high : x;
}

INLINE float sigmoid(float x)
{
	return 1 / (1 + exponential(-x));
}

/* Near zero a polynomial (Cephes), as 1 - 2 / (e^2x + 1) loses digits there. */
INLINE float tangent(float x)
{
	float far = 1 - 2 / (exponential(2 * x) + 1), s = x * x, near = -5.70498872745e-3f;

	near = near * s + 2.06390887954e-2f;
	near = near * s - 5.37397155531e-2f;
	near = near * s + 1.33314422036e-1f;
	near = near * s - 3.33332819422e-1f;
	near = near * s * x + x;
	return fabsf(x) < .625f ? near : far;
}

/* The error function: minimax polynomials, 1 - e^p(|x|) beyond 0.92 (after N. Juffa). */
INLINE float error(float x)
{
	float t = fabsf(x), s = x * x, far, near, u;

	far = -1.72853470e-5f * t + 3.83197126e-4f;
	u = -3.88396438e-3f * t + 2.42546219e-2f;
	far = far * s + u;
	far = far * t - 1.06777877e-1f;
	far = far * t - 6.34846687e-1f;
	far = far * t - 1.28717512e-1f;
	far = far * t - t;
	far = copysignf(1 - exponential(far), x);
	near = -5.96761703e-4f;
	near = near * s + 4.99119423e-3f;
	near = near * s - 2.67681349e-2f;
	near = near * s + 1.12819925e-1f;
	near = near * s - 3.76125336e-1f;
	near = near * s + 1.28379166e-1f;
	near = near * x + x;
	return t > .921875f ? far : near;
}

/* tanh(ln(1 + e^x)) without the logarithm; 1 where it is to the last digit */
INLINE float mish_factor(float x)
{
	float e = exponential(at_most(x, 20)), n = e * (e + 2);

	return n / (n + 2);
}

#define GELU_A .7978845608f /* sqrt(2 / pi) */
#define GELU_B .044715f
#define ROOT_HALF .70710678118f
#define DENSITY .39894228f /* of the normal distribution at 0 */

/* The loops: v is the element. */
#define EACH(value) \
	for (i = 0; i < n; i++) { \
		float v = x[i]; \
		y[i] = (value); \
	} \
	break

static void map_value(enum nn_function f, float a, float b, const float *x, float *y, int64_t n)
{
	int64_t i;

	switch (f) {
	case NN_ABS: EACH(fabsf(v));
	case NN_ACOS: EACH(acosf(v));
	case NN_ACOSH: EACH(acoshf(v));
	case NN_ASIN: EACH(asinf(v));
	case NN_ASINH: EACH(asinhf(v));
	case NN_ATAN: EACH(atanf(v));
	case NN_ATANH: EACH(atanhf(v));
	case NN_CEIL: EACH(ceilf(v));
	case NN_CELU: EACH(v < 0 ? a * expm1f(v / a) : v);
	case NN_COS: EACH(cosf(v));
	case NN_COSH: EACH(coshf(v));
	case NN_ELU: EACH(v < 0 ? a * expm1f(v) : v);
	case NN_ERF: EACH(error(v));
	case NN_EXP: EACH(exponential(v));
	case NN_FLOOR: EACH(floorf(v));
	case NN_GELU: EACH(.5f * v * (1 + error(v * ROOT_HALF)));
	case NN_GELU_TANH: EACH(.5f * v * (1 + tangent(GELU_A * (v + GELU_B * v * v * v))));
	case NN_HARD_SIGMOID: EACH(at_most(at_least(a * v + b, 0), 1));
	case NN_HARD_SWISH: EACH(v * at_most(at_least(v / 6 + .5f, 0), 1));
	case NN_LEAKY_RELU: EACH(v < 0 ? a * v : v);
	case NN_LOG: EACH(logf(v));
	case NN_MISH: EACH(v * mish_factor(v));
	case NN_NEG: EACH(-v);
	case NN_RECIPROCAL: EACH(1 / v);
	case NN_ROUND: EACH(rintf(v));
	case NN_SELU: EACH(v > 0 ? b * v : b * (a * expm1f(v)));
	case NN_SHRINK: EACH(v < -a ? v + b : v > a ? v - b : 0);
	case NN_SIGMOID: EACH(sigmoid(v));
	case NN_SIGN: EACH((float)(v > 0) - (float)(v < 0));
	case NN_SIN: EACH(sinf(v));
	case NN_SINH: EACH(sinhf(v));
	case NN_SOFTPLUS: EACH(at_least(v, 0) + log1pf(exponential(-fabsf(v))));
	case NN_SOFTSIGN: EACH(v / (1 + fabsf(v)));
	case NN_SQRT: EACH(sqrtf(v));
	case NN_TAN: EACH(tanf(v));
	case NN_TANH: EACH(tangent(v));
	case NN_THRESHOLDED_RELU: EACH(v > a ? v : 0);
	}
}
#undef EACH

static float gelu_tanh_slope(float v)
{
	float t = tangent(GELU_A * (v + GELU_B * v * v * v));

	return .5f * (1 + t) + .5f * v * (1 - t * t) * GELU_A * (1 + 3 * GELU_B * v * v);
}

static float mish_slope(float v)
{
	float t = mish_factor(v);

	return t + v * (1 - t * t) * sigmoid(v);
}

/* A slope is made of the element v or of the value w, whichever is kept; the other may be NULL. */
#define EACH_OF(name, array, slope) \
	for (i = 0; i < n; i++) { \
		float name = array[i]; \
		gx[i] = g[i] * (slope); \
	} \
	break
#define OF_X(slope) EACH_OF(v, x, slope)
#define OF_Y(slope) EACH_OF(w, y, slope)

static void map_slope(enum nn_function f, float a, float b, const float *x, const float *y,
                      const float *g, float *gx, int64_t n)
{
	int64_t i;

	switch (f) {
	case NN_ABS: OF_X((float)(v > 0) - (float)(v < 0));
	case NN_ACOS: OF_X(-1 / sqrtf(1 - v * v));
	case NN_ACOSH: OF_X(1 / sqrtf(v * v - 1));
	case NN_ASIN: OF_X(1 / sqrtf(1 - v * v));
	case NN_ASINH: OF_X(1 / sqrtf(v * v + 1));
	case NN_ATAN: OF_X(1 / (1 + v * v));
	case NN_ATANH: OF_X(1 / (1 - v * v));
	case NN_CELU: OF_X(v < 0 ? exponential(v / a) : 1);
	case NN_COS: OF_X(-sinf(v));
	case NN_COSH: OF_X(sinhf(v));
	case NN_ELU: OF_X(v < 0 ? a * exponential(v) : 1);
	case NN_ERF: OF_X(1.128379167f * exponential(-v * v));
	case NN_EXP: OF_Y(w);
	case NN_GELU:
		OF_X(.5f * (1 + error(v * ROOT_HALF)) + v * DENSITY * exponential(-.5f * v * v));
	case NN_GELU_TANH: OF_X(gelu_tanh_slope(v));
	case NN_HARD_SIGMOID: OF_X(a * v + b > 0 && a * v + b < 1 ? a : 0);
	case NN_HARD_SWISH: OF_X(v <= -3 ? 0 : v >= 3 ? 1 : v / 3 + .5f);
	case NN_LEAKY_RELU: OF_X(v < 0 ? a : 1);
	case NN_LOG: OF_X(1 / v);
	case NN_MISH: OF_X(mish_slope(v));
	case NN_NEG:
		for (i = 0; i < n; i++)
			gx[i] = -g[i];
		break;
	case NN_RECIPROCAL: OF_Y(-w * w);
	case NN_SELU: OF_X(v > 0 ? b : b * a * exponential(v));
	case NN_SHRINK: OF_X(v < -a || v > a);
	case NN_SIGMOID: OF_Y(w * (1 - w));
	case NN_SIN: OF_X(cosf(v));
	case NN_SINH: OF_X(coshf(v));
	case NN_SOFTPLUS: OF_X(sigmoid(v));
	case NN_SOFTSIGN: OF_X(1 / ((1 + fabsf(v)) * (1 + fabsf(v))));
	case NN_SQRT: OF_Y(.5f / w);
	case NN_TAN: OF_Y(1 + w * w);
	case NN_TANH: OF_Y(1 - w * w);
	case NN_THRESHOLDED_RELU: OF_X(v > a);
	case NN_CEIL:
	case NN_FLOOR:
	case NN_ROUND:
	case NN_SIGN: /* steps: flat wherever they have a slope */
		memset(gx, 0, (size_t)n * sizeof *gx);
	}
}

extern const struct nn_map_kernel NN_LOCAL(nn_map_kernel);
const struct nn_map_kernel NN_LOCAL(nn_map_kernel) = {.value = map_value, .slope = map_slope};
