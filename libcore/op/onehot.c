/* SPDX-License-Identifier: ISC */
/* OneHot: indices [outer][inner] to y [outer][depth][inner]. */

#include "op.h"

struct onehot {
	int64_t outer, length, inner;
};

static int onehot_shape(struct nn_call *c)
{
	const struct nn_tensor *x, *depth, *values;
	int64_t dim[NN_DIMS + 1];
	struct onehot *p;
	int i, axis;
	double d;

	if (nn_want_inputs(c, 3, 3) < 0)
		return -1;
	x = c->in[0];
	depth = c->in[1];
	values = c->in[2];
	if (!depth->data || nn_tensor_count(depth) != 1)
		return nn_fail("input 1: want one constant number");
	d = nn_tensor_at(depth, 0);
	if (!(d >= 1 && d < INT32_MAX))
		return nn_fail("input 1: a depth of %g", d);
	if (nn_tensor_count(values) != 2)
		return nn_fail("input 2: want two numbers");
	if (nn_axis(nn_attr_int(c->attrs, "axis", -1), x->ndim + 1, "attribute axis", &axis) < 0)
		return -1;
	c->param = p = nn_calloc(1, sizeof *p);
	p->outer = p->inner = 1;
	p->length = (int64_t)d;
	for (i = 0; i <= x->ndim; i++) {
		dim[i] = i < axis ? x->dim[i] : i == axis ? p->length : x->dim[i - 1];
		if (i != axis)
			*(i < axis ? &p->outer : &p->inner) *= dim[i];
	}
	return nn_out(c, 0, values->type, x->ndim + 1, dim);
}

static int onehot_forward(struct nn_call *c)
{
	const struct onehot *p = c->param;
	int64_t i, j, at;

	for (i = 0; i < p->outer * p->inner; i++) {
		int64_t base = i / p->inner * p->length * p->inner + i % p->inner;

		at = (int64_t)nn_tensor_at(c->in[0], i);
		at += at < 0 ? p->length : 0; /* out of range: all of it is off */
		for (j = 0; j < p->length; j++)
			nn_reduce_into(c->out[0], base + j * p->inner, c->in[2], j == at, 0);
	}
	return 0;
}

const struct nn_op nn_op_OneHot = {
	.name = "OneHot",
	.limits = "depth constant; no gradient",
	.shape = onehot_shape,
	.forward = onehot_forward,
};
