/* SPDX-License-Identifier: ISC */
/*
 * Plans for one position against plans for the whole map: the values there and the gradient, on nets
 * with strides and padding, for each position.
 */
#include "convnet.h"
#include "tap.h"

#include <math.h>
#include <stdlib.h>

enum { BATCH = 2 };

static void add_window(struct maker *m, const char *op, int64_t co)
{
	int k = m->n - 1, ndim = 4, nin = 1;
	int64_t kernel = 1 + below(m, 4), dim[] = {co, m->c[k], kernel, kernel};
	struct nn_attrs attrs = {0};
	int in[2] = {m->value[k], 0};

	if (co) {
		in[1] = constant(m, ndim, dim, 0);
		nin = 2;
	} else {
		set(&attrs, "kernel_shape", 2, kernel);
		set(&attrs, "ceil_mode", 1, below(m, 2));
	}
	set(&attrs, "strides", 2, 1 + below(m, 2));
	set(&attrs, "pads", 4, below(m, kernel));
	add_node(m, op, nin, in, co ? co : m->c[k], &attrs);
}

/* Two branches of one size. */
static void add_branches(struct maker *m)
{
	int64_t lanes = nn_kernels()->block->lanes;
	int x = m->value[m->n - 1], in[2];
	int64_t c = m->c[m->n - 1];
	struct nn_attrs axis = {0};

	in[0] = add_conv(m, x, c, lanes, 1, 3);
	in[1] = add_conv(m, x, c, lanes, 1, 1);
	set(&axis, "axis", 1, 1);
	add_node(m, "Concat", 2, in, 2 * lanes, &axis);
}

static void add_step(struct maker *m)
{
	static const char *const pool[] = {"MaxPool", "AveragePool"};

	switch (below(m, 5)) {
	case 0:
		add_branches(m);
		break;
	case 1:
		add_window(m, pool[below(m, 2)], 0);
		break;
	case 2:
		add_normalization(m, m->value[m->n - 1], m->c[m->n - 1]);
		add_node(m, "Relu", 1, &m->value[m->n - 1], m->c[m->n - 1], NULL);
		break;
	case 3:
		add_pair(m, m->value[m->n - 1], m->c[m->n - 1]);
		break;
	default:
		add_window(m, "Conv", 16);
		add_node(m, "Relu", 1, &m->value[m->n - 1], m->c[m->n - 1], NULL);
	}
}

static void make_net(struct maker *m, uint64_t seed)
{
	const int64_t any[] = {-1, CHANNELS, -1, -1};

	memset(m, 0, sizeof *m);
	nn_random_init(&m->random, 4, seed);
	m->side = 30 + below(m, 20);
	m->net = nn_net_new("crop");
	m->value[0] = nn_net_value(m->net, "x");
	nn_net_input(m->net, m->value[0], NN_F32, 4, any);
	m->c[0] = CHANNELS;
	m->n = 1;
	while (m->n < 7)
		add_step(m);
	nn_net_finish(m->net);
}

struct look {
	int value;
	struct nn_channels part;
	int64_t at[2];
};

static struct nn_plan *plan_of(const struct maker *m, const struct look *l, int some)
{
	struct nn_wish wish = {.see = &l->value, .nsee = 1, .seed = &l->value, .nseed = 1, .lone = 1,
	                       .wrt = m->value[0]};
	const int64_t dim[] = {BATCH, CHANNELS, m->side, m->side + 3};
	struct nn_tensor in;

	if (some) {
		wish.position = l->at;
		wish.see_channels = wish.seed_channels = &l->part;
	}
	nn_tensor_view(&in, NULL, NN_F32, 4, dim, NULL);
	return nn_plan_new(m->net, &in, 1, &wish, NULL);
}

/* Forward, a gradient at the one place, backward; value: of each item there. */
static void run(struct nn_plan *p, const struct look *l, float value[BATCH])
{
	struct nn_tensor *in = nn_plan_input(p, 0);
	const struct nn_tensor *t;
	int64_t at[2], whole[2], i, k, count = nn_tensor_count(in);
	struct nn_random r;
	float *seed;

	nn_random_init(&r, 5, 0);
	for (i = 0; i < count; i++)
		((float *)in->data)[i] = (float)nn_random_uniform(&r) - .5f;
	nn_forward(p);
	t = nn_plan_value(p, l->value);
	seed = nn_plan_seed(p, l->value);
	memset(seed, 0, nn_tensor_bytes(t));
	if (!nn_plan_map(p, at, whole))
		at[0] = at[1] = 0;
	for (i = 0; i < BATCH; i++) {
		k = l->part.first - nn_plan_first_channel(p, l->value) + i * t->dim[1];
		k = (k * t->dim[2] + l->at[0] - at[0]) * t->dim[3] + l->at[1] - at[1];
		value[i] = ((const float *)t->data)[k];
		seed[k] = (float)(i + 1);
	}
	nn_backward(p, NN_RELU_PLAIN);
}

/* The largest difference against the largest number. */
static double apart(const float *a, const float *b, int64_t n)
{
	double most = 0, worst = 0;
	int64_t i;

	for (i = 0; i < n; i++) {
		most = fmax(most, fabs((double)a[i]));
		worst = isfinite(b[i]) ? fmax(worst, fabs((double)a[i] - b[i])) : INFINITY;
	}
	return worst == 0 ? 0 : worst / most;
}

struct tally {
	int made, cropped;
	double worst;
};

static void compare(const struct maker *m, const struct look *l, struct tally *t)
{
	struct nn_plan *all = plan_of(m, l, 0), *some = plan_of(m, l, 1);
	int64_t at[2], whole[2];
	float a[BATCH], b[BATCH];

	t->made++;
	if (!all || !some) {
		t->worst = INFINITY;
		return;
	}
	run(all, l, a);
	run(some, l, b);
	t->worst = fmax(t->worst, apart(a, b, BATCH));
	t->worst = fmax(t->worst, apart(nn_plan_gradient(all), nn_plan_gradient(some),
	                                nn_tensor_count(nn_plan_value(all, m->value[0]))));
	if (nn_plan_map(some, at, whole)) {
		t->cropped++;
		if (whole[0] != nn_plan_value(all, l->value)->dim[2])
			t->worst = INFINITY;
	}
	nn_plan_free(all);
	nn_plan_free(some);
}

/* Positions at all edges and within, of the map of the last value. */
static void try_positions(struct maker *m, struct tally *t)
{
	struct look l = {.value = m->value[m->n - 1], .part = {below(m, m->c[m->n - 1]), 1}};
	struct nn_plan *p = plan_of(m, &l, 0);
	int64_t h = 0, w = 0;
	int i;

	if (p) {
		h = nn_plan_value(p, l.value)->dim[2];
		w = nn_plan_value(p, l.value)->dim[3];
	}
	nn_plan_free(p);
	for (i = 0; i < 9 && h && w; i++) {
		l.at[0] = i / 3 == 0 ? 0 : i / 3 == 1 ? below(m, h) : h - 1;
		l.at[1] = i % 3 == 0 ? 0 : i % 3 == 1 ? below(m, w) : w - 1;
		compare(m, &l, t);
	}
}

static void test_random(const char *algorithm, double tolerance)
{
	struct tally t = {0};
	struct maker m;
	double before;
	int i;

	if (algorithm)
		setenv("NN_CONV", algorithm, 1);
	for (i = 0; i < 60; i++) {
		before = t.worst;
		make_net(&m, (uint64_t)i);
		try_positions(&m, &t);
		if (t.worst > tolerance && before <= tolerance)
			printf("# net %d is %g apart\n", i, t.worst);
		nn_net_free(m.net);
	}
	unsetenv("NN_CONV");
	ok(t.worst <= tolerance, "%s: at most %g apart, want %g", algorithm ? algorithm : "as chosen",
	   t.worst, tolerance);
	ok(t.made > 400 && t.cropped > 200, "%d of %d plans see a part of the picture", t.cropped,
	   t.made);
}

/* One that looks at all of the picture sees all of it. */
static void test_whole(void)
{
	struct maker m = {.side = 40};
	struct look l = {.part = {0, 1}};
	struct nn_plan *p;
	int64_t at[2], whole[2];
	int in[2], product;

	nn_random_init(&m.random, 6, 0);
	m.net = nn_net_new("whole");
	in[0] = nn_net_value(m.net, "x");
	nn_net_input(m.net, in[0], NN_F32, 4, (int64_t[]){-1, CHANNELS, -1, -1});
	m.value[m.n++] = in[0];
	in[0] = add_conv(&m, in[0], CHANNELS, 16, 1, 3);
	in[1] = add_node(&m, "GlobalAveragePool", 1, in, 16, NULL);
	product = add_node(&m, "Mul", 2, in, 16, NULL);
	nn_net_finish(m.net);
	l.value = in[0];
	p = plan_of(&m, &l, 1);
	ok(p && nn_plan_map(p, at, whole), "a convolution sees a part");
	nn_plan_free(p);
	l.value = product;
	p = plan_of(&m, &l, 1);
	ok(p && !nn_plan_map(p, at, whole), "times a mean over the map it sees all");
	nn_plan_free(p);
	nn_net_free(m.net);
}

int main(void)
{
	test_random("direct", 0);
	test_random("gemm", 0);
	test_random(NULL, 1e-5);
	test_whole();
	return done();
}
