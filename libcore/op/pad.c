/* SPDX-License-Identifier: ISC */
/*
 * Pad: constant, reflect, edge, wrap; negative pads crop.  Along each axis a table tells from which
 * place of the input a place of the output comes, -1 for the constant.
 */
#include <stdlib.h>
#include <string.h>

#include "op.h"

#define MOST (1 << 24) /* places in the tables */

enum mode { CONSTANT, REFLECT, EDGE, WRAP };

struct pad {
	int64_t lanes;         /* numbers at each place: those of a block of channels, or 1 */
	int64_t outer;         /* leading dimensions that are left alone, as one */
	int ndim;              /* the others ... */
	int64_t in, out;       /* ... numbers of them */
	int64_t dim[NN_DIMS];  /* of the output */
	int64_t *from[NN_DIMS]; /* its tables, in elements of the input */
	int64_t table[];
};

/* Where place i, counted from the input's first, comes from along a dimension of n. */
static int64_t source(enum mode mode, int64_t i, int64_t n)
{
	if (i >= 0 && i < n)
		return i;
	if (mode == EDGE)
		return i < 0 ? 0 : n - 1;
	if (mode == WRAP)
		return (i % n + n) % n;
	if (mode == REFLECT && n > 1) {
		i = (i % (2 * n - 2) + 2 * n - 2) % (2 * n - 2);
		return i < n ? i : 2 * n - 2 - i;
	}
	return mode == REFLECT ? 0 : -1;
}

/* begin and end of every dimension, from inputs 1 and 3 */
static int read_pads(const struct nn_call *c, int64_t *begin, int64_t *end)
{
	int64_t *pads, *axes;
	int npads, naxes, i, axis, n = c->in[0]->ndim, r = 0;

	memset(begin, 0, NN_DIMS * sizeof *begin);
	memset(end, 0, NN_DIMS * sizeof *end);
	if (nn_const_ints(c, 1, &pads, &npads) < 0)
		return -1;
	if (nn_const_ints(c, 3, &axes, &naxes) < 0) {
		free(pads);
		return -1;
	}
	if (!axes)
		naxes = n;
	if (npads != 2 * naxes)
		r = nn_fail("input 1: want %d pads, have %d", 2 * naxes, npads);
	for (i = 0; i < naxes && r == 0; i++) {
		r = nn_axis(axes ? axes[i] : i, n, "input 3: axis", &axis);
		if (r < 0)
			break;
		begin[axis] = pads[i];
		end[axis] = pads[naxes + i];
		if (NN_MAX(begin[axis], end[axis]) > INT32_MAX ||
		    NN_MIN(begin[axis], end[axis]) < -INT32_MAX)
			r = nn_fail("input 1: pads %lld and %lld", (long long)begin[axis],
			            (long long)end[axis]);
	}
	free(pads);
	free(axes);
	return r;
}

static void fill(struct pad *p, const struct nn_tensor *x, int first, const int64_t *begin,
                 enum mode mode)
{
	int64_t *table = p->table, stride = 1, j, at;
	int i;

	for (i = x->ndim - 1; i >= first; i--) {
		p->from[i - first] = table;
		for (j = 0; j < p->dim[i - first]; j++) {
			at = source(mode, j - begin[i], x->dim[i]);
			*table++ = at < 0 ? -1 : at * stride;
		}
		stride *= x->dim[i];
	}
}

static int pad_shape(struct nn_call *c)
{
	int64_t begin[NN_DIMS], end[NN_DIMS], dim[NN_DIMS], places = 0;
	const struct nn_tensor *x, *value;
	struct pad *p;
	int i, first, mode;

	if (nn_want_inputs(c, 2, 4) < 0 || read_pads(c, begin, end) < 0 ||
	    nn_want_choice(c->attrs, "mode", "constant", "constant reflect edge wrap", &mode) < 0)
		return -1;
	x = c->in[0];
	value = nn_in(c, 2);
	if (value && (nn_tensor_count(value) != 1 || value->type != x->type))
		return nn_fail("input 2: want one number of the type of input 0");
	if (nn_want_no_gradient(c, 2) < 0)
		return -1;
	for (i = 0; i < x->ndim; i++) {
		dim[i] = x->dim[i] + begin[i] + end[i];
		if (dim[i] < 0)
			return nn_fail("input 1: nothing is left of dimension %d", i);
		if (mode != CONSTANT && x->dim[i] == 0 && dim[i] > 0)
			return nn_fail("input 0: dimension %d is empty", i);
	}
	if (nn_out(c, 0, x->type, x->ndim, dim) < 0)
		return -1;
	for (first = 0; first < x->ndim && begin[first] == 0 && end[first] == 0;)
		first++;
	for (i = first; i < x->ndim; i++)
		places += dim[i];
	if (nn_shape_count(x->ndim, dim) == 0)
		places = 0;
	if (places > MOST)
		return nn_fail("input 1: dimensions over %d in all", MOST);
	c->param = p = nn_calloc(1, sizeof *p + (size_t)places * sizeof *p->table);
	p->lanes = p->outer = p->in = p->out = 1;
	p->ndim = x->ndim - first;
	for (i = 0; i < x->ndim; i++) {
		*(i < first ? &p->outer : &p->in) *= x->dim[i];
		if (i >= first)
			p->out *= p->dim[i - first] = dim[i];
	}
	if (places > 0)
		fill(p, x, first, begin, (enum mode)mode);
	return 0;
}

/* Height and width alone, and with zeros. */
static unsigned pad_blocks(struct nn_call *c)
{
	const struct nn_tensor *value = nn_in(c, 2);
	struct pad *p = c->param;
	int64_t dim[5];

	if (p->ndim > 2 || (value && nn_tensor_at(value, 0) != 0))
		return 0;
	nn_blocks_shape(c->in[0], dim);
	p->outer = p->outer / c->in[0]->dim[1] * dim[1];
	p->lanes = dim[4];
	return NN_BLOCKS_IN | NN_BLOCKS_OUT;
}

/* Where the row of the output that begins at element i comes from; -1: it is all constant. */
static int64_t row_source(const struct pad *p, int64_t i)
{
	int64_t at = 0, from;
	int d;

	i /= p->dim[p->ndim - 1];
	for (d = p->ndim - 2; d >= 0; d--) {
		from = p->from[d][i % p->dim[d]];
		if (from < 0)
			return -1;
		at += from;
		i /= p->dim[d];
	}
	return at;
}

static void copy_row(const struct pad *p, char *y, const char *x, int64_t base, const char *value,
                     size_t size)
{
	const int64_t *from = p->from[p->ndim - 1];
	int64_t i, n = p->dim[p->ndim - 1];

	for (i = 0; i < n; i++)
		if (base < 0 || from[i] < 0)
			memcpy(y + (size_t)i * size, value, size);
		else if (size == 4)
			((uint32_t *)y)[i] = ((const uint32_t *)x)[base + from[i]];
		else
			memcpy(y + (size_t)i * size, x + (size_t)(base + from[i]) * size, size);
}

static int pad_forward(struct nn_call *c)
{
	static const char zero[NN_ALIGN]; /* a block, at most */
	const struct pad *p = c->param;
	size_t size = nn_type_size(c->in[0]->type) * (size_t)p->lanes;
	const char *value = nn_in(c, 2) && p->lanes == 1 ? c->in[2]->data : zero;
	int64_t row, n, rows;

	if (p->ndim == 0) {
		memcpy(c->out[0]->data, c->in[0]->data, nn_tensor_bytes(c->in[0]));
		return 0;
	}
	n = p->dim[p->ndim - 1];
	rows = n ? p->outer * (p->out / n) : 0;
#pragma omp parallel for schedule(static) if (rows * n * p->lanes >= NN_PARALLEL)
	for (row = 0; row < rows; row++) {
		int64_t o = row * n / p->out;

		copy_row(p, (char *)c->out[0]->data + (size_t)(row * n) * size,
		         (const char *)c->in[0]->data + (size_t)(o * p->in) * size,
		         row_source(p, row * n % p->out), value, size);
	}
	return 0;
}

/* Adds the gradients of a row of the output to where they come from. */
static void add_row(const struct pad *p, float *gx, const float *g)
{
	const int64_t *from = p->from[p->ndim - 1];
	int64_t i, j, n = p->dim[p->ndim - 1], lanes = p->lanes;

	for (i = 0; i < n; i++)
		for (j = 0; j < lanes && from[i] >= 0; j++)
			gx[from[i] * lanes + j] += g[i * lanes + j];
}

static void pad_backward(struct nn_call *c)
{
	const struct pad *p = c->param;
	int64_t o, n = p->ndim ? p->dim[p->ndim - 1] : 0;

	if (!c->gin[0])
		return;
	if (p->ndim == 0) {
		memcpy(c->gin[0], c->gout[0], nn_tensor_bytes(c->in[0]));
		return;
	}
#pragma omp parallel for schedule(static) if (p->outer * p->out * p->lanes >= NN_PARALLEL)
	for (o = 0; o < p->outer; o++) {
		float *gx = c->gin[0] + o * p->in * p->lanes;
		const float *g = c->gout[0] + o * p->out * p->lanes;
		int64_t i, base;

		memset(gx, 0, (size_t)(p->in * p->lanes) * sizeof *gx);
		for (i = 0; i < p->out; i += n) {
			base = row_source(p, i);
			if (base >= 0)
				add_row(p, gx + base * p->lanes, g + i * p->lanes);
		}
	}
}

const struct nn_op nn_op_Pad = {
	.name = "Pad",
	.limits = "pads constant; no gradient to the constant value",
	.shape = pad_shape,
	.forward = pad_forward,
	.backward = pad_backward,
	.blocks = pad_blocks,
};
