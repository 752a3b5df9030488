/* SPDX-License-Identifier: ISC */
/*
 * Values to blocks of channels and back: steps that a plan puts between rows that work on different
 * ones.  Each is the other's gradient.
 */
#include "op.h"

/* x and y have the plain tensor's four dimensions, and the other's five. */
static void convert(const struct nn_tensor *plain, int in, const float *x, float *y)
{
	const struct nn_block_kernel *k = nn_kernels()->block;
	const int64_t *dim = plain->dim;

	(in ? k->to_blocks : k->from_blocks)(x, dim[0], dim[1], dim[2] * dim[3], y);
}

static int to_forward(struct nn_call *c)
{
	convert(c->in[0], 1, c->in[0]->data, c->out[0]->data);
	return 0;
}

static void to_backward(struct nn_call *c)
{
	if (c->gin[0])
		convert(c->in[0], 0, c->gout[0], c->gin[0]);
}

static int from_forward(struct nn_call *c)
{
	convert(c->out[0], 0, c->in[0]->data, c->out[0]->data);
	return 0;
}

static void from_backward(struct nn_call *c)
{
	if (c->gin[0])
		convert(c->out[0], 1, c->gout[0], c->gin[0]);
}

const struct nn_op nn_op_to_blocks = {
	.name = "ToBlocks", .forward = to_forward, .backward = to_backward,
};
const struct nn_op nn_op_from_blocks = {
	.name = "FromBlocks", .forward = from_forward, .backward = from_backward,
};
const struct nn_op nn_op_same_blocks = {
	.name = "SameBlocks", .forward = nn_view_forward, .backward = nn_view_backward,
	.flags = NN_VIEW,
};
