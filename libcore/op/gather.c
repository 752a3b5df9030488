/* SPDX-License-Identifier: ISC */
/* Gather: x [outer][axis][inner] at indices, y [outer][indices...][inner]. */
#include <string.h>

#include "op.h"

struct gather {
	int64_t outer, length, inner;
};

static int gather_shape(struct nn_call *c)
{
	int64_t dim[2 * NN_DIMS];
	const struct nn_tensor *x, *at;
	struct gather *p;
	int i, n = 0, axis;

	if (nn_want_inputs(c, 2, 2) < 0)
		return -1;
	x = c->in[0];
	at = c->in[1];
	if (at->type != NN_I64 && at->type != NN_I32)
		return nn_fail("input 1: want integers, have %s", nn_type_name(at->type));
	if (nn_axis(nn_attr_int(c->attrs, "axis", 0), x->ndim, "attribute axis", &axis) < 0)
		return -1;
	c->param = p = nn_calloc(1, sizeof *p);
	p->outer = p->inner = 1;
	p->length = x->dim[axis];
	for (i = 0; i < axis; i++)
		p->outer *= dim[n++] = x->dim[i];
	for (i = 0; i < at->ndim; i++)
		dim[n++] = at->dim[i];
	for (i = axis + 1; i < x->ndim; i++)
		p->inner *= dim[n++] = x->dim[i];
	return nn_out(c, 0, x->type, n, dim);
}

static int gather_forward(struct nn_call *c)
{
	const struct gather *p = c->param;
	size_t size = nn_type_size(c->in[0]->type) * (size_t)p->inner;
	int64_t i, j, at, n = nn_tensor_count(c->in[1]);
	const char *x = c->in[0]->data;
	char *y = c->out[0]->data;

	for (j = 0; j < n; j++) {
		at = nn_int_at(c->in[1], j);
		if (at < -p->length || at >= p->length)
			return nn_fail("input 1: index %lld is outside %lld", (long long)at,
			               (long long)p->length);
		at += at < 0 ? p->length : 0;
		for (i = 0; i < p->outer; i++)
			memcpy(y + (size_t)(i * n + j) * size,
			       x + (size_t)(i * p->length + at) * size, size);
	}
	return 0;
}

static void gather_backward(struct nn_call *c)
{
	const struct gather *p = c->param;
	int64_t i, j, k, at, n = nn_tensor_count(c->in[1]);
	const float *g;
	float *gx;

	if (!c->gin[0])
		return;
	memset(c->gin[0], 0, nn_tensor_bytes(c->in[0]));
	for (i = 0; i < p->outer; i++)
		for (j = 0; j < n; j++) {
			at = nn_int_at(c->in[1], j);
			gx = c->gin[0] + (i * p->length + at + (at < 0 ? p->length : 0)) * p->inner;
			g = c->gout[0] + (i * n + j) * p->inner;
			for (k = 0; k < p->inner; k++)
				gx[k] += g[k];
		}
}

const struct nn_op nn_op_Gather = {
	.name = "Gather",
	.shape = gather_shape,
	.forward = gather_forward,
	.backward = gather_backward,
	.flags = NN_KEEP_IN,
};
