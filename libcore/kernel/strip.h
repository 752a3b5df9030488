/* SPDX-License-Identifier: ISC */
/*
 * A strip: the part of some channels of an input that a few rows of outputs see, copied with a
 * border of zeros, so that every tap of a window finds its pixels shifted, and in places that lie
 * side by side: [channel or block of channels][row][part][pixel].  A stride along a row is undone
 * by sorting columns by their rest when divided by it, in parts.
 */
#ifndef NN_STRIP_H
#define NN_STRIP_H

#include "piece.h"

struct strip {
	int unit;            /* floats of a pixel: VL for channels in blocks, 1 for rows of them */
	int64_t parts, part; /* of a row; pixels of each */
	int64_t plane, floats; /* of a channel or a block of them, and of all */
};

#define strip_make NN_LOCAL(nn_strip_make)
#define strip_fill NN_LOCAL(nn_strip_fill)
#define strip_fill_flat NN_LOCAL(nn_strip_fill_flat)
#define strip_table NN_LOCAL(nn_strip_table)

/* For lines rows of the piece's grid and so many channels. */
void strip_make(struct strip *s, const struct piece *p, int unit, int64_t lines, int64_t channels);
/*
 * Copies channels c.. of in for grid rows line..; where gate, of blocks only, is not NULL and not
 * positive, zero.
 */
void strip_fill(const struct strip *s, const struct piece *p, const float *in, const float *gate,
		int64_t line, int64_t lines, int64_t c, int64_t channels, float *to);
/* The same for pixels of planes of in, length floats each, that have no borders and are one row. */
void strip_fill_flat(const struct strip *s, const float *in, const float *gate, int64_t length,
		     int64_t pixels, int64_t channels, float *to);
/* Where row k = (ty, tx, c) of so many channels is, from a pixel's place. */
void strip_table(const struct strip *s, const struct piece *p, int64_t channels, int32_t *at);

#endif
