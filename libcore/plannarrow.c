/* SPDX-License-Identifier: ISC */
/*
 * Only the channels that somebody looks at.
 *
 * Each value has a range of channels, at first that of the wish.  Every row tells how the ranges of
 * its output and inputs belong together; they are widened until all rows agree.  Values that nobody
 * came to want are not made, nor their gradients: other branches of a concatenation, readers that
 * lead elsewhere.  What is left is made as if by a net of that shape, but with the algorithms of
 * the whole one, so that the numbers are the same.
 */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

struct narrowing {
	struct nn_plan *p;
	int lone, changed;
	struct nn_channels **in; /* per step: what it takes of its inputs */
};

static struct nn_channels all_of(const struct nn_plan *p, int v)
{
	return nn_all_channels(nn_plan_tensor(p, v));
}

static void want(struct narrowing *n, int v, struct nn_channels more)
{
	struct nn_channels *r = &n->p->range[v], before = *r;

	nn_channels_join(r, more);
	n->changed |= r->first != before.first || r->count != before.count;
}

static void want_given(struct narrowing *n, const int *values, int nvalues,
                       const struct nn_channels *channels)
{
	int i;

	for (i = 0; i < nvalues; i++)
		want(n, values[i], channels && channels[i].count ? channels[i]
		                                                 : all_of(n->p, values[i]));
}

static int is_wanted(const struct nn_plan *p, const struct nn_step *step)
{
	int j;

	for (j = 0; j < step->nout; j++)
		if (step->out[j] >= 0 && p->range[step->out[j]].count)
			return 1;
	return 0;
}

static int is_constant(const struct nn_step *step, int j)
{
	return step->in[j] >= 0 && step->call->in[j]->data != NULL;
}

/* Widens what the step makes and takes until they belong together. */
static void settle(struct narrowing *n, int i)
{
	struct nn_plan *p = n->p;
	const struct nn_step *step = &p->step[i];
	const struct nn_op *op = step->call->op;
	struct nn_channels *in = n->in[i], out;
	int j;

	if (!is_wanted(p, step))
		return;
	for (j = 0; j < step->nin; j++)
		in[j] = step->in[j] < 0 || is_constant(step, j) ? (struct nn_channels){0, 0}
		                                                : p->range[step->in[j]];
	out = p->range[step->out[0]];
	if (op->narrow && step->nout == 1 && op->narrow(step->call, n->lone, &out, in)) {
		want(n, step->out[0], out);
		for (j = 0; j < step->nin; j++)
			if (step->in[j] >= 0 && !is_constant(step, j))
				want(n, step->in[j], in[j]);
		return;
	}
	for (j = 0; j < step->nout; j++)
		if (step->out[j] >= 0)
			want(n, step->out[j], all_of(p, step->out[j]));
	for (j = 0; j < step->nin; j++)
		if (step->in[j] >= 0)
			want(n, step->in[j], all_of(p, step->in[j]));
}

static void settle_all(struct narrowing *n)
{
	int i;

	do {
		n->changed = 0;
		for (i = n->p->nsteps - 1; i >= 0; i--)
			settle(n, i);
	} while (n->changed);
}

/* A view of some of t along its first dimension that is not 1. */
static struct nn_tensor *slice(struct nn_plan *p, const struct nn_tensor *t,
                               struct nn_channels rows)
{
	struct nn_slice *s = nn_calloc(1, sizeof *s);
	int64_t dim[NN_DIMS];
	int axis = 0;
	size_t each;

	while (axis < t->ndim - 1 && t->dim[axis] == 1)
		axis++;
	memcpy(dim, t->dim, sizeof dim);
	each = nn_tensor_bytes(t) / (size_t)t->dim[axis];
	dim[axis] = rows.count;
	nn_tensor_view(&s->t, NULL, t->type, t->ndim, dim,
	               (char *)t->data + (size_t)rows.first * each);
	s->next = p->slice;
	p->slice = s;
	return &s->t;
}

static int is_part(struct nn_channels c, struct nn_channels all)
{
	return c.first != all.first || c.count != all.count;
}

/* Tells the call what is left, and gives it only inputs that it takes. */
static void cut(struct narrowing *n, int i)
{
	struct nn_plan *p = n->p;
	struct nn_step *step = &p->step[i];
	struct nn_call *c = step->call;
	int j, left = 0;

	c->narrowed = p->range[step->out[0]];
	c->out_all = all_of(p, step->out[0]).count;
	c->in_all = all_of(p, step->in[0]).count;
	for (j = 0; j < step->nin; j++) {
		if (step->in[j] >= 0 && !is_constant(step, j) && !n->in[i][j].count)
			continue;
		step->in[left] = step->in[j];
		c->in[left++] = is_constant(step, j) && n->in[i][j].count
			? slice(p, c->in[j], n->in[i][j]) : c->in[j];
	}
	step->nin = c->nin = left;
}

/* The steps that are left make what is left. */
static int cut_all(struct narrowing *n)
{
	struct nn_plan *p = n->p;
	struct nn_call *c;
	int i, status = 0;

	for (i = 0; i < p->nsteps; i++)
		if (is_wanted(p, &p->step[i]) &&
		    is_part(p->range[p->step[i].out[0]], all_of(p, p->step[i].out[0])))
			cut(n, i);
	for (i = 0; i < p->nsteps && status == 0;) {
		if (!is_wanted(p, &p->step[i])) {
			nn_plan_remove_step(p, i);
			continue;
		}
		c = p->step[i++].call;
		if (!c->narrowed.count)
			continue;
		free(c->param);
		c->param = NULL;
		c->scratch_bytes = 0;
		status = c->op->shape(c);
		if (status < 0)
			nn_fail_in("node '%s' (%s)", c->name, c->op->name);
	}
	return status;
}

int nn_plan_narrow(struct nn_plan *p, const struct nn_wish *wish)
{
	struct narrowing n = {.p = p, .lone = wish->lone};
	int i, steps = p->nsteps, status;

	if (!wish->see_channels && !wish->seed_channels)
		return 0;
	p->range = nn_calloc((size_t)p->net->nvalues, sizeof *p->range);
	n.in = nn_calloc((size_t)steps, sizeof *n.in);
	for (i = 0; i < steps; i++)
		n.in[i] = nn_calloc((size_t)p->step[i].nin, sizeof **n.in);
	want_given(&n, wish->see, wish->nsee, wish->see_channels);
	want_given(&n, wish->seed, wish->nseed, wish->seed_channels);
	for (i = 0; i < p->net->ninputs; i++)
		want(&n, p->net->input[i].value, all_of(p, p->net->input[i].value));
	if (wish->wrt >= 0)
		want(&n, wish->wrt, all_of(p, wish->wrt));
	settle_all(&n);
	status = cut_all(&n);
	for (i = 0; i < steps; i++)
		free(n.in[i]);
	free(n.in);
	return status;
}

int64_t nn_plan_first_channel(const struct nn_plan *p, int value)
{
	return p->range ? p->range[value].first : 0;
}
