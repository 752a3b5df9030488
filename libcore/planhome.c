/* SPDX-License-Identifier: ISC */
/*
 * Who lives in whose place: what has another's numbers needs no copy of them.  A view is its input;
 * the parts of a row that puts them one after another are made where they will lie; and a gradient
 * that passes through unchanged stays.
 */
#include "plan.h"

int nn_home_of(const struct nn_home *home, int v, size_t *shift)
{
	*shift = 0;
	for (; home[v].in != v; v = home[v].in)
		*shift += home[v].shift;
	return v;
}

int nn_plan_is_placed(const struct nn_plan *p, int v)
{
	return v >= 0 && !nn_plan_tensor(p, v)->data;
}

/* Does the step put its inputs one after another, as nothing lies before the dimension they share? */
static int in_a_row(const struct nn_plan *p, const struct nn_step *step)
{
	const struct nn_tensor *x, *y;
	int i;

	if (!(step->call->op->flags & NN_PARTS))
		return 0;
	x = nn_plan_tensor(p, step->in[0]);
	y = nn_plan_tensor(p, step->out[0]);
	for (i = 0; i < y->ndim && x->dim[i] == y->dim[i]; i++)
		if (y->dim[i] != 1)
			return 0;
	return i < y->ndim;
}

static void share_parts(struct nn_plan *p, const struct nn_step *step)
{
	size_t at = 0, shift, bytes;
	int j, v, end;

	for (j = 0; j < step->nin; j++, at += bytes) {
		bytes = nn_tensor_bytes(nn_plan_tensor(p, step->in[j]));
		v = nn_home_of(p->home, step->in[j], &shift);
		end = nn_home_of(p->home, step->out[0], &shift);
		if (nn_plan_is_placed(p, v) && v != end && at % NN_ALIGN == 0 &&
		    nn_tensor_bytes(nn_plan_tensor(p, v)) == bytes) {
			p->home[v].in = step->out[0];
			p->home[v].shift = at;
		}
	}
}

void nn_plan_share_values(struct nn_plan *p)
{
	const struct nn_step *step;
	int i;

	for (i = 0; i < p->nsteps; i++) {
		step = &p->step[i];
		if (step->call->op->flags & NN_VIEW && nn_plan_is_placed(p, step->in[0]))
			p->home[step->out[0]].in = step->in[0];
	}
	for (i = 0; i < p->nsteps; i++)
		if (in_a_row(p, &p->step[i]))
			share_parts(p, &p->step[i]);
}

void nn_plan_share_gradient(struct nn_plan *p, const struct nn_step *step, int input)
{
	int v = step->in[input], out = step->out[0], j;
	size_t bytes = nn_tensor_bytes(nn_plan_tensor(p, v)), at = 0;

	if (out < 0 || !p->has_gradient[out])
		return;
	if (in_a_row(p, step))
		for (j = 0; j < input; j++)
			at += nn_tensor_bytes(nn_plan_tensor(p, step->in[j]));
	else if (!(step->call->op->flags & (NN_VIEW | NN_GRADIENT_IN_PLACE)) || input != 0 ||
	         bytes != nn_tensor_bytes(nn_plan_tensor(p, out)))
		return;
	if (at % NN_ALIGN)
		return;
	p->gradient_home[v].in = out;
	p->gradient_home[v].shift = at;
}
