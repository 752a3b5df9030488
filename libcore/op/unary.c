/* SPDX-License-Identifier: ISC */
/* Functions of one number, element by element; their loops are kernel/map.c. */
#include <string.h>

#include "op.h"

/* Operators, their functions, and the attributes that are the parameters a and b. */
static const struct unary {
	const char *name;
	enum nn_function f;
	const char *a, *b;
	double a_default, b_default;
} table[] = {
	{.name = "Abs", .f = NN_ABS},
	{.name = "Acos", .f = NN_ACOS},
	{.name = "Acosh", .f = NN_ACOSH},
	{.name = "Asin", .f = NN_ASIN},
	{.name = "Asinh", .f = NN_ASINH},
	{.name = "Atan", .f = NN_ATAN},
	{.name = "Atanh", .f = NN_ATANH},
	{.name = "Ceil", .f = NN_CEIL},
	{"Celu", NN_CELU, "alpha", NULL, 1, 0},
	{.name = "Cos", .f = NN_COS},
	{.name = "Cosh", .f = NN_COSH},
	{"Elu", NN_ELU, "alpha", NULL, 1, 0},
	{.name = "Erf", .f = NN_ERF},
	{.name = "Exp", .f = NN_EXP},
	{.name = "Floor", .f = NN_FLOOR},
	{.name = "Gelu", .f = NN_GELU},
	{"HardSigmoid", NN_HARD_SIGMOID, "alpha", "beta", .2, .5},
	{.name = "HardSwish", .f = NN_HARD_SWISH},
	{"LeakyRelu", NN_LEAKY_RELU, "alpha", NULL, .01, 0},
	{.name = "Log", .f = NN_LOG},
	{.name = "Mish", .f = NN_MISH},
	{.name = "Neg", .f = NN_NEG},
	{.name = "Reciprocal", .f = NN_RECIPROCAL},
	{.name = "Round", .f = NN_ROUND},
	{"Selu", NN_SELU, "alpha", "gamma", 1.67326319217681884765625, 1.05070102214813232421875},
	{"Shrink", NN_SHRINK, "lambd", "bias", .5, 0},
	{.name = "Sigmoid", .f = NN_SIGMOID},
	{.name = "Sign", .f = NN_SIGN},
	{.name = "Sin", .f = NN_SIN},
	{.name = "Sinh", .f = NN_SINH},
	{.name = "Softplus", .f = NN_SOFTPLUS},
	{.name = "Softsign", .f = NN_SOFTSIGN},
	{.name = "Sqrt", .f = NN_SQRT},
	{.name = "Tan", .f = NN_TAN},
	{.name = "Tanh", .f = NN_TANH},
	{"ThresholdedRelu", NN_THRESHOLDED_RELU, "alpha", NULL, 1, 0},
};

struct map {
	enum nn_function f;
	float a, b;
};

static int unary_shape(struct nn_call *c)
{
	const struct unary *u = table;
	struct map *m;
	int integers, approximate;

	if (nn_want_inputs(c, 1, 1) < 0)
		return -1;
	while (strcmp(u->name, c->op->name) != 0)
		u++;
	integers = u->f == NN_ABS || u->f == NN_NEG || u->f == NN_SIGN;
	if (!integers && nn_want_float(c, 0) < 0)
		return -1;
	c->param = m = nn_calloc(1, sizeof *m);
	m->f = u->f;
	m->a = u->a ? (float)nn_attr_float(c->attrs, u->a, u->a_default) : 0;
	m->b = u->b ? (float)nn_attr_float(c->attrs, u->b, u->b_default) : 0;
	if (u->f == NN_CELU && m->a == 0)
		return nn_fail("attribute alpha is 0");
	if (u->f == NN_GELU) {
		if (nn_want_choice(c->attrs, "approximate", "none", "none tanh", &approximate) < 0)
			return -1;
		m->f = approximate ? NN_GELU_TANH : NN_GELU;
	}
	return nn_out_like(c, 0, c->in[0]);
}

static void integers(const struct nn_call *c, enum nn_function f)
{
	int64_t i, v, n = nn_tensor_count(c->in[0]);

	for (i = 0; i < n; i++) {
		v = nn_int_at(c->in[0], i);
		if (f == NN_SIGN)
			v = (v > 0) - (v < 0);
		else if (f == NN_NEG || v < 0)
			v = (int64_t)-(uint64_t)v;
		nn_int_put(c->out[0], i, v);
	}
}

#define PIECE 4096 /* elements that a thread takes at a time */

static int unary_forward(struct nn_call *c)
{
	const struct nn_map_kernel *k = nn_kernels()->map;
	const struct map *m = c->param;
	int64_t i, n = nn_tensor_count(c->in[0]);
	const float *x = c->in[0]->data;
	float *y = c->out[0]->data;

	if (c->in[0]->type != NN_F32) {
		integers(c, m->f);
		return 0;
	}
#pragma omp parallel for schedule(static) if (n >= NN_PARALLEL)
	for (i = 0; i < n; i += PIECE)
		k->value(m->f, m->a, m->b, x + i, y + i, NN_MIN(n - i, PIECE));
	return 0;
}

static void slope(struct nn_call *c, const float *x, const float *y)
{
	const struct nn_map_kernel *k = nn_kernels()->map;
	const struct map *m = c->param;
	int64_t i, n = nn_tensor_count(c->in[0]);

	if (!c->gin[0])
		return;
#pragma omp parallel for schedule(static) if (n >= NN_PARALLEL)
	for (i = 0; i < n; i += PIECE)
		k->slope(m->f, m->a, m->b, x ? x + i : NULL, y ? y + i : NULL, c->gout[0] + i,
		         c->gin[0] + i, NN_MIN(n - i, PIECE));
}

static void slope_of_x(struct nn_call *c)
{
	slope(c, c->in[0]->data, NULL);
}

static void slope_of_y(struct nn_call *c)
{
	slope(c, NULL, c->out[0]->data);
}

/* Zeros stay zeros where f(0) is 0 and its slope there a number. */
static unsigned unary_blocks(struct nn_call *c)
{
	const struct nn_map_kernel *k = nn_kernels()->map;
	const struct map *m = c->param;
	const float zero = 0;
	float y, g;

	k->value(m->f, m->a, m->b, &zero, &y, 1);
	k->slope(m->f, m->a, m->b, &zero, &y, &zero, &g, 1);
	return nn_blocks_same(c, y == 0 && g == 0);
}

/* The rows, by what of the forward values their slopes are made of. */
#define ROW(op, keep, of) \
	const struct nn_op nn_op_##op = { \
		.name = #op, \
		.limits = "float only", \
		.shape = unary_shape, \
		.forward = unary_forward, \
		.backward = of, \
		.narrow = nn_narrow_same, \
		.blocks = unary_blocks, \
		.flags = NN_IN_PLACE | NN_GRADIENT_IN_PLACE | keep, \
	}
ROW(Acos, NN_KEEP_IN, slope_of_x);
ROW(Acosh, NN_KEEP_IN, slope_of_x);
ROW(Asin, NN_KEEP_IN, slope_of_x);
ROW(Asinh, NN_KEEP_IN, slope_of_x);
ROW(Atan, NN_KEEP_IN, slope_of_x);
ROW(Atanh, NN_KEEP_IN, slope_of_x);
ROW(Ceil, 0, slope_of_x);
ROW(Celu, NN_KEEP_IN, slope_of_x);
ROW(Cos, NN_KEEP_IN, slope_of_x);
ROW(Cosh, NN_KEEP_IN, slope_of_x);
ROW(Elu, NN_KEEP_IN, slope_of_x);
ROW(Erf, NN_KEEP_IN, slope_of_x);
ROW(Exp, NN_KEEP_OUT, slope_of_y);
ROW(Floor, 0, slope_of_x);
ROW(Gelu, NN_KEEP_IN, slope_of_x);
ROW(HardSigmoid, NN_KEEP_IN, slope_of_x);
ROW(HardSwish, NN_KEEP_IN, slope_of_x);
ROW(LeakyRelu, NN_KEEP_IN, slope_of_x);
ROW(Log, NN_KEEP_IN, slope_of_x);
ROW(Mish, NN_KEEP_IN, slope_of_x);
ROW(Reciprocal, NN_KEEP_OUT, slope_of_y);
ROW(Round, 0, slope_of_x);
ROW(Selu, NN_KEEP_IN, slope_of_x);
ROW(Shrink, NN_KEEP_IN, slope_of_x);
ROW(Sigmoid, NN_KEEP_OUT, slope_of_y);
ROW(Sin, NN_KEEP_IN, slope_of_x);
ROW(Sinh, NN_KEEP_IN, slope_of_x);
ROW(Softplus, NN_KEEP_IN, slope_of_x);
ROW(Softsign, NN_KEEP_IN, slope_of_x);
ROW(Sqrt, NN_KEEP_OUT, slope_of_y);
ROW(Tan, NN_KEEP_OUT, slope_of_y);
ROW(Tanh, NN_KEEP_OUT, slope_of_y);
ROW(ThresholdedRelu, NN_KEEP_IN, slope_of_x);

/* these take integers, too */
#define INTEGER_ROW(op, keep, of) \
	const struct nn_op nn_op_##op = { \
		.name = #op, \
		.shape = unary_shape, \
		.forward = unary_forward, \
		.backward = of, \
		.narrow = nn_narrow_same, \
		.blocks = unary_blocks, \
		.flags = NN_IN_PLACE | NN_GRADIENT_IN_PLACE | keep, \
	}
INTEGER_ROW(Abs, NN_KEEP_IN, slope_of_x);
INTEGER_ROW(Neg, 0, slope_of_x);
INTEGER_ROW(Sign, 0, slope_of_x);
