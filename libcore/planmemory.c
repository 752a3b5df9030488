/* SPDX-License-Identifier: ISC */
/*
 * The plan's memory: from when to when each value, gradient and scratch is needed, and who lives in
 * whose place.
 *
 * Time.  0: the caller fills the inputs; 1 + k: step k forward; seed_time: the caller gives seeds;
 * then the steps backward, the last one first; end_time: the caller reads.
 */
#include "plan.h"

#include <stdlib.h>

static int seed_time(const struct nn_plan *p)
{
	return p->nsteps + 1;
}

static int end_time(const struct nn_plan *p)
{
	return 2 * p->nsteps + 2;
}

static int forward_time(int step)
{
	return 1 + step;
}

static int backward_time(const struct nn_plan *p, int step)
{
	return seed_time(p) + p->nsteps - step;
}

/* Does the step run backward? wrt's own maker does not. */
static int runs_backward(const struct nn_plan *p, const struct nn_step *step)
{
	int j, out = 0, in = 0;

	for (j = 0; j < step->nout; j++)
		out |= step->out[j] >= 0 && p->has_gradient[step->out[j]] && step->out[j] != p->wrt;
	for (j = 0; j < step->nin; j++)
		in |= step->in[j] >= 0 && p->has_gradient[step->in[j]];
	return out && in;
}

/* memory of values: a value may live in another's place */

static int root(const struct nn_plan *p, int v)
{
	size_t shift;

	return nn_home_of(p->home, v, &shift);
}

static void extend(struct nn_lease *l, int time)
{
	l->first = NN_MIN(l->first, time);
	l->last = NN_MAX(l->last, time);
}

static void use(struct nn_plan *p, int v, int time)
{
	if (nn_plan_is_placed(p, v))
		extend(&p->lease[root(p, v)], time);
}

static void value_lifetimes(struct nn_plan *p)
{
	const struct nn_step *step;
	unsigned flags;
	int i, j;

	for (i = 0; i < p->net->ninputs; i++)
		use(p, p->net->input[i].value, 0);
	if (p->net->ninputs)
		use(p, p->picture, 0);
	for (i = 0; i < p->nsteps; i++) {
		step = &p->step[i];
		flags = step->call->op->flags | (step->call->relu ? NN_KEEP_OUT : 0);
		for (j = 0; j < step->nin; j++) {
			use(p, step->in[j], forward_time(i));
			if (step->backward && flags & NN_KEEP_IN)
				use(p, step->in[j], backward_time(p, i));
		}
		for (j = 0; j < step->nout; j++) {
			use(p, step->out[j], forward_time(i));
			if (step->backward && flags & NN_KEEP_OUT)
				use(p, step->out[j], backward_time(p, i));
		}
	}
	for (i = 0; i < p->nvalues; i++)
		if (p->seen[i])
			use(p, i, end_time(p));
}

/* Has v a lease of its own, or all of another's? */
static int is_whole(const struct nn_plan *p, int v)
{
	return p->lease[root(p, v)].bytes == nn_tensor_bytes(nn_plan_tensor(p, v));
}

/* Is what in[0] holds also read as another input?  That one must not change while it is. */
static int reads_twice(const struct nn_plan *p, const struct nn_step *step)
{
	int j;

	for (j = 1; j < step->nin; j++)
		if (nn_plan_is_placed(p, step->in[j]) && root(p, step->in[j]) == root(p, step->in[0]))
			return 1;
	return 0;
}

/* out[0] moves into in[0]'s place when that is free after this step. */
static void share_in_place(struct nn_plan *p)
{
	const struct nn_step *step;
	struct nn_lease *in, *out;
	int i;

	for (i = 0; i < p->nsteps; i++) {
		step = &p->step[i];
		if (!(step->call->op->flags & NN_IN_PLACE) || step->nin < 1 || step->out[0] < 0 ||
		    !nn_plan_is_placed(p, step->in[0]) || reads_twice(p, step) ||
		    !is_whole(p, step->in[0]) || !is_whole(p, step->out[0]))
			continue;
		in = &p->lease[root(p, step->in[0])];
		out = &p->lease[root(p, step->out[0])];
		if (in == out || in->last != forward_time(i) || out->first != forward_time(i) ||
		    in->bytes != out->bytes)
			continue;
		extend(in, out->last);
		p->home[root(p, step->out[0])].in = root(p, step->in[0]);
	}
}

static void place_values(struct nn_plan *p)
{
	int i;

	p->in_block = nn_calloc((size_t)p->nvalues, 1);
	p->home = nn_calloc((size_t)p->nvalues, sizeof *p->home);
	p->gradient_home = nn_calloc((size_t)p->nvalues, sizeof *p->gradient_home);
	p->lease = nn_calloc((size_t)p->nleases, sizeof *p->lease);
	for (i = 0; i < p->nleases; i++) {
		p->lease[i].first = end_time(p);
		p->lease[i].last = -1;
	}
	for (i = 0; i < p->nvalues; i++)
		p->home[i].in = p->gradient_home[i].in = i;
	nn_plan_share_values(p);
	for (i = 0; i < p->nvalues; i++)
		if (nn_plan_is_placed(p, i) && p->home[i].in == i)
			p->lease[i].bytes = nn_tensor_bytes(nn_plan_tensor(p, i));
	value_lifetimes(p);
	share_in_place(p);
	for (i = 0; i < p->nvalues; i++)
		if (p->home[i].in != i || p->lease[i].last < 0)
			p->lease[i].bytes = 0;
}

/* Can the step's gradient to this input be added where it belongs? */
static int adds(const struct nn_step *step, int input)
{
	return input == 0 && step->call->op->flags & NN_GRADIENT_ADDED;
}

/*
 * memory of gradients: lease nvalues + v.  The first step to give a contribution writes the gradient
 * itself; later ones add to it, or write beside it, and the sum is taken: their extra lease is per
 * step and input.
 */

static void gradient_lease(struct nn_plan *p, int v, int time)
{
	size_t shift;
	int home = nn_home_of(p->gradient_home, v, &shift);

	p->lease[p->nvalues + home].bytes = nn_tensor_bytes(nn_plan_tensor(p, home));
	extend(&p->lease[p->nvalues + home], time);
}

static void place_gradients(struct nn_plan *p, const struct nn_wish *wish)
{
	char *written = nn_calloc((size_t)p->nvalues, 1);
	struct nn_step *step;
	int i, j, v, extra = 2 * p->nvalues + p->nsteps;

	for (i = 0; i < wish->nseed && wish->wrt >= 0; i++) {
		gradient_lease(p, wish->seed[i], seed_time(p));
		written[wish->seed[i]] = 1;
	}
	for (i = p->nsteps - 1; i >= 0; i--) {
		step = &p->step[i];
		for (j = 0; j < step->nout && step->backward; j++)
			if (step->out[j] >= 0 && p->has_gradient[step->out[j]])
				gradient_lease(p, step->out[j], backward_time(p, i));
		for (j = 0; j < step->nin; j++) {
			v = step->in[j];
			step->gin[j] = -1;
			if (!step->backward || v < 0 || !p->has_gradient[v])
				continue;
			if (!written[v])
				nn_plan_share_gradient(p, step, j);
			gradient_lease(p, v, backward_time(p, i));
			step->gin[j] = p->nvalues + v;
			step->call->adds |= written[v] && adds(step, j);
			if (written[v] && !adds(step, j)) {
				step->gin[j] = extra;
				p->lease[extra].bytes = nn_tensor_bytes(nn_plan_tensor(p, v));
				extend(&p->lease[extra++], backward_time(p, i));
			}
			written[v] = 1;
		}
	}
	if (p->wrt >= 0)
		gradient_lease(p, p->wrt, end_time(p));
	free(written);
}

static void place_scratch(struct nn_plan *p)
{
	struct nn_lease *l;
	int i;

	for (i = 0; i < p->nsteps; i++) {
		l = &p->lease[2 * p->nvalues + i];
		l->bytes = p->step[i].call->scratch_bytes;
		extend(l, forward_time(i));
	}
	for (i = 0; i < p->nsteps; i++)
		if (p->step[i].backward) {
			l = &p->lease[p->nleases - p->nsteps + i];
			l->bytes = p->step[i].call->scratch_bytes;
			extend(l, backward_time(p, i));
		}
}

int nn_plan_memory(struct nn_plan *p, const struct nn_wish *wish)
{
	int i, inputs = 0;

	for (i = 0; i < p->nsteps; i++) {
		inputs += p->step[i].nin;
		p->step[i].backward = runs_backward(p, &p->step[i]);
	}
	p->nleases = 2 * p->nvalues + 2 * p->nsteps + inputs;
	place_values(p);
	place_gradients(p, wish);
	place_scratch(p);
	return nn_place(p->lease, p->nleases, &p->bytes);
}
