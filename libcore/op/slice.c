/* SPDX-License-Identifier: ISC */
/* Slice: a range with a step along some axes; one strided copy. */
#include <stdlib.h>
#include <string.h>

#include "op.h"

struct slice {
	int64_t base, sx[NN_DIMS], sy[NN_DIMS]; /* y[i . sy] = x[base + i . sx] */
};

/* first and count along a dimension of n, for a range as the standard (and Python) reads it */
static void range(int64_t start, int64_t end, int64_t step, int64_t n, int64_t *first,
                  int64_t *count)
{
	int64_t low = step > 0 ? 0 : -1, high = step > 0 ? n : n - 1, span;

	start = start < 0 ? (start < -n ? -1 : start + n) : start;
	end = end < 0 ? (end < -n ? -1 : end + n) : end;
	start = NN_MIN(NN_MAX(start, step > 0 ? low : 0), high);
	end = NN_MIN(NN_MAX(end, low), high);
	span = step > 0 ? end - start : start - end;
	*first = start;
	*count = span > 0 && n > 0 ? (span - 1) / (step > 0 ? step : -step) + 1 : 0;
}

/* Applies the ranges of the constant inputs to dim and p. */
static int ranges(const struct nn_tensor *x, int n, const int64_t *start, const int64_t *end,
                  const int64_t *axes, const int64_t *steps, struct slice *p, int64_t *dim)
{
	int64_t first, step, size;
	unsigned seen = 0;
	int i, axis;

	for (i = 0; i < n; i++) {
		if (nn_axis(axes ? axes[i] : i, x->ndim, "input 3: axis", &axis) < 0)
			return -1;
		if (seen & 1u << axis)
			return nn_fail("input 3: axis %d twice", axis);
		seen |= 1u << axis;
		step = steps ? steps[i] : 1;
		if (step == 0)
			return nn_fail("input 4: a step of 0");
		/* a step of the whole size takes one number, as any larger one does */
		size = NN_MAX(x->dim[axis], 1);
		step = NN_MIN(NN_MAX(step, -size), size);
		range(start[i], end[i], step, x->dim[axis], &first, &dim[axis]);
		if (dim[axis] == 0)
			continue;
		p->base += first * p->sx[axis];
		p->sx[axis] *= step;
	}
	return 0;
}

static int slice_shape(struct nn_call *c)
{
	int64_t *v[5] = {NULL}, dim[NN_DIMS];
	int n[5] = {0}, i, r = 0;
	struct slice *p;

	if (nn_want_inputs(c, 3, 5) < 0)
		return -1;
	for (i = 1; i < 5 && r == 0; i++) {
		r = nn_const_ints(c, i, &v[i], &n[i]);
		if (r == 0 && v[i] && n[i] != n[1])
			r = nn_fail("input %d: want %d numbers, have %d", i, n[1], n[i]);
	}
	c->param = p = nn_calloc(1, sizeof *p);
	memcpy(dim, c->in[0]->dim, sizeof dim);
	nn_strides(c->in[0]->ndim, dim, p->sx);
	if (r == 0)
		r = ranges(c->in[0], n[1], v[1], v[2], v[3], v[4], p, dim);
	for (i = 1; i < 5; i++)
		free(v[i]);
	nn_strides(c->in[0]->ndim, dim, p->sy);
	return r < 0 ? -1 : nn_out(c, 0, c->in[0]->type, c->in[0]->ndim, dim);
}

static int slice_forward(struct nn_call *c)
{
	const struct slice *p = c->param;
	size_t size = nn_type_size(c->in[0]->type);

	nn_move(c->out[0]->ndim, c->out[0]->dim, c->out[0]->data, p->sy,
	        (const char *)c->in[0]->data + p->base * (int64_t)size, p->sx, size);
	return 0;
}

static void slice_backward(struct nn_call *c)
{
	const struct slice *p = c->param;

	if (!c->gin[0])
		return;
	memset(c->gin[0], 0, nn_tensor_bytes(c->in[0]));
	nn_move(c->out[0]->ndim, c->out[0]->dim, c->gin[0] + p->base, p->sx, c->gout[0], p->sy,
	        sizeof(float));
}

const struct nn_op nn_op_Slice = {
	.name = "Slice",
	.limits = "starts, ends, axes and steps constant",
	.shape = slice_shape,
	.forward = slice_forward,
	.backward = slice_backward,
};
