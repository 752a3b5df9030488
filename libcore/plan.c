/* SPDX-License-Identifier: ISC */
/* The plan: which calls run, what is fused into what, which values have a gradient. */
#include "plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct nn_tensor *nn_plan_tensor(const struct nn_plan *p, int value)
{
	return value < p->net->nvalues ? &p->shapes.value[value]
	                               : &p->twin[value - p->net->nvalues];
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
		step->in = nn_calloc((size_t)node->nin, sizeof *step->in);
		step->out = nn_calloc((size_t)node->nout, sizeof *step->out);
		step->gin = nn_calloc((size_t)node->nin, sizeof *step->gin);
		for (j = 0; j < node->nin; j++)
			step->in[j] = node->in[j];
		for (j = 0; j < node->nout; j++)
			step->out[j] = node->out[j];
	}
}

struct nn_step nn_plan_conversion(struct nn_plan *p, const struct nn_op *op, int v, int from,
                                  int to)
{
	struct nn_conversion *c = nn_calloc(1, sizeof *c);
	struct nn_step step = {.call = &c->call, .nin = 1, .nout = 1};

	c->call.op = op;
	c->call.name = nn_layer_name(p->net, v);
	c->call.nin = c->call.nout = 1;
	c->call.in = &c->in;
	c->call.out = &c->out;
	c->call.gin = &c->gin;
	c->call.gout = &c->gout;
	c->in = nn_plan_tensor(p, from);
	c->out = nn_plan_tensor(p, to);
	c->next = p->conversion;
	p->conversion = c;
	step.in = nn_calloc(1, sizeof *step.in);
	step.out = nn_calloc(1, sizeof *step.out);
	step.gin = nn_calloc(1, sizeof *step.gin);
	*step.in = from;
	*step.out = to;
	return step;
}

/* Before steps are left out, so that what is fused, and its rounding, does not depend on that. */
static void mark_shared(struct nn_plan *p)
{
	char *once = nn_calloc((size_t)p->net->nvalues, 1);
	int i, j, v;

	p->shared = nn_calloc((size_t)p->net->nvalues, 1);
	for (i = 0; i < p->nsteps; i++)
		for (j = 0; j < p->step[i].nin; j++) {
			v = p->step[i].in[j];
			if (v < 0)
				continue;
			p->shared[v] |= once[v];
			once[v] = 1;
		}
	free(once);
}

/* The step that alone reads value v, once, or -1. */
static int only_reader(const struct nn_plan *p, int v)
{
	int i, j;

	for (i = 0; i < p->nsteps && !p->shared[v]; i++)
		for (j = 0; j < p->step[i].nin; j++)
			if (p->step[i].in[j] == v)
				return i;
	return -1;
}

void nn_step_release(struct nn_step *step)
{
	free(step->in);
	free(step->out);
	free(step->gin);
}

void nn_plan_remove_step(struct nn_plan *p, int i)
{
	nn_step_release(&p->step[i]);
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
			nn_plan_remove_step(p, reader);
		}
	}
}

/* gradients: which values have one */

static int is_float(const struct nn_plan *p, int v)
{
	return v >= 0 && nn_plan_tensor(p, v)->type == NN_F32 && !nn_plan_tensor(p, v)->data;
}

/* Values that depend on wrt and on which a seed depends. */
static int mark_gradients(struct nn_plan *p, const struct nn_wish *wish)
{
	char *depends = nn_calloc((size_t)p->nvalues, 1), *leads;
	int i, j, any;

	p->has_gradient = leads = nn_calloc((size_t)p->nvalues, 1);
	if (wish->wrt < 0) {
		free(depends);
		return 0;
	}
	depends[p->wrt] = 1;
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
	if (!leads[p->wrt])
		return nn_fail("no gradient reaches '%s' from '%s'", nn_layer_name(p->net, wish->wrt),
		               wish->nseed ? nn_layer_name(p->net, wish->seed[0]) : "nothing");
	return 0;
}

/* crop: the part of the picture that in is, or, when there is none, where one is told that can be. */
static struct nn_plan *make_plan(struct nn_net *net, const struct nn_tensor *in, int nin,
                                 const struct nn_wish *wish, struct nn_arena *arena,
                                 struct nn_crop *crop)
{
	struct nn_plan *p = nn_calloc(1, sizeof *p);
	int nwanted = wish->nsee + wish->nseed, *wanted = nn_calloc((size_t)nwanted, sizeof *wanted);
	int i, status, is_part = crop->size[0] != 0;

	p->net = net;
	p->nvalues = net->nvalues;
	p->wrt = wish->wrt;
	p->picture = net->ninputs ? net->input[0].value : 0;
	p->arena = arena ? arena : &p->own;
	for (i = 0; i < nwanted; i++)
		wanted[i] = i < wish->nsee ? wish->see[i] : wish->seed[i - wish->nsee];
	status = nn_shapes_init(&p->shapes, net, in, nin, wanted, nwanted, wish->wrt >= 0);
	free(wanted);
	if (status == 0) {
		mark_seen(p, wish);
		add_steps(p);
		mark_shared(p);
		if (!is_part && nn_plan_find_crop(p, wish, crop))
			status = -1; /* not needed: the caller makes the other */
	}
	if (status == 0)
		status = nn_plan_narrow(p, wish);
	if (status == 0) {
		fuse(p);
		if (is_part)
			nn_plan_add_crop(p, crop);
		nn_plan_blocks(p);
		status = mark_gradients(p, wish);
	}
	if (status == 0)
		status = nn_plan_memory(p, wish);
	if (status < 0) {
		nn_plan_free(p);
		return NULL;
	}
	return p;
}

/* The plan for a part of the picture. */
static struct nn_plan *make_part(struct nn_net *net, const struct nn_tensor *in,
                                 const struct nn_wish *wish, struct nn_arena *arena,
                                 struct nn_crop *crop)
{
	struct nn_tensor part;
	struct nn_plan *p;

	nn_tensor_view(&part, NULL, NN_F32, 4, in->dim, NULL);
	part.dim[2] = crop->size[0];
	part.dim[3] = crop->size[1];
	p = make_plan(net, &part, 1, wish, arena, crop);
	nn_tensor_release(&part);
	return p;
}

/*
 * What is zero in the whole net may not be reached at all in a narrowed one, and a net may not take a
 * picture of another size: then the plan is for all.
 */
struct nn_plan *nn_plan_new(struct nn_net *net, const struct nn_tensor *in, int nin,
                            const struct nn_wish *wish, struct nn_arena *arena)
{
	struct nn_crop crop = {.size = {0}};
	struct nn_plan *p = make_plan(net, in, nin, wish, arena, &crop);
	struct nn_wish whole = *wish;

	if (!p && crop.size[0])
		p = make_part(net, in, wish, arena, &crop);
	if (p || (!wish->see_channels && !wish->seed_channels && !wish->position))
		return p;
	whole.see_channels = whole.seed_channels = NULL;
	whole.position = NULL;
	crop.size[0] = 0;
	return make_plan(net, in, nin, &whole, arena, &crop);
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
	struct nn_conversion *c, *next;
	struct nn_slice *s, *rest;
	int i;

	if (!p)
		return;
	for (i = 0; i < p->nsteps; i++)
		nn_step_release(&p->step[i]);
	free(p->step);
	for (c = p->conversion; c; c = next) {
		next = c->next;
		free(c->call.param);
		free(c);
	}
	for (s = p->slice; s; s = rest) {
		rest = s->next;
		free(s);
	}
	for (i = 0; p->twin && i < p->nvalues - p->net->nvalues; i++)
		nn_tensor_release(&p->twin[i]);
	free(p->twin);
	free(p->range);
	free(p->shared);
	free(p->seen);
	free(p->has_gradient);
	free(p->home);
	free(p->gradient_home);
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
