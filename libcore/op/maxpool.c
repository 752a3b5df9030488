/* SPDX-License-Identifier: ISC */
/* MaxPool, of any type, and with the places of the maxima. */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "op/pool.h"

/* The place in the plane of each window's first maximum, for a row of windows. */
static void max_places(const struct nn_pool *p, const struct nn_tensor *x, int64_t base,
                       int64_t line, int64_t *place)
{
	struct nn_pool_span s;
	struct nn_pool_row r;
	int64_t i, at;

	for (i = 0; i < p->w.out[2]; i++)
		place[i] = -1;
	for (nn_pool_row(&r, p, line); nn_pool_step(&r, &s);)
		for (i = s.first, at = s.begin; i < s.end; i++, at += p->w.stride[2])
			if (place[i] < 0 ||
			    nn_tensor_at(x, base + at) > nn_tensor_at(x, base + place[i]))
				place[i] = at;
}

/* The place as the standard tells it: within the whole tensor, columns first when storage is 1. */
static int64_t told(const struct nn_window *w, int64_t base, int64_t at, int column)
{
	int64_t x = at % w->in[2], y = at / w->in[2] % w->in[1], z = at / w->in[2] / w->in[1];

	return base + (column ? (x * w->in[1] + y) * w->in[0] + z : at);
}

/* Any type, and with the indices: place by place. */
static void max_slow(struct nn_call *c)
{
	const struct nn_pool *p = c->param;
	int64_t plane, line, i, *place = c->scratch;
	struct nn_tensor *x = c->in[0], *y = c->out[0], *indices = c->nout > 1 ? c->out[1] : NULL;
	int column = nn_attr_int(c->attrs, "storage_order", 0) != 0;

	for (plane = 0; plane < p->planes; plane++)
		for (line = 0; line < p->lines; line++) {
			int64_t to = plane * p->out + line * p->w.out[2], base = plane * p->in;

			max_places(p, x, base, line, place);
			for (i = 0; i < p->w.out[2]; i++) {
				if (y->type == NN_F32)
					((float *)y->data)[to + i] =
					        ((const float *)x->data)[base + place[i]];
				else
					nn_int_put(y, to + i, nn_int_at(x, base + place[i]));
				if (indices)
					nn_int_put(indices, to + i,
					           told(&p->w, base, place[i], column));
			}
		}
}

static int max_forward(struct nn_call *c)
{
	const struct nn_pool_kernel *k = nn_kernels()->pool;
	const struct nn_pool *p = c->param;
	int64_t job;
	const float *x = c->in[0]->data;
	float *y = c->out[0]->data;

	if (c->in[0]->type != NN_F32 || (c->nout > 1 && c->out[1])) {
		max_slow(c);
		return 0;
	}
	if (p->in_blocks) {
		nn_kernels()->blockpool->max(&p->block, x, y, c->scratch);
		return 0;
	}
#pragma omp parallel for schedule(static) if (p->planes * p->in >= NN_PARALLEL)
	for (job = 0; job < nn_pool_jobs(p); job++) {
		int64_t first;

		nn_pool_block(p, job, x,
		              (float *)c->scratch +
		                      omp_get_thread_num() * NN_POOL_LINES * p->w.in[2],
		              y, -INFINITY, k->max, &first);
	}
	return 0;
}

/*
 * A row's gradients go to the first place in each window that equals the maximum: the places are
 * found first, and then added to one by one.
 */
static void max_scatter(const struct nn_pool *p, const float *x, int64_t line, const float *y,
                        const float *g, float *gx, int32_t *place)
{
	const struct nn_pool_kernel *k = nn_kernels()->pool;
	struct nn_pool_span s;
	struct nn_pool_row r;
	int64_t i;

	nn_pool_row(&r, p, line);
	for (i = 0; i < p->w.out[2]; i++)
		place[i] = -1;
	while (nn_pool_step(&r, &s))
		k->find(x + s.begin, p->w.stride[2], y + s.first, (int32_t)s.begin, place + s.first,
		        s.end - s.first);
	for (i = 0; i < p->w.out[2]; i++)
		if (place[i] >= 0)
			gx[place[i]] += g[i];
}

static void max_backward(struct nn_call *c)
{
	const struct nn_pool *p = c->param;
	int64_t plane, line;
	const float *x = c->in[0]->data, *y = c->out[0]->data;
	const float *g = c->gout[0];
	float *gx = c->gin[0];

	if (!gx)
		return;
	if (p->in_blocks) {
		nn_kernels()->blockpool->max_backward(&p->block, x, y, g, gx);
		return;
	}
#pragma omp parallel for schedule(static) private(line) if (p->planes * p->in >= NN_PARALLEL)
	for (plane = 0; plane < p->planes; plane++) {
		memset(gx + plane * p->in, 0, (size_t)p->in * sizeof *gx);
		for (line = 0; line < p->lines; line++) {
			int64_t at = plane * p->out + line * p->w.out[2];

			max_scatter(p, x + plane * p->in, line, y + at, g + at, gx + plane * p->in,
			            (int32_t *)c->scratch + omp_get_thread_num() * p->w.out[2]);
		}
	}
}

static int max_shape(struct nn_call *c)
{
	const struct nn_window *w;
	size_t rows;

	if (nn_pool_shape(c) < 0)
		return -1;
	/* of each thread rows of the input, or places for a row of the output */
	w = &((struct nn_pool *)c->param)->w;
	rows = (size_t)nn_threads() * (size_t)NN_MAX(NN_POOL_LINES * w->in[2], w->out[2]) *
	       sizeof(float);
	c->scratch_bytes = NN_MAX(rows, (size_t)w->out[2] * sizeof(int64_t));
	return 0;
}

const struct nn_op nn_op_MaxPool = {
	.name = "MaxPool",
	.shape = max_shape,
	.forward = max_forward,
	.backward = max_backward,
	.narrow = nn_narrow_same,
	.blocks = nn_pool_blocks,
	.flags = NN_KEEP_IN | NN_KEEP_OUT,
};
