/* SPDX-License-Identifier: ISC */
/*
 * The number of a class before the softmax.  When it comes as a map, one number for each position
 * of a network that slides over the picture, their mean.
 */
#include "../vis.h"

static double evaluate(const struct nn_term *t, const struct nn_map *m, double scale, float *g)
{
	return nn_objective_channel.evaluate(t, m, scale, g);
}

const struct nn_objective nn_objective_logit = {
        .name = "logit",
        .argument = NN_ARGUMENT_CLASS,
        .what = "a class of the network's output, before its softmax",
        .evaluate = evaluate,
};
