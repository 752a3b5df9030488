/* SPDX-License-Identifier: ISC */
/*
 * Planes to colours.  Decorrelated: three planes that vary alike become colours that vary together
 * as those of photographs do, by the root of ImageNet's colour correlation over its largest column
 * norm (Lucid, optvis/param/color.py).  Then a sigmoid keeps each colour within 0..1.
 */
#include "vis.h"

#include <math.h>

#define NORM 0.46195238f

static const float mix[3][3] = {{.26f / NORM, .09f / NORM, .02f / NORM},
                                {.27f / NORM, 0, -.05f / NORM},
                                {.27f / NORM, -.09f / NORM, .03f / NORM}};

/*
 * exp(x), to 2 units in the last place, in operations that become vector instructions: x = k ln 2
 * + r, |r| <= ln 2 / 2, and a polynomial in r (Cephes, expf).
 */
static inline float exponential(float x)
{
	const float magic = 12582912; /* 1.5 * 2^23: adding it leaves a whole number in the low bits */
	union {
		float f;
		int32_t i;
	} k, power;
	float r, p;

	x = x < -87 ? -87 : x > 87 ? 87 : x;
	k.f = x * 1.44269504f + magic;
	r = k.f - magic;
	r = (x - r * 0.693359375f) + r * 2.12194440e-4f;
	p = 1.9875691500e-4f;
	p = p * r + 1.3981999507e-3f;
	p = p * r + 8.3334519073e-3f;
	p = p * r + 4.1665795894e-2f;
	p = p * r + 1.6666665459e-1f;
	p = p * r + 5.0000001201e-1f;
	p = p * r * r + r + 1;
	power.i = (k.i - 0x4b400000 + 127) << 23;
	return p * power.f;
}

void nn_colour_forward(int decorrelate, int64_t size, float *const t[3])
{
	float *restrict r = t[0], *restrict g = t[1], *restrict b = t[2], x, y, z;
	int64_t i;

	for (i = 0; i < size; i++) {
		x = r[i];
		y = g[i];
		z = b[i];
		r[i] = decorrelate ? mix[0][0] * x + mix[0][1] * y + mix[0][2] * z : x;
		g[i] = decorrelate ? mix[1][0] * x + mix[1][1] * y + mix[1][2] * z : y;
		b[i] = decorrelate ? mix[2][0] * x + mix[2][1] * y + mix[2][2] * z : z;
		r[i] = 1 / (1 + exponential(-r[i]));
		g[i] = 1 / (1 + exponential(-g[i]));
		b[i] = 1 / (1 + exponential(-b[i]));
	}
}

void nn_colour_adjoint(int decorrelate, int64_t size, const float *const x[3], float *const g[3])
{
	float *restrict gr = g[0], *restrict gg = g[1], *restrict gb = g[2], u, v, w;
	const float *r = x[0], *s = x[1], *b = x[2];
	int64_t i;

	for (i = 0; i < size; i++) {
		u = gr[i] * r[i] * (1 - r[i]);
		v = gg[i] * s[i] * (1 - s[i]);
		w = gb[i] * b[i] * (1 - b[i]);
		gr[i] = decorrelate ? mix[0][0] * u + mix[1][0] * v + mix[2][0] * w : u;
		gg[i] = decorrelate ? mix[0][1] * u + mix[1][1] * v + mix[2][1] * w : v;
		gb[i] = decorrelate ? mix[0][2] * u + mix[1][2] * v + mix[2][2] * w : w;
	}
}

/* The inverse of mix by Cramer's rule. */
static void invert(double inverse[3][3])
{
	double determinant = 0;
	int i, j, a, b, c, d;

	for (i = 0; i < 3; i++)
		for (j = 0; j < 3; j++) {
			a = (j + 1) % 3;
			b = (j + 2) % 3;
			c = (i + 1) % 3;
			d = (i + 2) % 3;
			inverse[i][j] = (double)mix[a][c] * mix[b][d] - (double)mix[a][d] * mix[b][c];
		}
	for (i = 0; i < 3; i++)
		determinant += mix[0][i] * inverse[i][0];
	for (i = 0; i < 9; i++)
		inverse[i / 3][i % 3] /= determinant;
}

void nn_colour_inverse(int decorrelate, int64_t size, float *const x[3])
{
	const double least = 1.0 / 256;
	double inverse[3][3], v[3], c;
	int64_t i;
	int j;

	invert(inverse);
	for (i = 0; i < size; i++) {
		for (j = 0; j < 3; j++) {
			c = x[j][i];
			c = c > least ? (c < 1 - least ? c : 1 - least) : least;
			v[j] = log(c / (1 - c));
		}
		for (j = 0; j < 3; j++)
			x[j][i] = (float)(decorrelate ? inverse[j][0] * v[0] + inverse[j][1] * v[1] +
			                                        inverse[j][2] * v[2]
			                              : v[j]);
	}
}
