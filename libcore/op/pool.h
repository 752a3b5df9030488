/* SPDX-License-Identifier: ISC */
/*
 * What MaxPool, AveragePool and LpPool share: windows over x [n][c][d][h][w] with one to three spatial
 * dimensions, those that are missing being 1.  The work is done a row of windows at a time.
 */
#ifndef NN_OP_POOL_H
#define NN_OP_POOL_H

#include "op.h"

struct nn_pool {
	struct nn_window w;              /* three dimensions, filled up in front */
	int64_t planes, in, out, lines;  /* and the numbers of a plane, and its rows of windows */
	int padding_counts, p;
	/* kernel steps inside, for a window along each dimension; begin: the place of step 0 */
	struct nn_pool_span *inside[3];
	/* windows that a kernel step along the width reaches; begin: the place of the first in its row */
	struct nn_pool_span *reach;
	int64_t steps;                   /* of the width that reach any */
	int in_blocks;                   /* of channels; then block is what the kernel wants */
	struct nn_pool_shape block;
	struct nn_pool_span table[];
};

/* shape() of all three: param is a struct nn_pool. */
int nn_pool_shape(struct nn_call *c);
/* blocks() of the first two: sets param and scratch_bytes. */
unsigned nn_pool_blocks(struct nn_call *c);

/* A row of windows, kernel step by kernel step, in row-major order. */
struct nn_pool_row {
	const struct nn_pool *p;
	const struct nn_pool_span *depth, *height;
	int64_t a, b, e; /* the next step */
};
void nn_pool_row(struct nn_pool_row *r, const struct nn_pool *p, int64_t line);
/*
 * The next step: the windows first to before end that it reaches; begin is the place in the plane
 * where the first finds it, the others stride further on each.  0 after the last.
 */
int nn_pool_step(struct nn_pool_row *r, struct nn_pool_span *s);
/*
 * Block number job of all rows of windows, NN_POOL_LINES of one plane or what is left of it, from x
 * to y: what lies below each other is taken together into column [NN_POOL_LINES][w.in[2]], then what
 * lies beside each other.  Tells the block's first row and returns how many it has.
 */
#define NN_POOL_LINES 8
int64_t nn_pool_jobs(const struct nn_pool *p);
int64_t nn_pool_block(const struct nn_pool *p, int64_t job, const float *x, float *column, float *y,
                      float start, void (*take)(float *y, const float *x, int64_t step, int64_t n),
                      int64_t *first);

#endif
