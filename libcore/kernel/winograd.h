/* SPDX-License-Identifier: ISC */
/*
 * The transforms of F(4x4, 3x3) with the points 0, +-s, +-t, infinity, where s = sqrt(1/2) and
 * t = sqrt(2).  With M(x) = x (x^2 - s^2) (x^2 - t^2), the input's row for a point p has the
 * coefficients of M(x) / (x - p), for infinity those of M(x); the weights' row is (1, p, p^2) over
 * the product of p's distances to the other points; the output's row i has the points' powers p^i
 * (Cook and Toom; Winograd 1980).
 */
#ifndef NN_WINOGRAD_H
#define NN_WINOGRAD_H

#include "block.h"

#define WINOGRAD_POINTS 36
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

/* y [4] = transform of m [6], in one dimension */
INLINE void winograd_back(const vec *m, vec *y)
{
	const vec s = v_set1((float)WINOGRAD_S), t = v_set1((float)WINOGRAD_T);
	const vec s3 = v_set1((float)(WINOGRAD_S / 2)), t3 = v_set1((float)(WINOGRAD_T * 2));
	vec sum_s = v_add(m[1], m[2]), difference_s = v_sub(m[1], m[2]);
	vec sum_t = v_add(m[3], m[4]), difference_t = v_sub(m[3], m[4]);

	y[0] = v_add(v_add(m[0], sum_s), sum_t);
	y[1] = v_fma(t, difference_t, v_mul(s, difference_s));
	y[2] = v_fma(v_set1(2), sum_t, v_mul(v_set1(.5f), sum_s));
	y[3] = v_fma(t3, difference_t, v_fma(s3, difference_s, m[5]));
}

/*
 * The 4x4 outputs of a tile, one vector each, from the 36 products, stride floats apart:
 * y[row * pitch + column * VL] = max(0 if relu, . + bias).
 */
INLINE void winograd_output(const float *m, int64_t stride, vec bias, int relu, float *y,
                            int64_t pitch)
{
	vec column[6], half[4][6], row[4];
	int i, j;

#pragma GCC unroll 6
	for (j = 0; j < 6; j++) {
		vec out[4];

#pragma GCC unroll 6
		for (i = 0; i < 6; i++)
			column[i] = v_load(m + (i * 6 + j) * stride);
		winograd_back(column, out);
#pragma GCC unroll 4
		for (i = 0; i < 4; i++)
			half[i][j] = out[i];
	}
#pragma GCC unroll 4
	for (i = 0; i < 4; i++) {
		winograd_back(half[i], row);
#pragma GCC unroll 4
		for (j = 0; j < 4; j++) {
			row[j] = v_add(row[j], bias);
			v_store(y + i * pitch + j * VL, relu ? v_max(v_zero(), row[j]) : row[j]);
		}
	}
}

/* t = transform of the 3x3 weights w in each lane, rounded once */
INLINE void winograd_weights(const float w[9][VL], float t[WINOGRAD_POINTS][VL])
{
	const double s = WINOGRAD_S, u = WINOGRAD_T, point[5] = {0, s, -s, u, -u};
	const double norm[5] = {1, -1.5, -1.5, 6, 6};
	double half[6][3][VL];
	int i, j, l;

	for (j = 0; j < 3; j++) {
		for (i = 0; i < 5; i++)
			for (l = 0; l < VL; l++)
				half[i][j][l] = (w[j][l] + point[i] * w[3 + j][l] +
				                 point[i] * point[i] * w[6 + j][l]) / norm[i];
		for (l = 0; l < VL; l++)
			half[5][j][l] = w[6 + j][l];
	}
	for (i = 0; i < 6; i++) {
		for (j = 0; j < 5; j++)
			for (l = 0; l < VL; l++)
				t[i * 6 + j][l] = (float)((half[i][0][l] + point[j] * half[i][1][l] +
				                           point[j] * point[j] * half[i][2][l]) /
				                          norm[j]);
		for (l = 0; l < VL; l++)
			t[i * 6 + 5][l] = (float)half[i][2][l];
	}
}

#endif
