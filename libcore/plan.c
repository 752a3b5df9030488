/* SPDX-License-Identifier: ISC */
/*
 * The plan: which calls run, what is fused, who shares memory with whom, and from when to when.
 *
 * Time.  0: the caller fills the inputs; 1 + k: step k forward; seed_time: the caller gives seeds;
 * then the steps backward, the last one first; end_time: the caller reads.
 */
#include "plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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

/* which values the caller looks at */

static void mark_seen(struct nn_plan *p, const struct nn_wish *wish)
{
	int i;

	p->seen = nn_calloc((size_t)p->net->nvalues, 1);
	for (i = 0; i < wish->nsee; i++)
		p->seen[wish->see[i]] = 1;
	for (i = 0; i < wish->nseed; i++)
		p->seen[wish->seed[i]] = 1;
	if (wish->wrt >= 0)
		p->seen[wish->wrt] = 1;
}

/* steps: the calls that run, in order, with their values */

static void add_steps(struct nn_plan *p)
{
	const struct nn_node *node;
	struct nn_step *step;
	int i, j;

	p->step = nn_calloc((size_t)p->net->nnodes, sizeof *p->step);
	for (i = 0; i < p->net->nnodes; i++) {
		if (!p->shapes.call[i].op)
			continue;
		node = &p->net->node[i];
		step = &p->step[p->nsteps++];
		step->call = &p->shapes.call[i];
		step->nin = node->nin;
		step->nout = node->nout;
		step->in = node->in;
		step->out = nn_alloc((size_t)node->nout * sizeof *step->out);
		step->gin = nn_calloc((size_t)node->nin, sizeof *step->gin);
		for (j = 0; j < node->nout; j++)
			step->out[j] = node->out[j];
	}
}

/* The step that alone reads value v, once, or -1. */
static int only_reader(const struct nn_plan *p, int v)
{
	int i, j, reader = -1;

	for (i = 0; i < p->nsteps; i++)
		for (j = 0; j < p->step[i].nin; j++)
			if (p->step[i].in[j] == v) {
				if (reader >= 0)
					return -1;
				reader = i;
			}
	return reader;
}

static void remove_step(struct nn_plan *p, int i)
{
	free(p->step[i].out);
	free(p->step[i].gin);
	memmove(&p->step[i], &p->step[i + 1], (size_t)(p->nsteps - i - 1) * sizeof *p->step);
	p->nsteps--;
}

/* Lets a step do what the next one does with its output, as long as it can and nobody looks between. */
static void fuse(struct nn_plan *p)
{
	struct nn_step *step, *next;
	int i, reader;

	for (i = 0; i < p->nsteps; i++) {
		step = &p->step[i];
		while (step->call->op->fuse && step->nout == 1 && !p->seen[step->out[0]]) {
			reader = only_reader(p, step->out[0]);
			if (reader < 0)
				break;
			next = &p->step[reader];
			if (next->nout != 1 || !step->call->op->fuse(step->call, next->call))
				break;
			step->out[0] = next->out[0];
			step->call->out[0] = next->call->out[0];
			remove_step(p, reader);
		}
	}
}

/* gradients: which values have one */

static int is_float(const struct nn_plan *p, int v)
{
	return v >= 0 && p->shapes.value[v].type == NN_F32 && !p->shapes.value[v].data;
}

/* Values that depend on wrt and on which a seed depends. */
static int mark_gradients(struct nn_plan *p, const struct nn_wish *wish)
{
	char *depends = nn_calloc((size_t)p->net->nvalues, 1), *leads;
	int i, j, any;

	p->has_gradient = leads = nn_calloc((size_t)p->net->nvalues, 1);
	p->wrt = wish->wrt;
	if (wish->wrt < 0) {
		free(depends);
		return 0;
	}
	depends[wish->wrt] = 1;
	for (i = 0; i < p->nsteps; i++) {
		for (j = any = 0; j < p->step[i].nin; j++)
			any |= p->step[i].in[j] >= 0 && depends[p->step[i].in[j]];
		for (j = 0; any && p->step[i].call->op->backward && j < p->step[i].nout; j++)
			if (is_float(p, p->step[i].out[j]))
				depends[p->step[i].out[j]] = 1;
	}
	for (i = 0; i < wish->nseed; i++)
		leads[wish->seed[i]] = depends[wish->seed[i]];
	for (i = p->nsteps - 1; i >= 0; i--) {
		for (j = any = 0; j < p->step[i].nout; j++)
			any |= p->step[i].out[j] >= 0 && leads[p->step[i].out[j]];
		for (j = 0; any && j < p->step[i].nin; j++)
			if (p->step[i].in[j] >= 0 && depends[p->step[i].in[j]])
				leads[p->step[i].in[j]] = 1;
	}
	free(depends);
	if (!leads[wish->wrt])
		return nn_fail("no gradient reaches '%s' from '%s'", nn_layer_name(p->net, wish->wrt),
		               wish->nseed ? nn_layer_name(p->net, wish->seed[0]) : "nothing");
	return 0;
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
	while (p->home[v] != v)
		v = p->home[v];
	return v;
}

static void extend(struct nn_lease *l, int time)
{
	l->first = NN_MIN(l->first, time);
	l->last = NN_MAX(l->last, time);
}

/* Does v have a place in the block? Constants have theirs elsewhere. */
static int is_placed(const struct nn_plan *p, int v)
{
	return v >= 0 && !p->shapes.value[v].data;
}

static void use(struct nn_plan *p, int v, int time)
{
	if (is_placed(p, v))
		extend(&p->lease[root(p, v)], time);
}

static void value_lifetimes(struct nn_plan *p)
{
	const struct nn_step *step;
	unsigned flags;
	int i, j;

	for (i = 0; i < p->net->ninputs; i++)
		use(p, p->net->input[i].value, 0);
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
	for (i = 0; i < p->net->nvalues; i++)
		if (p->seen[i])
			use(p, i, end_time(p));
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
		    !is_placed(p, step->in[0]))
			continue;
		in = &p->lease[root(p, step->in[0])];
		out = &p->lease[root(p, step->out[0])];
		if (in == out || in->last != forward_time(i) || out->first != forward_time(i) ||
		    in->bytes != out->bytes)
			continue;
		extend(in, out->last);
		p->home[root(p, step->out[0])] = root(p, step->in[0]);
	}
}

static void place_values(struct nn_plan *p)
{
	const struct nn_step *step;
	int i;

	p->in_block = nn_calloc((size_t)p->net->nvalues, 1);
	p->home = nn_calloc((size_t)p->net->nvalues, sizeof *p->home);
	p->lease = nn_calloc((size_t)p->nleases, sizeof *p->lease);
	for (i = 0; i < p->nleases; i++) {
		p->lease[i].first = end_time(p);
		p->lease[i].last = -1;
	}
	for (i = 0; i < p->net->nvalues; i++)
		p->home[i] = i;
	for (i = 0; i < p->nsteps; i++) {
		step = &p->step[i];
		if (step->call->op->flags & NN_VIEW && is_placed(p, step->in[0]))
			p->home[step->out[0]] = step->in[0];
	}
	for (i = 0; i < p->net->nvalues; i++)
		if (is_placed(p, i) && p->home[i] == i)
			p->lease[i].bytes = nn_tensor_bytes(&p->shapes.value[i]);
	value_lifetimes(p);
	share_in_place(p);
	for (i = 0; i < p->net->nvalues; i++)
		if (p->home[i] != i || p->lease[i].last < 0)
			p->lease[i].bytes = 0;
}

/*
 * memory of gradients: lease nvalues + v.  The first step to give a contribution writes the gradient
 * itself; later ones write beside it, and the sum is taken: their extra lease is per step and input.
 */

static void gradient_lease(struct nn_plan *p, int v, int time)
{
	struct nn_lease *l = &p->lease[p->net->nvalues + v];

	l->bytes = nn_tensor_bytes(&p->shapes.value[v]);
	extend(l, time);
}

static void place_gradients(struct nn_plan *p, const struct nn_wish *wish)
{
	char *written = nn_calloc((size_t)p->net->nvalues, 1);
	struct nn_step *step;
	int i, j, v, extra = 2 * p->net->nvalues + p->nsteps;

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
			gradient_lease(p, v, backward_time(p, i));
			step->gin[j] = p->net->nvalues + v;
			if (written[v]) {
				step->gin[j] = extra;
				p->lease[extra].bytes = nn_tensor_bytes(&p->shapes.value[v]);
				extend(&p->lease[extra++], backward_time(p, i));
			}
			written[v] = 1;
		}
	}
	if (wish->wrt >= 0)
		gradient_lease(p, wish->wrt, end_time(p));
	free(written);
}

static void place_scratch(struct nn_plan *p)
{
	struct nn_lease *l;
	int i;

	for (i = 0; i < p->nsteps; i++) {
		l = &p->lease[2 * p->net->nvalues + i];
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

static int plan_memory(struct nn_plan *p, const struct nn_wish *wish)
{
	int i, inputs = 0;

	for (i = 0; i < p->nsteps; i++) {
		inputs += p->step[i].nin;
		p->step[i].backward = runs_backward(p, &p->step[i]);
	}
	p->nleases = 2 * p->net->nvalues + 2 * p->nsteps + inputs;
	place_values(p);
	place_gradients(p, wish);
	place_scratch(p);
	return nn_place(p->lease, p->nleases, &p->bytes);
}

struct nn_plan *nn_plan_new(struct nn_net *net, const struct nn_tensor *in, int nin,
                            const struct nn_wish *wish, struct nn_arena *arena)
{
	struct nn_plan *p = nn_calloc(1, sizeof *p);
	int nwanted = wish->nsee + wish->nseed, *wanted = nn_calloc((size_t)nwanted, sizeof *wanted);
	int i, status;

	p->net = net;
	p->arena = arena ? arena : &p->own;
	for (i = 0; i < nwanted; i++)
		wanted[i] = i < wish->nsee ? wish->see[i] : wish->seed[i - wish->nsee];
	status = nn_shapes_init(&p->shapes, net, in, nin, wanted, nwanted, wish->wrt >= 0);
	free(wanted);
	if (status == 0) {
		mark_seen(p, wish);
		add_steps(p);
		fuse(p);
		status = mark_gradients(p, wish);
	}
	if (status == 0)
		status = plan_memory(p, wish);
	if (status < 0) {
		nn_plan_free(p);
		return NULL;
	}
	return p;
}

struct nn_plan *nn_plan_picture(struct nn_net *net, int64_t n, int64_t h, int64_t w,
                                const struct nn_wish *wish, struct nn_arena *arena)
{
	const int64_t dim[] = {n, 3, h, w};
	struct nn_tensor in;
	struct nn_plan *p;

	nn_tensor_view(&in, "", NN_F32, 4, dim, NULL);
	p = nn_plan_new(net, &in, 1, wish, arena);
	nn_tensor_release(&in);
	return p;
}

void nn_plan_free(struct nn_plan *p)
{
	int i;

	if (!p)
		return;
	for (i = 0; i < p->nsteps; i++) {
		free(p->step[i].out);
		free(p->step[i].gin);
	}
	free(p->step);
	free(p->seen);
	free(p->has_gradient);
	free(p->home);
	free(p->in_block);
	free(p->lease);
	/* values in the block are views of it */
	nn_shapes_release(&p->shapes);
	nn_arena_release(&p->own);
	free(p);
}

size_t nn_plan_bytes(const struct nn_plan *p)
{
	return p->bytes;
}
