/* SPDX-License-Identifier: ISC */
/*
 * InstanceNormalization, GroupNormalization, LayerNormalization: x as [rows][length], of which
 * every row gets mean 0 and variance 1; then y = scale z + bias, by channel or by place in the row.
 */
#include <math.h>
#include <string.h>

#include "op.h"

struct standardise {
	int64_t rows, length;
	int64_t every, period; /* element i of row r: parameter (r * length + i) / every % period */
	double epsilon;
};

static struct standardise *standardise_new(struct nn_call *c)
{
	struct standardise *p = nn_calloc(1, sizeof *p);

	c->param = p;
	p->epsilon = nn_attr_float(c->attrs, "epsilon", 1e-5);
	return p;
}

static int want_channels(const struct nn_call *c, int least)
{
	int i;

	if (nn_want_inputs(c, 3, 3) < 0)
		return -1;
	for (i = 0; i < 3; i++)
		if (nn_want_float(c, i) < 0 || (i > 0 && nn_want_no_gradient(c, i) < 0))
			return -1;
	if (c->in[0]->ndim < least || nn_tensor_count(c->in[0]) < 1)
		return nn_fail("input 0: want %d dimensions or more, none of them 0", least);
	return 0;
}

/* Input i has n numbers along one dimension. */
static int want_vector(const struct nn_call *c, int i, int64_t n)
{
	if (c->in[i]->ndim != 1 || c->in[i]->dim[0] != n)
		return nn_fail("input %d: want %lld numbers", i, (long long)n);
	return 0;
}

static int instance_shape(struct nn_call *c)
{
	struct standardise *p;
	const struct nn_tensor *x;

	if (want_channels(c, 3) < 0)
		return -1;
	x = c->in[0];
	if (want_vector(c, 1, x->dim[1]) < 0 || want_vector(c, 2, x->dim[1]) < 0)
		return -1;
	p = standardise_new(c);
	p->rows = x->dim[0] * x->dim[1];
	p->every = p->length = nn_tensor_count(x) / p->rows;
	p->period = x->dim[1];
	return nn_out_like(c, 0, x);
}

/* scale and bias by group, as until opset 20, or by channel, as since */
static int group_shape(struct nn_call *c)
{
	int64_t groups = nn_attr_int(c->attrs, "num_groups", 0), channels;
	struct standardise *p;
	const struct nn_tensor *x;

	if (want_channels(c, 2) < 0)
		return -1;
	x = c->in[0];
	channels = x->dim[1];
	if (groups < 1 || channels % groups)
		return nn_fail("attribute num_groups: %lld of %lld channels", (long long)groups,
		               (long long)channels);
	p = standardise_new(c);
	p->rows = x->dim[0] * groups;
	p->length = nn_tensor_count(x) / p->rows;
	p->period = c->in[1]->ndim == 1 && c->in[1]->dim[0] == channels ? channels : groups;
	if (want_vector(c, 1, p->period) < 0 || want_vector(c, 2, p->period) < 0)
		return -1;
	p->every = nn_tensor_count(x) / (x->dim[0] * p->period);
	return nn_out_like(c, 0, x);
}

/* Input i, when given, has the shape of x from axis on. */
static int want_tail(const struct nn_call *c, int i, int axis)
{
	const struct nn_tensor *t = nn_in(c, i), *x = c->in[0];
	char text[NN_DIMS * 21];

	if (t && (t->ndim != x->ndim - axis ||
	          memcmp(t->dim, x->dim + axis, (size_t)t->ndim * sizeof *t->dim) != 0))
		return nn_fail("input %d: want the shape %s", i,
		               nn_shape_text(x->ndim - axis, x->dim + axis, text));
	return nn_want_float(c, i) < 0 ? -1 : nn_want_no_gradient(c, i);
}

static int layer_shape(struct nn_call *c)
{
	const struct nn_tensor *x;
	struct standardise *p;
	int64_t dim[NN_DIMS];
	int i, axis;

	if (nn_want_inputs(c, 2, 3) < 0 || nn_want_float(c, 0) < 0)
		return -1;
	x = c->in[0];
	if (nn_axis(nn_attr_int(c->attrs, "axis", -1), x->ndim, "attribute axis", &axis) < 0 ||
	    want_tail(c, 1, axis) < 0 || want_tail(c, 2, axis) < 0)
		return -1;
	if (nn_tensor_count(x) < 1)
		return nn_fail("input 0 is empty");
	for (i = 1; i < c->nout; i++)
		if (c->gradient && c->out[i])
			return nn_fail("output %d: no gradient passes from it", i);
	p = standardise_new(c);
	p->rows = p->length = p->every = 1;
	for (i = 0; i < x->ndim; i++) {
		*(i < axis ? &p->rows : &p->length) *= x->dim[i];
		dim[i] = i < axis ? x->dim[i] : 1;
	}
	p->period = p->length;
	if (nn_out(c, 1, NN_F32, x->ndim, dim) < 0 || nn_out(c, 2, NN_F32, x->ndim, dim) < 0)
		return -1;
	return nn_out_like(c, 0, x);
}

/* Eight sums side by side, which become vectors; always in the same order. */
#define LANES 8

static double total(const double part[LANES])
{
	return ((part[0] + part[1]) + (part[2] + part[3])) +
	       ((part[4] + part[5]) + (part[6] + part[7]));
}

static void moments(const struct standardise *p, const float *x, double *mean, double *inverse)
{
	double sum[LANES] = {0}, squares[LANES] = {0}, d;
	int64_t i, whole = p->length / LANES * LANES;
	int j;

	for (i = 0; i < whole; i += LANES)
		for (j = 0; j < LANES; j++)
			sum[j] += x[i + j];
	for (; i < p->length; i++)
		sum[i - whole] += x[i];
	*mean = total(sum) / (double)p->length;
	for (i = 0; i < whole; i += LANES)
		for (j = 0; j < LANES; j++) {
			d = x[i + j] - *mean;
			squares[j] += d * d;
		}
	for (; i < p->length; i++)
		squares[i - whole] += (x[i] - *mean) * (x[i] - *mean);
	*inverse = 1 / sqrt(total(squares) / (double)p->length + p->epsilon);
}

/* Runs of a row with one parameter: calls of the loops below. */
static int64_t run_end(const struct standardise *p, int64_t i)
{
	return NN_MIN(p->length, (i / p->every + 1) * p->every);
}

static int64_t parameter(const struct standardise *p, int64_t row, int64_t i)
{
	return (row * p->length + i) / p->every % p->period;
}

static void put_row(const struct standardise *p, int64_t row, const float *x, float *y,
                    const float *scale, const float *bias, double mean, double inverse)
{
	int64_t i, end;

	if (p->every == 1) { /* by place: the parameters lie as the row does */
		for (i = 0; i < p->length; i++)
			y[i] = (float)((x[i] - mean) * inverse) * scale[i] + (bias ? bias[i] : 0);
		return;
	}
	for (i = 0; i < p->length; i = end) {
		int64_t k = parameter(p, row, i);
		float s = (float)(inverse * scale[k]),
		      b = (float)(bias[k] - mean * inverse * scale[k]);

		for (end = run_end(p, i); i < end; i++)
			y[i] = x[i] * s + b;
	}
}

static int standardise_forward(struct nn_call *c)
{
	const struct standardise *p = c->param;
	const float *bias = nn_in(c, 2) ? c->in[2]->data : NULL;
	int64_t row;

#pragma omp parallel for schedule(static) if (p->rows * p->length >= NN_PARALLEL)
	for (row = 0; row < p->rows; row++) {
		double mean, inverse;
		const float *x = (const float *)c->in[0]->data + row * p->length;

		moments(p, x, &mean, &inverse);
		put_row(p, row, x, (float *)c->out[0]->data + row * p->length, c->in[1]->data, bias,
		        mean, inverse);
		if (c->nout > 1 && c->out[1])
			((float *)c->out[1]->data)[row] = (float)mean;
		if (c->nout > 2 && c->out[2])
			((float *)c->out[2]->data)[row] = (float)inverse;
	}
	return 0;
}

/*
 * With z = (x - mean) inverse and h = scale g: gx = inverse (h - mean(h) - z mean(h z)).
 * h is put into g.
 */
static void row_gradient(const struct standardise *p, const float *x, float *g, float *gx)
{
	double mean, inverse, sums[LANES] = {0}, dots[LANES] = {0}, sum, dot;
	int64_t i, whole = p->length / LANES * LANES;
	int j;

	moments(p, x, &mean, &inverse);
	for (i = 0; i < whole; i += LANES)
		for (j = 0; j < LANES; j++) {
			sums[j] += g[i + j];
			dots[j] += g[i + j] * (x[i + j] - mean);
		}
	for (; i < p->length; i++) {
		sums[i - whole] += g[i];
		dots[i - whole] += g[i] * (x[i] - mean);
	}
	sum = total(sums) / (double)p->length;
	dot = total(dots) * inverse * inverse / (double)p->length;
	for (i = 0; i < p->length; i++)
		gx[i] = (float)(inverse * (g[i] - sum - (x[i] - mean) * dot));
}

static void standardise_backward(struct nn_call *c)
{
	const struct standardise *p = c->param;
	const float *scale = c->in[1]->data;
	int64_t row;

	if (!c->gin[0] || !c->gout[0])
		return;
#pragma omp parallel for schedule(static) if (p->rows * p->length >= NN_PARALLEL)
	for (row = 0; row < p->rows; row++) {
		float *g = c->gout[0] + row * p->length;
		int64_t i, end;

		for (i = 0; i < p->length && p->every > 1; i = end) {
			float s = scale[parameter(p, row, i)];

			for (end = run_end(p, i); i < end; i++)
				g[i] *= s;
		}
		for (i = 0; i < p->length && p->every == 1; i++)
			g[i] *= scale[i];
		row_gradient(p, (const float *)c->in[0]->data + row * p->length, g,
		             c->gin[0] + row * p->length);
	}
}

#define ROW(op, shaped, refused) \
	const struct nn_op nn_op_##op = { \
		.name = #op, \
		.limits = refused, \
		.shape = shaped, \
		.forward = standardise_forward, \
		.backward = standardise_backward, \
		.flags = NN_KEEP_IN, \
	}
ROW(InstanceNormalization, instance_shape, "no gradient to scale, bias");
ROW(GroupNormalization, group_shape, "no gradient to scale, bias");
ROW(LayerNormalization, layer_shape,
    "scale and bias in the shape that is normalised; no gradient to them, nor from mean, "
    "deviation");
