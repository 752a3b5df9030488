/* SPDX-License-Identifier: ISC */
/*
 * Rows that do what follows them (factors and terms per channel, a Relu) against the same rows one by
 * one: values, and the gradient by each rule; the second plan looks at every value, so that nothing
 * is absorbed.
 */
#include "randomnet.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>

enum { BATCH = 2 };

/* a chain: the first row, and what follows, by the initials of Mul, Add, Relu; of a number or c */
static const struct chain {
	const char *op, *next;
	int absorbed; /* how many of next */
} chain[] = {
	{"BatchNormalization", "", 0}, {"BatchNormalization", "r", 1},
	{"BatchNormalization", "mar", 3}, {"BatchNormalization", "amr", 3},
	{"BatchNormalization", "MAr", 3}, {"BatchNormalization", "mMar", 4},
	{"BatchNormalization", "mra", 2}, {"BatchNormalization", "rr", 1},
	{"Add", "r", 1}, {"Sum", "r", 1}, {"Sum", "rr", 1}, {"Sum", "mr", 0}, {"Add", "ar", 1},
};

/* A constant [1][c][1][1] or [c] of multiples of 1/2, of both signs when least is negative. */
static int constant(struct nn_net *net, int ndim, int64_t c, float least)
{
	const int64_t dim[] = {ndim == 4 ? 1 : c, c, 1, 1};
	struct nn_tensor t;
	char name[32];
	int64_t i;
	int value;

	snprintf(name, sizeof name, "constant%d", net->nvalues);
	nn_tensor_init(&t, name, NN_F32, ndim, dim);
	for (i = 0; i < c; i++)
		((float *)t.data)[i] = (float)((i * 5 + net->nvalues) % 7) / 2 + least;
	value = nn_net_value(net, name);
	nn_net_constant(net, value, &t);
	return value;
}

static int first_row(struct nn_net *net, const char *op, int x, int64_t c)
{
	int in[5] = {x}, n;

	if (!strcmp(op, "BatchNormalization")) {
		for (n = 1; n < 5; n++) /* the last is a variance */
			in[n] = constant(net, 1, c, n < 4 ? -1.25f : .5f);
		return add_node(net, op, 5, in, NULL);
	}
	in[0] = add_node(net, "Tanh", 1, &x, NULL);
	in[1] = add_node(net, "Neg", 1, &x, NULL);
	return add_node(net, op, 2, in, NULL);
}

static int next_row(struct nn_net *net, char next, int v, int64_t c, int left)
{
	int in[2];

	if (next == 'r')
		return add_node(net, "Relu", 1, &v, NULL);
	in[left] = v;
	in[!left] = constant(net, 4, next == 'M' || next == 'A' ? 1 : c, -1.25f);
	return add_node(net, next == 'm' || next == 'M' ? "Mul" : "Add", 2, in, NULL);
}

static struct nn_plan *plan_of(struct nn_net *net, const struct wanted *w)
{
	const struct nn_wish wish = {.see = w->see, .nsee = w->nsee, .seed = w->seed,
	                             .nseed = w->nseed, .wrt = w->wrt};
	const int64_t dim[] = {BATCH, w->c, SIDE, SIDE};
	struct nn_tensor in;

	nn_tensor_view(&in, NULL, NN_F32, 4, dim, NULL);
	return nn_plan_new(net, &in, 1, &wish, NULL);
}

static int near(const float *a, const float *b, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes / sizeof *a; i++)
		if (!(fabsf(a[i] - b[i]) <= 1e-5f * (1 + fabsf(a[i]))))
			return 0;
	return 1;
}

/* Rows of the net that both plans have to run. */
static int rows_of(const struct nn_plan *p)
{
	int i, n = 0;

	for (i = 0; i < p->nsteps; i++)
		n += nn_op_find(p->step[i].call->op->name) != NULL;
	return n;
}

static void test(const struct chain *k, int64_t c, const char *blocks)
{
	struct wanted w = {.c = c, .nsee = 1, .nseed = 1}, all;
	struct nn_plan *few, *many;
	struct nn_net *net;
	int x, v, i, good;

	net = new_net(&x);
	v = first_row(net, k->op, x, c);
	all = w;
	for (i = 0, all.nsee = 0; k->next[i]; i++) {
		all.see[all.nsee++] = v;
		v = next_row(net, k->next[i], v, c, i % 2);
	}
	all.see[all.nsee++] = v;
	nn_net_finish(net);
	w.see[0] = w.seed[0] = all.seed[0] = v;
	w.wrt = all.wrt = x;
	setenv("NN_BLOCKS", blocks, 1);
	few = plan_of(net, &w);
	many = plan_of(net, &all);
	unsetenv("NN_BLOCKS");
	good = few && many && rows_of(few) + k->absorbed == rows_of(many);
	for (i = 0; good && i < 4; i++) {
		w.rule = all.rule = (enum nn_relu_rule)i;
		run(few, &w);
		run(many, &all);
		good = near(nn_plan_value(many, v)->data, nn_plan_value(few, v)->data,
		            nn_tensor_bytes(nn_plan_value(few, v))) &&
		       near(nn_plan_gradient(many), nn_plan_gradient(few),
		            nn_tensor_bytes(nn_plan_tensor(few, x)));
	}
	ok(good, "%s, then '%s': %d absorbed, %lld channels, blocks %s", k->op, k->next, k->absorbed,
	   (long long)c, blocks);
	nn_plan_free(few);
	nn_plan_free(many);
	nn_net_free(net);
}

/* Two of them read x, and x has a seed: their gradients are added to it. */
static void test_fork(int64_t c, const char *blocks)
{
	struct wanted w = {.c = c, .nsee = 3, .nseed = 3};
	const float *k[2][2], *gx;
	float *seed[3];
	struct nn_plan *p;
	struct nn_net *net;
	int64_t i, ch, n = BATCH * c * SIDE * SIDE;
	int x, j, good = 1;
	double want;

	net = new_net(&x);
	w.wrt = w.see[0] = w.seed[0] = x;
	for (j = 0; j < 2; j++) {
		w.see[j + 1] = w.seed[j + 1] = first_row(net, "BatchNormalization", x, c);
		k[j][0] = net->value[net->node[j].in[1]].constant.data;
		k[j][1] = net->value[net->node[j].in[4]].constant.data;
	}
	nn_net_finish(net);
	setenv("NN_BLOCKS", blocks, 1);
	p = plan_of(net, &w);
	unsetenv("NN_BLOCKS");
	run(p, &w); /* the seeds are made again: backward() may have used their place */
	for (j = 0; j < 3; j++) {
		seed[j] = nn_alloc((size_t)n * sizeof *seed[j]);
		fill(seed[j], (size_t)n * sizeof *seed[j], 6 + (uint64_t)j);
	}
	gx = nn_plan_gradient(p);
	for (i = 0; i < n; i++) {
		ch = i / (SIDE * SIDE) % c;
		want = seed[0][i];
		for (j = 0; j < 2; j++)
			want += seed[j + 1][i] * k[j][0][ch] / sqrt(k[j][1][ch] + 1e-5);
		good &= fabs(want - gx[i]) < 1e-4;
	}
	ok(good, "gradients of a fork of %lld channels are added, blocks %s", (long long)c, blocks);
	for (j = 0; j < 3; j++)
		free(seed[j]);
	nn_plan_free(p);
	nn_net_free(net);
}

int main(void)
{
	int64_t lanes = nn_kernels()->block->lanes;
	const int64_t channels[] = {1, 5, 2 * lanes};
	size_t i, j;

	for (i = 0; i < NN_LEN(chain); i++)
		for (j = 0; j < NN_LEN(channels); j++) {
			test(&chain[i], channels[j], "0");
			test(&chain[i], channels[j], "all");
		}
	for (j = 0; j < NN_LEN(channels); j++) {
		test_fork(channels[j], "0");
		test_fork(channels[j], "all");
	}
	return done();
}
