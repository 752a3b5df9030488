/* SPDX-License-Identifier: ISC */
/* Evaluating goals: sums of objectives on the values of a plan. */
#include "vis.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const struct nn_objective *const nn_objectives[] = {
#define NN_OBJECTIVE(name) &nn_objective_##name,
#include "objective/objective.def"
#undef NN_OBJECTIVE
	NULL};

int64_t nn_from_middle(int64_t i, int64_t n)
{
	i += n / 2;
	return i < 0 ? 0 : i < n ? i : n - 1;
}

/* The term's channel and position in the map that the plan has of its layer. */
static void find_place(const struct nn_plan *p, struct nn_term *term, const struct nn_map *m)
{
	int64_t at[2], whole[2];

	term->channel -= nn_plan_first_channel(p, term->value);
	if (nn_plan_map(p, at, whole)) {
		term->y = nn_from_middle(term->y, whole[0]) - at[0] - m->h / 2;
		term->x = nn_from_middle(term->x, whole[1]) - at[1] - m->w / 2;
	}
}

/*
 * Item i of the plan's value as a map, in which the term finds its place; where it begins in the
 * value.
 */
static int64_t find_map(struct nn_plan *p, struct nn_term *term, int64_t i, struct nn_map *m)
{
	const struct nn_tensor *t = nn_plan_value(p, term->value);
	int64_t map[3], begin;
	int ok = nn_layer_map(t, t->dim[0], map);

	assert(ok == 0 && i < t->dim[0]); /* checked when the goal was read */
	(void)ok;
	m->c = map[0];
	m->h = map[1];
	m->w = map[2];
	begin = i * m->c * m->h * m->w;
	m->a = (const float *)t->data + begin;
	find_place(p, term, m);
	return begin;
}

double nn_goal_evaluate(const struct nn_goal *g, struct nn_plan *p, int64_t i, int gradient)
{
	struct nn_term t;
	struct nn_map m;
	double sum = 0;
	int64_t begin;
	int k;

	for (k = 0; k < g->nterms; k++) {
		t = g->term[k];
		begin = find_map(p, &t, i, &m);
		sum += t.weight *
		       t.row->evaluate(&t, &m, t.weight,
				       gradient ? nn_plan_seed(p, t.value) + begin : NULL);
	}
	return sum;
}

int nn_goal_activation(const struct nn_goal *g, struct nn_plan *p, int64_t i, double *mean)
{
	struct nn_term t = g->term[0];
	struct nn_map m;

	if (g->nterms != 1 ||
	    (t.row->argument != NN_ARGUMENT_UNIT && t.row->argument != NN_ARGUMENT_CLASS))
		return -1;
	find_map(p, &t, i, &m);
	*mean = nn_objective_channel.evaluate(&t, &m, 0, NULL);
	return 0;
}

static int compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

int *nn_goals_values(const struct nn_goal *goals, int n, int *nvalues)
{
	int *values, total = 0, i, j;

	for (i = 0; i < n; i++)
		total += goals[i].nterms;
	values = nn_calloc((size_t)total, sizeof *values);
	for (i = 0, total = 0; i < n; i++)
		for (j = 0; j < goals[i].nterms; j++)
			values[total++] = goals[i].term[j].value;
	qsort(values, (size_t)total, sizeof *values, compare);
	for (i = 0, *nvalues = 0; i < total; i++)
		if (i == 0 || values[i] != values[*nvalues - 1])
			values[(*nvalues)++] = values[i];
	return values;
}

/* count 0 when it is all */
static struct nn_channels channels_of(const struct nn_term *t)
{
	int one = t->row->argument == NN_ARGUMENT_UNIT || t->row->argument == NN_ARGUMENT_CLASS;

	return (struct nn_channels){one ? t->channel : 0, one};
}

struct nn_channels *nn_goals_channels(const struct nn_goal *goals, int n, const int *values,
                                      int nvalues, int *lone)
{
	struct nn_channels *channels = nn_calloc((size_t)nvalues, sizeof *channels), more;
	int i, j, k, all;

	*lone = 1;
	for (k = 0; k < nvalues; k++) {
		for (i = all = 0; i < n; i++)
			for (j = 0; j < goals[i].nterms; j++) {
				if (goals[i].term[j].value != values[k])
					continue;
				more = channels_of(&goals[i].term[j]);
				all |= !more.count;
				nn_channels_join(&channels[k], more);
				*lone &= more.count && goals[i].nterms == 1;
			}
		if (all)
			channels[k].count = 0;
	}
	return channels;
}

const struct nn_term *nn_goal_neuron(const struct nn_goal *g)
{
	return g->nterms == 1 && g->term->row == &nn_objective_neuron ? g->term : NULL;
}

void nn_goal_release(struct nn_goal *g)
{
	int i;

	for (i = 0; i < g->nterms; i++)
		free(g->term[i].vector);
	free(g->term);
	free(g->text);
	free(g->name);
	memset(g, 0, sizeof *g);
}

void nn_goals_free(struct nn_goal *goals, int n)
{
	int i;

	for (i = 0; i < n; i++)
		nn_goal_release(&goals[i]);
	free(goals);
}

const char *nn_goal_label(const struct nn_goal *g, const struct nn_net *net)
{
	const struct nn_term *t = g->term;

	return g->nterms == 1 && t->row->argument == NN_ARGUMENT_CLASS && t->channel < net->nlabels
	               ? net->label[t->channel] : NULL;
}
