/* SPDX-License-Identifier: ISC */
/*
 * A piece: what every convolution is made of, forward or backward.
 *
 *   out[o][gy][gx] = sum over c, ty, tx of
 *       w[o][c][ty][tx] in[c][gy step_h + row + ty row_step][gx step_w + col + tx col_step]
 *
 * with zeros outside of in.  Forward is one piece.  Backward to the input is a piece for each phase
 * of the stride: the pixels of dx whose row and column leave the same rest when divided by the
 * stride are made by the same taps of w, from a dense window of dy.  No number is added to memory
 * that another has to read: there is no scatter.
 *
 * The sum runs over (block of channels, ty, tx, c in the block), each block a sum of its own, and
 * the bias is added last.  So a first layer of few channels, which is one block, takes its sums in
 * the order in which oneDNN, and with it PyTorch, takes them, and is equal to theirs bit for bit.
 * That matters because of what follows: which of two nearly equal numbers a max-pool finds larger
 * decides where a gradient goes.
 */
#ifndef NN_PIECE_H
#define NN_PIECE_H

#include "kernel.h"
#include "simd.h"

struct piece {
	int64_t ci, co; /* of one group */
	int64_t ih, iw; /* of a plane of in */
	int64_t gh, gw; /* grid of outputs */
	int64_t step_h, step_w;
	int64_t row, row_step, rows, col, col_step, cols; /* taps: rows x cols */
	/* output (gy, gx) goes to y[o][y_row + gy y_row_step][y_col + gx y_col_step], oh x ow */
	int64_t oh, ow, y_row, y_row_step, y_col, y_col_step;
	int64_t packed; /* floats of a group's packed weights before this piece */
	int64_t block;  /* input channels of a sum, see below */
	int tile;       /* rows of a tile */
};

#define PIECE_PANEL 128  /* taps and channels of a block, about */
#define PIECE_WINDOW 320 /* the same for channels in blocks and more than one tap */
#define PIECE_ROWS 512  /* most rows o of a task */

#define piece_count NN_LOCAL(nn_piece_count)
#define piece_make NN_LOCAL(nn_piece_make)
#define piece_group NN_LOCAL(nn_piece_group)
#define piece_packed_bytes NN_LOCAL(nn_piece_packed_bytes)
#define piece_pack_all NN_LOCAL(nn_piece_pack_all)
#define piece_source NN_LOCAL(nn_piece_source)
#define piece_tap NN_LOCAL(nn_piece_tap)
#define piece_place NN_LOCAL(nn_piece_place)
#define piece_task_rows NN_LOCAL(nn_piece_task_rows)

/* How many pieces a shape has, and the one with number i. */
int64_t piece_count(const struct nn_conv_shape *s, int backward);
void piece_make(const struct nn_conv_shape *s, int backward, int64_t i, struct piece *p);

/* Packed weights: for each group, piece and tile of rows o, [block of c][ty][tx][c][tile]. */
size_t piece_group(const struct nn_conv_shape *s, int backward); /* floats of a group */
size_t piece_packed_bytes(const struct nn_conv_shape *s, int backward);
/* w [co][ci/groups][kh][kw], row o times scale[o] */
void piece_pack_all(const struct nn_conv_shape *s, int backward, const float *w, const float *scale,
		    void *packed);

/*
 * Where the weights of group g are: row o and channel c begin at source.w + o source.row +
 * c source.channel, and tap (ty, tx) of piece number i is piece_tap() floats on.
 */
struct piece_source {
	const float *w;
	int64_t row, channel;
};
struct piece_source piece_source(const struct nn_conv_shape *s, int backward, int64_t g,
				 const float *w);
int64_t piece_tap(const struct nn_conv_shape *s, int backward, int64_t i, int64_t ty, int64_t tx);

/* Row o of results at n places of the grid from (gy, gx) on, in one row of it, to out
 * [channel][oh][ow]. */
void piece_place(const struct piece *p, int64_t o, int64_t gy, int64_t gx, const float *sums,
		 int64_t n, float *out);
/* Rows o of a task, others of which there are: many, but so that all threads have some. */
int64_t piece_task_rows(const struct piece *p, int64_t others);

/* Do results lie in the output as they do in the grid? Then they need no piece_place(). */
INLINE int piece_in_place(const struct piece *p)
{
	return p->y_row_step == 1 && p->y_col_step == 1;
}

INLINE int64_t piece_taps(const struct piece *p)
{
	return p->rows * p->cols;
}

/* Floats of its packed weights. */
INLINE int64_t piece_packed(const struct piece *p)
{
	return (p->co + p->tile - 1) / p->tile * p->tile * p->ci * piece_taps(p);
}

#endif
