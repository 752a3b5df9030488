/* SPDX-License-Identifier: ISC */
/* Trilu: the upper or lower triangle of each matrix, zero elsewhere. EyeLike: ones on a diagonal.
 */
#include <string.h>

#include "op.h"

static int trilu_shape(struct nn_call *c)
{
	const struct nn_tensor *k;

	if (nn_want_inputs(c, 1, 2) < 0)
		return -1;
	k = nn_in(c, 1);
	if (c->in[0]->ndim < 2)
		return nn_fail("input 0: want matrices");
	if (k && (k->type == NN_F32 || nn_tensor_count(k) != 1))
		return nn_fail("input 1: want one integer");
	return nn_out_like(c, 0, c->in[0]);
}

/* to = the triangle of from, elements of size bytes */
static void triangle(const struct nn_call *c, void *to, const void *from, size_t size)
{
	const struct nn_tensor *x = c->in[0];
	int64_t rows = x->dim[x->ndim - 2], columns = x->dim[x->ndim - 1], n = nn_tensor_count(x),
		i;
	int64_t k = nn_in(c, 1) ? nn_int_at(c->in[1], 0) : 0;
	int upper = nn_attr_int(c->attrs, "upper", 1) != 0;

	k = NN_MIN(NN_MAX(k, -rows), columns);
	if (to != from)
		memcpy(to, from, (size_t)n * size);
	for (i = 0; i < n; i += columns) { /* row by row; first: the first of the upper part */
		int64_t row = i / columns % rows, first = NN_MIN(NN_MAX(row + k, 0), columns);
		char *p = (char *)to + (size_t)i * size;

		if (upper)
			memset(p, 0, (size_t)first * size);
		else if (row + k + 1 < columns) {
			first = NN_MAX(row + k + 1, 0);
			memset(p + (size_t)first * size, 0, (size_t)(columns - first) * size);
		}
	}
}

static int trilu_forward(struct nn_call *c)
{
	triangle(c, c->out[0]->data, c->in[0]->data, nn_type_size(c->in[0]->type));
	return 0;
}

static void trilu_backward(struct nn_call *c)
{
	if (c->gin[0])
		triangle(c, c->gin[0], c->gout[0], sizeof(float));
}

const struct nn_op nn_op_Trilu = {
	.name = "Trilu",
	.shape = trilu_shape,
	.forward = trilu_forward,
	.backward = trilu_backward,
	.flags = NN_KEEP_IN,
};

static int eye_shape(struct nn_call *c)
{
	/* by the standard's numbers, those that we can tell apart */
	int64_t type = nn_attr_int(c->attrs, "dtype", 0);

	if (nn_want_inputs(c, 1, 1) < 0)
		return -1;
	if (c->in[0]->ndim != 2)
		return nn_fail("input 0: want 2 dimensions, have %d", c->in[0]->ndim);
	return nn_out(c, 0,
	              type == 0 ? c->in[0]->type
	              : type == 1 || type == 10 || type == 11 || type == 16 ? NN_F32
	              : type == 2 || type == 9                              ? NN_U8
	              : type == 7 || type == 12 || type == 13               ? NN_I64
	                                                                    : NN_I32,
	              2, c->in[0]->dim);
}

static int eye_forward(struct nn_call *c)
{
	struct nn_tensor *y = c->out[0];
	int64_t i, j, k = nn_attr_int(c->attrs, "k", 0);

	for (i = 0; i < y->dim[0]; i++)
		for (j = 0; j < y->dim[1]; j++)
			if (y->type == NN_F32)
				((float *)y->data)[i * y->dim[1] + j] = j - i == k;
			else
				nn_int_put(y, i * y->dim[1] + j, j - i == k);
	return 0;
}

const struct nn_op nn_op_EyeLike = {
	.name = "EyeLike",
	.shape = eye_shape,
	.forward = eye_forward,
	.flags = NN_SHAPE_ONLY,
};
