/* SPDX-License-Identifier: ISC */
/*
 * Floor 5, image: many tensors on one sheet.
 *
 * nn_montage_add() turns each tensor into cells of bytes at once, so that the tensors need not
 * stay; nn_montage_draw() arranges them.  What a tensor becomes is told by its shape:
 *
 *	[3][h][w], [n][3][h][w]		pictures; neighbours on the stream share a block
 *	[c][h][w], [n][c][h][w]		maps: a cell per channel, a block per n
 *	[c], [1][c], [1][c][1][1]	bars
 *	[n][c], [n][c][1][1]		one map of n rows
 *
 * Pictures of 0..1 (u8: 0..255) show as they are.  Others, and maps, have a range, one for the
 * whole tensor: from 0 to the magnitude that a thousandth of the values exceeds (the largest, when
 * they are fewer), or as far to both sides of 0 when there are negative ones.  Bars show all.  What
 * is not finite does not count for the range and gets the colour NN_MARK.
 */
#ifndef NN_MONTAGE_H
#define NN_MONTAGE_H

#include "image.h"

enum nn_block_kind { NN_BLOCK_PICTURES, NN_BLOCK_MAPS, NN_BLOCK_BARS };

struct nn_cell {
	struct nn_canvas image;
	char *line[2]; /* captions, NULL without; owned */
};

struct nn_block {
	enum nn_block_kind kind;
	char *title, *shape, *source; /* for the heading; owned; NULL without */
	struct nn_cell *cell;
	int64_t ncell;
	const struct nn_colourmap *map; /* of maps, else NULL */
	double low, high;
	int under, over; /* there are values beyond low, high */
	float *value; /* of bars, owned */
	int64_t nvalue, first; /* the index of the first */
	char **label;          /* of each value, or NULL; owned, one block */
	int64_t w, h; /* of the largest cell, in its own pixels */
	int lines;    /* of captions */
};

struct nn_montage {
	/* how: of columns, zoom and map, 0 chooses */
	int columns, gap, zoom; /* gap: pixels between cells */
	int captions;
	const struct nn_colourmap *map;
	int ranged; /* low and high hold for every tensor */
	double low, high;

	struct nn_block *block;
	int nblock;
	int64_t pixels; /* of all cells, before zooming */
	int64_t tensors;
	char *meta, *notes; /* lines that all tensors share; a line for each of them */

	/* of the tensor that was added last */
	struct {
		const struct nn_colourmap *map;
		double low, high;   /* shown */
		double least, most; /* of the finite values and 0 */
		int64_t marked;     /* not finite */
	} last;
};

/* t becomes float32. Fails on a shape that cannot be shown, and when the sheet gets too large. */
int nn_montage_add(struct nn_montage *m, struct nn_tensor *t);
/*
 * Metadata for the sheet, newly allocated: the lines that all tensors share, then for each one, up
 * to a thousand, tensor.N=NAME SHAPE values LEAST..MOST shown LOW..HIGH MAP.
 */
char *nn_montage_meta(const struct nn_montage *m);
/* The sheet as a new canvas; fails when it is too large, or when nothing was added. */
int nn_montage_draw(const struct nn_montage *m, struct nn_canvas *sheet);
void nn_montage_release(struct nn_montage *m); /* the canvas stays the caller's */

#endif
