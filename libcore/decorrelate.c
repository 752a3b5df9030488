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

/* The planes become mix times them, or its transpose. */
static void mix_planes(int transposed, int64_t size, float *restrict r, float *restrict g,
		       float *restrict b)
{
	float m[3][3], x, y, z;
	int64_t i;
	int j;

	for (j = 0; j < 9; j++)
		m[j / 3][j % 3] = transposed ? mix[j % 3][j / 3] : mix[j / 3][j % 3];
	for (i = 0; i < size; i++) {
		x = r[i];
		y = g[i];
		z = b[i];
		r[i] = m[0][0] * x + m[0][1] * y + m[0][2] * z;
		g[i] = m[1][0] * x + m[1][1] * y + m[1][2] * z;
		b[i] = m[2][0] * x + m[2][1] * y + m[2][2] * z;
	}
}

void nn_colour_forward(int decorrelate, int64_t size, float *const t[3])
{
	int i;

	if (decorrelate)
		mix_planes(0, size, t[0], t[1], t[2]);
	for (i = 0; i < 3; i++)
		nn_kernels()->map->value(NN_SIGMOID, 0, 0, t[i], t[i], size);
}

void nn_colour_adjoint(int decorrelate, int64_t size, const float *const x[3], float *const g[3])
{
	int i;

	for (i = 0; i < 3; i++)
		nn_kernels()->map->slope(NN_SIGMOID, 0, 0, NULL, x[i], g[i], g[i], size);
	if (decorrelate)
		mix_planes(1, size, g[0], g[1], g[2]);
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
			inverse[i][j] =
				(double)mix[a][c] * mix[b][d] - (double)mix[a][d] * mix[b][c];
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
			x[j][i] =
				(float)(decorrelate ? inverse[j][0] * v[0] + inverse[j][1] * v[1] +
							      inverse[j][2] * v[2]
						    : v[j]);
	}
}
