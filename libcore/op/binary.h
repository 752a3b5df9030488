/* SPDX-License-Identifier: ISC */
/*
 * y = f(a, b), element by element, with broadcasting, and its gradients: loops that are written once
 * and take f as an argument that the compiler puts in place.
 */
#ifndef NN_OP_BINARY_H
#define NN_OP_BINARY_H

#include "op.h"

#define INLINE static inline __attribute__((always_inline, unused))

typedef float function(float a, float b);
typedef int64_t integers(int64_t a, int64_t b);

INLINE int binary_shape(struct nn_call *c)
{
	int64_t dim[NN_DIMS];
	int n;

	if (nn_want_inputs(c, 2, 2) < 0 || nn_want_same(c, 0, 1) < 0 ||
	    nn_broadcast(c->in[0]->ndim, c->in[0]->dim, c->in[1]->ndim, c->in[1]->dim, &n, dim) < 0)
		return -1;
	return nn_out(c, 0, c->in[0]->type, n, dim);
}

/* The loops over y (array 0), a (1) and b (2). */
INLINE void walk(const struct nn_call *c, struct nn_walk *w)
{
	const struct nn_tensor *y = c->out[0];
	int64_t s[3][NN_DIMS];
	const int64_t *stride[3] = {s[0], s[1], s[2]};
	int i;

	for (i = 0; i < 3; i++) {
		const struct nn_tensor *t = i == 0 ? y : c->in[i - 1];

		nn_broadcast_strides(t->ndim, t->dim, y->ndim, y->dim, s[i]);
	}
	nn_walk_init(w, y->ndim, y->dim, 3, stride);
}

/* One run, in the three forms that vectorise, and any other. */
INLINE void run(const float *a, int64_t sa, const float *b, int64_t sb, float *y, int64_t n,
                function *f)
{
	int64_t i;

	if (sa == 1 && sb == 1)
		for (i = 0; i < n; i++)
			y[i] = f(a[i], b[i]);
	else if (sa == 1 && sb == 0)
		for (i = 0; i < n; i++)
			y[i] = f(a[i], *b);
	else if (sa == 0 && sb == 1)
		for (i = 0; i < n; i++)
			y[i] = f(*a, b[i]);
	else
		for (i = 0; i < n; i++)
			y[i] = f(a[i * sa], b[i * sb]);
}

/* Long runs are cut so that threads share a single one out. */
#define PIECE 8192

INLINE int forward(struct nn_call *c, function *f, integers *g)
{
	struct nn_walk w;
	int64_t p, pieces;

	walk(c, &w);
	pieces = (w.run + PIECE - 1) / PIECE;
#pragma omp parallel for schedule(static) if (w.rows * w.run >= NN_PARALLEL)
	for (p = 0; p < w.rows * pieces; p++) {
		int64_t at[NN_WALK], i, first = p % pieces * PIECE;
		int64_t n = NN_MIN(w.run - first, PIECE);

		nn_walk_at(&w, p / pieces, at);
		for (i = 0; i < 3; i++)
			at[i] += first * w.step[i];
		if (c->out[0]->type == NN_F32)
			run((const float *)c->in[0]->data + at[1], w.step[1],
			    (const float *)c->in[1]->data + at[2], w.step[2],
			    (float *)c->out[0]->data + at[0], n, f);
		else
			for (i = 0; i < n; i++)
				nn_int_put(c->out[0], at[0] + i,
				           g(nn_int_at(c->in[0], at[1] + i * w.step[1]),
				             nn_int_at(c->in[1], at[2] + i * w.step[2])));
	}
	return 0;
}

/* The gradient to an input that was not repeated: gx = g d(a, b), d the derivative. */
INLINE void gradient_plain(const struct nn_walk *w, const float *g, const float *a, const float *b,
                           float *gx, function *d)
{
	int64_t p, pieces = (w->run + PIECE - 1) / PIECE;

#pragma omp parallel for schedule(static) if (w->rows * w->run >= NN_PARALLEL)
	for (p = 0; p < w->rows * pieces; p++) {
		int64_t at[NN_WALK], i, first = p % pieces * PIECE;
		int64_t n = NN_MIN(w->run - first, PIECE);
		const float *pa, *pb, *pg;
		float *out = gx + p / pieces * w->run + first;

		nn_walk_at(w, p / pieces, at);
		pg = g + at[0] + first * w->step[0];
		pa = a + at[1] + first * w->step[1];
		pb = b + at[2] + first * w->step[2];
		run(pa, w->step[1], pb, w->step[2], out, n, d);
		for (i = 0; i < n; i++)
			out[i] *= pg[i * w->step[0]];
	}
}

/* The gradient to a repeated input: element by element the sum of g d(a, b) over what repeats it. */
INLINE void gradient_summed(const struct nn_walk *k, const struct nn_walk *r, const float *g,
                            const float *a, const float *b, float *gx, function *d)
{
	int64_t e;

#pragma omp parallel for schedule(static) if (k->rows * k->run * r->rows * r->run >= NN_PARALLEL)
	for (e = 0; e < k->rows * k->run; e++) {
		int64_t at[NN_WALK], row, i, x = e % k->run;
		const float *pg, *pa, *pb, *qg, *qa, *qb;
		double total = 0;

		nn_walk_at(k, e / k->run, at);
		pg = g + at[0] + x * k->step[0];
		pa = a + at[1] + x * k->step[1];
		pb = b + at[2] + x * k->step[2];
		for (row = 0; row < r->rows; row++) {
			nn_walk_at(r, row, at);
			qg = pg + at[0];
			qa = pa + at[1];
			qb = pb + at[2];
			for (i = 0; i < r->run; i++)
				total += qg[i * r->step[0]] *
				         d(qa[i * r->step[1]], qb[i * r->step[2]]);
		}
		gx[e] = (float)total;
	}
}

/* The gradient to input i: loops over its elements (kept) and over its repetitions (summed). */
INLINE void gradient(struct nn_call *c, int i, function *d)
{
	const struct nn_tensor *y = c->out[0];
	int64_t s[3][NN_DIMS], own[NN_DIMS], kept[NN_DIMS], summed[NN_DIMS];
	const int64_t *stride[3] = {s[0], s[1], s[2]};
	struct nn_walk k, r;
	int j;

	if (!c->gin[i] || nn_tensor_count(c->in[i]) == 0)
		return;
	nn_strides(y->ndim, y->dim, s[0]);
	for (j = 0; j < 2; j++)
		nn_broadcast_strides(c->in[j]->ndim, c->in[j]->dim, y->ndim, y->dim, s[j + 1]);
	nn_broadcast_strides(c->in[i]->ndim, c->in[i]->dim, y->ndim, y->dim, own);
	for (j = 0; j < y->ndim; j++) {
		kept[j] = own[j] || y->dim[j] == 1 ? y->dim[j] : 1;
		summed[j] = y->dim[j] / kept[j];
	}
	nn_walk_init(&k, y->ndim, kept, 3, stride);
	nn_walk_init(&r, y->ndim, summed, 3, stride);
	if (r.rows * r.run == 1)
		gradient_plain(&k, c->gout[0], c->in[0]->data, c->in[1]->data, c->gin[i], d);
	else
		gradient_summed(&k, &r, c->gout[0], c->in[0]->data, c->in[1]->data, c->gin[i], d);
}

#endif
