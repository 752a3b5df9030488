/* SPDX-License-Identifier: ISC */
/* Concat and Split: a tensor [outer][axis][inner] and its parts along the axis. */
#include <stdlib.h>
#include <string.h>

#include "op.h"

/* How many rows a tensor has before axis, and bytes from axis on. */
static void rows(const struct nn_tensor *t, int axis, size_t size, int64_t *outer, int64_t *bytes)
{
	int i;

	*outer = 1;
	*bytes = (int64_t)size;
	for (i = 0; i < axis; i++)
		*outer *= t->dim[i];
	for (; i < t->ndim; i++)
		*bytes *= t->dim[i];
}

/* Copies outer pieces of n bytes between places that lie to and from bytes apart. */
static void copy(char *y, int64_t to, const char *x, int64_t from, int64_t outer, int64_t n)
{
	int64_t i;

	if (y == x) /* the plan made the part where it lies */
		return;
#pragma omp parallel for schedule(static) if (outer > 1 && outer * n >= 4 * NN_PARALLEL)
	for (i = 0; i < outer; i++)
		memcpy(y + i * to, x + i * from, (size_t)n);
}

static int concat_shape(struct nn_call *c)
{
	int64_t dim[NN_DIMS];
	const struct nn_tensor *x;
	int i, j, axis;

	if (nn_want_inputs(c, 1, INT16_MAX) < 0)
		return -1;
	if (!nn_attrs_find(c->attrs, "axis"))
		return nn_fail("attribute axis is missing");
	x = c->in[0];
	if (nn_axis(nn_attr_int(c->attrs, "axis", 1), x->ndim, "attribute axis", &axis) < 0)
		return -1;
	memcpy(dim, x->dim, sizeof dim);
	for (i = 1; i < c->nin; i++) {
		if (!c->in[i])
			return nn_fail("input %d is missing", i);
		if (nn_want_same(c, 0, i) < 0)
			return -1;
		if (c->in[i]->ndim != x->ndim)
			return nn_fail("input %d: want %d dimensions, have %d", i, x->ndim,
			               c->in[i]->ndim);
		for (j = 0; j < x->ndim; j++)
			if (j != axis && c->in[i]->dim[j] != dim[j])
				return nn_fail("input %d: dimension %d is %lld, not %lld", i, j,
				               (long long)c->in[i]->dim[j], (long long)dim[j]);
		dim[axis] += c->in[i]->dim[axis];
	}
	c->param = nn_calloc(1, sizeof axis);
	*(int *)c->param = axis;
	return nn_out(c, 0, x->type, x->ndim, dim);
}

static int concat_forward(struct nn_call *c)
{
	size_t size = nn_type_size(c->out[0]->type);
	int64_t outer, whole, part;
	char *y = c->out[0]->data;
	int i, axis = *(int *)c->param;

	rows(c->out[0], axis, size, &outer, &whole);
	for (i = 0; i < c->nin; i++, y += part) {
		rows(c->in[i], axis, size, &outer, &part);
		copy(y, whole, c->in[i]->data, part, outer, part);
	}
	return 0;
}

static void concat_backward(struct nn_call *c)
{
	int64_t outer, whole, part;
	const char *g = (const char *)c->gout[0];
	int i, axis = *(int *)c->param;

	rows(c->out[0], axis, sizeof(float), &outer, &whole);
	for (i = 0; i < c->nin; i++, g += part) {
		rows(c->in[i], axis, sizeof(float), &outer, &part);
		if (c->gin[i])
			copy((char *)c->gin[i], part, g, whole, outer, part);
	}
}

/*
 * Along the channels, of parts in whole vectors: then all that can be in blocks of channels still can,
 * and no more.
 */
static int concat_narrow(const struct nn_call *c, int lone, struct nn_channels *out,
                         struct nn_channels *in)
{
	int64_t lanes = nn_kernels()->block->lanes, at, part, low, high;
	int i;

	(void)lone;
	if (*(int *)c->param != 1)
		return 0;
	for (i = 0; i < c->nin; i++)
		if (c->in[i]->data || (i + 1 < c->nin && c->in[i]->dim[1] % lanes))
			return 0;
	for (i = 0, at = 0; i < c->nin; i++, at += part) {
		part = c->in[i]->dim[1];
		low = NN_MAX(out->first, at);
		high = NN_MIN(out->first + out->count, at + part);
		if (low >= high) {
			in[i].count = 0;
			continue;
		}
		nn_channels_join(&in[i], (struct nn_channels){low - at, high - low});
		nn_channels_join(out, (struct nn_channels){at + in[i].first, in[i].count});
	}
	return 1;
}

/* Along the channels, where each part but the last is of whole blocks. */
static unsigned concat_blocks(struct nn_call *c)
{
	int64_t lanes = nn_kernels()->block->lanes;
	int i;

	if (*(int *)c->param != 1)
		return 0;
	for (i = 0; i < c->nin; i++)
		if (c->in[i]->data || (i + 1 < c->nin && c->in[i]->dim[1] % lanes))
			return 0;
	return NN_BLOCKS_IN | NN_BLOCKS_OUT;
}

const struct nn_op nn_op_Concat = {
	.name = "Concat",
	.shape = concat_shape,
	.forward = concat_forward,
	.backward = concat_backward,
	.narrow = concat_narrow,
	.blocks = concat_blocks,
	.flags = NN_PARTS,
};

/* The lengths of the parts: input 1, or equal ones, of which the last may be shorter. */
static int lengths(const struct nn_call *c, int64_t length, int64_t *part)
{
	int64_t *given, each, total = 0;
	int i, n;

	if (nn_const_ints(c, 1, &given, &n) < 0)
		return -1;
	if (given && n != c->nout) {
		free(given);
		return nn_fail("input 1: want %d lengths, have %d", c->nout, n);
	}
	each = (length + c->nout - 1) / c->nout;
	for (i = 0; i < c->nout; i++) {
		part[i] = given ? given[i] : NN_MAX(NN_MIN(each, length - total), 0);
		if (part[i] < 0 || part[i] > length)
			break;
		total += part[i];
	}
	free(given);
	return i < c->nout || total != length ? nn_fail("the parts do not make up %lld",
	                                                (long long)length) : 0;
}

static int split_shape(struct nn_call *c)
{
	const struct nn_tensor *x;
	int64_t dim[NN_DIMS], *part;
	int i, axis, r;

	if (nn_want_inputs(c, 1, 2) < 0)
		return -1;
	x = c->in[0];
	if (nn_axis(nn_attr_int(c->attrs, "axis", 0), x->ndim, "attribute axis", &axis) < 0)
		return -1;
	if (nn_attr_int(c->attrs, "num_outputs", c->nout) != c->nout)
		return nn_fail("attribute num_outputs: the node has %d outputs", c->nout);
	/* param: the axis, and the length of every part, as an output may be unwanted */
	c->param = part = nn_calloc((size_t)c->nout + 1, sizeof *part);
	*part++ = axis;
	r = lengths(c, x->dim[axis], part);
	memcpy(dim, x->dim, sizeof dim);
	for (i = 0; i < c->nout && r == 0; i++) {
		dim[axis] = part[i];
		r = nn_out(c, i, x->type, x->ndim, dim);
	}
	return r;
}

static int split_forward(struct nn_call *c)
{
	const int64_t *part = (const int64_t *)c->param + 1;
	int64_t outer, whole, inner, n;
	int i, axis = (int)part[-1];
	const char *x = c->in[0]->data;

	rows(c->in[0], axis, nn_type_size(c->in[0]->type), &outer, &whole);
	if (whole == 0)
		return 0;
	inner = whole / c->in[0]->dim[axis];
	for (i = 0; i < c->nout; i++, x += n) {
		n = part[i] * inner;
		if (c->out[i])
			copy(c->out[i]->data, n, x, whole, outer, n);
	}
	return 0;
}

static void split_backward(struct nn_call *c)
{
	const int64_t *part = (const int64_t *)c->param + 1;
	int64_t outer, whole, inner, n, j;
	int i, axis = (int)part[-1];
	char *gx = (char *)c->gin[0];

	rows(c->in[0], axis, sizeof(float), &outer, &whole);
	if (!gx || whole == 0)
		return;
	inner = whole / c->in[0]->dim[axis];
	for (i = 0; i < c->nout; i++, gx += n) {
		n = part[i] * inner;
		if (c->gout[i])
			copy(gx, whole, (const char *)c->gout[i], n, outer, n);
		else
			for (j = 0; j < outer; j++)
				memset(gx + j * whole, 0, (size_t)n);
	}
}

const struct nn_op nn_op_Split = {
	.name = "Split",
	.shape = split_shape,
	.forward = split_forward,
	.backward = split_backward,
};
