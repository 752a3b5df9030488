/* SPDX-License-Identifier: ISC */
/* ArgMax, ArgMin, TopK along one axis of x [outer][axis][inner]. */
#include <stdlib.h>
#include <string.h>

#include "op.h"

struct arg {
	int64_t outer, length, inner, k; /* k: of TopK */
};

static int arg_new(struct nn_call *c, int64_t axis_default, int *axis)
{
	const struct nn_tensor *x = c->in[0];
	struct arg *p;
	int i;

	if (nn_axis(nn_attr_int(c->attrs, "axis", axis_default), x->ndim, "attribute axis",
	            axis) < 0)
		return -1;
	c->param = p = nn_calloc(1, sizeof *p);
	p->outer = p->inner = 1;
	p->length = x->dim[*axis];
	for (i = 0; i < x->ndim; i++)
		if (i != *axis)
			*(i < *axis ? &p->outer : &p->inner) *= x->dim[i];
	return 0;
}

static int arg_shape(struct nn_call *c)
{
	int64_t dim[NN_DIMS];
	const struct nn_tensor *x;
	int i, axis, n = 0, keep = nn_attr_int(c->attrs, "keepdims", 1) != 0;

	if (nn_want_inputs(c, 1, 1) < 0 || arg_new(c, 0, &axis) < 0)
		return -1;
	x = c->in[0];
	if (x->dim[axis] < 1)
		return nn_fail("input 0: nothing along axis %d", axis);
	for (i = 0; i < x->ndim; i++)
		if (i != axis)
			dim[n++] = x->dim[i];
		else if (keep)
			dim[n++] = 1;
	return nn_out(c, 0, NN_I64, n, dim);
}

/* Is element i greater than element j? What is not a number is greater than all that are. */
static int greater(const struct nn_tensor *x, int64_t i, int64_t j)
{
	const float *f = x->data;

	if (x->type != NN_F32)
		return nn_int_at(x, i) > nn_int_at(x, j);
	return f[i] > f[j] || (f[i] != f[i] && f[j] == f[j]);
}

/* Is element i better than j, which comes before it? */
static int better(const struct nn_tensor *x, int64_t i, int64_t j, int largest, int last)
{
	if (largest ? greater(x, i, j) : greater(x, j, i))
		return 1;
	return last && !(largest ? greater(x, j, i) : greater(x, i, j));
}

static void arg(struct nn_call *c, int largest)
{
	const struct arg *p = c->param;
	int last = nn_attr_int(c->attrs, "select_last_index", 0) != 0;
	int64_t e, n = p->outer * p->inner;

#pragma omp parallel for schedule(static) if (n * p->length >= NN_PARALLEL)
	for (e = 0; e < n; e++) {
		int64_t at = e / p->inner * p->length * p->inner + e % p->inner, i, best = 0;

		for (i = 1; i < p->length; i++)
			if (better(c->in[0], at + i * p->inner, at + best * p->inner, largest,
				   last))
				best = i;
		((int64_t *)c->out[0]->data)[e] = best;
	}
}

static int arg_max_forward(struct nn_call *c)
{
	arg(c, 1);
	return 0;
}

static int arg_min_forward(struct nn_call *c)
{
	arg(c, 0);
	return 0;
}

const struct nn_op nn_op_ArgMax = {
	.name = "ArgMax",
	.shape = arg_shape,
	.forward = arg_max_forward,
};
const struct nn_op nn_op_ArgMin = {
	.name = "ArgMin",
	.shape = arg_shape,
	.forward = arg_min_forward,
};

static int topk_shape(struct nn_call *c)
{
	int64_t dim[NN_DIMS], *k, wanted;
	int n, axis;

	if (nn_want_inputs(c, 2, 2) < 0 || arg_new(c, -1, &axis) < 0 ||
	    nn_const_ints(c, 1, &k, &n) < 0)
		return -1;
	wanted = n == 1 ? k[0] : -1;
	free(k);
	memcpy(dim, c->in[0]->dim, sizeof dim);
	if (wanted < 0 || wanted > dim[axis])
		return nn_fail("input 1: want one number from 0 to %lld", (long long)dim[axis]);
	dim[axis] = wanted;
	((struct arg *)c->param)->k = wanted;
	/* the order of one line, and room to merge */
	c->scratch_bytes = 2 * (size_t)c->in[0]->dim[axis] * sizeof(int64_t);
	if (nn_out(c, 1, NN_I64, c->in[0]->ndim, dim) < 0)
		return -1;
	return nn_out(c, 0, c->in[0]->type, c->in[0]->ndim, dim);
}

/* order = 0..n-1 by element, best first, equal ones in their order: merge sort, bottom up */
static void sort(const struct nn_tensor *x, int64_t at, int64_t step, int64_t n, int largest,
                 int64_t *order, int64_t *room)
{
	int64_t width, i, j, k, low, middle, high;

	for (i = 0; i < n; i++)
		order[i] = i;
	for (width = 1; width < n; width *= 2) {
		for (low = 0; low < n; low = high) {
			middle = NN_MIN(low + width, n);
			high = NN_MIN(middle + width, n);
			for (i = low, j = middle, k = low; k < high; k++)
				if (i < middle &&
				    (j >= high || !better(x, at + order[j] * step,
							  at + order[i] * step, largest, 0)))
					room[k] = order[i++];
				else
					room[k] = order[j++];
		}
		memcpy(order, room, (size_t)n * sizeof *order);
	}
}

static void put(const struct nn_tensor *x, int64_t i, struct nn_tensor *y, int64_t j)
{
	size_t size = nn_type_size(x->type);

	memcpy((char *)y->data + (size_t)j * size, (const char *)x->data + (size_t)i * size, size);
}

static int topk_forward(struct nn_call *c)
{
	const struct arg *p = c->param;
	int64_t *order = c->scratch, e, i;
	int largest = nn_attr_int(c->attrs, "largest", 1) != 0;

	for (e = 0; e < p->outer * p->inner; e++) {
		int64_t from = e / p->inner * p->length * p->inner + e % p->inner;
		int64_t to = e / p->inner * p->k * p->inner + e % p->inner;

		sort(c->in[0], from, p->inner, p->length, largest, order, order + p->length);
		for (i = 0; i < p->k; i++) {
			put(c->in[0], from + order[i] * p->inner, c->out[0], to + i * p->inner);
			if (c->nout > 1 && c->out[1])
				nn_int_put(c->out[1], to + i * p->inner, order[i]);
		}
	}
	return 0;
}

static void topk_backward(struct nn_call *c)
{
	const struct arg *p = c->param;
	int64_t *order = c->scratch, e, i;
	int largest = nn_attr_int(c->attrs, "largest", 1) != 0;

	if (!c->gin[0] || !c->gout[0])
		return;
	memset(c->gin[0], 0, nn_tensor_bytes(c->in[0]));
	for (e = 0; e < p->outer * p->inner; e++) {
		int64_t from = e / p->inner * p->length * p->inner + e % p->inner;
		int64_t to = e / p->inner * p->k * p->inner + e % p->inner;

		sort(c->in[0], from, p->inner, p->length, largest, order, order + p->length);
		for (i = 0; i < p->k; i++)
			c->gin[0][from + order[i] * p->inner] = c->gout[0][to + i * p->inner];
	}
}

const struct nn_op nn_op_TopK = {
	.name = "TopK",
	.limits = "k constant",
	.shape = topk_shape,
	.forward = topk_forward,
	.backward = topk_backward,
	.flags = NN_KEEP_IN,
};
