/* SPDX-License-Identifier: ISC */
/*
 * The transforms of F(4x4, 3x3) and F(2x2, 5x5), both on tiles of 6x6, with the points 0, +-s, +-t,
 * infinity, where s = sqrt(1/2) and t = sqrt(2).  With M(x) = x (x^2 - s^2) (x^2 - t^2), the input's row for a point p has the
 * coefficients of M(x) / (x - p), for infinity those of M(x); the weights' row is (1, p, p^2, ...)
 * over the product of p's distances to the other points; the output's row i has the points' powers p^i
 * (Cook and Toom; Winograd 1980).
 */
#ifndef NN_WINOGRAD_H
#define NN_WINOGRAD_H

#include "block.h"

#define WINOGRAD_TILE 6
#define WINOGRAD_POINTS 36
#define WINOGRAD_WINDOW 5 /* the largest */
#define WINOGRAD_S 0.70710678118654752
#define WINOGRAD_T 1.41421356237309505

/* d = transform of d, in one dimension */
INLINE void winograd_input(vec *d)
{
	const vec s = v_set1((float)WINOGRAD_S), t = v_set1((float)WINOGRAD_T);
	const vec minus_2 = v_set1(-2), minus_half = v_set1(-.5f), minus = v_set1(-2.5f);
	vec even_s = v_fma(minus_2, d[2], d[4]), odd_s = v_mul(s, v_fma(minus_2, d[1], d[3]));
	vec even_t = v_fma(minus_half, d[2], d[4]), odd_t = v_mul(t, v_fma(minus_half, d[1], d[3]));

	d[0] = v_add(v_fma(minus, d[2], d[0]), d[4]);
	d[5] = v_add(v_fma(minus, d[3], d[1]), d[5]);
	d[1] = v_add(even_s, odd_s);
	d[2] = v_sub(even_s, odd_s);
	d[3] = v_add(even_t, odd_t);
	d[4] = v_sub(even_t, odd_t);
}

/* y [outputs] = transform of m [6], in one dimension; outputs is 4 or 2 */
INLINE void winograd_back(const vec *m, const int outputs, vec *y)
{
	const vec s = v_set1((float)WINOGRAD_S), t = v_set1((float)WINOGRAD_T);
	const vec s3 = v_set1((float)(WINOGRAD_S / 2)), t3 = v_set1((float)(WINOGRAD_T * 2));
	vec sum_s = v_add(m[1], m[2]), difference_s = v_sub(m[1], m[2]);
	vec sum_t = v_add(m[3], m[4]), difference_t = v_sub(m[3], m[4]);

	y[0] = v_add(v_add(m[0], sum_s), sum_t);
	y[1] = v_fma(t, difference_t, v_mul(s, difference_s));
	if (outputs == 2) {
		y[1] = v_add(y[1], m[5]);
		return;
	}
	y[2] = v_fma(v_set1(2), sum_t, v_mul(v_set1(.5f), sum_s));
	y[3] = v_fma(t3, difference_t, v_fma(s3, difference_s, m[5]));
}

/*
 * The outputs of a tile, 4x4 or 2x2 of one vector each, from the 36 products, stride floats apart:
 * y[row * pitch + column * VL] = max(0 if relu, . + bias).
 */
INLINE void winograd_output(const float *m, int64_t stride, const int outputs, vec bias, int relu,
                            float *y, int64_t pitch)
{
	vec column[6], half[4][6], row[4];
	int i, j;

#pragma GCC unroll 6
	for (j = 0; j < 6; j++) {
		vec out[4];

#pragma GCC unroll 6
		for (i = 0; i < 6; i++)
			column[i] = v_load(m + (i * 6 + j) * stride);
		winograd_back(column, outputs, out);
#pragma GCC unroll 4
		for (i = 0; i < outputs; i++)
			half[i][j] = out[i];
	}
#pragma GCC unroll 4
	for (i = 0; i < outputs; i++) {
		winograd_back(half[i], outputs, row);
#pragma GCC unroll 4
		for (j = 0; j < outputs; j++) {
			row[j] = v_add(row[j], bias);
			v_store(y + i * pitch + j * VL, relu ? v_max(v_zero(), row[j]) : row[j]);
		}
	}
}

/* point[i]^0 w[0] + point[i]^1 w[step] + ..., over norm[i]; for infinity the last; r of them */
INLINE void winograd_row(int i, int r, const double *w, int64_t step, double *to)
{
	const double point[5] = {0, WINOGRAD_S, -WINOGRAD_S, WINOGRAD_T, -WINOGRAD_T};
	const double norm[5] = {1, -1.5, -1.5, 6, 6};
	double power = 1;
	int k, l;

	for (l = 0; l < VL; l++)
		to[l] = i < 5 ? w[l] : w[(r - 1) * step + l];
	if (i == 5)
		return;
	for (k = 1; k < r; k++) {
		power *= point[i];
		for (l = 0; l < VL; l++)
			to[l] += power * w[k * step + l];
	}
	for (l = 0; l < VL; l++)
		to[l] /= norm[i];
}

/* t = transform of the r x r weights w in each lane, rounded once */
INLINE void winograd_weights(const int r, double w[][VL], float t[WINOGRAD_POINTS][VL])
{
	double half[6][WINOGRAD_WINDOW][VL], whole[VL];
	int i, j, l;

	for (i = 0; i < 6; i++)
		for (j = 0; j < r; j++)
			winograd_row(i, r, w[j], r * VL, half[i][j]);
	for (i = 0; i < 6; i++)
		for (j = 0; j < 6; j++) {
			winograd_row(j, r, half[i][0], VL, whole);
			for (l = 0; l < VL; l++)
				t[i * 6 + j][l] = (float)whole[l];
		}
}

#endif
