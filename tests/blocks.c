/* SPDX-License-Identifier: ISC */
/*
 * Plans in blocks of channels against plain ones, bit for bit: random nets, and each row that can
 * be in blocks.
 */
#include "randomnet.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 3 };

static struct nn_plan *plan_of(struct nn_net *net, const struct wanted *w, const char *blocks)
{
	const struct nn_wish wish = {.see = w->see, .nsee = w->nsee, .seed = w->seed,
	                             .nseed = w->nseed, .wrt = w->wrt};
	const int64_t dim[] = {BATCH, w->c, SIDE, SIDE};
	struct nn_tensor in;
	struct nn_plan *p;

	setenv("NN_BLOCKS", blocks, 1);
	nn_tensor_view(&in, NULL, NN_F32, 4, dim, NULL);
	p = nn_plan_new(net, &in, 1, &wish, NULL);
	unsetenv("NN_BLOCKS");
	return p;
}

/* lanes past the last channel: looked at after every step, through a row put before the real one */

static struct watch {
	struct nn_op op;
	const struct nn_op *real;
} watched[4 * MOST];
static int64_t used; /* lanes of the last block that hold channels */
static int dirty;    /* numbers found past them */

static void look(const struct nn_tensor *t, const float *x)
{
	int64_t lanes, i, j, area;

	if (!t || t->ndim != 5 || !x)
		return;
	lanes = t->dim[4];
	area = t->dim[2] * t->dim[3];
	for (i = t->dim[1] - 1; i < t->dim[0] * t->dim[1]; i += t->dim[1])
		for (j = 0; j < area * lanes; j++)
			dirty += j % lanes >= used && x[i * area * lanes + j] != 0;
}

static int watched_forward(struct nn_call *c)
{
	int status = ((const struct watch *)c->op)->real->forward(c), i;

	for (i = 0; i < c->nout; i++)
		if (c->out[i])
			look(c->out[i], c->out[i]->data);
	return status;
}

static void watched_backward(struct nn_call *c)
{
	int i;

	((const struct watch *)c->op)->real->backward(c);
	for (i = 0; i < c->nin; i++)
		look(c->in[i], c->gin[i]);
}

static void watch(struct nn_plan *p, int64_t c)
{
	int i;

	used = (c - 1) % nn_kernels()->block->lanes + 1;
	for (i = 0; i < p->nsteps; i++) {
		watched[i].real = p->step[i].call->op;
		watched[i].op = *watched[i].real;
		watched[i].op.forward = watched_forward;
		watched[i].op.backward = watched[i].real->backward ? watched_backward : NULL;
		p->step[i].call->op = &watched[i].op;
	}
}

/*
 * Both plans run; 0 when they differ in a number or in refusing, or a lane is not zero.  *lowered
 * counts the plans with a step in blocks, *made those that were not refused.
 */
static int same(struct nn_net *net, const struct wanted *w, int looks, int *lowered, int *made)
{
	struct nn_plan *plain = plan_of(net, w, "0"), *blocks = plan_of(net, w, "all");
	int i, good = !plain == !blocks;

	dirty = 0;
	if (plain && blocks) {
		*lowered += blocks->nvalues > net->nvalues;
		++*made;
		good &= plain->nvalues == net->nvalues;
		if (looks)
			watch(blocks, w->c);
		run(plain, w);
		run(blocks, w);
		for (i = 0; i < w->nsee; i++)
			good &= equal(nn_plan_value(plain, w->see[i])->data,
			              nn_plan_value(blocks, w->see[i])->data,
			              nn_tensor_bytes(nn_plan_value(plain, w->see[i])));
		if (w->wrt >= 0)
			good &= equal(nn_plan_gradient(plain), nn_plan_gradient(blocks),
			              nn_tensor_bytes(nn_plan_tensor(plain, w->wrt)));
	}
	nn_plan_free(plain);
	nn_plan_free(blocks);
	return good && dirty == 0;
}

static void test_random(int64_t c)
{
	int i, wrong = 0, lowered = 0, made = 0;
	struct nn_random r;
	struct nn_net *net;
	struct wanted w;

	nn_random_init(&r, 11, (uint64_t)c);
	for (i = 0; i < 300; i++) {
		net = random_net(&r, c);
		random_wish(&r, net, &w);
		w.c = c;
		if (!same(net, &w, 1, &lowered, &made)) {
			printf("# net %d differs\n", i);
			wrong++;
		}
		nn_net_free(net);
	}
	ok(wrong == 0, "%lld channels: %d of 300 random nets differ", (long long)c, wrong);
	ok(lowered > 200 && made > 220, "of which %d have blocks, %d are refused", lowered, 300 - made);
}

/* wishes that cross the conversions, on one net: a and b in blocks, t plain between */
static void test_wishes(int64_t c)
{
	struct nn_net *net;
	struct wanted w = {.c = c, .nseed = 2, .nsee = 1};
	int x, a, b, s, t, e, y, i, lowered = 0, made = 0, in[3];
	int wrt[6];

	net = new_net(&x);
	a = add_node(net, "Relu", 1, &x, NULL);
	b = add_node(net, "Neg", 1, &a, NULL);
	in[0] = a, in[1] = b, in[2] = x;
	s = add_node(net, "Sum", 3, in, NULL);
	t = turned(net, s);
	in[0] = s, in[1] = t, in[2] = a;
	e = add_node(net, "Sum", 3, in, NULL);
	y = add_node(net, "Relu", 1, &e, NULL);
	nn_net_finish(net);
	wrt[0] = x, wrt[1] = a, wrt[2] = b, wrt[3] = s, wrt[4] = t, wrt[5] = e;
	for (i = 0; i < 6; i++) {
		w.wrt = w.see[0] = wrt[i];
		w.seed[0] = y;
		w.seed[1] = wrt[i];
		ok(same(net, &w, 1, &lowered, &made), "%lld channels: seed, seen and gradient at %s",
		   (long long)c, net->value[wrt[i]].name);
		w.seed[1] = s;
		w.see[0] = a;
		ok(same(net, &w, 1, &lowered, &made), "%lld channels: gradient at %s, seeds at %s too",
		   (long long)c, net->value[wrt[i]].name, net->value[s].name);
	}
	ok(made == 12 && lowered == 12, "all of them in blocks");
	nn_net_free(net);
}

/* rows, one by one */

static void test_rows(int64_t c)
{
	static const struct {
		const char *op;
		int constant;  /* input 1 is a number, or else x where there are two */
		float number;
		int nin, full; /* full: in blocks only when these are */
	} row[] = {
		{"Abs", 0, 0, 1, 0}, {"Cos", 0, 0, 1, 1}, {"Elu", 0, 0, 1, 0}, {"Exp", 0, 0, 1, 1},
		{"HardSigmoid", 0, 0, 1, 1}, {"HardSwish", 0, 0, 1, 0}, {"LeakyRelu", 0, 0, 1, 0},
		{"Sigmoid", 0, 0, 1, 1}, {"Softplus", 0, 0, 1, 1}, {"Tanh", 0, 0, 1, 0},
		{"Selu", 0, 0, 1, 0}, {"Gelu", 0, 0, 1, 0}, {"Relu", 0, 0, 1, 0},
		{"Add", 1, 0, 2, 0}, {"Add", 1, 2, 2, 1}, {"Sub", 1, 2, 2, 1}, {"Mul", 1, 2, 2, 0},
		{"Div", 1, 2, 2, 0}, {"Pow", 1, 2, 2, 0}, {"Pow", 1, 0, 2, 1}, {"PRelu", 1, .5f, 2, 0},
		{"Clip", 1, -1, 2, 0}, {"Clip", 1, 1, 2, 1}, {"Max", 1, 1, 2, 1}, {"Sum", 1, 1, 2, 1},
		{"Mul", 0, 0, 2, 0}, {"Mean", 0, 0, 2, 0}, {"Dropout", 0, 0, 1, 0},
	};
	int64_t lanes = nn_kernels()->block->lanes;
	int x, in[2], lowered, made, good;
	struct nn_net *net;
	struct wanted w;
	size_t i;

	for (i = 0; i < NN_LEN(row); i++) {
		net = new_net(&x);
		memset(&w, 0, sizeof w);
		in[0] = x;
		in[1] = row[i].constant ? number(net, row[i].number) : x;
		w.see[0] = w.seed[0] = add_node(net, row[i].op, row[i].nin, in, NULL);
		w.nsee = w.nseed = 1;
		w.wrt = x;
		w.c = c;
		nn_net_finish(net);
		lowered = made = 0;
		good = same(net, &w, 1, &lowered, &made) && made;
		ok(good && lowered == (!row[i].full || c % lanes == 0), "%s %d of %lld channels, %s",
		   row[i].op, row[i].constant, (long long)c, lowered ? "in blocks" : "plain");
		nn_net_free(net);
	}
}

/* A constant number for each channel. */
static void test_constants(int64_t c)
{
	static const struct {
		const char *op;
		int full;
	} row[] = {{"Add", 0}, {"Mul", 0}, {"Sub", 0}, {"PRelu", 0}, {"Div", 1}, {"Max", 0}};
	int64_t lanes = nn_kernels()->block->lanes, dim[] = {1, c, 1, 1}, k;
	int x, in[2], lowered, made, good, four;
	struct nn_tensor t;
	struct nn_net *net;
	struct wanted w;
	size_t i;

	for (i = 0; i < 2 * NN_LEN(row); i++) {
		four = i % 2;
		net = new_net(&x);
		memset(&w, 0, sizeof w);
		nn_tensor_init(&t, "k", NN_F32, four ? 4 : 3, four ? dim : dim + 1);
		for (k = 0; k < c; k++)
			((float *)t.data)[k] = (float)(k % 5) - 2.5f;
		in[0] = x;
		in[1] = nn_net_value(net, "k");
		nn_net_constant(net, in[1], &t);
		w.see[0] = w.seed[0] = add_node(net, row[i / 2].op, 2, in, NULL);
		w.nsee = w.nseed = 1;
		w.wrt = x;
		w.c = c;
		nn_net_finish(net);
		lowered = made = 0;
		good = same(net, &w, 1, &lowered, &made) && made;
		ok(good && lowered == (!row[i / 2].full || c % lanes == 0),
		   "%s of %lld channels and constants", row[i / 2].op, (long long)c);
		nn_net_free(net);
	}
}

/* x [n][c][h][w] times its means [n][c][1][1]; these, of one position, are the same both ways. */
static void test_broadcast(int64_t c)
{
	struct nn_net *net;
	struct wanted w = {.c = c, .nsee = 2, .nseed = 1};
	int x, m, g, in[2], lowered = 0, made = 0;

	net = new_net(&x);
	m = add_node(net, "GlobalAveragePool", 1, &x, NULL);
	m = add_node(net, "Relu", 1, &m, NULL);
	in[0] = x, in[1] = m;
	g = add_node(net, "Mul", 2, in, NULL);
	in[0] = g;
	g = add_node(net, "Add", 2, in, NULL);
	w.see[0] = m;
	w.see[1] = w.seed[0] = g;
	w.wrt = x;
	nn_net_finish(net);
	ok(same(net, &w, 1, &lowered, &made) && lowered, "%lld channels: broadcast over positions",
	   (long long)c);
	nn_net_free(net);
}

/* Parts side by side: in blocks where all but the last are of whole ones. */
static void test_concat(int64_t c)
{
	const int64_t lanes = nn_kernels()->block->lanes;
	struct nn_net *net;
	struct wanted w = {.c = c, .nsee = 2, .nseed = 2};
	int x, a, b, y, z, in[3], lowered = 0, made = 0;

	net = new_net(&x);
	a = add_node(net, "Relu", 1, &x, NULL);
	b = add_node(net, "Neg", 1, &x, NULL);
	in[0] = a, in[1] = b, in[2] = a;
	y = joined(net, 3, in);
	in[0] = y, in[1] = b;
	z = joined(net, 2, in);
	z = add_node(net, "Neg", 1, &z, NULL);
	w.see[0] = w.seed[0] = y;
	w.see[1] = w.seed[1] = z;
	w.wrt = x;
	nn_net_finish(net);
	ok(same(net, &w, c % lanes == 0, &lowered, &made) && lowered, "%lld channels: parts",
	   (long long)c);
	nn_net_free(net);
}

int main(void)
{
	int64_t lanes = nn_kernels()->block->lanes;
	const int64_t channels[] = {5, lanes, 2 * lanes + lanes / 2};
	size_t i;

	for (i = 0; i < NN_LEN(channels); i++) {
		test_random(channels[i]);
		test_wishes(channels[i]);
		test_rows(channels[i]);
		test_constants(channels[i]);
		test_broadcast(channels[i]);
		test_concat(channels[i]);
	}
	return done();
}
