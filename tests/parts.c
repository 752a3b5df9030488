/* SPDX-License-Identifier: ISC */
/*
 * Values and gradients in the place of others: a batch of one, where the parts of a concatenation are
 * made where they will lie, against the same picture in a batch of two, where they cannot be.
 */
#include "randomnet.h"
#include "tap.h"

#include <stdlib.h>

enum { CHANNELS = 16 };

static struct nn_plan *plan_of(struct nn_net *net, const struct wanted *w, int64_t n)
{
	const struct nn_wish wish = {.see = w->see, .nsee = w->nsee, .seed = w->seed,
	                             .nseed = w->nseed, .wrt = w->wrt};
	const int64_t dim[] = {n, CHANNELS, SIDE, SIDE};
	struct nn_tensor in;

	nn_tensor_view(&in, NULL, NN_F32, 4, dim, NULL);
	return nn_plan_new(net, &in, 1, &wish, NULL);
}

/* Both plans run, twice; 0 when the first picture's numbers differ. */
static int same(struct nn_net *net, const struct wanted *w, int *made)
{
	struct nn_plan *one = plan_of(net, w, 1), *two = plan_of(net, w, 2);
	int i, round, good = !one == !two;

	for (round = 0; round < 2 && one && two; round++) {
		*made += round;
		run(one, w);
		run(two, w);
		for (i = 0; i < w->nsee; i++)
			good &= equal(nn_plan_value(one, w->see[i])->data,
			              nn_plan_value(two, w->see[i])->data,
			              nn_tensor_bytes(nn_plan_value(one, w->see[i])));
		if (w->wrt >= 0)
			good &= equal(nn_plan_gradient(one), nn_plan_gradient(two),
			              nn_tensor_bytes(nn_plan_tensor(one, w->wrt)));
	}
	nn_plan_free(one);
	nn_plan_free(two);
	return good;
}

static void test_random(const char *blocks)
{
	int i, wrong = 0, made = 0;
	struct nn_random r;
	struct nn_net *net;
	struct wanted w;

	setenv("NN_BLOCKS", blocks, 1);
	nn_random_init(&r, 3, 0);
	for (i = 0; i < 500; i++) {
		net = random_net(&r, CHANNELS);
		random_wish(&r, net, &w);
		if (!same(net, &w, &made)) {
			printf("# net %d differs\n", i);
			wrong++;
		}
		nn_net_free(net);
	}
	unsetenv("NN_BLOCKS");
	ok(wrong == 0 && made > 400, "NN_BLOCKS=%s: %d of %d random nets differ", blocks, wrong, made);
}

/* x -> a, y = a, x; z = y, b: three parts of one place. */
static void test_places(void)
{
	struct wanted w = {.nsee = 1, .nseed = 1};
	int x, a, b, y, z, in[2], i;
	const char *at[4];
	struct nn_net *net;
	struct nn_plan *p;
	size_t part = CHANNELS * SIDE * SIDE * sizeof(float);

	net = new_net(&x);
	a = add_node(net, "Abs", 1, &x, NULL);
	in[0] = a, in[1] = x;
	y = joined(net, 2, in);
	b = turned(net, x);
	in[0] = y, in[1] = b;
	z = joined(net, 2, in);
	nn_net_finish(net);
	w.see[0] = w.seed[0] = z;
	w.wrt = x;
	p = plan_of(net, &w, 1);
	run(p, &w);
	at[0] = nn_plan_tensor(p, z)->data;
	at[1] = nn_plan_tensor(p, a)->data;
	at[2] = nn_plan_tensor(p, x)->data;
	at[3] = nn_plan_tensor(p, b)->data;
	for (i = 1; i < 4; i++)
		ok(at[i] == at[0] + (size_t)(i - 1) * part, "part %d is made where it will lie", i);
	ok(nn_plan_bytes(p) <= 9 * part, "values and gradients take %zu parts", nn_plan_bytes(p) / part);
	nn_plan_free(p);
	w.nseed = 0;
	w.wrt = -1;
	p = plan_of(net, &w, 1);
	ok(nn_plan_bytes(p) == 3 * part, "values alone take 3 parts");
	nn_plan_free(p);
	p = plan_of(net, &w, 2);
	ok(nn_plan_bytes(p) > 6 * part, "which two pictures cannot share");
	nn_plan_free(p);
	nn_net_free(net);
}

/* Rows that do not write until they have read all, and those that read an input twice. */
static void test_twice(void)
{
	struct wanted w = {.nsee = 1, .nseed = 1};
	int x, a, b, s, in[3], i, wrong = 0, made = 0;
	float keep[CHANNELS * SIDE * SIDE];
	const float *v;
	struct nn_plan *p;
	struct nn_net *net;

	net = new_net(&x);
	a = add_node(net, "Neg", 1, &x, NULL);
	b = add_node(net, "Abs", 1, &x, NULL);
	in[0] = a, in[1] = b, in[2] = a;
	s = add_node(net, "Sum", 3, in, NULL);
	nn_net_finish(net);
	w.see[0] = w.seed[0] = s;
	w.wrt = x;
	p = plan_of(net, &w, 1);
	fill(keep, sizeof keep, 5);
	run(p, &w);
	v = nn_plan_value(p, s)->data;
	for (i = 0; i < (int)NN_LEN(keep); i++)
		wrong += v[i] != -2 * keep[i] + (keep[i] < 0 ? -keep[i] : keep[i]);
	ok(wrong == 0, "-x + |x| - x");
	nn_plan_free(p);
	ok(same(net, &w, &made), "an input that is read twice");
	nn_net_free(net);
}

/* b, the first of its parts, would be overwritten by r, the last of others, half a part further on. */
static void test_overlap(void)
{
	struct wanted w = {.nsee = 2, .wrt = -1};
	int x, b, r, in[2], made = 0;
	struct nn_net *net;

	net = new_net(&x);
	in[0] = b = add_node(net, "Neg", 1, &x, NULL);
	in[1] = some(net, x, 0, CHANNELS / 2);
	w.see[0] = turned(net, joined(net, 2, in));
	r = add_node(net, "Relu", 1, &b, NULL);
	in[0] = some(net, x, 0, CHANNELS / 2);
	in[1] = r;
	w.see[1] = joined(net, 2, in);
	nn_net_finish(net);
	ok(same(net, &w, &made), "a part is not changed in place");
	nn_net_free(net);
}

int main(void)
{
	test_random("0");
	test_random("all");
	test_places();
	test_twice();
	test_overlap();
	return done();
}
