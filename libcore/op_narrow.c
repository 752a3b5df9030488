/* SPDX-License-Identifier: ISC */
/* What the rows share to make some channels of their output only. */
#include "op.h"

struct nn_channels nn_all_channels(const struct nn_tensor *t)
{
	return (struct nn_channels){0, t->ndim > 1 ? NN_MAX(t->dim[1], 1) : 1};
}

void nn_channels_join(struct nn_channels *to, struct nn_channels more)
{
	int64_t end = NN_MAX(to->first + to->count, more.first + more.count);

	if (!more.count)
		return;
	if (!to->count) {
		*to = more;
		return;
	}
	to->first = NN_MIN(to->first, more.first);
	to->count = end - to->first;
}

void nn_channels_round(struct nn_channels *c, int64_t unit, int64_t all)
{
	int64_t end = NN_MIN((c->first + c->count + unit - 1) / unit * unit, all);

	c->first = c->first / unit * unit;
	c->count = end - c->first;
}

int nn_narrow_same(const struct nn_call *c, int lone, struct nn_channels *out,
                   struct nn_channels *in)
{
	const struct nn_tensor *y = c->out[0], *t;
	int i, axis;

	(void)lone;
	if (y->ndim < 2)
		return 0;
	for (i = 0; i < c->nin; i++) {
		t = c->in[i];
		if (!t)
			continue;
		axis = t->ndim - y->ndim + 1;
		if (axis < 0 || t->dim[axis] == 1) {
			if (!t->data)
				in[i] = nn_all_channels(t);
		} else if (t->data) {
			if (axis > 0 && t->dim[0] != 1)
				return 0;
			in[i] = *out;
		} else {
			if (axis != 1)
				return 0;
			nn_channels_join(out, in[i]);
			nn_channels_join(&in[i], *out);
		}
	}
	return 1;
}

int nn_narrow_each(const struct nn_call *c, int lone, struct nn_channels *out,
                   struct nn_channels *in)
{
	int i;

	(void)lone;
	if (c->in[0]->ndim < 2)
		return 0;
	for (i = 1; i < c->nin; i++) {
		if (!c->in[i]->data)
			return 0;
		in[i] = *out;
	}
	nn_channels_join(out, in[0]);
	nn_channels_join(&in[0], *out);
	return 1;
}

/*
 * Whole vectors of rows cost no more than one, and what can be in blocks of channels stays so.  A sum
 * over other rows than before would be taken in another order.
 */
int nn_narrow_rows(const struct nn_call *c, int lone, struct nn_channels *out,
                   struct nn_channels *in)
{
	int64_t all = nn_all_channels(c->out[0]).count;
	int i;

	for (i = 1; i < c->nin; i++)
		if (c->in[i] && !c->in[i]->data)
			return 0;
	if (c->gradient && !lone)
		*out = nn_all_channels(c->out[0]);
	nn_channels_round(out, nn_kernels()->block->lanes, all);
	in[0] = nn_all_channels(c->in[0]);
	for (i = 1; i < c->nin; i++)
		if (c->in[i] && nn_tensor_count(c->in[i]) > 1)
			in[i] = *out;
	return 1;
}
