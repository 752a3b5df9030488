/* SPDX-License-Identifier: ISC */
/*
 * Blocks of channels: the steps that can work on them are given twins of their values.
 *
 * A value is plain, in blocks, or both, from the step on that made or converted it.  A value whose
 * gradient is wanted is plain first, whatever made it, and what reads it in blocks reads a twin of
 * the plain one: so all of its gradient meets there.
 */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

struct lowering {
	struct nn_plan *p;
	int all; /* ask every row, for tests */
	struct nn_step *step;
	int nsteps;
	/* per value there was before: */
	int *twin;     /* the value in blocks; -1: there is none */
	char *plain;   /* it is there as it is */
	char *blocked; /* it was made in blocks, or a reader wanted it so */
};

static int add_twin(struct nn_plan *p, const int64_t dim[5], float *constant)
{
	size_t twins = (size_t)(p->nvalues - p->net->nvalues);

	p->twin = nn_grow(p->twin, twins, sizeof *p->twin);
	nn_tensor_view(&p->twin[twins], NULL, NN_F32, 5, dim, constant);
	p->twin[twins].owned = constant != NULL;
	return p->nvalues++;
}

static int new_twin(struct nn_plan *p, int v)
{
	int64_t dim[5];

	nn_blocks_shape(nn_plan_tensor(p, v), dim);
	return add_twin(p, dim, NULL);
}

/* Of numbers one per channel. */
static int constant_twin(struct nn_plan *p, const struct nn_tensor *t)
{
	const struct nn_block_kernel *k = nn_kernels()->block;
	int64_t c = nn_tensor_count(t), blocks = (c + k->lanes - 1) / k->lanes;
	const int64_t dim[5] = {1, blocks, 1, 1, k->lanes};
	float *v = nn_aligned((size_t)(blocks * k->lanes) * sizeof *v);

	k->to_blocks(t->data, 1, c, 1, v);
	return add_twin(p, dim, v);
}

static void add_step(struct lowering *l, const struct nn_step *step)
{
	l->step = nn_grow(l->step, (size_t)l->nsteps, sizeof *l->step);
	l->step[l->nsteps++] = *step;
}

/* Adds the step that makes value to of value from; both are v of the net. */
static void convert(struct lowering *l, const struct nn_op *op, int v, int from, int to)
{
	struct nn_plan *p = l->p;
	const struct nn_tensor *t = nn_plan_tensor(p, v);
	struct nn_step step;

	if (t->dim[2] * t->dim[3] == 1 && t->dim[1] % nn_kernels()->block->lanes == 0)
		op = &nn_op_same_blocks;
	step = nn_plan_conversion(p, op, v, from, to);
	add_step(l, &step);
}

/* v in blocks, or plain, made of the other when it is not there. */
static int in_blocks(struct lowering *l, int v)
{
	if (l->twin[v] < 0) {
		l->twin[v] = new_twin(l->p, v);
		convert(l, &nn_op_to_blocks, v, v, l->twin[v]);
	}
	l->blocked[v] = 1;
	return l->twin[v];
}

static void as_plain(struct lowering *l, int v)
{
	if (!l->plain[v])
		convert(l, &nn_op_from_blocks, v, l->twin[v], v);
	l->plain[v] = 1;
}

/* x [n][c][h][w], of numbers, that fits in memory in blocks, too */
static int can_block(const struct nn_tensor *t)
{
	int64_t dim[5];

	if (t->type != NN_F32 || t->ndim != 4 || nn_tensor_count(t) == 0)
		return 0;
	nn_blocks_shape(t, dim);
	return nn_shape_count(5, dim) > 0;
}

/* Is input j one that would be in blocks? */
static int is_read(const struct nn_call *c, int j)
{
	return c->in[j] && !c->in[j]->data;
}

/* Asks the row, when it makes sense to. */
static unsigned ask(const struct lowering *l, const struct nn_step *step)
{
	struct nn_call *c = step->call;
	int j, gains = l->all || c->op->flags & NN_BLOCKS_FIRST;

	if (!c->op->blocks)
		return 0;
	for (j = 0; j < c->nin; j++) {
		if (!is_read(c, j))
			continue;
		if (!can_block(c->in[j]))
			return 0;
		gains |= l->blocked[step->in[j]];
	}
	for (j = 0; j < c->nout; j++)
		if (c->out[j] && !can_block(c->out[j]))
			return 0;
	return gains ? c->op->blocks(c) : 0;
}

static void lower_inputs(struct lowering *l, struct nn_step *step, unsigned how)
{
	const struct nn_tensor *t;
	int j;

	for (j = 0; j < step->nin; j++) {
		t = step->call->in[j];
		if (!t)
			continue;
		if (!is_read(step->call, j)) {
			if (how & NN_BLOCKS_CONSTANTS && nn_tensor_count(t) > 1)
				step->in[j] = constant_twin(l->p, t);
		} else if (how & NN_BLOCKS_IN) {
			step->in[j] = in_blocks(l, step->in[j]);
		} else {
			as_plain(l, step->in[j]);
		}
	}
}

/* The step is there: its outputs are in blocks, and plain where the caller looks. */
static void lower_outputs(struct lowering *l, struct nn_step *step)
{
	int j, v;

	for (j = 0; j < step->nout; j++) {
		v = step->out[j];
		if (v < 0)
			continue;
		step->out[j] = l->twin[v] = new_twin(l->p, v);
		l->plain[v] = 0;
		l->blocked[v] = 1;
		if (l->p->seen[v])
			as_plain(l, v);
		if (v == l->p->wrt)
			l->twin[v] = -1;
	}
}

/* The calls get the twins' tensors; until here they had the plain ones. */
static void set_tensors(struct nn_plan *p)
{
	const struct nn_step *step;
	int i, j;

	for (i = 0; i < p->nsteps; i++) {
		step = &p->step[i];
		for (j = 0; j < step->nin; j++)
			if (step->in[j] >= p->net->nvalues)
				step->call->in[j] = nn_plan_tensor(p, step->in[j]);
		for (j = 0; j < step->nout; j++)
			if (step->out[j] >= p->net->nvalues)
				step->call->out[j] = nn_plan_tensor(p, step->out[j]);
	}
}

void nn_plan_blocks(struct nn_plan *p)
{
	const char *want = getenv("NN_BLOCKS");
	struct lowering l = {.p = p, .all = want && !strcmp(want, "all")};
	size_t n = (size_t)p->nvalues;
	struct nn_step *step;
	unsigned how;
	int i;

	if (want && !strcmp(want, "0"))
		return;
	l.twin = nn_alloc(n * sizeof *l.twin);
	l.plain = nn_alloc(n);
	l.blocked = nn_calloc(n, 1);
	memset(l.twin, -1, n * sizeof *l.twin);
	memset(l.plain, 1, n);
	for (i = 0; i < p->nsteps; i++) {
		step = &p->step[i];
		how = ask(&l, step);
		lower_inputs(&l, step, how);
		add_step(&l, step);
		if (how & NN_BLOCKS_OUT)
			lower_outputs(&l, step);
	}
	free(l.twin);
	free(l.plain);
	free(l.blocked);
	free(p->step);
	p->step = l.step;
	p->nsteps = l.nsteps;
	p->seen = nn_realloc(p->seen, (size_t)p->nvalues, 1);
	memset(p->seen + n, 0, (size_t)p->nvalues - n);
	set_tensors(p);
}
