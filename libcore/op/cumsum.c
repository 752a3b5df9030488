/* SPDX-License-Identifier: ISC */
/* CumSum along one axis of x [outer][axis][inner], either way, with or without the number itself. */
#include "op.h"

struct cumsum {
	int64_t outer, length, inner;
};

static int cumsum_shape(struct nn_call *c)
{
	const struct nn_tensor *x;
	struct cumsum *p;
	int i, axis;

	if (nn_want_inputs(c, 2, 2) < 0)
		return -1;
	x = c->in[0];
	if (!c->in[1]->data || nn_tensor_count(c->in[1]) != 1 || c->in[1]->type == NN_F32)
		return nn_fail("input 1: want one constant axis");
	if (nn_axis(nn_int_at(c->in[1], 0), x->ndim, "input 1: axis", &axis) < 0)
		return -1;
	c->param = p = nn_calloc(1, sizeof *p);
	p->outer = p->inner = 1;
	p->length = x->dim[axis];
	for (i = 0; i < x->ndim; i++)
		if (i != axis)
			*(i < axis ? &p->outer : &p->inner) *= x->dim[i];
	return nn_out_like(c, 0, x);
}

/* One line of length numbers, from its beginning or its end. */
static void line(const float *x, float *y, int64_t length, int64_t step, int reverse, int exclusive)
{
	double sum = 0;
	int64_t i, k;

	for (i = 0; i < length; i++) {
		k = (reverse ? length - 1 - i : i) * step;
		if (exclusive)
			y[k] = (float)sum;
		sum += x[k];
		if (!exclusive)
			y[k] = (float)sum;
	}
}

static void line_int(const struct nn_tensor *x, struct nn_tensor *y, int64_t at, int64_t length,
                     int64_t step, int reverse, int exclusive)
{
	uint64_t sum = 0;
	int64_t i, k;

	for (i = 0; i < length; i++) {
		k = at + (reverse ? length - 1 - i : i) * step;
		if (exclusive)
			nn_int_put(y, k, (int64_t)sum);
		sum += (uint64_t)nn_int_at(x, k);
		if (!exclusive)
			nn_int_put(y, k, (int64_t)sum);
	}
}

static int cumsum_forward(struct nn_call *c)
{
	const struct cumsum *p = c->param;
	int reverse = nn_attr_int(c->attrs, "reverse", 0) != 0;
	int exclusive = nn_attr_int(c->attrs, "exclusive", 0) != 0;
	int64_t e, at;

	for (e = 0; e < p->outer * p->inner; e++) {
		at = e / p->inner * p->length * p->inner + e % p->inner;
		if (c->in[0]->type == NN_F32)
			line((const float *)c->in[0]->data + at, (float *)c->out[0]->data + at,
			     p->length, p->inner, reverse, exclusive);
		else
			line_int(c->in[0], c->out[0], at, p->length, p->inner, reverse, exclusive);
	}
	return 0;
}

static void cumsum_backward(struct nn_call *c)
{
	const struct cumsum *p = c->param;
	int reverse = nn_attr_int(c->attrs, "reverse", 0) != 0;
	int exclusive = nn_attr_int(c->attrs, "exclusive", 0) != 0;
	int64_t e, at;

	for (e = 0; e < p->outer * p->inner && c->gin[0]; e++) {
		at = e / p->inner * p->length * p->inner + e % p->inner;
		line(c->gout[0] + at, c->gin[0] + at, p->length, p->inner, !reverse, exclusive);
	}
}

const struct nn_op nn_op_CumSum = {
	.name = "CumSum",
	.limits = "axis constant",
	.shape = cumsum_shape,
	.forward = cumsum_forward,
	.backward = cumsum_backward,
};
