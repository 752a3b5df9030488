/* SPDX-License-Identifier: ISC */
/*
 * GatherND and ScatterND: the last dimension of the indices is a place along the first dimensions
 * of x (after the batch), and what lies there is a slice.
 */
#include <string.h>

#include "op.h"

struct nd {
	int64_t tuples, per_batch, depth; /* indices [batch][per_batch][depth] */
	int64_t batch_size, slice;        /* numbers of x in one of the batch, and in a slice */
	int64_t dim[NN_DIMS], step[NN_DIMS];
	int reduction;
};

static int nd_shape(struct nn_call *c, int64_t batch)
{
	const struct nn_tensor *x = c->in[0], *at = c->in[1];
	struct nd *p;
	int i;

	if (at->type != NN_I64 && at->type != NN_I32)
		return nn_fail("input 1: want integers, have %s", nn_type_name(at->type));
	if (at->ndim < 1 || batch < 0 || batch >= at->ndim || batch >= x->ndim)
		return nn_fail("attribute batch_dims %lld is outside the dimensions",
		               (long long)batch);
	if (at->dim[at->ndim - 1] > x->ndim - batch)
		return nn_fail("input 1: places have more dimensions than input 0");
	for (i = 0; i < batch; i++)
		if (x->dim[i] != at->dim[i])
			return nn_fail("input 1: batch dimension %d is %lld, not %lld", i,
			               (long long)at->dim[i], (long long)x->dim[i]);
	c->param = p = nn_calloc(1, sizeof *p);
	p->depth = at->dim[at->ndim - 1];
	p->tuples = p->per_batch = p->batch_size = p->slice = 1;
	for (i = 0; i < at->ndim - 1; i++) {
		p->tuples *= at->dim[i];
		p->per_batch *= i < batch ? 1 : at->dim[i];
	}
	for (i = x->ndim - 1; i >= batch; i--) {
		if (i < batch + p->depth) {
			p->dim[i - batch] = x->dim[i];
			p->step[i - batch] = p->batch_size;
		} else {
			p->slice *= x->dim[i];
		}
		p->batch_size *= x->dim[i];
	}
	return 0;
}

/* Where in x the slice of tuple t begins; -1 out of range. */
static int64_t target(const struct nn_call *c, const struct nd *p, int64_t t)
{
	int64_t at = t / p->per_batch * p->batch_size, k;
	int i;

	for (i = 0; i < p->depth; i++) {
		k = nn_int_at(c->in[1], t * p->depth + i);
		if (k < -p->dim[i] || k >= p->dim[i])
			return nn_fail("input 1: index %lld is outside %lld", (long long)k,
			               (long long)p->dim[i]);
		at += (k < 0 ? k + p->dim[i] : k) * p->step[i];
	}
	return at;
}

static int gather_shape(struct nn_call *c)
{
	int64_t dim[2 * NN_DIMS];
	const struct nn_tensor *x, *at;
	int i, n = 0;
	int64_t batch = nn_attr_int(c->attrs, "batch_dims", 0);

	if (nn_want_inputs(c, 2, 2) < 0 || nd_shape(c, batch) < 0)
		return -1;
	x = c->in[0];
	at = c->in[1];
	for (i = 0; i < at->ndim - 1; i++)
		dim[n++] = at->dim[i];
	for (i = (int)(batch + at->dim[at->ndim - 1]); i < x->ndim; i++)
		dim[n++] = x->dim[i];
	return nn_out(c, 0, x->type, n, dim);
}

static int gather_forward(struct nn_call *c)
{
	const struct nd *p = c->param;
	size_t size = nn_type_size(c->in[0]->type);
	int64_t t, from;

	for (t = 0; t < p->tuples; t++) {
		from = target(c, p, t);
		if (from < 0)
			return -1;
		memcpy((char *)c->out[0]->data + (size_t)(t * p->slice) * size,
		       (const char *)c->in[0]->data + (size_t)from * size,
		       (size_t)p->slice * size);
	}
	return 0;
}

static void gather_backward(struct nn_call *c)
{
	const struct nd *p = c->param;
	int64_t t, i, to;

	if (!c->gin[0])
		return;
	memset(c->gin[0], 0, nn_tensor_bytes(c->in[0]));
	for (t = 0; t < p->tuples; t++)
		for (to = target(c, p, t), i = 0; i < p->slice; i++)
			c->gin[0][to + i] += c->gout[0][t * p->slice + i];
}

const struct nn_op nn_op_GatherND = {
	.name = "GatherND",
	.shape = gather_shape,
	.forward = gather_forward,
	.backward = gather_backward,
	.flags = NN_KEEP_IN,
};

static int scatter_shape(struct nn_call *c)
{
	const struct nn_tensor *updates;
	int reduction;
	struct nd *p;

	if (nn_want_inputs(c, 3, 3) < 0 || nn_want_same(c, 0, 2) < 0 ||
	    nn_want_choice(c->attrs, "reduction", "none", "none add mul max min", &reduction) < 0 ||
	    nd_shape(c, 0) < 0)
		return -1;
	p = c->param;
	updates = c->in[2];
	if (nn_tensor_count(updates) != p->tuples * p->slice)
		return nn_fail("input 2: want %lld numbers, have %lld",
		               (long long)(p->tuples * p->slice),
		               (long long)nn_tensor_count(updates));
	if (c->gradient && reduction > 1 && c->in[0]->type == NN_F32)
		return nn_fail("attribute reduction: a gradient wants none or add");
	p->reduction = reduction;
	return nn_out_like(c, 0, c->in[0]);
}

static int scatter_forward(struct nn_call *c)
{
	const struct nd *p = c->param;
	int64_t t, i, to;

	if (c->out[0]->data != c->in[0]->data)
		memcpy(c->out[0]->data, c->in[0]->data, nn_tensor_bytes(c->in[0]));
	for (t = 0; t < p->tuples; t++) {
		to = target(c, p, t);
		if (to < 0)
			return -1;
		for (i = 0; i < p->slice; i++)
			nn_reduce_into(c->out[0], to + i, c->in[2], t * p->slice + i, p->reduction);
	}
	return 0;
}

static void scatter_backward(struct nn_call *c)
{
	const struct nd *p = c->param;
	float *g = c->gout[0];
	int64_t t, i, to;

	for (t = p->tuples - 1; t >= 0; t--)
		for (to = target(c, p, t), i = 0; i < p->slice; i++) {
			if (c->gin[2])
				c->gin[2][t * p->slice + i] = g[to + i];
			if (p->reduction == 0)
				g[to + i] = 0;
		}
	if (c->gin[0])
		memcpy(c->gin[0], g, nn_tensor_bytes(c->in[0]));
}

const struct nn_op nn_op_ScatterND = {
	.name = "ScatterND",
	.limits = "no gradient with reduction mul, max, min",
	.shape = scatter_shape,
	.forward = scatter_forward,
	.backward = scatter_backward,
	.flags = NN_KEEP_IN,
};
