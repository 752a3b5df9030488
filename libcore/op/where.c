/* SPDX-License-Identifier: ISC */
/* Where: y = condition ? a : b, with broadcasting. */
#include <string.h>

#include "op.h"

static int where_shape(struct nn_call *c)
{
	int64_t dim[NN_DIMS];
	int n;

	if (nn_want_inputs(c, 3, 3) < 0 || nn_want_same(c, 1, 2) < 0)
		return -1;
	if (c->in[0]->type != NN_U8)
		return nn_fail("input 0: want bool, have %s", nn_type_name(c->in[0]->type));
	if (nn_broadcast(c->in[0]->ndim, c->in[0]->dim, c->in[1]->ndim, c->in[1]->dim, &n,
	                 dim) < 0 ||
	    nn_broadcast(n, dim, c->in[2]->ndim, c->in[2]->dim, &n, dim) < 0 ||
	    nn_out(c, 0, c->in[1]->type, n, dim) < 0)
		return -1;
	if (c->gradient) /* of the gradient, the part that belongs to one of the two */
		c->scratch_bytes = nn_tensor_bytes(c->out[0]);
	return 0;
}

/* The loops over y (array 0), the condition (1), a (2) and b (3). */
static void walk(const struct nn_call *c, struct nn_walk *w)
{
	const struct nn_tensor *y = c->out[0];
	int64_t s[4][NN_DIMS];
	const int64_t *stride[4] = {s[0], s[1], s[2], s[3]};
	int i;

	nn_strides(y->ndim, y->dim, s[0]);
	for (i = 0; i < 3; i++)
		nn_broadcast_strides(c->in[i]->ndim, c->in[i]->dim, y->ndim, y->dim, s[i + 1]);
	nn_walk_init(w, y->ndim, y->dim, 4, stride);
}

static int where_forward(struct nn_call *c)
{
	size_t size = nn_type_size(c->out[0]->type);
	const uint8_t *condition = c->in[0]->data;
	struct nn_walk w;
	int64_t row;

	walk(c, &w);
#pragma omp parallel for schedule(static) if (w.rows * w.run >= NN_PARALLEL)
	for (row = 0; row < w.rows; row++) {
		int64_t at[NN_WALK], i;
		int which;

		nn_walk_at(&w, row, at);
		for (i = 0; i < w.run; i++) {
			which = condition[at[1] + i * w.step[1]] ? 1 : 2;
			memcpy((char *)c->out[0]->data + (size_t)(at[0] + i) * size,
			       (const char *)c->in[which]->data +
			               (size_t)(at[which + 1] + i * w.step[which + 1]) * size,
			       size);
		}
	}
	return 0;
}

static void where_backward(struct nn_call *c)
{
	const uint8_t *condition = c->in[0]->data;
	float *part = c->scratch;
	int64_t row, i, at[NN_WALK];
	struct nn_walk w;
	int k;

	walk(c, &w);
	for (k = 1; k <= 2; k++) {
		if (!c->gin[k])
			continue;
		for (row = 0; row < w.rows; row++) {
			nn_walk_at(&w, row, at);
			for (i = 0; i < w.run; i++)
				part[at[0] + i] =
					(condition[at[1] + i * w.step[1]] != 0) == (k == 1)
						? c->gout[0][at[0] + i]
						: 0;
		}
		nn_broadcast_gradient(c->out[0]->ndim, c->out[0]->dim, part, c->in[k]->ndim,
		                      c->in[k]->dim, c->gin[k]);
	}
}

const struct nn_op nn_op_Where = {
	.name = "Where",
	.shape = where_shape,
	.forward = where_forward,
	.backward = where_backward,
	.flags = NN_KEEP_IN,
};
