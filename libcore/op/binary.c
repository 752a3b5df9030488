/* SPDX-License-Identifier: ISC */
/*
 * Add, Sub, Mul, Div, PRelu: y = f(a, b), element by element, with broadcasting.  The loops
 * are written once and take f as an argument that the compiler puts in place.
 */
#include <math.h>

#include "op.h"

#define INLINE static inline __attribute__((always_inline))

typedef float function(float a, float b);
typedef int64_t integers(int64_t a, int64_t b);

static int binary_shape(struct nn_call *c)
{
	int64_t dim[NN_DIMS];
	int n;

	if (nn_want_inputs(c, 2, 2) < 0 || nn_want_same(c, 0, 1) < 0 ||
	    nn_broadcast(c->in[0]->ndim, c->in[0]->dim, c->in[1]->ndim, c->in[1]->dim, &n, dim) < 0)
		return -1;
	return nn_out(c, 0, c->in[0]->type, n, dim);
}

/* The loops over y (array 0), a (1) and b (2). */
static void walk(const struct nn_call *c, struct nn_walk *w)
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

static float add(float a, float b)
{
	return a + b;
}

static int64_t add_int(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int add_forward(struct nn_call *c)
{
	return forward(c, add, add_int);
}

static void add_backward(struct nn_call *c)
{
	int i;

	for (i = 0; i < 2; i++)
		if (c->gin[i])
			nn_broadcast_gradient(c->out[0]->ndim, c->out[0]->dim, c->gout[0],
			                      c->in[i]->ndim, c->in[i]->dim, c->gin[i]);
}

static float sub(float a, float b)
{
	return a - b;
}

static int64_t sub_int(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int sub_forward(struct nn_call *c)
{
	return forward(c, sub, sub_int);
}

static void sub_backward(struct nn_call *c)
{
	int64_t i, n = nn_tensor_count(c->in[1]);

	add_backward(c);
	if (c->gin[1])
		for (i = 0; i < n; i++)
			c->gin[1][i] = -c->gin[1][i];
}

static float mul(float a, float b)
{
	return a * b;
}

static int64_t mul_int(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a * (uint64_t)b);
}

static int mul_forward(struct nn_call *c)
{
	return forward(c, mul, mul_int);
}

static float first(float a, float b)
{
	(void)b;
	return a;
}

static float second(float a, float b)
{
	(void)a;
	return b;
}

static void mul_backward(struct nn_call *c)
{
	gradient(c, 0, second);
	gradient(c, 1, first);
}

static float quotient(float a, float b)
{
	return a / b;
}

/* Towards zero, as in C; by zero gives 0. */
static int64_t quotient_int(int64_t a, int64_t b)
{
	return b == 0 ? 0 : b == -1 ? (int64_t)-(uint64_t)a : a / b;
}

static int div_forward(struct nn_call *c)
{
	return forward(c, quotient, quotient_int);
}

static float div_a(float a, float b)
{
	(void)a;
	return 1 / b;
}

static float div_b(float a, float b)
{
	return -a / (b * b);
}

static void div_backward(struct nn_call *c)
{
	gradient(c, 0, div_a);
	gradient(c, 1, div_b);
}

static float slope(float a, float b)
{
	return a < 0 ? a * b : a;
}

static int64_t slope_int(int64_t a, int64_t b)
{
	return a < 0 ? mul_int(a, b) : a;
}

static int prelu_forward(struct nn_call *c)
{
	return forward(c, slope, slope_int);
}

static float slope_a(float a, float b)
{
	return a < 0 ? b : 1;
}

static float slope_b(float a, float b)
{
	(void)b;
	return a < 0 ? a : 0;
}

static void prelu_backward(struct nn_call *c)
{
	gradient(c, 0, slope_a);
	gradient(c, 1, slope_b);
}

const struct nn_op nn_op_Add = {
	.name = "Add",
	.shape = binary_shape,
	.forward = add_forward,
	.backward = add_backward,
	.flags = NN_IN_PLACE,
};
const struct nn_op nn_op_Sub = {
	.name = "Sub",
	.shape = binary_shape,
	.forward = sub_forward,
	.backward = sub_backward,
	.flags = NN_IN_PLACE,
};
const struct nn_op nn_op_Mul = {
	.name = "Mul",
	.shape = binary_shape,
	.forward = mul_forward,
	.backward = mul_backward,
	.flags = NN_IN_PLACE | NN_KEEP_IN,
};
const struct nn_op nn_op_Div = {
	.name = "Div",
	.shape = binary_shape,
	.forward = div_forward,
	.backward = div_backward,
	.flags = NN_IN_PLACE | NN_KEEP_IN,
};
const struct nn_op nn_op_PRelu = {
	.name = "PRelu",
	.shape = binary_shape,
	.forward = prelu_forward,
	.backward = prelu_backward,
	.flags = NN_IN_PLACE | NN_KEEP_IN,
};
