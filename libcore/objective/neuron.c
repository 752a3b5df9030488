/* SPDX-License-Identifier: ISC */
/*
 * One position of a channel.  The position is held relative to the middle of the map, h/2 and w/2,
 * because maps differ in size when the picture is cropped and scaled.
 */
#include "../vis.h"

static int64_t within(int64_t i, int64_t n)
{
	return i < 0 ? 0 : i < n ? i : n - 1;
}

static double evaluate(const struct nn_term *t, const struct nn_map *m, double scale, float *g)
{
	int64_t y = within(t->y + m->h / 2, m->h), x = within(t->x + m->w / 2, m->w);
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
