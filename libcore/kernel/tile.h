/* SPDX-License-Identifier: ISC */
/*
 * The tile: some rows by some vectors of a matrix product, in registers.
 *
 * Each number of the result is a chain of v_fma in the order of k, begun from zero; it is added to
 * what former blocks of k left in c (sums of sums are more exact than one long chain), and the bias
 * comes last: the same bits whatever the place in the tile.
 */
#ifndef NN_TILE_H
#define NN_TILE_H

#include "simd.h"

#define MOST_ROWS 12
#define MOST_VECTORS (HAVE_TILES ? 6 : NR)

struct tile_out {
	int vectors;
	float *c[MOST_VECTORS];    /* where each vector of the first row goes; rows are ldc apart */
	int columns[MOST_VECTORS]; /* how many of its lanes */
	int64_t ldc;
	int rows;          /* of the tile that are there */
	const float *bias; /* [rows], added last; or NULL */
	int first;         /* c is written, else added to */
	int relu;          /* on what is stored */
};

/* The vectors of the next columns of c, side by side. */
INLINE void tile_place(struct tile_out *o, float *c, int columns)
{
	o->vectors = 0;
	while (columns > 0) {
		o->c[o->vectors] = c;
		o->columns[o->vectors++] = columns < VL ? columns : VL;
		c += VL;
		columns -= VL;
	}
}

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
 * A tile of at most tile_vectors(rows): a [k][rows] packed, b [k][vectors VL], each row of them lda
 * and ldb floats after the former.
 */
#define tile_multiply NN_LOCAL(nn_tile_multiply)
void tile_multiply(int rows, int64_t k, const float *a, int64_t lda, const float *b, int64_t ldb,
                   const struct tile_out *o);

#endif
