/* SPDX-License-Identifier: ISC */
/* Blocks of channels: what blocks() of the rows that work number by number has to look at. */
#include "op.h"

void nn_blocks_shape(const struct nn_tensor *t, int64_t dim[5])
{
	int64_t lanes = nn_kernels()->block->lanes;

	dim[0] = t->dim[0];
	dim[1] = (t->dim[1] + lanes - 1) / lanes;
	dim[2] = t->dim[2];
	dim[3] = t->dim[3];
	dim[4] = lanes;
}

/* A number for each channel of y? */
static int is_per_channel(const struct nn_tensor *x, const struct nn_tensor *y)
{
	int64_t c = y->dim[1];

	return x->type == NN_F32 && (x->ndim == 3 || (x->ndim == 4 && x->dim[0] == 1)) &&
	       x->dim[x->ndim - 3] == c && nn_tensor_count(x) == c;
}

unsigned nn_blocks_same(const struct nn_call *c, int zeros_stay)
{
	const struct nn_tensor *x, *y = c->out[0];
	unsigned how = NN_BLOCKS_IN | NN_BLOCKS_OUT;
	int i;

	if (!zeros_stay && y->dim[1] % nn_kernels()->block->lanes)
		return 0;
	for (i = 0; i < c->nin; i++) {
		x = c->in[i];
		if (!x || (x->data && nn_tensor_count(x) == 1))
			continue;
		if (x->data ? !is_per_channel(x, y) : x->dim[1] != y->dim[1])
			return 0;
		if (x->data)
			how |= NN_BLOCKS_CONSTANTS;
	}
	return how;
}

/* What an input is in the lanes past the last channel. */
static float beyond(const struct nn_tensor *x)
{
	return x->data && nn_tensor_count(x) == 1 ? (float)nn_tensor_at(x, 0) : 0;
}

unsigned nn_blocks_pair(const struct nn_call *c, enum nn_pair f, enum nn_pair da, enum nn_pair db)
{
	const enum nn_pair all[] = {f, da, db};
	float a = beyond(c->in[0]), b = beyond(c->in[1]), y[3];
	size_t i;

	for (i = 0; i < NN_LEN(all); i++)
		nn_kernels()->pair->run(all[i], &a, 0, &b, 0, &y[i], 1);
	/* no gradient arrives there: it has to stay 0, too, whatever the derivative is */
	return nn_blocks_same(c, y[0] == 0 && y[1] * 0 == 0 && y[2] * 0 == 0);
}
