/* SPDX-License-Identifier: ISC */
/* Random nets of small integers, whose sums are exact in any order, and wishes for their plans. */
#ifndef RANDOMNET_H
#define RANDOMNET_H

#include "plan.h"

#include <string.h>

enum { SIDE = 4, MOST = 24 };

static int add_node(struct nn_net *net, const char *op, int nin, const int *in,
                    struct nn_attrs *attrs)
{
	char name[32];
	int out;

	snprintf(name, sizeof name, "%s%d", op, net->nnodes);
	out = nn_net_value(net, name);
	nn_net_node(net, nn_op_find(op), name, nin, in, 1, &out, attrs);
	return out;
}

static int number(struct nn_net *net, float v)
{
	const int64_t one = 1;
	struct nn_tensor t;
	char name[32];
	int value;

	snprintf(name, sizeof name, "number%d", net->nvalues);
	nn_tensor_init(&t, name, NN_F32, 1, &one);
	*(float *)t.data = v;
	value = nn_net_value(net, name);
	nn_net_constant(net, value, &t);
	return value;
}

static int integer(struct nn_net *net, int64_t v)
{
	const int64_t one = 1;
	struct nn_tensor t;
	char name[32];
	int value;

	snprintf(name, sizeof name, "integer%d", net->nvalues);
	nn_tensor_init(&t, name, NN_I64, 1, &one);
	*(int64_t *)t.data = v;
	value = nn_net_value(net, name);
	nn_net_constant(net, value, &t);
	return value;
}

static struct nn_net *new_net(int *x)
{
	const int64_t any[] = {-1, -1, -1, -1};
	struct nn_net *net = nn_net_new("blocks");

	*x = nn_net_value(net, "x");
	nn_net_input(net, *x, NN_F32, 4, any);
	return net;
}

/* Square planes turned over: a row that is never in blocks, and keeps the shape. */
static int turned(struct nn_net *net, int v)
{
	const int64_t perm[] = {0, 1, 3, 2};
	struct nn_attrs attrs = {0};

	nn_attrs_set_ints(&attrs, "perm", 4, perm);
	return add_node(net, "Transpose", 1, &v, &attrs);
}

/* Values side by side along the channels. */
static int joined(struct nn_net *net, int nin, const int *in)
{
	const int64_t axis = 1;
	struct nn_attrs attrs = {0};

	nn_attrs_set_ints(&attrs, "axis", 1, &axis);
	return add_node(net, "Concat", nin, in, &attrs);
}

/* Channels of v, from first on. */
static int some(struct nn_net *net, int v, int64_t first, int64_t c)
{
	int in[4];

	in[0] = v;
	in[1] = integer(net, first);
	in[2] = integer(net, first + c);
	in[3] = integer(net, 1);
	return add_node(net, "Slice", 4, in, NULL);
}

struct wanted {
	int see[MOST], nsee, seed[MOST], nseed, wrt;
	enum nn_relu_rule rule;
	int64_t c;
};

static void fill(float *x, size_t bytes, uint64_t seed)
{
	struct nn_random random;
	size_t i;

	nn_random_init(&random, seed, 0);
	for (i = 0; i < bytes / sizeof *x; i++)
		x[i] = (float)(nn_random_below(&random, 7) - 3);
}

/* Forward and backward. */
static void run(struct nn_plan *p, const struct wanted *w)
{
	int i;

	fill(nn_plan_input(p, 0)->data, nn_tensor_bytes(nn_plan_input(p, 0)), 5);
	nn_forward(p);
	for (i = 0; i < w->nseed; i++)
		fill(nn_plan_seed(p, w->seed[i]), nn_tensor_bytes(nn_plan_value(p, w->seed[i])),
		     6 + (uint64_t)i);
	if (w->wrt >= 0)
		nn_backward(p, w->rule);
}

static inline int equal(const float *a, const float *b, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes / sizeof *a; i++)
		if (!(a[i] == b[i])) /* 0 and -0 are the same here */
			return 0;
	return 1;
}

static int any(struct nn_random *r, const int *v, int n)
{
	return v[nn_random_below(r, n)];
}

/* Of x [n][c][SIDE][SIDE]. */
static inline struct nn_net *random_net(struct nn_random *r, int64_t c)
{
	static const char *const op[] = {"Relu", "Add", "Add", "Sub", "Neg", "Max", "Min", "Sum",
	                                 "Clip", "Identity", "Dropout", "Relu", "Mul"};
	static const int inputs[] = {1, 2, 2, 2, 1, 2, 3, 3, 3, 1, 1, 1, 2};
	int v[10], in[3], n, i, k;
	struct nn_net *net = new_net(&v[0]);

	for (n = 1; n < (int)NN_LEN(v); n++) {
		for (i = 0; i < 3; i++)
			in[i] = any(r, v, n);
		k = (int)nn_random_below(r, NN_LEN(op) + 4);
		if (k >= (int)NN_LEN(op)) {
			v[n] = k < (int)NN_LEN(op) + 2 ? turned(net, in[0])
			     : some(net, joined(net, 2 + k % 2, in), c / 2, c);
			continue;
		}
		if (!strcmp(op[k], "Clip")) {
			in[1] = number(net, -2);
			in[2] = number(net, 9);
		} else if (!strcmp(op[k], "Mul")) {
			in[1] = number(net, -2);
		}
		v[n] = add_node(net, op[k], inputs[k], in, NULL);
	}
	nn_net_finish(net);
	return net;
}

/* No value twice, as seeds. */
static inline void random_wish(struct nn_random *r, const struct nn_net *net, struct wanted *w)
{
	int i, v, last = net->nnodes - 1;

	memset(w, 0, sizeof *w);
	w->wrt = net->input[0].value;
	for (i = 0; i <= last; i++) {
		v = net->node[i].out[0];
		if (i == last || nn_random_below(r, 4) == 0)
			w->see[w->nsee++] = v;
		if (i == last || nn_random_below(r, 4) == 0)
			w->seed[w->nseed++] = v;
		if (nn_random_below(r, 10) == 0)
			w->wrt = v;
	}
	if (nn_random_below(r, 4) == 0) {
		w->wrt = -1;
		w->nseed = 0;
	}
	w->rule = (enum nn_relu_rule)nn_random_below(r, 4);
}

#endif
