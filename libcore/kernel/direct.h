/* SPDX-License-Identifier: ISC */
/* How conv_direct.c goes about a convolution. */
#ifndef NN_DIRECT_H
#define NN_DIRECT_H

#include "strip.h"

#define DIRECT_STRIP 262144 /* floats of a strip, at most */

/* Of one piece of a convolution. */
struct direct {
	struct piece p;
	int rows_in; /* channels of the input lie in rows, not in blocks */
	int64_t n, groups;
	int64_t in_item, out_item; /* floats of a group's channels of one picture */
	int64_t vectors, width;    /* of output channels, and of them at a time */
	int64_t block;             /* input channels at a time */
	int pointwise;             /* the input is the strip */
	int64_t lines, length;     /* rows of the grid; a pointwise one is all one row */
	int64_t task_lines;        /* of a task, and ... */
	int64_t task_length;       /* ... pixels of each */
	struct strip strip, input; /* the other: of a pointwise one, the input as it lies */
	int64_t blocks;            /* of input channels, g->block each but the last */
	int whole;                 /* the strips of all blocks are there at once */
	size_t table;              /* bytes */
};

/* How a run is shared out: tasks per picture and group. */
struct direct_share {
	int64_t lines, pixels, vectors; /* of a task */
	int64_t down, across, deep;     /* tasks along each */
};

#define direct_make NN_LOCAL(nn_direct_make)
#define direct_share_out NN_LOCAL(nn_direct_share_out)
void direct_make(const struct nn_conv_shape *s, int backward, int64_t piece, struct direct *g);
struct direct_share direct_share_out(const struct direct *g);

#endif
