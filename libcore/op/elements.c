/* SPDX-License-Identifier: ISC */
/*
 * GatherElements: y[i] = x[i with index[i] along axis]; ScatterElements the other way: y = x, but
 * y[i with index[i] along axis] = update[i], or it is added, multiplied, the larger, the smaller.
 */
#include <string.h>

#include "op.h"

enum reduction { NONE, ADD, MUL, MAX, MIN };

struct elements {
	int64_t length, step; /* of x along the axis */
	struct nn_walk w;     /* over the indices (array 0) and x (1), without the axis in x */
	int reduction;
};

static int elements_shape(struct nn_call *c)
{
	int64_t own[NN_DIMS], there[NN_DIMS];
	const int64_t *stride[2] = {own, there};
	const struct nn_tensor *x = c->in[0], *at = c->in[1];
	struct elements *p;
	int i, axis;

	if (at->type != NN_I64 && at->type != NN_I32)
		return nn_fail("input 1: want integers, have %s", nn_type_name(at->type));
	if (at->ndim != x->ndim)
		return nn_fail("input 1: want %d dimensions, have %d", x->ndim, at->ndim);
	if (nn_axis(nn_attr_int(c->attrs, "axis", 0), x->ndim, "attribute axis", &axis) < 0)
		return -1;
	for (i = 0; i < x->ndim; i++)
		if (i != axis && at->dim[i] > x->dim[i])
			return nn_fail("input 1: dimension %d is larger than the input's", i);
	nn_strides(at->ndim, at->dim, own);
	nn_strides(x->ndim, x->dim, there);
	c->param = p = nn_calloc(1, sizeof *p);
	p->length = x->dim[axis];
	p->step = there[axis];
	there[axis] = 0;
	nn_walk_init(&p->w, at->ndim, at->dim, 2, stride);
	return 0;
}

/* Where in x element i of a row of indices points; -1 out of range. */
static int64_t target(const struct nn_call *c, const struct elements *p, const int64_t *at,
		      int64_t i)
{
	int64_t k = nn_int_at(c->in[1], at[0] + i * p->w.step[0]);

	if (k < -p->length || k >= p->length)
		return nn_fail("input 1: index %lld is outside %lld", (long long)k,
		               (long long)p->length);
	return at[1] + i * p->w.step[1] + (k < 0 ? k + p->length : k) * p->step;
}

static int gather_shape(struct nn_call *c)
{
	if (nn_want_inputs(c, 2, 2) < 0 || elements_shape(c) < 0)
		return -1;
	return nn_out(c, 0, c->in[0]->type, c->in[1]->ndim, c->in[1]->dim);
}

static int gather_forward(struct nn_call *c)
{
	const struct elements *p = c->param;
	size_t size = nn_type_size(c->in[0]->type);
	int64_t row, i, from, at[NN_WALK];

	for (row = 0; row < p->w.rows; row++) {
		nn_walk_at(&p->w, row, at);
		for (i = 0; i < p->w.run; i++) {
			from = target(c, p, at, i);
			if (from < 0)
				return -1;
			memcpy((char *)c->out[0]->data + (size_t)(at[0] + i * p->w.step[0]) * size,
			       (const char *)c->in[0]->data + (size_t)from * size, size);
		}
	}
	return 0;
}

static void gather_backward(struct nn_call *c)
{
	const struct elements *p = c->param;
	int64_t row, i, at[NN_WALK];

	if (!c->gin[0])
		return;
	memset(c->gin[0], 0, nn_tensor_bytes(c->in[0]));
	for (row = 0; row < p->w.rows; row++) {
		nn_walk_at(&p->w, row, at);
		for (i = 0; i < p->w.run; i++)
			c->gin[0][target(c, p, at, i)] += c->gout[0][at[0] + i * p->w.step[0]];
	}
}

const struct nn_op nn_op_GatherElements = {
	.name = "GatherElements",
	.shape = gather_shape,
	.forward = gather_forward,
	.backward = gather_backward,
	.flags = NN_KEEP_IN,
};

static int scatter_shape(struct nn_call *c)
{
	int reduction;

	if (nn_want_inputs(c, 3, 3) < 0 || nn_want_same(c, 0, 2) < 0 ||
	    nn_want_choice(c->attrs, "reduction", "none", "none add mul max min", &reduction) < 0 ||
	    elements_shape(c) < 0)
		return -1;
	if (c->in[2]->ndim != c->in[1]->ndim ||
	    memcmp(c->in[2]->dim, c->in[1]->dim, (size_t)c->in[1]->ndim * sizeof(int64_t)) != 0)
		return nn_fail("input 2: want the shape of input 1");
	if (c->gradient && reduction > ADD && c->in[0]->type == NN_F32)
		return nn_fail("attribute reduction: a gradient wants none or add");
	((struct elements *)c->param)->reduction = reduction;
	return nn_out_like(c, 0, c->in[0]);
}

static int scatter_forward(struct nn_call *c)
{
	const struct elements *p = c->param;
	int64_t row, i, to, at[NN_WALK];

	if (c->out[0]->data != c->in[0]->data)
		memcpy(c->out[0]->data, c->in[0]->data, nn_tensor_bytes(c->in[0]));
	for (row = 0; row < p->w.rows; row++) {
		nn_walk_at(&p->w, row, at);
		for (i = 0; i < p->w.run; i++) {
			to = target(c, p, at, i);
			if (to < 0)
				return -1;
			nn_reduce_into(c->out[0], to, c->in[2], at[0] + i * p->w.step[0],
			               p->reduction);
		}
	}
	return 0;
}

/* Where several updates meet, the last one stands: the others get nothing. */
static void scatter_backward(struct nn_call *c)
{
	const struct elements *p = c->param;
	int64_t row, i, to, at[NN_WALK];
	float *g = c->gout[0];

	for (row = p->w.rows - 1; row >= 0; row--) {
		nn_walk_at(&p->w, row, at);
		for (i = p->w.run - 1; i >= 0; i--) {
			to = target(c, p, at, i);
			if (c->gin[2])
				c->gin[2][at[0] + i * p->w.step[0]] = g[to];
			if (p->reduction == NONE)
				g[to] = 0;
		}
	}
	if (c->gin[0])
		memcpy(c->gin[0], g, nn_tensor_bytes(c->in[0]));
}

const struct nn_op nn_op_ScatterElements = {
	.name = "ScatterElements",
	.limits = "no gradient with reduction mul, max, min",
	.shape = scatter_shape,
	.forward = scatter_forward,
	.backward = scatter_backward,
	.flags = NN_KEEP_IN,
};
