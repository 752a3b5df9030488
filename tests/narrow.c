/* SPDX-License-Identifier: ISC */
/*
 * Plans for some channels against plans for all: values and gradients bit for bit, on random nets of
 * convolutions, whole, grouped and depthwise, that branch and join.
 */
#include "convnet.h"
#include "tap.h"

#include <stdlib.h>

enum { BATCH = 3, WISHES = 3 };

static void add_pool(struct maker *m, const char *op, int x, int64_t c)
{
	struct nn_attrs attrs = {0};

	set(&attrs, "kernel_shape", 2, 3);
	set(&attrs, "pads", 4, 1);
	add_node(m, op, 1, &x, c, &attrs);
}

static void add_concat(struct maker *m)
{
	int in[4], n = 2 + (int)below(m, 3), i, k;
	struct nn_attrs attrs = {0};
	int64_t c = 0;

	for (i = 0; i < n; i++) {
		k = (int)below(m, m->n);
		in[i] = m->value[k];
		c += m->c[k];
	}
	set(&attrs, "axis", 1, 1);
	add_node(m, "Concat", n, in, c, &attrs);
}

static void add_any(struct maker *m)
{
	static const char *const unary[] = {"Relu", "Relu", "LeakyRelu", "Sigmoid", "Identity", "Dropout"};
	int64_t lanes = nn_kernels()->block->lanes;
	const int64_t width[] = {lanes, 2 * lanes, 4 * lanes, lanes + 6, 20};
	int64_t back = below(m, 4);
	int k = (int)NN_MAX(m->n - 1 - back, 0), x = m->value[k];
	int64_t c = m->c[k], co = width[below(m, NN_LEN(width))];

	switch (below(m, 12)) {
	case 0:
	case 1:
	case 2:
		x = add_conv(m, x, c, co, 1, below(m, 2) ? 3 : 1);
		if (below(m, 2))
			add_node(m, "Relu", 1, &x, co, NULL);
		break;
	case 3:
		x = add_conv(m, x, c, co, 1, 3);
		x = add_normalization(m, x, co);
		add_node(m, "Relu", 1, &x, co, NULL);
		break;
	case 4:
		add_conv(m, x, c, c, 0, 3);
		break;
	case 5:
		add_conv(m, x, c, co, c % 2 ? 1 : 2, 3);
		break;
	case 6:
	case 7:
		add_concat(m);
		break;
	case 8:
		add_pool(m, below(m, 2) ? "MaxPool" : "AveragePool", x, c);
		break;
	case 9:
		add_pair(m, x, c);
		break;
	case 10:
		add_normalization(m, x, c);
		break;
	default:
		add_node(m, unary[below(m, NN_LEN(unary))], 1, &x, c, NULL);
	}
}

static void make_net(struct maker *m, uint64_t seed)
{
	const int64_t any[] = {-1, CHANNELS, -1, -1};

	memset(m, 0, sizeof *m);
	nn_random_init(&m->random, 21, seed);
	m->side = 5 + below(m, 6);
	m->net = nn_net_new("narrow");
	m->value[0] = nn_net_value(m->net, "x");
	nn_net_input(m->net, m->value[0], NN_F32, 4, any);
	m->c[0] = CHANNELS;
	m->n = 1;
	add_conv(m, m->value[0], CHANNELS, 2 * nn_kernels()->block->lanes, 1, 3);
	while (m->n < VALUES)
		add_any(m);
	nn_net_finish(m->net);
}

/* Values, and channels of them. */
struct wanted {
	int n, value[WISHES], wrt, lone;
	struct nn_channels part[WISHES];
	int64_t channel[BATCH]; /* when lone: of value[i % n] for item i */
};

static void make_wish(struct maker *m, struct wanted *w)
{
	int64_t left, most;
	int i, k;

	memset(w, 0, sizeof *w);
	w->n = below(m, 3) ? 1 : 1 + (int)below(m, WISHES);
	w->wrt = below(m, 4) ? m->value[0] : m->value[1];
	w->lone = below(m, 3) != 0;
	for (i = 0; i < w->n; i++) {
		k = m->n - 1 - i - (int)below(m, 2) * i;
		w->value[i] = m->value[k];
		left = m->c[k];
		w->part[i].first = below(m, left);
		left -= w->part[i].first;
		most = below(m, 3) ? 4 : left;
		w->part[i].count = 1 + below(m, NN_MIN(left, most));
	}
	for (i = 0; i < BATCH; i++) {
		k = i % w->n;
		w->channel[i] = w->part[k].first + below(m, w->part[k].count);
	}
}

static struct nn_plan *plan_of(const struct maker *m, const struct wanted *w, int narrowed)
{
	struct nn_wish wish = {.see = w->value, .nsee = w->n, .seed = w->value, .nseed = w->n,
	                       .wrt = w->wrt, .lone = w->lone};
	const int64_t dim[] = {BATCH, CHANNELS, m->side, m->side};
	struct nn_tensor in;

	if (narrowed)
		wish.see_channels = wish.seed_channels = w->part;
	nn_tensor_view(&in, NULL, NN_F32, 4, dim, NULL);
	return nn_plan_new(m->net, &in, 1, &wish, NULL);
}

/* Number at of a channel's plane: the same in both plans. */
static float gradient_at(const struct wanted *w, int i, int64_t item, int64_t channel, int64_t at)
{
	if (channel < w->part[i].first || channel >= w->part[i].first + w->part[i].count)
		return 0;
	if (w->lone && (item % w->n != i || channel != w->channel[item]))
		return 0;
	return (float)((item * 7 + channel * 13 + at * 29 + i * 5) % 31 - 15) / 16;
}

static int64_t area_of(const struct nn_tensor *t)
{
	return nn_shape_count(t->ndim - 2, t->dim + 2);
}

static void run(struct nn_plan *p, const struct wanted *w, enum nn_relu_rule rule)
{
	struct nn_tensor *in = nn_plan_input(p, 0);
	const struct nn_tensor *t;
	struct nn_random r;
	int64_t k, area, count = nn_tensor_count(in);
	float *x = in->data;
	int i;

	nn_random_init(&r, 3, 0);
	for (k = 0; k < count; k++)
		x[k] = (float)nn_random_uniform(&r) - .5f;
	nn_forward(p);
	for (i = 0; i < w->n; i++) {
		t = nn_plan_value(p, w->value[i]);
		area = area_of(t);
		for (k = 0; k < nn_tensor_count(t); k++)
			nn_plan_seed(p, w->value[i])[k] =
				gradient_at(w, i, k / area / t->dim[1],
				            k / area % t->dim[1] + nn_plan_first_channel(p, w->value[i]),
				            k % area);
	}
	nn_backward(p, rule);
}

/* 0 and -0 are the same here */
static int equal(const float *a, const float *b, int64_t n)
{
	int64_t i;

	for (i = 0; i < n; i++)
		if (!(a[i] == b[i]))
			return 0;
	return 1;
}

static int same_values(struct nn_plan *all, struct nn_plan *some, const struct wanted *w)
{
	const struct nn_tensor *a, *s;
	int64_t item, area, first;
	const float *x, *y;
	int i, good = 1;

	for (i = 0; i < w->n; i++) {
		a = nn_plan_value(all, w->value[i]);
		s = nn_plan_value(some, w->value[i]);
		first = w->part[i].first - nn_plan_first_channel(some, w->value[i]);
		area = area_of(a);
		if (first < 0 || first + w->part[i].count > s->dim[1] || area != area_of(s))
			return 0;
		for (item = 0; item < BATCH; item++) {
			x = (const float *)a->data + (item * a->dim[1] + w->part[i].first) * area;
			y = (const float *)s->data + (item * s->dim[1] + first) * area;
			good &= equal(x, y, w->part[i].count * area);
		}
	}
	return good;
}

static int64_t work(const struct nn_plan *p)
{
	int64_t sum = 0;
	int i;

	for (i = 0; i < p->nsteps; i++)
		sum += nn_call_multiply_adds(p->step[i].call);
	return sum;
}

struct tally {
	int wrong, made, less; /* less: fewer multiply-adds */
};

static void compare(const struct maker *m, const struct wanted *w, enum nn_relu_rule rule,
                    struct tally *t)
{
	struct nn_plan *all = plan_of(m, w, 0), *some = plan_of(m, w, 1);
	int good = !all == !some, round;

	for (round = 0; round < 2 && all && some; round++) {
		run(all, w, rule);
		run(some, w, rule);
		good &= same_values(all, some, w);
		good &= equal(nn_plan_gradient(all), nn_plan_gradient(some),
		              nn_tensor_count(nn_plan_tensor(all, w->wrt)));
	}
	if (all && some) {
		t->made++;
		t->less += work(some) < work(all);
	}
	t->wrong += !good;
	nn_plan_free(all);
	nn_plan_free(some);
}

static void test_random(void)
{
	struct tally t = {0}, before;
	struct maker m;
	struct wanted w;
	int i, j;

	for (i = 0; i < 120; i++) {
		make_net(&m, (uint64_t)i);
		before = t;
		for (j = 0; j < 3; j++) { /* one net, whose packed weights all share */
			make_wish(&m, &w);
			compare(&m, &w, (enum nn_relu_rule)below(&m, 4), &t);
		}
		if (t.wrong > before.wrong)
			printf("# net %d differs\n", i);
		nn_net_free(m.net);
	}
	ok(t.wrong == 0, "%d of 360 plans for some channels differ", t.wrong);
	ok(t.made > 280 && t.less > 80, "%d are made, %d do less", t.made, t.less);
}

static int has_step(const struct nn_plan *p, const struct nn_net *net, int v)
{
	int i;

	for (i = 0; i < p->nsteps; i++)
		if (!strcmp(p->step[i].call->name, nn_layer_name(net, v)))
			return 1;
	return 0;
}

/* ((a, b), c) of x -> root: a channel of b needs no step of a and c, and a vector of b's rows. */
static void test_branches(void)
{
	int64_t lanes = nn_kernels()->block->lanes, wide = 4 * lanes;
	struct wanted w = {.n = 1, .lone = 1};
	struct maker m = {.side = 6};
	struct nn_attrs axis = {0}, same = {0};
	struct nn_plan *all, *some;
	int root, a, b, c, in[2], i;
	struct tally t = {0};

	nn_random_init(&m.random, 1, 0);
	m.net = nn_net_new("branches");
	in[0] = nn_net_value(m.net, "x");
	nn_net_input(m.net, in[0], NN_F32, 4, (int64_t[]){-1, CHANNELS, -1, -1});
	m.value[m.n++] = in[0];
	root = add_conv(&m, in[0], CHANNELS, lanes, 1, 3);
	a = add_conv(&m, root, lanes, wide, 1, 1);
	b = add_conv(&m, root, lanes, wide, 1, 3);
	c = add_conv(&m, root, lanes, wide, 1, 1);
	set(&axis, "axis", 1, 1);
	set(&same, "axis", 1, 1);
	in[0] = a, in[1] = b;
	in[0] = add_node(&m, "Concat", 2, in, 2 * wide, &axis);
	in[1] = c;
	w.value[0] = add_node(&m, "Concat", 2, in, 3 * wide, &same);
	nn_net_finish(m.net);
	w.wrt = m.value[0];
	w.part[0] = (struct nn_channels){wide + 2, 1};
	for (i = 0; i < BATCH; i++)
		w.channel[i] = wide + 2;
	all = plan_of(&m, &w, 0);
	some = plan_of(&m, &w, 1);
	ok(has_step(all, m.net, a) && has_step(all, m.net, c) && has_step(some, m.net, b) &&
	   !has_step(some, m.net, a) && !has_step(some, m.net, c), "other branches are left out");
	ok(nn_plan_value(some, w.value[0])->dim[1] == lanes &&
	   nn_plan_first_channel(some, w.value[0]) == wide, "of this one, a vector of rows is made");
	nn_plan_free(all);
	nn_plan_free(some);
	w.lone = 0;
	some = plan_of(&m, &w, 1);
	ok(nn_plan_value(some, w.value[0])->dim[1] == wide, "or all, where sums may be over several");
	nn_plan_free(some);
	w.lone = 1;
	w.wrt = a;
	compare(&m, &w, NN_RELU_PLAIN, &t);
	ok(t.wrong == 0 && t.made == 1, "the gradient to another branch is zero");
	nn_net_free(m.net);
}

/* Means of maps as classes, and classes made of these. */
static void test_classes(void)
{
	static const char *const view[] = {"Flatten", "Squeeze", "Flatten"};
	int64_t lanes = nn_kernels()->block->lanes, c = 5 * lanes + 1, two = 2, axes[] = {2, 3};
	struct wanted w = {.n = 1, .lone = 1, .part = {{5 * lanes, 1}}};
	struct tally t = {0};
	struct nn_attrs rows = {0};
	struct nn_tensor at;
	struct maker m;
	int in[3], i, k;

	for (k = 0; k < BATCH; k++)
		w.channel[k] = 5 * lanes;
	set(&rows, "transB", 1, 1);
	for (i = 0; i < 3; i++) {
		memset(&m, 0, sizeof m);
		nn_random_init(&m.random, 3, 0);
		m.side = 6;
		m.net = nn_net_new("classes");
		w.wrt = in[0] = nn_net_value(m.net, "x");
		nn_net_input(m.net, in[0], NN_F32, 4, (int64_t[]){-1, CHANNELS, -1, -1});
		in[0] = add_conv(&m, in[0], CHANNELS, lanes, 1, 3);
		in[0] = add_conv(&m, in[0], lanes, c, 1, 1);
		in[0] = add_node(&m, "GlobalAveragePool", 1, in, c, NULL);
		nn_tensor_init(&at, "axes", NN_I64, 1, &two);
		memcpy(at.data, axes, sizeof axes);
		in[1] = nn_net_value(m.net, "axes");
		nn_net_constant(m.net, in[1], &at);
		in[0] = add_node(&m, view[i], 1 + i % 2, in, c, NULL);
		in[1] = constant(&m, 2, (int64_t[]){c, c}, 0);
		in[2] = constant(&m, 1, &c, 0);
		w.value[0] = i < 2 ? in[0] : add_node(&m, "Gemm", 3, in, c, &rows);
		nn_net_finish(m.net);
		compare(&m, &w, NN_RELU_PLAIN, &t);
		nn_net_free(m.net);
	}
	ok(t.wrong == 0 && t.less == 3, "a class is a row of the last convolution or product");
}

int main(void)
{
	test_random();
	test_branches();
	test_classes();
	return done();
}
