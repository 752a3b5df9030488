/* SPDX-License-Identifier: ISC */
/* The table of operators, and what their rows share: shapes of outputs, checks of inputs. */
#include <string.h>

#include "op.h"

const struct nn_op *const nn_ops[] = {
#define NN_OP(name) &nn_op_##name,
#include "op.def"
#undef NN_OP
	NULL,
};

const struct nn_op *nn_op_find(const char *name)
{
	int i;

	for (i = 0; nn_ops[i]; i++)
		if (!strcmp(nn_ops[i]->name, name))
			return nn_ops[i];
	return NULL;
}

int nn_out(struct nn_call *c, int i, enum nn_type type, int ndim, const int64_t *dim)
{
	struct nn_tensor *t;
	char text[NN_DIMS * 21];

	if (i >= c->nout || !(t = c->out[i]))
		return 0;
	if (ndim > NN_DIMS)
		return nn_fail("output %d has %d dimensions, at most %d are read", i, ndim,
			       NN_DIMS);
	if (nn_shape_count(ndim, dim) < 0)
		return nn_fail("output %d is too large: %s", i, nn_shape_text(ndim, dim, text));
	t->type = type;
	t->ndim = ndim;
	if (ndim) /* dim may be NULL then */
		memmove(t->dim, dim, (size_t)ndim * sizeof *dim);
	return 0;
}

int nn_out_like(struct nn_call *c, int i, const struct nn_tensor *t)
{
	return nn_out(c, i, t->type, t->ndim, t->dim);
}

int nn_want_inputs(const struct nn_call *c, int low, int high)
{
	int i;

	if (c->nin < low || c->nin > high)
		return low == high ? nn_fail("want %d inputs, have %d", low, c->nin)
		                   : nn_fail("want %d to %d inputs, have %d", low, high, c->nin);
	for (i = 0; i < low; i++)
		if (!c->in[i])
			return nn_fail("input %d is missing", i);
	return 0;
}

int nn_want_float(const struct nn_call *c, int i)
{
	if (i < c->nin && c->in[i] && c->in[i]->type != NN_F32)
		return nn_fail("input %d: want f32, have %s", i, nn_type_name(c->in[i]->type));
	return 0;
}

int nn_want_same(const struct nn_call *c, int i, int j)
{
	if (c->in[i]->type != c->in[j]->type)
		return nn_fail("inputs %d and %d: want one type, have %s and %s", i, j,
		               nn_type_name(c->in[i]->type), nn_type_name(c->in[j]->type));
	return 0;
}

int nn_want_choice(const struct nn_attrs *a, const char *name, const char *otherwise,
                   const char *choices, int *which)
{
	const char *have = nn_attr_string(a, name, otherwise), *p = choices;
	size_t n;

	for (*which = 0; *p; ++*which) {
		n = strcspn(p, " ");
		if (strlen(have) == n && !strncmp(have, p, n))
			return 0;
		p += n + (p[n] == ' ');
	}
	return nn_fail("attribute %s: want one of %s, have '%s'", name, choices, have);
}

int nn_want_no_gradient(const struct nn_call *c, int i)
{
	const struct nn_tensor *t = nn_in(c, i);

	if (c->gradient && t && t->type == NN_F32 && !t->data && nn_tensor_count(t) > 0)
		return nn_fail("input %d is computed: no gradient passes it", i);
	return 0;
}

struct nn_tensor *nn_in(const struct nn_call *c, int i)
{
	return i < c->nin ? c->in[i] : NULL;
}

int nn_axis(int64_t axis, int n, const char *what, int *out)
{
	if (axis < -n || axis >= n)
		return nn_fail("%s %lld is outside the %d dimensions", what, (long long)axis, n);
	*out = (int)(axis < 0 ? axis + n : axis);
	return 0;
}

int64_t nn_int_at(const struct nn_tensor *t, int64_t i)
{
	switch (t->type) {
	case NN_I64:
		return ((const int64_t *)t->data)[i];
	case NN_I32:
		return ((const int32_t *)t->data)[i];
	case NN_U8:
		return ((const uint8_t *)t->data)[i];
	default:
		return 0;
	}
}

void nn_int_put(struct nn_tensor *t, int64_t i, int64_t v)
{
	switch (t->type) {
	case NN_I64:
		((int64_t *)t->data)[i] = v;
		break;
	case NN_I32:
		((int32_t *)t->data)[i] = (int32_t)v;
		break;
	default:
		((uint8_t *)t->data)[i] = (uint8_t)v;
	}
}

enum { PUT, ADD, MUL, MAX, MIN };

static float reduced(float y, float v, int reduction)
{
	return reduction == ADD ? y + v
	     : reduction == MUL ? y * v
	     : reduction == MAX ? NN_MAX(y, v)
	                        : NN_MIN(y, v);
}

static int64_t reduced_int(int64_t y, int64_t v, int reduction)
{
	return reduction == ADD ? (int64_t)((uint64_t)y + (uint64_t)v)
	     : reduction == MUL ? (int64_t)((uint64_t)y * (uint64_t)v)
	     : reduction == MAX ? NN_MAX(y, v)
	                        : NN_MIN(y, v);
}

void nn_reduce_into(struct nn_tensor *y, int64_t i, const struct nn_tensor *x, int64_t j,
                    int reduction)
{
	size_t size = nn_type_size(y->type);
	float *f = (float *)y->data + i;

	if (reduction == PUT)
		memcpy((char *)y->data + (size_t)i * size, (const char *)x->data + (size_t)j * size,
		       size);
	else if (y->type == NN_F32)
		*f = reduced(*f, ((const float *)x->data)[j], reduction);
	else
		nn_int_put(y, i, reduced_int(nn_int_at(y, i), nn_int_at(x, j), reduction));
}

int nn_const_ints(const struct nn_call *c, int i, int64_t **v, int *count)
{
	const struct nn_tensor *t = nn_in(c, i);
	int64_t j, n;

	*v = NULL;
	*count = 0;
	if (!t)
		return 0;
	if (t->type != NN_I64 && t->type != NN_I32)
		return nn_fail("input %d: want integers, have %s", i, nn_type_name(t->type));
	n = nn_tensor_count(t);
	if (n > 0 && !t->data)
		return nn_fail("input %d is not constant", i);
	if (n > INT16_MAX)
		return nn_fail("input %d has %lld integers", i, (long long)n);
	*v = nn_calloc((size_t)n + 1, sizeof **v);
	for (j = 0; j < n; j++)
		(*v)[j] = nn_int_at(t, j);
	*count = (int)n;
	return 0;
}

int nn_const_floats(const struct nn_call *c, int i, const float **v, int *count)
{
	const struct nn_tensor *t = nn_in(c, i);

	*v = NULL;
	*count = 0;
	if (!t)
		return 0;
	if (nn_want_float(c, i) < 0)
		return -1;
	if (nn_tensor_count(t) > INT16_MAX)
		return nn_fail("input %d has %lld numbers", i, (long long)nn_tensor_count(t));
	*count = (int)nn_tensor_count(t);
	if (*count > 0 && !t->data)
		return nn_fail("input %d is not constant", i);
	*v = t->data;
	return 0;
}

int nn_view_forward(struct nn_call *c)
{
	size_t bytes = nn_tensor_bytes(c->in[0]); /* an empty input may have no data */

	if (bytes && c->out[0]->data != c->in[0]->data)
		memcpy(c->out[0]->data, c->in[0]->data, bytes);
	return 0;
}

void nn_view_backward(struct nn_call *c)
{
	if (c->gin[0] && c->gin[0] != c->gout[0])
		memcpy(c->gin[0], c->gout[0], nn_tensor_bytes(c->in[0]));
}

const float *nn_per_channel(const struct nn_call *c, const struct nn_call *next, int64_t *step)
{
	const struct nn_tensor *y = c->out[0], *t;
	int i, axis;

	if (next->nin != 2)
		return NULL;
	t = next->in[0] == y ? next->in[1] : next->in[0];
	if (!t || t == y || !t->data || t->type != NN_F32 || t->ndim > y->ndim)
		return NULL;
	*step = 0;
	for (i = 0; i < t->ndim; i++) {
		axis = y->ndim - t->ndim + i;
		if (t->dim[i] == 1)
			continue;
		if (axis != 1 || t->dim[i] != y->dim[1])
			return NULL;
		*step = 1;
	}
	return t->data;
}
