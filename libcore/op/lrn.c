/* SPDX-License-Identifier: ISC */
/*
 * LRN, local response normalisation across channels (Krizhevsky 2012) of x [n][c][...]:
 * s = bias + alpha/size * sum of x^2 over size channels around, y = x / s^beta.
 * Threads share out strips of positions, which lie in the cache for all channels.
 */
#include <omp.h>

#include "op.h"

struct lrn {
	struct nn_lrn_shape shape;
	int64_t n;
	int64_t lanes, width; /* of a block of channels, or 1; positions of a strip */
};

static int lrn_shape(struct nn_call *c)
{
	int64_t size = nn_attr_int(c->attrs, "size", 0), positions = 1;
	const struct nn_tensor *x;
	struct lrn *p;
	int i;

	if (nn_want_inputs(c, 1, 1) < 0 || nn_want_float(c, 0) < 0)
		return -1;
	x = c->in[0];
	if (x->ndim < 2)
		return nn_fail("input 0: want 2 dimensions or more, have %d", x->ndim);
	if (size < 1 || size > INT32_MAX)
		return nn_fail("attribute size: %lld", (long long)size);
	for (i = 2; i < x->ndim; i++)
		positions *= x->dim[i];
	c->param = p = nn_calloc(1, sizeof *p);
	p->n = x->dim[0];
	p->lanes = 1;
	p->width = NN_LRN_STRIP;
	p->shape = (struct nn_lrn_shape){
		.channels = x->dim[1],
		.positions = positions,
		.before = NN_MIN((size - 1) / 2, x->dim[1]),
		.after = NN_MIN(size / 2, x->dim[1]),
		.alpha = (float)(nn_attr_float(c->attrs, "alpha", 1e-4) / (double)size),
		.beta = (float)nn_attr_float(c->attrs, "beta", .75),
		.bias = (float)nn_attr_float(c->attrs, "bias", 1),
	};
	if (c->gradient)
		c->scratch_bytes =
			(size_t)(nn_threads() * 2 * x->dim[1] * NN_LRN_STRIP) * sizeof(float);
	return nn_out_like(c, 0, x);
}

static unsigned lrn_blocks(struct nn_call *c)
{
	const struct nn_kernels *k = nn_kernels();
	struct lrn *p = c->param;

	p->lanes = k->block->lanes;
	p->width = NN_LRN_NUMBERS / p->lanes;
	c->scratch_bytes = (size_t)nn_threads() * k->lrn->blocks_scratch(&p->shape);
	return NN_BLOCKS_IN | NN_BLOCKS_OUT;
}

/* A strip: where it begins, and how wide it is. */
static int64_t strip(const struct lrn *p, int64_t job, int64_t *width)
{
	int64_t strips = (p->shape.positions + p->width - 1) / p->width;
	int64_t first = job % strips * p->width;
	int64_t blocks = (p->shape.channels + p->lanes - 1) / p->lanes;

	*width = NN_MIN(p->shape.positions - first, p->width);
	return (job / strips * blocks * p->shape.positions + first) * p->lanes;
}

static int64_t jobs(const struct lrn *p)
{
	return p->n * ((p->shape.positions + p->width - 1) / p->width);
}

static int lrn_forward(struct nn_call *c)
{
	const struct nn_lrn_kernel *k = nn_kernels()->lrn;
	const struct lrn *p = c->param;
	const float *x = c->in[0]->data;
	float *y = c->out[0]->data;
	size_t own = k->blocks_scratch(&p->shape) / sizeof(float);
	int64_t job;

#pragma omp parallel for schedule(static)
	for (job = 0; job < jobs(p); job++) {
		int64_t width, at = strip(p, job, &width);

		if (p->lanes > 1)
			k->forward_blocks(&p->shape, x + at, y + at, width,
			                  (float *)c->scratch + (size_t)omp_get_thread_num() * own);
		else
			k->forward(&p->shape, x + at, y + at, width);
	}
	return 0;
}

static void lrn_backward(struct nn_call *c)
{
	const struct nn_lrn_kernel *k = nn_kernels()->lrn;
	const struct lrn *p = c->param;
	const float *x = c->in[0]->data, *g = c->gout[0];
	float *gx = c->gin[0];
	size_t own = p->lanes > 1 ? k->blocks_scratch(&p->shape) / sizeof(float)
	                          : (size_t)(2 * p->shape.channels * NN_LRN_STRIP);
	int64_t job;

	if (!gx)
		return;
#pragma omp parallel for schedule(static)
	for (job = 0; job < jobs(p); job++) {
		int64_t width, at = strip(p, job, &width);

		(p->lanes > 1 ? k->backward_blocks : k->backward)(
			&p->shape, x + at, g + at, gx + at, width,
			(float *)c->scratch + (size_t)omp_get_thread_num() * own);
	}
}

const struct nn_op nn_op_LRN = {
	.name = "LRN",
	.shape = lrn_shape,
	.forward = lrn_forward,
	.backward = lrn_backward,
	.blocks = lrn_blocks,
	.flags = NN_KEEP_IN,
};
