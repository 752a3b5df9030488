/* SPDX-License-Identifier: ISC */
/* The mean over positions of the activations' product with a vector. */
#include "../vis.h"

static double evaluate(const struct nn_term *t, const struct nn_map *m, double scale, float *g)
{
	int64_t size = m->h * m->w, c, i;
	double sum = 0, row;
	float d;

	for (c = 0; c < m->c; c++) {
		d = (float)(scale * t->vector[c] / (double)size);
		row = 0;
		for (i = 0; i < size; i++)
			row += m->a[c * size + i];
		for (i = 0; g && i < size; i++)
			g[c * size + i] += d;
		sum += row * t->vector[c];
	}
	return sum / (double)size;
}

const struct nn_objective nn_objective_direction = {
        .name = "direction",
        .argument = NN_ARGUMENT_VECTOR,
        .what = "mean over positions of a layer's product with a vector",
        .evaluate = evaluate,
};
