/* SPDX-License-Identifier: ISC */
/* What random nets of convolutions are made of. */
#ifndef CONVNET_H
#define CONVNET_H

#include "plan.h"

#include <string.h>

enum { CHANNELS = 3, VALUES = 12 };

struct maker {
	struct nn_random random;
	struct nn_net *net;
	int value[VALUES], n;  /* the values so far, and ... */
	int64_t c[VALUES];     /* ... channels of each */
	int64_t side;
};

static int64_t below(struct maker *m, int64_t n)
{
	return nn_random_below(&m->random, n);
}

/* A constant of numbers in -1..1, or, when positive, in .5..1.5. */
static int constant(struct maker *m, int ndim, const int64_t *dim, int positive)
{
	struct nn_tensor t;
	char name[32];
	int64_t i;
	int v;

	snprintf(name, sizeof name, "constant%d", m->net->nvalues);
	nn_tensor_init(&t, name, NN_F32, ndim, dim);
	for (i = 0; i < nn_tensor_count(&t); i++)
		((float *)t.data)[i] = (float)nn_random_uniform(&m->random) * (positive ? 1 : 2) +
		                       (positive ? .5f : -1);
	v = nn_net_value(m->net, name);
	nn_net_constant(m->net, v, &t);
	return v;
}

static int add_node(struct maker *m, const char *op, int nin, const int *in, int64_t c,
                    struct nn_attrs *attrs)
{
	struct nn_attrs none = {0};
	char name[32];
	int out;

	snprintf(name, sizeof name, "%s%d", op, m->net->nnodes);
	out = nn_net_value(m->net, name);
	nn_net_node(m->net, nn_op_find(op), name, nin, in, 1, &out, attrs ? attrs : &none);
	if (m->n < VALUES) {
		m->c[m->n] = c;
		m->value[m->n++] = out;
	}
	return out;
}

static void set(struct nn_attrs *a, const char *name, int n, int64_t v)
{
	int64_t all[] = {v, v, v, v};

	nn_attrs_set_ints(a, name, n, all);
}

/* groups: 1, 2, or 0 for depthwise */
static int add_conv(struct maker *m, int x, int64_t ci, int64_t co, int64_t groups, int64_t kernel)
{
	int64_t dim[] = {co, 0, kernel, kernel};
	struct nn_attrs attrs = {0};
	int in[] = {x, 0, 0};

	groups = groups ? groups : ci;
	dim[1] = ci / groups;
	in[1] = constant(m, 4, dim, 0);
	in[2] = constant(m, 1, dim, 0);
	set(&attrs, "group", 1, groups);
	set(&attrs, "pads", 4, kernel / 2);
	return add_node(m, "Conv", 2 + (int)below(m, 2), in, co, &attrs);
}

static int add_normalization(struct maker *m, int x, int64_t c)
{
	int in[5] = {x}, i;

	for (i = 1; i < 5; i++)
		in[i] = constant(m, 1, &c, i == 4);
	return add_node(m, "BatchNormalization", 5, in, c, NULL);
}

/* Of two values, or of one and constants, one for each channel. */
static void add_pair(struct maker *m, int x, int64_t c)
{
	const int64_t dim[] = {1, c, 1, 1};
	int in[2] = {x}, i, four = (int)below(m, 2);

	for (i = (int)below(m, m->n); i < m->n && m->c[i] != c; i++)
		;
	in[1] = i < m->n ? m->value[i] : constant(m, 3 + four, dim + !four, 0);
	add_node(m, below(m, 2) ? "Add" : "Mul", 2, in, c, NULL);
}

#endif
