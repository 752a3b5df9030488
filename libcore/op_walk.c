/* SPDX-License-Identifier: ISC */
/* Broadcasting, and nested loops over tensors with strides. */
#include <string.h>

#include "op.h"

int nn_broadcast(int an, const int64_t *a, int bn, const int64_t *b, int *n, int64_t *dim)
{
	char at[NN_DIMS * 21], bt[NN_DIMS * 21];
	int64_t out[NN_DIMS], p, q;
	int i;

	*n = NN_MAX(an, bn);
	for (i = 0; i < *n; i++) { /* from the last dimension */
		p = i < an ? a[an - 1 - i] : 1;
		q = i < bn ? b[bn - 1 - i] : 1;
		if (p != q && p != 1 && q != 1)
			return nn_fail("shapes %s and %s do not fit together",
				       nn_shape_text(an, a, at), nn_shape_text(bn, b, bt));
		out[*n - 1 - i] = p == 1 ? q : p;
	}
	memcpy(dim, out, (size_t)*n * sizeof *dim);
	return 0;
}

void nn_strides(int n, const int64_t *dim, int64_t stride[NN_DIMS])
{
	int64_t s = 1;
	int i;

	for (i = n - 1; i >= 0; i--) {
		stride[i] = s;
		s *= dim[i];
	}
}

void nn_broadcast_strides(int n, const int64_t *dim, int on, const int64_t *out,
                          int64_t stride[NN_DIMS])
{
	int64_t own[NN_DIMS];
	int i, j;

	nn_strides(n, dim, own);
	for (i = 0; i < on; i++) {
		j = i - (on - n);
		stride[i] = j < 0 || (dim[j] == 1 && out[i] != 1) ? 0 : own[j];
	}
}

/* Does dimension i continue the loop at j of w in every array? */
static int mergeable(const struct nn_walk *w, int j, int64_t dim, const int64_t *const *stride,
                     int i)
{
	int a;

	for (a = 0; a < w->arrays; a++)
		if (w->stride[a][j] != stride[a][i] * dim)
			return 0;
	return 1;
}

void nn_walk_init(struct nn_walk *w, int ndim, const int64_t *dim, int arrays,
                  const int64_t *const *stride)
{
	int i, a;

	memset(w, 0, sizeof *w);
	w->arrays = arrays;
	for (i = 0; i < ndim; i++) {
		if (dim[i] == 1)
			continue;
		if (w->n > 0 && mergeable(w, w->n - 1, dim[i], stride, i))
			w->dim[w->n - 1] *= dim[i];
		else
			w->dim[w->n++] = dim[i];
		for (a = 0; a < arrays; a++)
			w->stride[a][w->n - 1] = stride[a][i];
	}
	if (w->n == 0)
		w->dim[w->n++] = 1;
	w->run = w->dim[w->n - 1];
	for (w->rows = 1, i = 0; i < w->n - 1; i++)
		w->rows *= w->dim[i];
	for (a = 0; a < arrays; a++) {
		w->step[a] = w->stride[a][w->n - 1];
		w->apart[a] = w->n > 1 ? w->stride[a][w->n - 2] : 0;
	}
}

void nn_walk_at(const struct nn_walk *w, int64_t row, int64_t offset[NN_WALK])
{
	int64_t at;
	int i, a;

	for (a = 0; a < w->arrays; a++)
		offset[a] = 0;
	for (i = w->n - 2; i >= 0; i--) {
		at = row % w->dim[i];
		row /= w->dim[i];
		for (a = 0; a < w->arrays; a++)
			offset[a] += at * w->stride[a][i];
	}
}

#define PIECE 4096 /* elements of a task, about */

int64_t nn_walk_tasks(const struct nn_walk *w)
{
	int64_t group;

	if (w->run == 0)
		return 0;
	if (w->run > PIECE)
		return w->rows * ((w->run + PIECE - 1) / PIECE);
	group = PIECE / w->run;
	return (w->rows + group - 1) / group;
}

/* From row on, as far as the loop around the runs goes. */
static void runs_at(const struct nn_walk *w, struct nn_runs *r)
{
	int64_t loop = w->n > 1 ? w->dim[w->n - 2] : 1;

	r->count = NN_MIN(loop - r->row % loop, r->end - r->row);
	nn_walk_at(w, r->row, r->at);
}

void nn_runs_first(const struct nn_walk *w, int64_t task, struct nn_runs *r)
{
	int64_t pieces = (w->run + PIECE - 1) / PIECE, first = task % pieces * PIECE;
	int64_t group = NN_MAX(PIECE / w->run, 1);
	int a;

	r->row = task / pieces * group;
	r->end = NN_MIN(r->row + group, w->rows);
	r->length = NN_MIN(w->run - first, PIECE);
	runs_at(w, r);
	for (a = 0; a < w->arrays; a++)
		r->at[a] += first * w->step[a];
}

int nn_runs_next(const struct nn_walk *w, struct nn_runs *r)
{
	r->row += r->count; /* past the end where runs come in pieces */
	if (r->row >= r->end)
		return 0;
	runs_at(w, r);
	return 1;
}

/* One run of nn_move. */
static void move(char *y, int64_t sy, const char *x, int64_t sx, int64_t n, size_t size)
{
	int64_t i;

	if (sy == 1 && sx == 1)
		memcpy(y, x, (size_t)n * size);
	else if (size == 4)
		for (i = 0; i < n; i++)
			((uint32_t *)y)[i * sy] = ((const uint32_t *)x)[i * sx];
	else if (size == 8)
		for (i = 0; i < n; i++)
			((uint64_t *)y)[i * sy] = ((const uint64_t *)x)[i * sx];
	else
		for (i = 0; i < n; i++)
			y[i * sy] = x[i * sx];
}

void nn_move(int n, const int64_t *dim, void *y, const int64_t *sy, const void *x,
             const int64_t *sx, size_t size)
{
	const int64_t *stride[2] = {sy, sx};
	struct nn_walk w;
	int64_t row;

	nn_walk_init(&w, n, dim, 2, stride);
	if (w.run == 0)
		return;
#pragma omp parallel for schedule(static) if (w.rows * w.run >= NN_PARALLEL)
	for (row = 0; row < w.rows; row++) {
		int64_t at[NN_WALK];

		nn_walk_at(&w, row, at);
		move((char *)y + at[0] * (int64_t)size, w.step[0],
		     (const char *)x + at[1] * (int64_t)size, w.step[1], w.run, size);
	}
}

/* By sixteen where they are adjacent, always in the same order. */
float nn_sum(const float *x, int64_t n, int64_t stride)
{
	float part[16] = {0}, total = 0;
	int64_t i = 0;
	int j;

	if (stride == 1)
		for (; i + 16 <= n; i += 16)
			for (j = 0; j < 16; j++)
				part[j] += x[i + j];
	for (j = 0; j < 16; j++)
		total += part[j];
	for (; i < n; i++)
		total += x[i * stride];
	return total;
}

static void copy(float *y, const float *x, int64_t n)
{
	int64_t i;

	if (y == x)
		return;
#pragma omp parallel for schedule(static) if (n >= NN_PARALLEL)
	for (i = 0; i < n; i += PIECE)
		memcpy(y + i, x + i, (size_t)NN_MIN(PIECE, n - i) * sizeof *y);
}

void nn_broadcast_gradient(int on, const int64_t *out, const float *g, int n, const int64_t *dim,
                           float *gx)
{
	int64_t own[NN_DIMS], there[NN_DIMS], kept[NN_DIMS], summed[NN_DIMS], i, row, at[NN_WALK];
	int64_t count = 1;
	const int64_t *strides[1] = {there};
	struct nn_walk k, s;
	int d;

	nn_broadcast_strides(n, dim, on, out, own);
	nn_strides(on, out, there);
	for (d = 0; d < on; d++) { /* a dimension is either kept or summed */
		kept[d] = own[d] || out[d] == 1 ? out[d] : 1;
		summed[d] = out[d] / NN_MAX(kept[d], 1);
		count *= kept[d];
	}
	if (count == nn_shape_count(on, out)) {
		copy(gx, g, count);
		return;
	}
	nn_walk_init(&k, on, kept, 1, strides);
	nn_walk_init(&s, on, summed, 1, strides);
#pragma omp parallel for schedule(static) private(row, at) if (count * s.rows >= NN_PARALLEL)
	for (i = 0; i < count; i++) {
		float total = 0;
		int64_t base;

		nn_walk_at(&k, i / k.run, at);
		base = at[0] + i % k.run * k.step[0];
		for (row = 0; row < s.rows; row++) {
			nn_walk_at(&s, row, at);
			total += nn_sum(g + base + at[0], s.run, s.step[0]);
		}
		gx[i] = total;
	}
}
