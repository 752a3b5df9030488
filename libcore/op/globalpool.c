/* SPDX-License-Identifier: ISC */
/* GlobalAveragePool and GlobalMaxPool: one number for each plane of x [n][c][...]. */
#include "op.h"

static int global_shape(struct nn_call *c)
{
	int64_t dim[NN_DIMS];
	const struct nn_tensor *x;
	int i;

	if (nn_want_inputs(c, 1, 1) < 0 || nn_want_float(c, 0) < 0)
		return -1;
	x = c->in[0];
	if (x->ndim < 2)
		return nn_fail("input 0: want 2 dimensions or more, have %d", x->ndim);
	for (i = 0; i < x->ndim; i++) {
		dim[i] = i < 2 ? x->dim[i] : 1;
		if (x->dim[i] < 1)
			return nn_fail("input 0: nothing to pool");
	}
	return nn_out(c, 0, NN_F32, x->ndim, dim);
}

/* param: how large planes in blocks of channels are, and how many there are; NULL: not in blocks */
struct planes {
	int64_t size, count;
};

static unsigned global_blocks(struct nn_call *c)
{
	struct planes *p = nn_alloc(sizeof *p);
	int64_t dim[5];

	nn_blocks_shape(c->in[0], dim);
	p->size = dim[2] * dim[3];
	p->count = dim[0] * dim[1];
	c->param = p;
	return NN_BLOCKS_IN | NN_BLOCKS_OUT;
}

static int average_forward(struct nn_call *c)
{
	int64_t i, planes = nn_tensor_count(c->out[0]), size = nn_tensor_count(c->in[0]) / planes;
	const float *x = c->in[0]->data;
	const struct planes *p = c->param;
	float *y = c->out[0]->data;

	if (p) {
		nn_kernels()->blockpool->global_average(p->count, p->size, x, y);
		return 0;
	}
#pragma omp parallel for schedule(static) if (planes * size >= NN_PARALLEL)
	for (i = 0; i < planes; i++)
		y[i] = nn_sum(x + i * size, size, 1) / (float)size;
	return 0;
}

static void average_backward(struct nn_call *c)
{
	int64_t i, j, planes = nn_tensor_count(c->out[0]);
	int64_t size = nn_tensor_count(c->in[0]) / planes;
	const struct planes *p = c->param;
	float *gx = c->gin[0];

	if (!gx)
		return;
	if (p) {
		nn_kernels()->blockpool->global_average_backward(p->count, p->size, c->gout[0], gx);
		return;
	}
#pragma omp parallel for schedule(static) private(j) if (planes * size >= NN_PARALLEL)
	for (i = 0; i < planes; i++) {
		float g = c->gout[0][i] / (float)size;

		for (j = 0; j < size; j++)
			gx[i * size + j] = g;
	}
}

const struct nn_op nn_op_GlobalAveragePool = {
	.name = "GlobalAveragePool",
	.shape = global_shape,
	.forward = average_forward,
	.backward = average_backward,
	.narrow = nn_narrow_same,
	.blocks = global_blocks,
};

static int64_t first_max(const float *x, int64_t n)
{
	int64_t i, best = 0;

	for (i = 1; i < n; i++)
		if (x[i] > x[best] || (x[i] != x[i] && x[best] == x[best]))
			best = i;
	return best;
}

static int max_forward(struct nn_call *c)
{
	int64_t i, planes = nn_tensor_count(c->out[0]), size = nn_tensor_count(c->in[0]) / planes;
	const float *x = c->in[0]->data;
	const struct planes *p = c->param;
	float *y = c->out[0]->data;

	if (p) {
		nn_kernels()->blockpool->global_max(p->count, p->size, x, y);
		return 0;
	}
#pragma omp parallel for schedule(static) if (planes * size >= NN_PARALLEL)
	for (i = 0; i < planes; i++)
		y[i] = x[i * size + first_max(x + i * size, size)];
	return 0;
}

static void max_backward(struct nn_call *c)
{
	int64_t i, j, planes = nn_tensor_count(c->out[0]);
	int64_t size = nn_tensor_count(c->in[0]) / planes;
	const float *x = c->in[0]->data;
	const struct planes *p = c->param;
	float *gx = c->gin[0];

	if (!gx)
		return;
	if (p) {
		nn_kernels()->blockpool->global_max_backward(p->count, p->size, x, c->gout[0], gx);
		return;
	}
	for (i = 0; i < planes; i++, x += size, gx += size) {
		for (j = 0; j < size; j++)
			gx[j] = 0;
		gx[first_max(x, size)] = c->gout[0][i];
	}
}

const struct nn_op nn_op_GlobalMaxPool = {
	.name = "GlobalMaxPool",
	.shape = global_shape,
	.forward = max_forward,
	.backward = max_backward,
	.narrow = nn_narrow_same,
	.blocks = global_blocks,
	.flags = NN_KEEP_IN,
};
