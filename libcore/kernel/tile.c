/* SPDX-License-Identifier: ISC */
#include "tile.h"

/* Where a and b are: rows of numbers, and of vectors side by side. */
struct tile_in {
	const float *a, *b;
	int64_t lda, ldb;
};

INLINE void finish(const struct tile_out *o, int i, int j, vec v)
{
	float *c = o->c[j] + i * o->ldc;
	int whole = o->columns[j] == VL;

	if (i >= o->rows)
		return;
	if (!o->first)
		v = v_add(whole ? v_load(c) : v_load_range(c, v_range(0, o->columns[j])), v);
	if (o->bias)
		v = v_add(v, v_set1(o->bias[i]));
	if (o->relu)
		v = v_max(v_zero(), v);
	if (whole)
		v_store(c, v);
	else
		v_store_range(c, v_range(0, o->columns[j]), v);
}

/* rows and vectors are constants: a copy of this for each, with acc in registers */
INLINE void run(const int rows, const int vectors, int64_t k,
                const struct tile_in *in, const struct tile_out *o)
{
	vec acc[MOST_ROWS][MOST_VECTORS], bv[MOST_VECTORS], av;
	const float *a = in->a, *b = in->b;
	int64_t p;
	int i, j;

#pragma GCC unroll 16
	for (i = 0; i < rows; i++)
#pragma GCC unroll 8
		for (j = 0; j < vectors; j++)
			acc[i][j] = v_zero();
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
		a += in->lda;
		b += in->ldb;
	}
#pragma GCC unroll 16
	for (i = 0; i < rows; i++)
#pragma GCC unroll 8
		for (j = 0; j < vectors; j++)
			finish(o, i, j, acc[i][j]);
}

INLINE void choose(int rows, int64_t k, const struct tile_in *in,
                   const struct tile_out *o)
{
	switch (rows * 8 + o->vectors) {
	case MR * 8 + 1: run(MR, 1, k, in, o); break;
	case MR * 8 + 2: run(MR, 2, k, in, o); break;
#if NR > 2
	case MR * 8 + 3: run(MR, 3, k, in, o); break;
#endif
#if HAVE_TILES
	case 12 * 8 + 1: run(12, 1, k, in, o); break;
	case 12 * 8 + 2: run(12, 2, k, in, o); break;
	case 4 * 8 + 1: run(4, 1, k, in, o); break;
	case 4 * 8 + 2: run(4, 2, k, in, o); break;
	case 4 * 8 + 3: run(4, 3, k, in, o); break;
	case 4 * 8 + 4: run(4, 4, k, in, o); break;
	case 4 * 8 + 5: run(4, 5, k, in, o); break;
	case 4 * 8 + 6: run(4, 6, k, in, o); break;
#endif
	default: break;
	}
}

void tile_multiply(int rows, int64_t k, const float *a, int64_t lda, const float *b, int64_t ldb,
                   const struct tile_out *o)
{
	const struct tile_in in = {.a = a, .lda = lda, .b = b, .ldb = ldb};

	choose(rows, k, &in, o);
}
