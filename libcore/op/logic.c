/* SPDX-License-Identifier: ISC */
/* Equal Greater Less GreaterOrEqual LessOrEqual And Or Xor Not IsNaN IsInf. */
#include <math.h>
#include <string.h>

#include "op.h"

enum relation { EQUAL, GREATER, LESS, GREATER_OR_EQUAL, LESS_OR_EQUAL, AND, OR, XOR };

static const char *const names[] = {
	[EQUAL] = "Equal", [GREATER] = "Greater", [LESS] = "Less",
	[GREATER_OR_EQUAL] = "GreaterOrEqual", [LESS_OR_EQUAL] = "LessOrEqual",
	[AND] = "And", [OR] = "Or", [XOR] = "Xor",
};

static int relation_shape(struct nn_call *c)
{
	int64_t dim[NN_DIMS];
	enum relation *r;
	int n;

	if (nn_want_inputs(c, 2, 2) < 0 || nn_want_same(c, 0, 1) < 0 ||
	    nn_broadcast(c->in[0]->ndim, c->in[0]->dim, c->in[1]->ndim, c->in[1]->dim, &n, dim) < 0)
		return -1;
	c->param = r = nn_alloc(sizeof *r);
	for (*r = EQUAL; strcmp(names[*r], c->op->name) != 0;)
		++*r;
	if (*r >= AND && c->in[0]->type != NN_U8)
		return nn_fail("input 0: want bool, have %s", nn_type_name(c->in[0]->type));
	return nn_out(c, 0, NN_U8, n, dim);
}

static int hold_float(enum relation r, float a, float b)
{
	return r == EQUAL ? a == b
	     : r == GREATER ? a > b
	     : r == LESS ? a < b
	     : r == GREATER_OR_EQUAL ? a >= b
	                             : a <= b;
}

static int hold_int(enum relation r, int64_t a, int64_t b)
{
	return r == EQUAL ? a == b
	     : r == GREATER ? a > b
	     : r == LESS ? a < b
	     : r == GREATER_OR_EQUAL ? a >= b
	     : r == LESS_OR_EQUAL ? a <= b
	     : r == AND ? a && b
	     : r == OR ? a || b
	               : !a != !b;
}

static int relation_forward(struct nn_call *c)
{
	const struct nn_tensor *y = c->out[0], *a = c->in[0], *b = c->in[1];
	enum relation r = *(enum relation *)c->param;
	int64_t s[3][NN_DIMS], row;
	const int64_t *stride[3] = {s[0], s[1], s[2]};
	struct nn_walk w;

	nn_strides(y->ndim, y->dim, s[0]);
	nn_broadcast_strides(a->ndim, a->dim, y->ndim, y->dim, s[1]);
	nn_broadcast_strides(b->ndim, b->dim, y->ndim, y->dim, s[2]);
	nn_walk_init(&w, y->ndim, y->dim, 3, stride);
#pragma omp parallel for schedule(static) if (w.rows * w.run >= NN_PARALLEL)
	for (row = 0; row < w.rows; row++) {
		int64_t at[NN_WALK], i;
		uint8_t *to = y->data;

		nn_walk_at(&w, row, at);
		for (i = 0; i < w.run; i++, at[1] += w.step[1], at[2] += w.step[2])
			to[at[0] + i] = (uint8_t)(a->type == NN_F32
			        ? hold_float(r, ((const float *)a->data)[at[1]],
			                     ((const float *)b->data)[at[2]])
			        : hold_int(r, nn_int_at(a, at[1]), nn_int_at(b, at[2])));
	}
	return 0;
}

#define RELATION(op) \
	const struct nn_op nn_op_##op = { \
		.name = #op, \
		.shape = relation_shape, \
		.forward = relation_forward, \
	}
RELATION(Equal);
RELATION(Greater);
RELATION(Less);
RELATION(GreaterOrEqual);
RELATION(LessOrEqual);
RELATION(And);
RELATION(Or);
RELATION(Xor);

static int not_shape(struct nn_call *c)
{
	if (nn_want_inputs(c, 1, 1) < 0)
		return -1;
	if (c->in[0]->type != NN_U8)
		return nn_fail("input 0: want bool, have %s", nn_type_name(c->in[0]->type));
	return nn_out_like(c, 0, c->in[0]);
}

static int not_forward(struct nn_call *c)
{
	const uint8_t *x = c->in[0]->data;
	uint8_t *y = c->out[0]->data;
	int64_t i, n = nn_tensor_count(c->in[0]);

	for (i = 0; i < n; i++)
		y[i] = !x[i];
	return 0;
}

const struct nn_op nn_op_Not = {
	.name = "Not",
	.shape = not_shape,
	.forward = not_forward,
	.flags = NN_IN_PLACE,
};

static int test_shape(struct nn_call *c)
{
	if (nn_want_inputs(c, 1, 1) < 0 || nn_want_float(c, 0) < 0)
		return -1;
	return nn_out(c, 0, NN_U8, c->in[0]->ndim, c->in[0]->dim);
}

static int is_nan_forward(struct nn_call *c)
{
	const float *x = c->in[0]->data;
	uint8_t *y = c->out[0]->data;
	int64_t i, n = nn_tensor_count(c->in[0]);

	for (i = 0; i < n; i++)
		y[i] = x[i] != x[i];
	return 0;
}

static int is_inf_forward(struct nn_call *c)
{
	int up = nn_attr_int(c->attrs, "detect_positive", 1) != 0;
	int down = nn_attr_int(c->attrs, "detect_negative", 1) != 0;
	const float *x = c->in[0]->data;
	uint8_t *y = c->out[0]->data;
	int64_t i, n = nn_tensor_count(c->in[0]);

	for (i = 0; i < n; i++)
		y[i] = (up && x[i] == INFINITY) || (down && x[i] == -INFINITY);
	return 0;
}

const struct nn_op nn_op_IsNaN = {.name = "IsNaN", .shape = test_shape, .forward = is_nan_forward};
const struct nn_op nn_op_IsInf = {.name = "IsInf", .shape = test_shape, .forward = is_inf_forward};
