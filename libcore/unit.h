/* SPDX-License-Identifier: ISC */
/*
 * Floor 4, units: what of a net is looked at, as text.
 *
 * A unit is LAYER[:CHANNELS][@Y,X].  LAYER is a name or a glob.  CHANNELS is a list, its items a
 * channel, a range FIRST-LAST or '*', each with '-' in front for the negative of the channels;
 * left out it is '*'.  @Y,X is a position of the layer's map.  Names may hold ':', '@' and ',':
 * the longest layer name that exists is taken.  nn-spec(7) tells it to users.
 *
 * A layer's value is read as a map [n][c][h][w]: one with two dimensions has h = w = 1, with three
 * h = 1; dimensions after the fourth count as w.
 */
#ifndef NN_UNIT_H
#define NN_UNIT_H

#include "run.h"

struct nn_unit {
	char *text;    /* owned; the canonical spelling: one layer name as shown, one channel */
	int value;     /* of the net */
	int64_t channel;
	int negative;
	int at;        /* a position was given ... */
	int64_t y, x;  /* ... this one */
	int64_t c, h, w; /* the map of the layer at the size of picture asked about */
};

/*
 * Appends the units that text means for pictures [n][c][h][w] of this shape to *units (nn_realloc)
 * and adds their count to *n.  Fails, adding none, for what does not exist.
 */
int nn_units_parse(struct nn_net *net, const int64_t picture[4], const char *text,
                   struct nn_unit **units, int *n);
void nn_units_free(struct nn_unit *units, int n);

/*
 * The maps c, h, w of count values for pictures of this shape.  Fails unless each is float32 and
 * has the pictures in its first dimension and channels in the second.
 */
int nn_layer_maps(struct nn_net *net, const int64_t picture[4], const int *values, int count,
                  int64_t (*map)[3]);
/* The same of a tensor with its shape known. */
int nn_layer_map(const struct nn_tensor *t, int64_t n, int64_t map[3]);

#endif
