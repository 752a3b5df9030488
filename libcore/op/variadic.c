/* SPDX-License-Identifier: ISC */
/* Sum, Mean, Max, Min of one or more tensors, element by element, with broadcasting. */
#include <string.h>

#include "op.h"

static int variadic_shape(struct nn_call *c)
{
	int64_t dim[NN_DIMS];
	int i, n;

	if (nn_want_inputs(c, 1, INT16_MAX) < 0)
		return -1;
	n = c->in[0]->ndim;
	memcpy(dim, c->in[0]->dim, sizeof dim);
	for (i = 1; i < c->nin; i++) {
		if (!c->in[i])
			return nn_fail("input %d is missing", i);
		if (nn_want_same(c, 0, i) < 0 ||
		    nn_broadcast(n, dim, c->in[i]->ndim, c->in[i]->dim, &n, dim) < 0)
			return -1;
	}
	return nn_out(c, 0, c->in[0]->type, n, dim);
}

/* The loops over y (array 0) and input i (1). */
static void walk(const struct nn_call *c, int i, struct nn_walk *w)
{
	const struct nn_tensor *y = c->out[0], *x = c->in[i];
	int64_t s[2][NN_DIMS];
	const int64_t *stride[2] = {s[0], s[1]};

	nn_strides(y->ndim, y->dim, s[0]);
	nn_broadcast_strides(x->ndim, x->dim, y->ndim, y->dim, s[1]);
	nn_walk_init(w, y->ndim, y->dim, 2, stride);
}

static void integers(const struct nn_call *c, const struct nn_tensor *x, const struct nn_walk *w,
                     nn_integers *g)
{
	struct nn_tensor *y = c->out[0];
	int64_t row, i, at[NN_WALK];

	for (row = 0; row < w->rows; row++) {
		nn_walk_at(w, row, at);
		for (i = 0; i < w->run; i++, at[0] += w->step[0], at[1] += w->step[1])
			nn_int_put(y, at[0], g(nn_int_at(y, at[0]), nn_int_at(x, at[1])));
	}
}

/* y = f(y, x) */
static void take(const struct nn_call *c, int input, enum nn_pair f, nn_integers *g)
{
	const struct nn_tensor *x = c->in[input];
	const int yyx[] = {0, 0, 1};
	float *y = c->out[0]->data;
	struct nn_walk w;
	int64_t task, tasks;

	walk(c, input, &w);
	if (x->type != NN_F32) {
		integers(c, x, &w, g);
		return;
	}
	tasks = nn_walk_tasks(&w);
#pragma omp parallel for schedule(static) if (w.rows * w.run >= NN_PARALLEL)
	for (task = 0; task < tasks; task++) {
		struct nn_runs r;

		nn_runs_first(&w, task, &r);
		do {
			nn_runs_pair(&w, &r, f, yyx, y, x->data, y);
		} while (nn_runs_next(&w, &r));
	}
}

/* y = the first input, then f(y, x) of the others */
static int forward(struct nn_call *c, enum nn_pair f, nn_integers *g)
{
	const struct nn_tensor *x = c->in[0], *y = c->out[0];
	int64_t sy[NN_DIMS], sx[NN_DIMS];
	int i;

	if (c->nin == 2)
		return nn_binary_forward(c, f, g);
	nn_strides(y->ndim, y->dim, sy);
	nn_broadcast_strides(x->ndim, x->dim, y->ndim, y->dim, sx);
	if (y->data != x->data)
		nn_move(y->ndim, y->dim, y->data, sy, x->data, sx, nn_type_size(y->type));
	for (i = 1; i < c->nin; i++)
		take(c, i, f, g);
	return 0;
}

static int64_t add_int(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int sum_forward(struct nn_call *c)
{
	return c->nin == 2 ? nn_sum_forward(c) : forward(c, NN_ADD, add_int);
}

static int mean_shape(struct nn_call *c)
{
	return nn_want_inputs(c, 1, INT16_MAX) < 0 || nn_want_float(c, 0) < 0 ? -1
	                                                                     : variadic_shape(c);
}

static void scale(float *x, int64_t n, float factor)
{
	int64_t i;

	for (i = 0; i < n; i++)
		x[i] *= factor;
}

static int mean_forward(struct nn_call *c)
{
	forward(c, NN_ADD, add_int);
	scale(c->out[0]->data, nn_tensor_count(c->out[0]), 1 / (float)c->nin);
	return 0;
}

static void mean_backward(struct nn_call *c)
{
	scale(c->gout[0], nn_tensor_count(c->out[0]), 1 / (float)c->nin);
	nn_sum_backward(c);
}

static int64_t larger_int(int64_t a, int64_t b)
{
	return NN_MAX(a, b);
}

static int64_t smaller_int(int64_t a, int64_t b)
{
	return NN_MIN(a, b);
}

static int max_forward(struct nn_call *c)
{
	return forward(c, NN_LARGER, larger_int);
}

static int min_forward(struct nn_call *c)
{
	return forward(c, NN_SMALLER, smaller_int);
}

/*
 * An element's gradient goes to the first input that has the extreme value.  part gets what of the
 * gradient belongs to input i, and gout, from which it is taken, keeps the rest.
 */
static void claim(struct nn_call *c, int input, float *part)
{
	const float *x = c->in[input]->data, *y = c->out[0]->data;
	struct nn_walk w;
	int64_t row, i, at[NN_WALK], k;

	walk(c, input, &w);
	for (row = 0; row < w.rows; row++) {
		nn_walk_at(&w, row, at);
		for (i = 0; i < w.run; i++) {
			k = at[0] + i * w.step[0];
			part[k] = x[at[1] + i * w.step[1]] == y[k] ? c->gout[0][k] : 0;
			c->gout[0][k] -= part[k];
		}
	}
}

static void extreme_backward(struct nn_call *c)
{
	int i;

	for (i = 0; i < c->nin; i++) {
		claim(c, i, c->scratch);
		if (c->gin[i])
			nn_broadcast_gradient(c->out[0]->ndim, c->out[0]->dim, c->scratch,
			                      c->in[i]->ndim, c->in[i]->dim, c->gin[i]);
	}
}

static int extreme_shape(struct nn_call *c)
{
	if (variadic_shape(c) < 0)
		return -1;
	if (c->gradient)
		c->scratch_bytes = (size_t)nn_tensor_count(c->out[0]) * sizeof(float);
	return 0;
}

/* A constant number among the inputs would not leave zeros as they are. */
static unsigned sum_blocks(struct nn_call *c)
{
	int i, constants = 0;

	for (i = 0; i < c->nin; i++)
		constants |= c->in[i]->data && nn_tensor_count(c->in[i]) == 1;
	return nn_blocks_same(c, !constants);
}

static unsigned extreme_blocks(struct nn_call *c)
{
	unsigned how = sum_blocks(c);
	int64_t dim[5];

	if (how && c->gradient) {
		nn_blocks_shape(c->out[0], dim);
		c->scratch_bytes = (size_t)nn_shape_count(5, dim) * sizeof(float);
	}
	return how;
}

const struct nn_op nn_op_Sum = {
	.name = "Sum",
	.shape = variadic_shape,
	.fuse = nn_sum_fuse,
	.forward = sum_forward,
	.backward = nn_sum_backward,
	.narrow = nn_narrow_same,
	.blocks = sum_blocks,
	.flags = NN_IN_PLACE | NN_GRADIENT_IN_PLACE,
};
const struct nn_op nn_op_Mean = {
	.name = "Mean",
	.shape = mean_shape,
	.forward = mean_forward,
	.backward = mean_backward,
	.narrow = nn_narrow_same,
	.blocks = sum_blocks,
	.flags = NN_IN_PLACE | NN_GRADIENT_IN_PLACE,
};
const struct nn_op nn_op_Max = {
	.name = "Max",
	.shape = extreme_shape,
	.forward = max_forward,
	.backward = extreme_backward,
	.narrow = nn_narrow_same,
	.blocks = extreme_blocks,
	.flags = NN_KEEP_IN | NN_KEEP_OUT,
};
const struct nn_op nn_op_Min = {
	.name = "Min",
	.shape = extreme_shape,
	.forward = min_forward,
	.backward = extreme_backward,
	.narrow = nn_narrow_same,
	.blocks = extreme_blocks,
	.flags = NN_KEEP_IN | NN_KEEP_OUT,
};
