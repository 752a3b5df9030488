/* SPDX-License-Identifier: ISC */
/*
 * The transforms of Winograd's F(4x4, 3x3) and F(2x2, 5x5) on tiles of 6x6, and of F(2x2, 3x3) on
 * tiles of 4x4.  Points: 0, +-s, +-t, infinity for 6, where s = sqrt(1/2) and t = sqrt(2); 0, +-1,
 * infinity for 4.  With M(x) the product of all (x - p), the input's row for a point p has the
 * coefficients of M(x) / (x - p), for infinity those of M(x); the weights' row is (1, p, p^2, ...)
 * over the product of p's distances to the other points; the output's row i has the points' powers
 * p^i (Cook and Toom; Winograd 1980).
 */
#ifndef NN_WINOGRAD_H
#define NN_WINOGRAD_H

#include "piece.h"

#define WINOGRAD_WINDOW 5  /* the largest */
#define WINOGRAD_POINTS 36 /* the most */
#define WINOGRAD_S 0.70710678118654752
#define WINOGRAD_T 1.41421356237309505

/* d [tile] = transform of d, in one dimension */
INLINE void winograd_input(const int tile, vec *d)
{
	const vec s = v_set1((float)WINOGRAD_S), t = v_set1((float)WINOGRAD_T);
	const vec minus_2 = v_set1(-2), minus_half = v_set1(-.5f), minus = v_set1(-2.5f);
	vec even_s, odd_s, even_t, odd_t;

	if (tile == 4) {
		d[0] = v_sub(d[0], d[2]);
		d[3] = v_sub(d[3], d[1]);
		even_s = v_add(d[1], d[2]);
		d[2] = v_sub(d[2], d[1]);
		d[1] = even_s;
		return;
	}
	even_s = v_fma(minus_2, d[2], d[4]);
	odd_s = v_mul(s, v_fma(minus_2, d[1], d[3]));
	even_t = v_fma(minus_half, d[2], d[4]);
	odd_t = v_mul(t, v_fma(minus_half, d[1], d[3]));
	d[0] = v_add(v_fma(minus, d[2], d[0]), d[4]);
	d[5] = v_add(v_fma(minus, d[3], d[1]), d[5]);
	d[1] = v_add(even_s, odd_s);
	d[2] = v_sub(even_s, odd_s);
	d[3] = v_add(even_t, odd_t);
	d[4] = v_sub(even_t, odd_t);
}

/* y [outputs] = transform of m [tile], in one dimension; outputs is 4 or 2 */
INLINE void winograd_back(const int tile, const int outputs, const vec *m, vec *y)
{
	const vec s = v_set1((float)WINOGRAD_S), t = v_set1((float)WINOGRAD_T);
	const vec s3 = v_set1((float)(WINOGRAD_S / 2)), t3 = v_set1((float)(WINOGRAD_T * 2));
	vec sum_s = v_add(m[1], m[2]), difference_s = v_sub(m[1], m[2]), sum_t, difference_t;

	y[0] = v_add(m[0], sum_s);
	if (tile == 4) {
		y[1] = v_add(difference_s, m[3]);
		return;
	}
	sum_t = v_add(m[3], m[4]);
	difference_t = v_sub(m[3], m[4]);
	y[0] = v_add(y[0], sum_t);
	y[1] = v_fma(t, difference_t, v_mul(s, difference_s));
	if (outputs == 2) {
		y[1] = v_add(y[1], m[5]);
		return;
	}
	y[2] = v_fma(v_set1(2), sum_t, v_mul(v_set1(.5f), sum_s));
	y[3] = v_fma(t3, difference_t, v_fma(s3, difference_s, m[5]));
}

/*
 * The outputs of a tile, 4x4 or 2x2 of one vector each, from its products, stride floats apart:
 * y[row * pitch + column * VL] = max(0 if relu, . + bias).
 */
INLINE void winograd_output(const int tile, const int outputs, const float *m, int64_t stride,
			    vec bias, int relu, float *y, int64_t pitch)
{
	vec column[6], half[4][6], row[4];
	int i, j;

#pragma GCC unroll 6
	for (j = 0; j < tile; j++) {
		vec out[4];

#pragma GCC unroll 6
		for (i = 0; i < tile; i++)
			column[i] = v_load(m + (i * tile + j) * stride);
		winograd_back(tile, outputs, column, out);
#pragma GCC unroll 4
		for (i = 0; i < outputs; i++)
			half[i][j] = out[i];
	}
#pragma GCC unroll 4
	for (i = 0; i < outputs; i++) {
		winograd_back(tile, outputs, half[i], row);
#pragma GCC unroll 4
		for (j = 0; j < outputs; j++) {
			row[j] = v_add(row[j], bias);
			v_store(y + i * pitch + j * VL, relu ? v_max(v_zero(), row[j]) : row[j]);
		}
	}
}

/* point[i]^0 w[0] + point[i]^1 w[step] + ..., over norm[i]; for infinity the last; r of them */
INLINE void winograd_row(int tile, int i, int r, const double *w, int64_t step, double *to)
{
	const double points[2][5] = {{0, WINOGRAD_S, -WINOGRAD_S, WINOGRAD_T, -WINOGRAD_T},
				     {0, 1, -1}};
	const double norms[2][5] = {{1, -1.5, -1.5, 6, 6}, {1, 2, 2}};
	double power = 1;
	int k, l;

	for (l = 0; l < VL; l++)
		to[l] = i < tile - 1 ? w[l] : w[(r - 1) * step + l];
	if (i == tile - 1)
		return;
	for (k = 1; k < r; k++) {
		power *= points[tile == 4][i];
		for (l = 0; l < VL; l++)
			to[l] += power * w[k * step + l];
	}
	for (l = 0; l < VL; l++)
		to[l] /= norms[tile == 4][i];
}

/* t [tile tile] = transform of the r x r weights w in each lane, rounded once */
INLINE void winograd_weights(const int tile, const int r, double w[][VL], float t[][VL])
{
	double half[6][WINOGRAD_WINDOW][VL], whole[VL];
	int i, j, l;

	for (i = 0; i < tile; i++)
		for (j = 0; j < r; j++)
			winograd_row(tile, i, r, w[j], r * VL, half[i][j]);
	for (i = 0; i < tile; i++)
		for (j = 0; j < tile; j++) {
			winograd_row(tile, j, r, half[i][0], VL, whole);
			for (l = 0; l < VL; l++)
				t[i * tile + j][l] = (float)whole[l];
		}
}

/* How conv_winograd.c goes about a convolution. */
struct winograd {
	struct piece p;
	int64_t n, groups; /* of the convolution */
	int64_t in_item, out_item;
	int tile, points;          /* numbers along its side, in it */
	int outputs;               /* of a tile, along a side */
	int64_t tiles_h, tiles_w;  /* of a picture */
	int64_t tiles, chunk;      /* in all pictures; at a time */
	int own;                   /* a chunk is a thread's own */
	int64_t blocks;            /* of input channels */
	int64_t v_plane, v_xi;     /* floats of v for a block, for a place */
	int64_t vectors, o_groups; /* of output channels */
	int64_t task_tiles, m_xi;  /* floats of m for a place */
	int64_t packed;            /* floats of u for a group of the convolution */
	double time;               /* of a picture, in cycles, about */
};

#define winograd_make NN_LOCAL(nn_winograd_make)
#define winograd_fits NN_LOCAL(nn_winograd_fits)
#define winograd_vector NN_LOCAL(nn_winograd_vector)
#define winograd_packed NN_LOCAL(nn_winograd_packed)
#define winograd_pack NN_LOCAL(nn_winograd_pack)
void winograd_make(const struct nn_conv_shape *s, int backward, struct winograd *g);
/* Is it quicker than a product over all taps? */
int winograd_fits(const struct nn_conv_shape *s, int backward);
/* First vector of output channels of group i. */
int64_t winograd_vector(const struct winograd *g, int64_t i);
/* As struct conv_algorithm has them. */
size_t winograd_packed(const struct nn_conv_shape *s, int backward);
void winograd_pack(const struct nn_conv_shape *s, int backward, const float *w, const float *scale,
		   void *packed);

#endif
