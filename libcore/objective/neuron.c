/* SPDX-License-Identifier: ISC */
/*
 * One position of a channel.  The position is held relative to the middle of the map, h/2 and w/2,
 * because maps differ in size when the picture is cropped and scaled.
 */
#include "../vis.h"

static double evaluate(const struct nn_term *t, const struct nn_map *m, double scale, float *g)
{
	int64_t y = nn_from_middle(t->y, m->h), x = nn_from_middle(t->x, m->w);
	int64_t i = (t->channel * m->h + y) * m->w + x;

	if (g)
		g[i] += (float)scale;
	return m->a[i];
}

const struct nn_objective nn_objective_neuron = {
        .name = "neuron",
        .argument = NN_ARGUMENT_UNIT,
        .what = "a channel at one position, the middle when none is given",
        .evaluate = evaluate,
};
