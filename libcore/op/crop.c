/* SPDX-License-Identifier: ISC */
/* A window of pictures, and zeros around its gradient: a row that a plan puts in, for no file to name. */
#include <string.h>

#include "op.h"

/* Row i of the window, counted over all planes, begins here in x. */
static int64_t row_at(const struct nn_call *c, int64_t i)
{
	const int64_t *at = c->param, *x = c->in[0]->dim, h = c->out[0]->dim[2];

	return (i / h * x[2] + at[0] + i % h) * x[3] + at[1];
}

static int64_t rows(const struct nn_call *c)
{
	const int64_t *y = c->out[0]->dim;

	return y[0] * y[1] * y[2];
}

static int crop_forward(struct nn_call *c)
{
	const float *x = c->in[0]->data;
	float *y = c->out[0]->data;
	int64_t w = c->out[0]->dim[3], i;

	for (i = 0; i < rows(c); i++)
		memcpy(y + i * w, x + row_at(c, i), (size_t)w * sizeof *y);
	return 0;
}

static void crop_backward(struct nn_call *c)
{
	int64_t w = c->out[0]->dim[3], i;

	if (!c->gin[0])
		return;
	memset(c->gin[0], 0, nn_tensor_bytes(c->in[0]));
	for (i = 0; i < rows(c); i++)
		memcpy(c->gin[0] + row_at(c, i), c->gout[0] + i * w, (size_t)w * sizeof(float));
}

const struct nn_op nn_op_crop = {
	.name = "Crop", .forward = crop_forward, .backward = crop_backward,
};
