/* SPDX-License-Identifier: ISC */
#include "visplan.h"

#include <stdlib.h>
#include <string.h>

static void forget(struct nn_visplans *v)
{
	int i;

	for (i = 0; i < v->nplans; i++)
		nn_plan_free(v->plan[i].plan);
	v->nplans = 0;
}

/* Where the neuron is in pictures of this size. */
static int find_neuron(const struct nn_visplans *v, int64_t width, int64_t height,
                       int64_t position[2])
{
	const int64_t picture[] = {v->n, 3, height, width};
	int64_t map[3];

	if (nn_layer_maps(v->net, picture, &v->neuron.value, 1, &map) < 0)
		return -1;
	position[0] = nn_from_middle(v->neuron.y, map[1]);
	position[1] = nn_from_middle(v->neuron.x, map[2]);
	return 0;
}

struct nn_plan *nn_visplans_find(struct nn_visplans *v, int64_t width, int64_t height, int whole)
{
	struct nn_wish wish = {.see = v->values, .nsee = v->nvalues,
			       .seed = v->values, .nseed = v->nvalues,
			       .see_channels = v->channels, .seed_channels = v->channels,
			       .lone = v->lone, .wrt = v->net->input[0].value};
	int64_t position[2];
	struct nn_plan *p;
	int i;

	whole |= !v->neuron.row;
	for (i = 0; i < v->nplans; i++)
		if (v->plan[i].width == width && v->plan[i].height == height &&
		    v->plan[i].whole == whole)
			return v->plan[i].plan;
	if (!whole && find_neuron(v, width, height, position) == 0)
		wish.position = position;
	p = nn_plan_picture(v->net, v->n, height, width, &wish, &v->arena);
	if (!p) {
		nn_fail_in("picture of %lldx%lld", (long long)width, (long long)height);
		return NULL;
	}
	v->plan = nn_realloc(v->plan, (size_t)v->nplans + 1, sizeof *v->plan);
	v->plan[v->nplans++] = (struct nn_visplan){width, height, whole, p};
	return p;
}

void nn_visplans_wish(struct nn_visplans *v, const struct nn_goal *goals, int n)
{
	int nvalues, lone, *values = nn_goals_values(goals, n, &nvalues);
	struct nn_channels *channels = nn_goals_channels(goals, n, values, nvalues, &lone);
	const struct nn_term *neuron = nn_goal_neuron(goals), none = {.row = NULL};

	neuron = neuron ? neuron : &none;
	if (n == v->n && nvalues == v->nvalues && lone == v->lone &&
	    neuron->row == v->neuron.row && neuron->y == v->neuron.y && neuron->x == v->neuron.x &&
	    memcmp(values, v->values, (size_t)nvalues * sizeof *values) == 0 &&
	    memcmp(channels, v->channels, (size_t)nvalues * sizeof *channels) == 0) {
		free(values);
		free(channels);
		return;
	}
	forget(v);
	free(v->values);
	free(v->channels);
	v->values = values;
	v->channels = channels;
	v->lone = lone;
	v->neuron = *neuron;
	v->nvalues = nvalues;
	v->n = n;
}

void nn_visplans_release(struct nn_visplans *v)
{
	forget(v);
	free(v->plan);
	free(v->values);
	free(v->channels);
	nn_arena_release(&v->arena);
}
