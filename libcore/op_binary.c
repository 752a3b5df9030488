/* SPDX-License-Identifier: ISC */
/* What the operators of two tensors share: y = f(a, b), broadcast, and its gradients. */
#include <string.h>

#include "op.h"

#define LANES 16 /* elements that are summed together, at most */

int nn_binary_shape(struct nn_call *c)
{
	int64_t dim[NN_DIMS];
	int n;

	if (nn_want_inputs(c, 2, 2) < 0 || nn_want_same(c, 0, 1) < 0 ||
	    nn_broadcast(c->in[0]->ndim, c->in[0]->dim, c->in[1]->ndim, c->in[1]->dim, &n, dim) < 0)
		return -1;
	return nn_out(c, 0, c->in[0]->type, n, dim);
}

void nn_binary_walk(const struct nn_call *c, struct nn_walk *w)
{
	const struct nn_tensor *y = c->out[0];
	int64_t s[3][NN_DIMS];
	const int64_t *stride[3] = {s[0], s[1], s[2]};
	int i;

	nn_strides(y->ndim, y->dim, s[0]);
	for (i = 0; i < 2; i++)
		nn_broadcast_strides(c->in[i]->ndim, c->in[i]->dim, y->ndim, y->dim, s[i + 1]);
	nn_walk_init(w, y->ndim, y->dim, 3, stride);
}

static void integers(const struct nn_call *c, const struct nn_walk *w, nn_integers *g)
{
	int64_t row, i, at[NN_WALK];

	for (row = 0; row < w->rows; row++) {
		nn_walk_at(w, row, at);
		for (i = 0; i < w->run; i++, at[1] += w->step[1], at[2] += w->step[2])
			nn_int_put(c->out[0], at[0] + i,
			           g(nn_int_at(c->in[0], at[1]), nn_int_at(c->in[1], at[2])));
	}
}

/* y = f(a, b) for runs of a task: arrays y, a and b of the walk. */
void nn_runs_pair(const struct nn_walk *w, const struct nn_runs *r, enum nn_pair f,
                  const int array[3], const float *a, const float *b, float *y)
{
	const struct nn_kernels *k = nn_kernels();
	int iy = array[0], ia = array[1], ib = array[2];
	int64_t i;

	y += r->at[iy];
	a += r->at[ia];
	b += r->at[ib];
	if (r->length == k->block->lanes && w->step[iy] == 1 && w->step[ia] == 1 && w->step[ib] == 1)
		k->pair->rows(f, a, w->apart[ia], b, w->apart[ib], y, w->apart[iy], r->count);
	else
		for (i = 0; i < r->count; i++)
			k->pair->run(f, a + i * w->apart[ia], w->step[ia], b + i * w->apart[ib],
			             w->step[ib], y + i * w->apart[iy], r->length);
}

int nn_binary_forward(struct nn_call *c, enum nn_pair f, nn_integers *g)
{
	const float *a = c->in[0]->data, *b = c->in[1]->data;
	float *y = c->out[0]->data;
	struct nn_walk w;
	const int yab[] = {0, 1, 2};
	int64_t task, tasks;

	nn_binary_walk(c, &w);
	if (c->out[0]->type != NN_F32) {
		integers(c, &w, g);
		return 0;
	}
	tasks = nn_walk_tasks(&w);
#pragma omp parallel for schedule(static) if (w.rows * w.run >= NN_PARALLEL)
	for (task = 0; task < tasks; task++) {
		struct nn_runs r;

		nn_runs_first(&w, task, &r);
		do {
			nn_runs_pair(&w, &r, f, yab, a, b, y);
		} while (nn_runs_next(&w, &r));
	}
	return 0;
}

/* The gradient to an input that was not repeated: gx = g d(a, b), d the derivative. */
static void plain(const struct nn_walk *w, const float *g, const float *a, const float *b,
		  float *gx, enum nn_pair d)
{
	const int xab[] = {3, 1, 2}, xxg[] = {3, 3, 0};
	int64_t task, tasks = nn_walk_tasks(w);

#pragma omp parallel for schedule(static) if (w->rows * w->run >= NN_PARALLEL)
	for (task = 0; task < tasks; task++) {
		struct nn_runs r;

		nn_runs_first(w, task, &r);
		do {
			nn_runs_pair(w, &r, d, xab, a, b, gx);
			nn_runs_pair(w, &r, NN_MUL, xxg, gx, g, gx);
		} while (nn_runs_next(w, &r));
	}
}

/* Sum of g d(a, b) over a run of repetitions. */
static float summed_run(const struct nn_pair_kernel *k, enum nn_pair d, const struct nn_walk *r,
                        const float *g, const float *a, const float *b)
{
	float part[256], total = 0;
	int64_t i, n;

	for (i = 0; i < r->run; i += n) {
		n = NN_MIN(r->run - i, (int64_t)NN_LEN(part));
		k->run(d, a + i * r->step[1], r->step[1], b + i * r->step[2], r->step[2], part, n);
		k->run(NN_MUL, part, 1, g + i * r->step[0], r->step[0], part, n);
		total += nn_sum(part, n, 1);
	}
	return total;
}

/* The gradient to a repeated input: element by element of it, the sum over what repeats it. */
static void summed(const struct nn_walk *k, const struct nn_walk *r, const float *g, const float *a,
                   const float *b, float *gx, enum nn_pair d)
{
	const struct nn_pair_kernel *kernel = nn_kernels()->pair;
	int64_t e;

#pragma omp parallel for schedule(static) if (k->rows * k->run * r->rows * r->run >= NN_PARALLEL)
	for (e = 0; e < k->rows * k->run; e++) {
		int64_t base[NN_WALK], at[NN_WALK], row, i = e % k->run;
		float total = 0;

		nn_walk_at(k, e / k->run, base);
		for (row = 0; row < r->rows; row++) {
			nn_walk_at(r, row, at);
			total += summed_run(kernel, d, r, g + base[0] + i * k->step[0] + at[0],
			                    a + base[1] + i * k->step[1] + at[1],
			                    b + base[2] + i * k->step[2] + at[2]);
		}
		gx[e] = total;
	}
}

/* Blocks of channels: whole runs of the kept elements lie side by side, and are summed together. */
static int are_lanes(const struct nn_walk *k, const struct nn_walk *r)
{
	return k->n > 1 && k->run >= 4 && k->run <= LANES && k->step[0] == 1 && r->step[0] > 1;
}

/* The same as summed(): every element has its own sum, by 256 repetitions at a time. */
static void summed_lanes(const struct nn_walk *k, const struct nn_walk *r, const float *g,
                         const float *a, const float *b, float *gx, enum nn_pair d)
{
	const struct nn_pair_kernel *kernel = nn_kernels()->pair;
	int64_t e, n = k->run;

#pragma omp parallel for schedule(static) if (k->rows * n * r->rows * r->run >= NN_PARALLEL)
	for (e = 0; e < k->rows; e++) {
		float part[LANES], sum[LANES] = {0}, *total = gx + e * n;
		int64_t base[NN_WALK], at[NN_WALK], i, row;

		nn_walk_at(k, e, base);
		memset(total, 0, (size_t)n * sizeof *total);
		for (row = 0; row < r->rows; row++) {
			nn_walk_at(r, row, at);
			for (i = 0; i < r->run; i++) {
				kernel->run(d, a + base[1] + at[1] + i * r->step[1], k->step[1],
				            b + base[2] + at[2] + i * r->step[2], k->step[2], part, n);
				kernel->run(NN_MUL, part, 1, g + base[0] + at[0] + i * r->step[0], 1,
				            part, n);
				kernel->run(NN_ADD, sum, 1, part, 1, sum, n);
				if (i % 256 < 255 && i + 1 < r->run)
					continue;
				kernel->run(NN_ADD, total, 1, sum, 1, total, n);
				memset(sum, 0, sizeof sum);
			}
		}
	}
}

void nn_binary_gradient(struct nn_call *c, int i, enum nn_pair d)
{
	const struct nn_tensor *y = c->out[0];
	int64_t s[4][NN_DIMS], kept[NN_DIMS], repeated[NN_DIMS];
	const int64_t *stride[4] = {s[0], s[1], s[2], s[3]};
	struct nn_walk k, r;
	int j;

	if (!c->gin[i] || nn_tensor_count(c->in[i]) == 0)
		return;
	nn_strides(y->ndim, y->dim, s[0]);
	for (j = 0; j < 2; j++)
		nn_broadcast_strides(c->in[j]->ndim, c->in[j]->dim, y->ndim, y->dim, s[j + 1]);
	memcpy(s[3], s[i + 1], sizeof s[3]);
	for (j = 0; j < y->ndim; j++) {
		kept[j] = s[3][j] || y->dim[j] == 1 ? y->dim[j] : 1;
		repeated[j] = y->dim[j] / kept[j];
	}
	nn_walk_init(&k, y->ndim, kept, 4, stride);
	nn_walk_init(&r, y->ndim, repeated, 4, stride);
	if (r.rows * r.run == 1)
		plain(&k, c->gout[0], c->in[0]->data, c->in[1]->data, c->gin[i], d);
	else if (are_lanes(&k, &r))
		summed_lanes(&k, &r, c->gout[0], c->in[0]->data, c->in[1]->data, c->gin[i], d);
	else
		summed(&k, &r, c->gout[0], c->in[0]->data, c->in[1]->data, c->gin[i], d);
}

static int64_t add_int(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

int nn_sum_forward(struct nn_call *c)
{
	return nn_binary_forward(c, c->relu ? NN_ADD_RELU : NN_ADD, add_int);
}

/* A sum of branches is often passed through a Relu. */
int nn_sum_fuse(struct nn_call *c, const struct nn_call *next)
{
	if (c->relu || c->nin != 2 || next->op != &nn_op_Relu)
		return 0;
	return c->relu = 1;
}

#define PIECE 4096 /* numbers of a task */

/* The plain gradient of a Relu after a sum of two without broadcasting: to both in one pass. */
static void fork(const struct nn_call *c, int64_t n)
{
	const float *y = c->out[0]->data;
	int64_t i;

#pragma omp parallel for schedule(static) if (n >= NN_PARALLEL)
	for (i = 0; i < n; i += PIECE) {
		int64_t size = NN_MIN(PIECE, n - i);

		nn_kernels()->pair->run(NN_PASS, c->gout[0] + i, 1, y + i, 1, c->gin[0] + i, size);
		memcpy(c->gin[1] + i, c->gin[0] + i, (size_t)size * sizeof *y);
	}
}

void nn_sum_backward(struct nn_call *c)
{
	const struct nn_tensor *y = c->out[0];
	int64_t items = y->ndim > 0 ? y->dim[0] : 1, n = nn_tensor_count(y);
	int i;

	if (c->relu && c->rule == NN_RELU_PLAIN && c->gin[0] && c->gin[1] &&
	    nn_tensor_count(c->in[0]) == n && nn_tensor_count(c->in[1]) == n) {
		fork(c, n);
		return;
	}
	if (c->relu)
		nn_relu_gradient(c->rule, y->data, c->gout[0], c->gout[0], items,
		                 n / NN_MAX(items, 1));
	for (i = 0; i < c->nin; i++)
		if (c->gin[i])
			nn_broadcast_gradient(y->ndim, y->dim, c->gout[0], c->in[i]->ndim,
			                      c->in[i]->dim, c->gin[i]);
}
