/* SPDX-License-Identifier: ISC */
#include "tile.h"

/* rows x vectors are constants; a [k][rows] packed, b [k][vectors VL], ldb apart */
INLINE void tile_run(const int rows, const int vectors, int64_t k, const float *a, const float *b,
                     int64_t ldb, const struct tile_out *o)
{
	vec acc[MOST_ROWS][MOST_VECTORS], bv[MOST_VECTORS], av;
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

void tile_multiply(int rows, int64_t k, const float *a, const float *b, int64_t ldb,
                 const struct tile_out *o)
{
	int vectors = (o->columns + VL - 1) / VL;

	switch (rows * 8 + vectors) {
	case MR * 8 + 1: tile_run(MR, 1, k, a, b, ldb, o); break;
	case MR * 8 + 2: tile_run(MR, 2, k, a, b, ldb, o); break;
#if NR > 2
	case MR * 8 + 3: tile_run(MR, 3, k, a, b, ldb, o); break;
#endif
#if HAVE_TILES
	case 12 * 8 + 1: tile_run(12, 1, k, a, b, ldb, o); break;
	case 12 * 8 + 2: tile_run(12, 2, k, a, b, ldb, o); break;
	case 4 * 8 + 1: tile_run(4, 1, k, a, b, ldb, o); break;
	case 4 * 8 + 2: tile_run(4, 2, k, a, b, ldb, o); break;
	case 4 * 8 + 3: tile_run(4, 3, k, a, b, ldb, o); break;
	case 4 * 8 + 4: tile_run(4, 4, k, a, b, ldb, o); break;
	case 4 * 8 + 5: tile_run(4, 5, k, a, b, ldb, o); break;
	case 4 * 8 + 6: tile_run(4, 6, k, a, b, ldb, o); break;
#endif
	default: break;
	}
}
