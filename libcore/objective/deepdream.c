/* SPDX-License-Identifier: ISC */
/* The mean square of a layer. */
#include "../vis.h"

static double evaluate(const struct nn_term *t, const struct nn_map *m, double scale, float *g)
{
	int64_t n = m->c * m->h * m->w, i;
	float d = (float)(2 * scale / (double)n);
	double sum = 0;

	(void)t;
	for (i = 0; i < n; i++)
		sum += (double)m->a[i] * m->a[i];
	for (i = 0; g && i < n; i++)
		g[i] += d * m->a[i];
	return sum / (double)n;
}

const struct nn_objective nn_objective_deepdream = {
        .name = "deepdream",
        .argument = NN_ARGUMENT_LAYER,
        .what = "mean square of all numbers of a layer",
        .evaluate = evaluate,
};
