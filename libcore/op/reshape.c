/* SPDX-License-Identifier: ISC */
/* Reshape, Flatten, Squeeze, Unsqueeze, Identity, Dropout: the same numbers in another shape. */
#include <stdlib.h>
#include <string.h>

#include "op.h"

/* The wanted shape with 0 (as in the input) and -1 (what is left) filled in. */
static int resolve(const struct nn_call *c, int n, const int64_t *want, int64_t *dim)
{
	const struct nn_tensor *x = c->in[0];
	int64_t known = 1, count = nn_tensor_count(x);
	int i, free_dim = -1, zero = nn_attr_int(c->attrs, "allowzero", 0) != 0;

	if (n > NN_DIMS)
		return nn_fail("input 1: %d dimensions, at most %d are read", n, NN_DIMS);
	for (i = 0; i < n; i++) {
		dim[i] = want[i];
		if (want[i] == 0 && !zero && i >= x->ndim)
			return nn_fail("input 1: dimension %d is 0, the input has %d", i, x->ndim);
		if (want[i] == 0 && !zero)
			dim[i] = x->dim[i];
		if (want[i] == -1 && free_dim >= 0)
			return nn_fail("input 1: two dimensions are -1");
		if (want[i] == -1)
			free_dim = i;
		else if (dim[i] < 0 || (known && dim[i] > INT64_MAX / known))
			return nn_fail("input 1: dimension %d is %lld", i, (long long)dim[i]);
		else
			known *= dim[i];
	}
	if (free_dim >= 0 && (known == 0 || count % known))
		return nn_fail("input 1: %lld numbers do not divide by %lld", (long long)count,
		               (long long)known);
	if (free_dim >= 0)
		dim[free_dim] = count / known;
	else if (known != count)
		return nn_fail("input 1: want %lld numbers, have %lld", (long long)known,
		               (long long)count);
	return 0;
}

static int reshape_shape(struct nn_call *c)
{
	int64_t *want, dim[NN_DIMS];
	int n, r;

	if (nn_want_inputs(c, 2, 2) < 0 || nn_const_ints(c, 1, &want, &n) < 0)
		return -1;
	r = resolve(c, n, want, dim);
	free(want);
	return r < 0 ? -1 : nn_out(c, 0, c->in[0]->type, n, dim);
}

static int flatten_shape(struct nn_call *c)
{
	int64_t axis = nn_attr_int(c->attrs, "axis", 1), dim[2] = {1, 1};
	int i;

	if (nn_want_inputs(c, 1, 1) < 0)
		return -1;
	if (axis < -c->in[0]->ndim || axis > c->in[0]->ndim)
		return nn_fail("attribute axis %lld is outside the %d dimensions", (long long)axis,
		               c->in[0]->ndim);
	if (axis < 0)
		axis += c->in[0]->ndim;
	for (i = 0; i < c->in[0]->ndim; i++)
		dim[i >= axis] *= c->in[0]->dim[i];
	return nn_out(c, 0, c->in[0]->type, 2, dim);
}

/* mark[i] = 1 for every axis of n dimensions that constant input 1 names. */
static int marked(const struct nn_call *c, int n, char mark[NN_DIMS])
{
	int64_t *axes;
	int i, axis, count, r = 0;

	memset(mark, 0, NN_DIMS);
	if (nn_const_ints(c, 1, &axes, &count) < 0)
		return -1;
	for (i = 0; i < count && r == 0; i++) {
		r = nn_axis(axes[i], n, "input 1: axis", &axis);
		if (r == 0 && mark[axis]++)
			r = nn_fail("input 1: axis %d twice", axis);
	}
	free(axes);
	return r;
}

static int squeeze_shape(struct nn_call *c)
{
	const struct nn_tensor *x;
	int64_t dim[NN_DIMS];
	char mark[NN_DIMS];
	int i, n = 0;

	if (nn_want_inputs(c, 1, 2) < 0 || marked(c, c->in[0]->ndim, mark) < 0)
		return -1;
	x = c->in[0];
	for (i = 0; i < x->ndim; i++) {
		if (mark[i] && x->dim[i] != 1)
			return nn_fail("input 1: axis %d is %lld long, not 1", i,
				       (long long)x->dim[i]);
		if (nn_in(c, 1) ? !mark[i] : x->dim[i] != 1)
			dim[n++] = x->dim[i];
	}
	return nn_out(c, 0, x->type, n, dim);
}

static int unsqueeze_shape(struct nn_call *c)
{
	const struct nn_tensor *x;
	int64_t dim[NN_DIMS], count;
	char mark[NN_DIMS];
	int i, j = 0, n;

	if (nn_want_inputs(c, 2, 2) < 0)
		return -1;
	x = c->in[0];
	count = nn_tensor_count(c->in[1]);
	if (count > NN_DIMS - x->ndim)
		return nn_fail("input 1: more than %d dimensions", NN_DIMS);
	n = x->ndim + (int)count;
	if (marked(c, n, mark) < 0)
		return -1;
	for (i = 0; i < n; i++)
		dim[i] = mark[i] ? 1 : x->dim[j++];
	return nn_out(c, 0, x->type, n, dim);
}

static int identity_shape(struct nn_call *c)
{
	return nn_want_inputs(c, 1, 1) < 0 ? -1 : nn_out_like(c, 0, c->in[0]);
}

/* At inference nothing is dropped; the mask, when asked for, is all true. */
static int dropout_shape(struct nn_call *c)
{
	const struct nn_tensor *training;

	if (nn_want_inputs(c, 1, 3) < 0)
		return -1;
	training = nn_in(c, 2);
	if (training && !training->data)
		return nn_fail("input 2 (training_mode) is not constant");
	if (training && nn_int_at(training, 0))
		return nn_fail("input 2 (training_mode): only inference is done");
	if (nn_out(c, 1, NN_U8, c->in[0]->ndim, c->in[0]->dim) < 0)
		return -1;
	return nn_out_like(c, 0, c->in[0]);
}

static int dropout_forward(struct nn_call *c)
{
	if (c->nout > 1 && c->out[1])
		memset(c->out[1]->data, 1, nn_tensor_bytes(c->out[1]));
	return nn_view_forward(c);
}

/* Of a view that leaves pictures and channels where they are. */
static int view_narrow(const struct nn_call *c, int lone, struct nn_channels *out,
                       struct nn_channels *in)
{
	const struct nn_tensor *x = c->in[0], *y = c->out[0];

	(void)lone;
	if (x->ndim < 2 || y->ndim < 2 || x->dim[0] != y->dim[0] || x->dim[1] != y->dim[1])
		return 0;
	nn_channels_join(out, in[0]);
	nn_channels_join(&in[0], *out);
	return 1;
}

/* Without axes, a single channel that is left would be squeezed, too. */
static int squeeze_narrow(const struct nn_call *c, int lone, struct nn_channels *out,
                          struct nn_channels *in)
{
	return nn_in(c, 1) && view_narrow(c, lone, out, in);
}

/* Identity and Dropout, which have one shape. */
static unsigned same_blocks(struct nn_call *c)
{
	return nn_blocks_same(c, 1);
}

#define VIEW .forward = nn_view_forward, .backward = nn_view_backward, .flags = NN_VIEW
const struct nn_op nn_op_Reshape = {.name = "Reshape", .shape = reshape_shape, VIEW};
const struct nn_op nn_op_Flatten = {
	.name = "Flatten", .shape = flatten_shape, .narrow = view_narrow, VIEW,
};
const struct nn_op nn_op_Squeeze = {
	.name = "Squeeze", .shape = squeeze_shape, .narrow = squeeze_narrow, VIEW,
};
const struct nn_op nn_op_Unsqueeze = {
	.name = "Unsqueeze", .shape = unsqueeze_shape, .narrow = view_narrow, VIEW,
};
const struct nn_op nn_op_Identity = {
	.name = "Identity", .shape = identity_shape, .blocks = same_blocks,
	.narrow = nn_narrow_same, VIEW,
};
const struct nn_op nn_op_Dropout = {
	.name = "Dropout",
	.limits = "inference only",
	.shape = dropout_shape,
	.forward = dropout_forward,
	.backward = nn_view_backward,
	.narrow = nn_narrow_same,
	.blocks = same_blocks,
	.flags = NN_IN_PLACE | NN_GRADIENT_IN_PLACE, /* not a view: forward() has the mask to write */
};
