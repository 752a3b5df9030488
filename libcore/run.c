/* SPDX-License-Identifier: ISC */
/* Running a plan: pointers are set once for each place of the block, then nothing is allocated. */
#include "plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void nn_arena_release(struct nn_arena *a)
{
	free(a->base);
	a->base = NULL;
	a->bytes = 0;
}

static void *at(const struct nn_plan *p, int lease)
{
	return (char *)p->arena->base + p->lease[lease].offset;
}

static void bind_values(struct nn_plan *p)
{
	struct nn_tensor *t;
	size_t shift;
	int i, home;

	for (i = 0; i < p->nvalues; i++) {
		home = nn_home_of(p->home, i, &shift);
		t = nn_plan_tensor(p, i);
		if (p->lease[home].last < 0 || (t->data && !p->in_block[i]))
			continue;
		t->data = (char *)at(p, home) + shift;
		p->in_block[i] = 1;
	}
}

static void *gradient_at(const struct nn_plan *p, int v)
{
	size_t shift;
	int home = nn_home_of(p->gradient_home, v, &shift);

	return (char *)at(p, p->nvalues + home) + shift;
}

static void bind_gradients(struct nn_plan *p)
{
	const struct nn_step *step;
	int i, j, v;

	for (i = 0; i < p->nsteps; i++) {
		step = &p->step[i];
		for (j = 0; j < step->nin && step->backward; j++)
			if (step->gin[j] >= 0)
				step->call->gin[j] = step->gin[j] < 2 * p->nvalues
					? gradient_at(p, step->in[j]) : at(p, step->gin[j]);
		for (j = 0; j < step->nout && step->backward; j++) {
			v = step->out[j];
			if (v >= 0 && p->has_gradient[v])
				step->call->gout[j] = gradient_at(p, v);
		}
	}
}

/* Makes the block large enough and points everything into it. */
static void bind_all(struct nn_plan *p)
{
	if (p->arena->bytes < p->bytes || !p->arena->base) {
		free(p->arena->base);
		p->arena->base = nn_aligned(p->bytes);
		p->arena->bytes = p->bytes;
		p->arena->generation++;
	}
	if (p->bound == p->arena->generation)
		return;
	bind_values(p);
	bind_gradients(p);
	p->bound = p->arena->generation;
}

struct nn_tensor *nn_plan_input(struct nn_plan *p, int i)
{
	bind_all(p);
	return nn_plan_tensor(p, i ? p->net->input[i].value : p->picture);
}

const struct nn_tensor *nn_plan_value(struct nn_plan *p, int value)
{
	bind_all(p);
	assert(p->seen[value]);
	return p->net->ninputs && value == p->net->input[0].value ? nn_plan_tensor(p, p->picture)
	                                                          : &p->shapes.value[value];
}

float *nn_plan_seed(struct nn_plan *p, int value)
{
	bind_all(p);
	assert(p->wrt >= 0 && p->seen[value]);
	return gradient_at(p, value);
}

const float *nn_plan_gradient(struct nn_plan *p)
{
	assert(p->wrt >= 0);
	return gradient_at(p, p->wrt);
}

int nn_forward(struct nn_plan *p)
{
	struct nn_call *c;
	int i;

	bind_all(p);
	for (i = 0; i < p->nsteps; i++) {
		c = p->step[i].call;
		c->scratch = at(p, 2 * p->nvalues + i);
		if (c->op->flags & NN_VIEW && c->out[0]->data == c->in[0]->data)
			continue;
		if (c->op->forward(c) < 0)
			return nn_fail_in("node '%s' (%s)", c->name, c->op->name);
	}
	return 0;
}

static void add(float *sum, const float *x, int64_t n)
{
	int64_t i;

#pragma omp parallel for simd if (n > 32768)
	for (i = 0; i < n; i++)
		sum[i] += x[i];
}

void nn_backward(struct nn_plan *p, enum nn_relu_rule rule)
{
	const struct nn_step *step;
	struct nn_call *c;
	int i, j;

	for (i = p->nsteps - 1; i >= 0; i--) {
		step = &p->step[i];
		if (!step->backward)
			continue;
		c = step->call;
		c->rule = rule;
		c->scratch = at(p, p->nleases - p->nsteps + i);
		c->op->backward(c);
		for (j = 0; j < step->nin; j++)
			if (step->gin[j] >= 2 * p->nvalues)
				add(gradient_at(p, step->in[j]), c->gin[j],
				    nn_tensor_count(c->in[j]));
	}
}
