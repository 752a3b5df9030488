/* SPDX-License-Identifier: ISC */
/* The mean of a channel over positions. */
#include "../vis.h"

static double evaluate(const struct nn_term *t, const struct nn_map *m, double scale, float *g)
{
	int64_t size = m->h * m->w, begin = t->channel * size, i;
	float d = (float)(scale / (double)size);
	double sum = 0;

	for (i = 0; i < size; i++)
		sum += m->a[begin + i];
	for (i = 0; g && i < size; i++)
		g[begin + i] += d;
	return sum / (double)size;
}

const struct nn_objective nn_objective_channel = {
        .name = "channel",
        .argument = NN_ARGUMENT_UNIT,
        .what = "mean of a channel over positions",
        .evaluate = evaluate,
};
