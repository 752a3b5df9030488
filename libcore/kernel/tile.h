/* SPDX-License-Identifier: ISC */
/*
 * The tile: some rows by some vectors of a matrix product, in registers.
 *
 * Each number of the result is one chain of v_fma in the order of k, begun from the bias or from
 * what a former block of k left in c: the same bits whatever the blocks and the place in the tile.
 */
#ifndef NN_TILE_H
#define NN_TILE_H

#include "simd.h"

#define MOST_ROWS 12
#define MOST_VECTORS (HAVE_TILES ? 6 : NR)

struct tile_out {
	float *c;          /* [rows][columns], rows ldc apart */
	int64_t ldc;
	int rows, columns; /* of the tile that are there */
	const float *bias; /* [rows], or NULL: 0 */
	int first;         /* begin from the bias, else from c */
	int relu;          /* on what is stored */
};

/* Vectors beside one another in a tile of so many rows. */
INLINE int tile_vectors(int rows)
{
	return rows == MR ? NR : rows == 12 ? 2 : 6;
}

/* The rows of a tile that waste least on a matrix of so many rows. */
INLINE int tile_rows(int64_t rows)
{
	int64_t by_8 = (rows + MR - 1) / MR * MR;

	if (HAVE_TILES && rows <= 4)
		return 4;
	return HAVE_TILES && (rows + 11) / 12 * 12 < by_8 ? 12 : MR;
}

/*
 * A tile of the vectors that o->columns needs, at most tile_vectors(rows): a [k][rows] packed,
 * b [k][vectors VL], rows ldb floats apart.
 */
#define tile_multiply NN_LOCAL(nn_tile_multiply)
void tile_multiply(int rows, int64_t k, const float *a, const float *b, int64_t ldb,
                   const struct tile_out *o);

#endif
