/* SPDX-License-Identifier: ISC */
/*
 * QuantizeLinear: y = saturate(round(x / scale) + zero), DequantizeLinear: y = (x - zero) scale;
 * one of each, or one for each place along an axis.  8 bits are u8, or i32 when signed.
 */
#include <math.h>

#include "op.h"

struct quantize {
	int64_t length, inner; /* of the axis; length 1: one scale */
};

static int quantize_shape(struct nn_call *c, enum nn_type type)
{
	const struct nn_tensor *x, *scale, *zero;
	struct quantize *p;
	int i, axis;

	if (nn_want_inputs(c, 2, 3) < 0 || nn_want_float(c, 1) < 0)
		return -1;
	x = c->in[0];
	scale = c->in[1];
	zero = nn_in(c, 2);
	if (nn_attrs_find(c->attrs, "block_size") && nn_attr_int(c->attrs, "block_size", 0) != 0)
		return nn_fail("attribute block_size is not supported");
	if (zero && (zero->type == NN_F32 || zero->type == NN_I64))
		return nn_fail("input 2: want 8 bit integers, have %s", nn_type_name(zero->type));
	if (zero && nn_tensor_count(zero) != nn_tensor_count(scale))
		return nn_fail("input 2: want as many numbers as input 1");
	c->param = p = nn_calloc(1, sizeof *p);
	p->length = p->inner = 1;
	if (nn_tensor_count(scale) != 1) {
		if (nn_axis(nn_attr_int(c->attrs, "axis", 1), x->ndim, "attribute axis", &axis) < 0)
			return -1;
		p->length = x->dim[axis];
		for (i = axis + 1; i < x->ndim; i++)
			p->inner *= x->dim[i];
		if (scale->ndim != 1 || scale->dim[0] != p->length)
			return nn_fail("input 1: want %lld numbers", (long long)p->length);
	}
	return nn_out(c, 0, type, x->ndim, x->dim);
}

static int quantize_linear_shape(struct nn_call *c)
{
	const struct nn_tensor *zero = nn_in(c, 2);

	if (nn_want_inputs(c, 2, 3) < 0)
		return -1;
	return quantize_shape(c, zero ? zero->type : NN_U8);
}

static int quantize_forward(struct nn_call *c)
{
	const struct quantize *p = c->param;
	const struct nn_tensor *x = c->in[0], *zero = nn_in(c, 2);
	float low = c->out[0]->type == NN_U8 ? 0 : -128, high = low + 255, v;
	int64_t i, k, n = nn_tensor_count(x);

	for (i = 0; i < n; i++) {
		k = i / p->inner % p->length;
		v = x->type == NN_F32 ? ((const float *)x->data)[i] : (float)nn_int_at(x, i);
		v = rintf(v / ((const float *)c->in[1]->data)[k]);
		v += zero ? (float)nn_int_at(zero, k) : 0;
		v = v > low ? v : low; /* also for what is not a number */
		nn_int_put(c->out[0], i, (int64_t)(v < high ? v : high));
	}
	return 0;
}

const struct nn_op nn_op_QuantizeLinear = {
	.name = "QuantizeLinear",
	.limits = "to 8 bits; no blocks; no gradient",
	.shape = quantize_linear_shape,
	.forward = quantize_forward,
};

static int dequantize_linear_shape(struct nn_call *c)
{
	if (nn_want_inputs(c, 2, 3) < 0)
		return -1;
	if (c->in[0]->type == NN_F32 || c->in[0]->type == NN_I64)
		return nn_fail("input 0: want integers of 8 or 32 bits, have %s",
		               nn_type_name(c->in[0]->type));
	return quantize_shape(c, NN_F32);
}

static int dequantize_forward(struct nn_call *c)
{
	const struct quantize *p = c->param;
	const struct nn_tensor *zero = nn_in(c, 2);
	int64_t i, k, n = nn_tensor_count(c->in[0]);

	for (i = 0; i < n; i++) {
		k = i / p->inner % p->length;
		((float *)c->out[0]->data)[i] =
		        (float)(nn_int_at(c->in[0], i) - (zero ? nn_int_at(zero, k) : 0)) *
		        ((const float *)c->in[1]->data)[k];
	}
	return 0;
}

const struct nn_op nn_op_DequantizeLinear = {
	.name = "DequantizeLinear",
	.limits = "no blocks; no gradient",
	.shape = dequantize_linear_shape,
	.forward = dequantize_forward,
};

/* DynamicQuantizeLinear: to u8, scale and zero point from the range of x, of which 0 is part. */
static int dynamic_shape(struct nn_call *c)
{
	if (nn_want_inputs(c, 1, 1) < 0 || nn_want_float(c, 0) < 0 ||
	    nn_out(c, 1, NN_F32, 0, NULL) < 0 || nn_out(c, 2, NN_U8, 0, NULL) < 0)
		return -1;
	return nn_out(c, 0, NN_U8, c->in[0]->ndim, c->in[0]->dim);
}

static float within_byte(float v)
{
	v = v > 0 ? v : 0;
	return v < 255 ? v : 255;
}

static int dynamic_forward(struct nn_call *c)
{
	const float *x = c->in[0]->data;
	int64_t i, n = nn_tensor_count(c->in[0]);
	float low = 0, high = 0, scale, zero;

	for (i = 0; i < n; i++) {
		low = NN_MIN(low, x[i]);
		high = NN_MAX(high, x[i]);
	}
	scale = (high - low) / 255;
	zero = scale > 0 ? within_byte(rintf(-low / scale)) : 0;
	for (i = 0; i < n; i++)
		((uint8_t *)c->out[0]->data)[i] =
		        (uint8_t)within_byte(scale > 0 ? rintf(x[i] / scale) + zero : 0);
	if (c->nout > 1 && c->out[1])
		*(float *)c->out[1]->data = scale;
	if (c->nout > 2 && c->out[2])
		*(uint8_t *)c->out[2]->data = (uint8_t)zero;
	return 0;
}

const struct nn_op nn_op_DynamicQuantizeLinear = {
	.name = "DynamicQuantizeLinear",
	.limits = "no gradient",
	.shape = dynamic_shape,
	.forward = dynamic_forward,
};
