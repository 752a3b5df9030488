/* SPDX-License-Identifier: ISC */
/*
 * tiny: a network without training, for trying things out.  Its first layer has Gabor filters,
 * colour opponents and spots, as the first layers of trained networks have; the second sharpens
 * them and joins neighbours; the third passes on and mixes.  So its 16 classes mean what they say:
 * fine vertical lines, red, dark.
 */
#include "net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

enum { FEATURES = 16, SIDE = 7, JOINS = 16, MIXED = FEATURES + JOINS, UNITS = 32, SEED = 5 };

/* Features are in groups whose members compete: lines, colours, tones, spots. */
static const struct feature {
	const char *label;
	int group;
	double gain; /* of its logit */
} features[FEATURES] = {
	{"fine vertical lines", 0, 30},
	{"fine falling lines", 0, 30},
	{"fine horizontal lines", 0, 30},
	{"fine rising lines", 0, 30},
	{"coarse vertical lines", 0, 16},
	{"coarse falling lines", 0, 16},
	{"coarse horizontal lines", 0, 16},
	{"coarse rising lines", 0, 16},
	{"red", 1, 8},
	{"green", 1, 8},
	{"blue", 1, 8},
	{"yellow", 1, 8},
	{"bright", 2, 5},
	{"dark", 2, 5},
	{"light spots", 3, 20},
	{"dark spots", 3, 12},
};

/* What one layer is made of while it is made. */
struct layer {
	const char *name;
	int outputs, inputs, side;
	struct nn_tensor weight, bias; /* weight [outputs][inputs][side][side] */
};

static void layer_init(struct layer *l, const char *name, int outputs, int inputs, int side)
{
	const int64_t dim[4] = {outputs, inputs, side, side};

	l->name = name;
	l->outputs = outputs;
	l->inputs = inputs;
	l->side = side;
	nn_tensor_init(&l->weight, NULL, NN_F32, side ? 4 : 2, dim);
	nn_tensor_init(&l->bias, NULL, NN_F32, 1, dim);
}

/* The weight of output o, input i, at y, x from the middle. */
static float *weight(struct layer *l, int o, int i, int y, int x)
{
	int side = l->side ? l->side : 1, half = side / 2;

	return (float *)l->weight.data + ((o * l->inputs + i) * side + y + half) * side + x + half;
}

/* Appends an operator with one output, which is named as its node. */
static int node(struct nn_net *net, const char *op, const char *name, int nin, const int *in,
		struct nn_attrs *attrs)
{
	int out = nn_net_value(net, name);

	nn_net_node(net, nn_op_find(op), name, nin, in, 1, &out, attrs);
	return out;
}

/* Appends the layer as a convolution that keeps the size, or, without a side, as a dense layer. */
static int layer_add(struct nn_net *net, struct layer *l, int in)
{
	const int64_t half = l->side / 2, pads[4] = {half, half, half, half}, one = 1;
	struct nn_attrs attrs = {NULL, 0};
	int values[3] = {in, 0, 0};
	char *name;

	name = nn_asprintf("%s.weight", l->name);
	values[1] = nn_net_value(net, name);
	free(name);
	name = nn_asprintf("%s.bias", l->name);
	values[2] = nn_net_value(net, name);
	free(name);
	nn_net_constant(net, values[1], &l->weight);
	nn_net_constant(net, values[2], &l->bias);
	if (l->side)
		nn_attrs_set_ints(&attrs, "pads", 4, pads);
	else
		nn_attrs_set_ints(&attrs, "transB", 1, &one);
	return node(net, l->side ? "Conv" : "Gemm", l->name, 3, values, &attrs);
}

static int max_pool(struct nn_net *net, const char *name, int in)
{
	const int64_t two[2] = {2, 2};
	struct nn_attrs attrs = {NULL, 0};

	nn_attrs_set_ints(&attrs, "kernel_shape", 2, two);
	nn_attrs_set_ints(&attrs, "strides", 2, two);
	return node(net, "MaxPool", name, 1, &in, &attrs);
}

/* The plane of output o, the same in all inputs, gets mean 0 and the sum of its positive part 1. */
static void balance(struct layer *l, int o)
{
	float *w = weight(l, o, 0, -l->side / 2, -l->side / 2);
	int count = l->inputs * l->side * l->side, i;
	double mean = 0, positive = 0;

	for (i = 0; i < count; i++)
		mean += (double)w[i] / count;
	for (i = 0; i < count; i++) {
		w[i] -= (float)mean;
		positive += NN_MAX(w[i], 0);
	}
	for (i = 0; i < count; i++)
		w[i] /= (float)positive;
}

/* Gabor filters of four orientations and two wave lengths; spots; colours under a soft window. */
static void features_init(struct layer *l)
{
	static const double colour[6][3] = {{2, -1, -1}, {-1, 2, -1},     {-1, -1, 2},
					    {1, 1, -2},  {1.3, 1.3, 1.3}, {-1.3, -1.3, -1.3}};
	int o, i, y, x, half = SIDE / 2;
	double angle, wave, along, r2, v;

	layer_init(l, "conv1", FEATURES, 3, SIDE);
	for (o = 0; o < FEATURES; o++) {
		angle = (o % 4) * PI / 4;
		wave = o < 4 ? 3 : 6;
		for (i = 0; i < 3; i++)
			for (y = -half; y <= half; y++)
				for (x = -half; x <= half; x++) {
					along = x * cos(angle) - y * sin(angle);
					r2 = x * x + y * y;
					v = exp(-r2 / 8) * cos(2 * PI * along / wave);
					if (o >= 14)
						v = (o == 14 ? 1 : -1) *
						    (exp(-r2 / 2) / 2 - exp(-r2 / 8) / 8);
					else if (o >= 8)
						v = colour[o - 8][i] * exp(-r2 / 4) / (4 * 12.5);
					*weight(l, o, i, y, x) = (float)v;
				}
		if (o < 8 || o >= 14)
			balance(l, o);
	}
}

/* Each feature less the others of its group; a spot is what is no line. */
static void contrasts_init(struct layer *l)
{
	int o, i, group;

	layer_init(l, "mixed2/1x1", FEATURES, FEATURES, 1);
	for (o = 0; o < FEATURES; o++)
		for (i = 0; i < FEATURES; i++) {
			group = features[o].group;
			if (features[i].group == group || (group == 3 && features[i].group == 0))
				*weight(l, o, i, 0, 0) = i == o ? 1.5f : -0.2f;
		}
}

/* Pairs of features side by side: lines that go on, corners, edges between colours. */
static void joins_init(struct layer *l)
{
	struct nn_random r;
	int o, a, b, y, x, turn;

	layer_init(l, "mixed2/3x3", JOINS, FEATURES, 3);
	for (o = 0; o < JOINS; o++) {
		nn_random_init(&r, SEED, (uint64_t)o);
		a = o < 8 ? o : 8 + (o - 8) % 6;
		b = o < 8 ? (o / 4) * 4 + (o + 1) % 4 : 8 + (o - 8 + 1 + (o > 13)) % 6;
		turn = (int)nn_random_below(&r, 8);
		for (y = -1; y <= 1; y++)
			for (x = -1; x <= 1; x++) {
				double side = cos(turn * PI / 4) * x + sin(turn * PI / 4) * y;

				*weight(l, o, a, y, x) += (float)(side > 0.1 ? 0.5 : 0.05);
				*weight(l, o, b, y, x) += (float)(side < -0.1 ? 0.5 : 0.05);
			}
		for (a = 0; a < FEATURES; a++)
			*weight(l, o, a, 0, 0) -= 0.15f;
	}
}

/* The first half passes the contrasts on, a little spread; the rest are sums and differences of a
 * few. */
static void mixes_init(struct layer *l)
{
	struct nn_random r;
	int o, i, k, y, x;

	layer_init(l, "conv3", UNITS, MIXED, 3);
	for (o = 0; o < UNITS; o++) {
		nn_random_init(&r, SEED, (uint64_t)(JOINS + o));
		for (k = 0; k < 5; k++) {
			i = o < FEATURES ? o : (int)nn_random_below(&r, MIXED);
			for (y = -1; y <= 1; y++)
				for (x = -1; x <= 1; x++)
					*weight(l, o, i, y, x) =
						(float)(o < FEATURES
								? (x || y ? 0.05 : 0.6)
								: (k < 3 ? 0.12 : -0.06) *
									  (1 +
									   0.5 * nn_random_normal(
											 &r)));
		}
		((float *)l->bias.data)[o] = o < FEATURES ? 0 : 0.05f;
	}
}

static void classes_init(struct layer *l)
{
	struct nn_random r;
	int o, i;

	layer_init(l, "logits", FEATURES, UNITS, 0);
	for (o = 0; o < FEATURES; o++) {
		nn_random_init(&r, SEED, (uint64_t)(JOINS + UNITS + o));
		for (i = 0; i < UNITS; i++)
			*weight(l, o, i, 0, 0) =
				(float)(i == o         ? features[o].gain
					: i < FEATURES ? -1
						       : 0.1 * nn_random_normal(&r));
	}
}

static struct nn_net *make(void)
{
	static const int64_t picture[4] = {-1, 3, 64, 64}, axis = 1;
	struct nn_net *net = nn_net_new("tiny");
	struct nn_attrs attrs = {NULL, 0};
	struct nn_preprocess range;
	struct layer l;
	int v = nn_net_value(net, "data"), branch[2], i, raw;

	nn_net_input(net, v, NN_F32, 4, picture);
	features_init(&l);
	v = layer_add(net, &l, v);
	v = node(net, "Relu", "relu1", 1, &v, NULL);
	v = max_pool(net, "pool1", v);
	contrasts_init(&l);
	branch[0] = layer_add(net, &l, v);
	joins_init(&l);
	branch[1] = layer_add(net, &l, v);
	nn_attrs_set_ints(&attrs, "axis", 1, &axis);
	v = node(net, "Concat", "mixed2", 2, branch, &attrs);
	v = node(net, "Relu", "relu2", 1, &v, NULL);
	v = max_pool(net, "pool2", v);
	mixes_init(&l);
	v = layer_add(net, &l, v);
	v = node(net, "Relu", "relu3", 1, &v, NULL);
	v = node(net, "GlobalAveragePool", "pool3", 1, &v, NULL);
	v = node(net, "Flatten", "flatten", 1, &v, NULL);
	classes_init(&l);
	v = layer_add(net, &l, v);
	v = node(net, "Softmax", "prob", 1, &v, NULL);
	nn_net_output(net, v);
	for (i = 0; i < FEATURES; i++)
		nn_net_label(net, features[i].label);
	if (nn_preset("tf", &range, &raw) == 0 && nn_net_preprocess(net, &range) == 0)
		return net;
	nn_net_free(net);
	return NULL;
}

const struct nn_zoo nn_zoo_tiny = {
	.name = "tiny",
	.what = "lines, colours, tones and spots: 16 classes, 64x64, untrained, for trying things "
		"out",
	.preset = "tf",
	.make = make,
};
