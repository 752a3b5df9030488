/* SPDX-License-Identifier: ISC */
/*
 * ReduceSum Mean Max Min Prod L1 L2 SumSquare LogSum LogSumExp: some axes of x become one number.
 * Outside loops over what is kept, inside over what is reduced; sums are made in double.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "op.h"

enum kind { SUM, MEAN, MAX, MIN, PROD, L1, L2, SUM_SQUARE, LOG_SUM, LOG_SUM_EXP };

static const char *const names[] = {
	[SUM] = "ReduceSum", [MEAN] = "ReduceMean", [MAX] = "ReduceMax", [MIN] = "ReduceMin",
	[PROD] = "ReduceProd", [L1] = "ReduceL1", [L2] = "ReduceL2",
	[SUM_SQUARE] = "ReduceSumSquare", [LOG_SUM] = "ReduceLogSum",
	[LOG_SUM_EXP] = "ReduceLogSumExp",
};

struct reduce {
	enum kind kind;
	struct nn_walk kept, reduced; /* over x (array 0) */
};

/* mark[i] = 1 for the axes that are reduced: input 1, or all, or none */
static int marked(const struct nn_call *c, char mark[NN_DIMS])
{
	int64_t *axes;
	int i, n, axis, r = 0, none = nn_attr_int(c->attrs, "noop_with_empty_axes", 0) != 0;

	if (nn_const_ints(c, 1, &axes, &n) < 0)
		return -1;
	memset(mark, n == 0 && !none, NN_DIMS);
	for (i = 0; i < n && r == 0; i++) {
		r = nn_axis(axes[i], c->in[0]->ndim, "input 1: axis", &axis);
		if (r == 0)
			mark[axis] = 1;
	}
	free(axes);
	return r;
}

static int reduce_shape(struct nn_call *c)
{
	int64_t dim[NN_DIMS], kept[NN_DIMS], reduced[NN_DIMS], own[NN_DIMS];
	int i, n = 0, keep = nn_attr_int(c->attrs, "keepdims", 1) != 0;
	const int64_t *stride[1] = {own};
	const struct nn_tensor *x;
	char mark[NN_DIMS];
	struct reduce *r;

	if (nn_want_inputs(c, 1, 2) < 0 || marked(c, mark) < 0)
		return -1;
	x = c->in[0];
	c->param = r = nn_calloc(1, sizeof *r);
	while (strcmp(names[r->kind], c->op->name) != 0)
		r->kind++;
	if (r->kind >= L2 && r->kind != SUM_SQUARE && nn_want_float(c, 0) < 0)
		return -1;
	for (i = 0; i < x->ndim; i++) {
		kept[i] = mark[i] ? 1 : x->dim[i];
		reduced[i] = mark[i] ? x->dim[i] : 1;
		if (!mark[i] || keep)
			dim[n++] = kept[i];
	}
	nn_strides(x->ndim, x->dim, own);
	nn_walk_init(&r->kept, x->ndim, kept, 1, stride);
	nn_walk_init(&r->reduced, x->ndim, reduced, 1, stride);
	return nn_out(c, 0, x->type, n, dim);
}

/* Where the numbers of kept element e begin in x. */
static int64_t base(const struct nn_walk *kept, int64_t e)
{
	int64_t at[NN_WALK];

	nn_walk_at(kept, e / kept->run, at);
	return at[0] + e % kept->run * kept->step[0];
}

/* One more number of a running result; most is the largest of all, for LOG_SUM_EXP. */
static double take(enum kind kind, double sum, double v, double most)
{
	switch (kind) {
	case MAX:
		return v > sum || v != v ? v : sum;
	case MIN:
		return v < sum || v != v ? v : sum;
	case PROD:
		return sum * v;
	case L1:
		return sum + fabs(v);
	case L2:
	case SUM_SQUARE:
		return sum + v * v;
	case LOG_SUM_EXP:
		return sum + exp(v - most);
	default:
		return sum + v;
	}
}

static double fold(enum kind kind, const struct nn_walk *w, const float *x, double most)
{
	double sum = kind == PROD ? 1 : kind == MAX ? -INFINITY : kind == MIN ? INFINITY : 0;
	int64_t row, i, at[NN_WALK];

	for (row = 0; row < w->rows; row++) {
		nn_walk_at(w, row, at);
		if (kind == SUM || kind == MEAN || kind == LOG_SUM)
			for (i = 0; i < w->run; i++)
				sum += x[at[0] + i * w->step[0]];
		else
			for (i = 0; i < w->run; i++)
				sum = take(kind, sum, x[at[0] + i * w->step[0]], most);
	}
	return sum;
}

static float reduced(const struct reduce *r, const float *x)
{
	double most = r->kind == LOG_SUM_EXP ? fold(MAX, &r->reduced, x, 0) : 0, sum;

	if (!isfinite(most))
		return (float)most;
	sum = fold(r->kind, &r->reduced, x, most);
	switch (r->kind) {
	case MEAN:
		return (float)(sum / (double)(r->reduced.rows * r->reduced.run));
	case L2:
		return (float)sqrt(sum);
	case LOG_SUM:
		return (float)log(sum);
	case LOG_SUM_EXP:
		return (float)(most + log(sum));
	default:
		return (float)sum;
	}
}

static int64_t reduced_int(const struct reduce *r, const struct nn_tensor *x, int64_t from)
{
	const struct nn_walk *w = &r->reduced;
	int64_t row, i, v, at[NN_WALK], sum = r->kind == PROD ? 1 : 0;
	int first = 1;

	for (row = 0; row < w->rows; row++) {
		nn_walk_at(w, row, at);
		for (i = 0; i < w->run; i++, first = 0) {
			v = nn_int_at(x, from + at[0] + i * w->step[0]);
			if (r->kind == MAX || r->kind == MIN)
				sum = first || (r->kind == MAX ? v > sum : v < sum) ? v : sum;
			else if (r->kind == PROD)
				sum = (int64_t)((uint64_t)sum * (uint64_t)v);
			else if (r->kind == SUM_SQUARE)
				sum = (int64_t)((uint64_t)sum + (uint64_t)v * (uint64_t)v);
			else
				sum = (int64_t)((uint64_t)sum +
						(uint64_t)(r->kind == L1 && v < 0 ? -v : v));
		}
	}
	return r->kind == MEAN && !first ? sum / (w->rows * w->run) : sum;
}

static int reduce_forward(struct nn_call *c)
{
	const struct reduce *r = c->param;
	int64_t e, n = nn_tensor_count(c->out[0]);

#pragma omp parallel for schedule(static) if (n * r->reduced.rows * r->reduced.run >= NN_PARALLEL)
	for (e = 0; e < n; e++) {
		int64_t from = base(&r->kept, e);

		if (c->out[0]->type == NN_F32)
			((float *)c->out[0]->data)[e] =
			        reduced(r, (const float *)c->in[0]->data + from);
		else
			nn_int_put(c->out[0], e, reduced_int(r, c->in[0], from));
	}
	return 0;
}

/* The slope at number v of those that gave y; what PROD needs is apart. */
static float slope(enum kind kind, float v, float y, float count)
{
	switch (kind) {
	case MEAN:
		return 1 / count;
	case L1:
		return (float)(v > 0) - (float)(v < 0);
	case L2:
		return y > 0 ? v / y : 0;
	case SUM_SQUARE:
		return 2 * v;
	case LOG_SUM:
		return expf(-y);
	case LOG_SUM_EXP:
		return expf(v - y);
	default:
		return 1;
	}
}

/* The product of all numbers but those at one place. */
static float product_without(const struct nn_walk *w, const float *x, int64_t without)
{
	int64_t row, i, k, at[NN_WALK];
	double product = 1;

	for (row = 0; row < w->rows; row++) {
		nn_walk_at(w, row, at);
		for (i = 0; i < w->run; i++) {
			k = at[0] + i * w->step[0];
			product *= k == without ? 1 : x[k];
		}
	}
	return (float)product;
}

/* The gradients of the numbers that gave y; of a maximum or minimum the first has it all. */
static void spread(const struct reduce *r, const float *x, float y, float g, float *gx)
{
	const struct nn_walk *w = &r->reduced;
	float count = (float)(w->rows * w->run);
	int64_t row, i, k, at[NN_WALK];
	int found = 0;

	for (row = 0; row < w->rows; row++) {
		nn_walk_at(w, row, at);
		for (i = 0; i < w->run; i++) {
			k = at[0] + i * w->step[0];
			if (r->kind == MAX || r->kind == MIN) {
				gx[k] = !found && x[k] == y ? g : 0;
				found |= x[k] == y;
			} else if (r->kind == PROD) {
				gx[k] = g * (x[k] != 0 ? y / x[k] : product_without(w, x, k));
			} else {
				gx[k] = g * slope(r->kind, x[k], y, count);
			}
		}
	}
}

static void reduce_backward(struct nn_call *c)
{
	const struct reduce *r = c->param;
	int64_t e, n = nn_tensor_count(c->out[0]);

	if (!c->gin[0])
		return;
#pragma omp parallel for schedule(static) if (n * r->reduced.rows * r->reduced.run >= NN_PARALLEL)
	for (e = 0; e < n; e++) {
		int64_t from = base(&r->kept, e);

		spread(r, (const float *)c->in[0]->data + from,
		       ((const float *)c->out[0]->data)[e], c->gout[0][e], c->gin[0] + from);
	}
}

#define ROW(op, refused) \
	const struct nn_op nn_op_##op = { \
		.name = #op, \
		.limits = refused, \
		.shape = reduce_shape, \
		.forward = reduce_forward, \
		.backward = reduce_backward, \
		.flags = NN_KEEP_IN | NN_KEEP_OUT, \
	}
ROW(ReduceSum, "axes constant");
ROW(ReduceMean, "axes constant");
ROW(ReduceMax, "axes constant");
ROW(ReduceMin, "axes constant");
ROW(ReduceProd, "axes constant");
ROW(ReduceL1, "axes constant");
ROW(ReduceL2, "axes constant; float only");
ROW(ReduceSumSquare, "axes constant");
ROW(ReduceLogSum, "axes constant; float only");
ROW(ReduceLogSumExp, "axes constant; float only");
