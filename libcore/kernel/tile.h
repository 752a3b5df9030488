/* SPDX-License-Identifier: ISC */
/*
 * The tile: MR rows by up to NR vectors of a matrix product, in registers.
 *
 * Each number of the result is one chain of v_fma in the order of k, begun from the bias or from
 * what a former block of k left in c: the same bits whatever the blocks and the place in the tile.
 */
#ifndef NN_TILE_H
#define NN_TILE_H

#include "simd.h"

struct tile_out {
	float *c;          /* [rows][columns], rows ldc apart */
	int64_t ldc;
	int rows, columns; /* of the tile that are there */
	const float *bias; /* [rows], or NULL: 0 */
	int first;         /* begin from the bias, else from c */
	int relu;          /* on what is stored */
};

/* rows x vectors are constants; a [k][rows] packed, b [k][vectors VL], ldb apart */
INLINE void tile_run(const int rows, const int vectors, int64_t k, const float *a, const float *b,
                     int64_t ldb, const struct tile_out *o)
{
	vec acc[MR][NR], bv[NR], av;
	range last = v_range(0, o->columns - (vectors - 1) * VL);
	int64_t p;
	int i, j;

#pragma GCC unroll 16
	for (i = 0; i < rows; i++)
#pragma GCC unroll 8
		for (j = 0; j < vectors; j++) {
			if (o->first)
				acc[i][j] = o->bias && i < o->rows ? v_set1(o->bias[i]) : v_zero();
			else if (i >= o->rows)
				acc[i][j] = v_zero();
			else if (j < vectors - 1)
				acc[i][j] = v_load(o->c + i * o->ldc + j * VL);
			else
				acc[i][j] = v_load_range(o->c + i * o->ldc + j * VL, last);
		}
	for (p = 0; p < k; p++) {
#pragma GCC unroll 8
		for (j = 0; j < vectors; j++)
			bv[j] = v_load(b + j * VL);
#pragma GCC unroll 16
		for (i = 0; i < rows; i++) {
			av = v_set1(a[i]);
#pragma GCC unroll 8
			for (j = 0; j < vectors; j++)
				acc[i][j] = v_fma(av, bv[j], acc[i][j]);
		}
		a += rows;
		b += ldb;
	}
#pragma GCC unroll 16
	for (i = 0; i < rows; i++)
#pragma GCC unroll 8
		for (j = 0; j < vectors; j++) {
			if (i >= o->rows)
				continue;
			if (o->relu)
				acc[i][j] = v_max(v_zero(), acc[i][j]);
			if (j < vectors - 1)
				v_store(o->c + i * o->ldc + j * VL, acc[i][j]);
			else
				v_store_range(o->c + i * o->ldc + j * VL, last, acc[i][j]);
		}
}

/* The same for the vectors that o->columns needs. */
static void tile(int64_t k, const float *a, const float *b, int64_t ldb, const struct tile_out *o)
{
	int vectors = (o->columns + VL - 1) / VL;

	if (vectors == 1)
		tile_run(MR, 1, k, a, b, ldb, o);
	else if (vectors == 2)
		tile_run(MR, 2, k, a, b, ldb, o);
#if NR > 2
	else
		tile_run(MR, 3, k, a, b, ldb, o);
#endif
}

#endif
