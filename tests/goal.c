/* SPDX-License-Identifier: ISC */
/* Units and goals from text, on a net whose layers have awkward names; the loop on it. */
#include "vis.h"
#include "tap.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

static const int64_t picture[4] = {1, 3, 8, 10};

static void node(struct nn_net *net, const char *op, const char *name, const char *a, const char *b,
		 struct nn_attrs *attrs)
{
	int in[2], made, n = 0;

	in[n++] = nn_net_value(net, a);
	if (b)
		in[n++] = nn_net_value(net, b);
	made = nn_net_value(net, name);
	nn_net_node(net, nn_op_find(op), name, n, in, 1, &made, attrs);
}

static struct nn_net *awkward(void)
{
	static const int64_t free4[] = {-1, 3, -1, -1};
	const int64_t one = 1;
	struct nn_net *net = nn_net_new("awkward");
	struct nn_attrs axis = {0};

	nn_net_input(net, nn_net_value(net, "data"), NN_F32, 4, free4);
	nn_attrs_set_ints(&axis, "axis", 1, &one);
	node(net, "Sigmoid", "a", "data", NULL, NULL);
	node(net, "Relu", "a:1", "data", NULL, NULL);
	node(net, "Relu", "a@1,2", "a:1", NULL, NULL);
	node(net, "Concat", "fire1/cat", "a", "a:1", &axis);
	node(net, "Relu", "fire2/cat", "fire1/cat", NULL, NULL);
	node(net, "GlobalAveragePool", "pool", "fire2/cat", NULL, NULL);
	node(net, "Flatten", "logits", "pool", NULL, NULL);
	node(net, "Softmax", "prob", "logits", NULL, NULL);
	nn_net_output(net, nn_net_value(net, "prob"));
	nn_net_label(net, "tabby, tabby cat");
	nn_net_label(net, "tench");
	nn_net_label(net, "tiger");
	nn_net_label(net, "dog");
	nn_net_label(net, "pear");
	nn_net_label(net, "car");
	if (nn_net_finish(net) < 0)
		ok(0, "net: %s", nn_error());
	return net;
}

/* The units that text means, as their texts between spaces; or the message. */
static void unit(struct nn_net *net, const char *text, const char *want)
{
	struct nn_unit *units = NULL;
	char *have = nn_strdup(""), *longer;
	int i, n = 0;

	if (nn_units_parse(net, picture, text, &units, &n) < 0) {
		ok(strncmp(want, "! ", 2) == 0 && strstr(nn_error(), want + 2) && n == 0,
		   "unit '%s': %s", text, nn_error());
		free(have);
		return;
	}
	for (i = 0; i < n; i++, have = longer) {
		longer = nn_asprintf("%s%s%s", have, i ? " " : "", units[i].text);
		free(have);
	}
	ok(strcmp(have, want) == 0, "unit '%s' is %s", text, have);
	free(have);
	nn_units_free(units, n);
}

static void test_units(struct nn_net *net)
{
	unit(net, "fire1/cat:3", "fire1/cat:3");
	unit(net, "fire1/cat:1-2,5,0", "fire1/cat:1 fire1/cat:2 fire1/cat:5 fire1/cat:0");
	unit(net, "fire1/cat:-3", "fire1/cat:-3");
	unit(net, "fire1/cat:3,-3", "fire1/cat:3 fire1/cat:-3");
	unit(net, "fire1/cat:-0-1", "fire1/cat:-0 fire1/cat:-1");
	unit(net, "a:*", "a:0 a:1 a:2");
	unit(net, "a:-*", "a:-0 a:-1 a:-2");
	unit(net, "a", "a:0 a:1 a:2");
	unit(net, "fire?/cat:5", "fire1/cat:5 fire2/cat:5");
	unit(net, "fire2/cat:4@7,9", "fire2/cat:4@7,9");
	unit(net, "fire2/cat:-4@0,0", "fire2/cat:-4@0,0");
	/* the longest name that exists */
	unit(net, "a:1", "a:1:0 a:1:1 a:1:2");
	unit(net, "a:2", "a:2");
	unit(net, "a:1:2", "a:1:2");
	unit(net, "a@1,2", "a@1,2:0 a@1,2:1 a@1,2:2");
	unit(net, "a@1,2:1", "a@1,2:1");
	unit(net, "a@1,2:1@3,4", "a@1,2:1@3,4");
	unit(net, "a:0@1,2", "a:0@1,2");
	unit(net, "logits:5", "logits:5");
	unit(net, "fire1/cat:6", "! layer 'fire1/cat' has 6 channels, from 0: no 6");
	unit(net, "fire?/cat:6", "! has 6 channels");
	unit(net, "fire2/cat:0@8,0", "! has 8 x 10 positions");
	unit(net, "logits:0@0,1", "! has 1 x 1 positions");
	unit(net, "fire3/cat:1", "! no layer 'fire3/cat': did you mean");
	unit(net, "a:x", "! channels 'x'");
	unit(net, "a:", "! channels ''");
	unit(net, "a:3-1", "! channels '3-1'");
	unit(net, "a:0,", "! channels '0,'");
	unit(net, "a:99999999999999999999", "! channels '9999");
	unit(net, "", "! no layer ''");
	unit(net, ":", "! no layer ''");
	unit(net, "@1,2", "! no layer");
}

/* The one goal that text means: "TEXT | NAME", or the message. */
static void goal(struct nn_net *net, const char *text, const char *want)
{
	struct nn_goal *goals = NULL;
	char *have;
	int n = 0;

	if (nn_goals_parse(net, picture, text, &goals, &n) < 0) {
		ok(strncmp(want, "! ", 2) == 0 && strstr(nn_error(), want + 2) && n == 0,
		   "goal '%s': %s", text, nn_error());
		return;
	}
	have = nn_asprintf("%s | %s", goals[0].text, goals[0].name);
	ok(n == 1 && strcmp(have, want) == 0, "goal '%s' is %s", text, have);
	free(have);
	nn_goals_free(goals, n);
}

static void test_goals(struct nn_net *net)
{
	goal(net, "fire1/cat:3", "channel(fire1/cat:3) | fire1/cat:3");
	goal(net, "fire1/cat:-3", "-channel(fire1/cat:3) | fire1/cat:-3");
	goal(net, "fire1/cat:3@1,2", "neuron(fire1/cat:3@1,2) | fire1/cat:3@1,2");
	goal(net, "channel(fire1/cat:3)", "channel(fire1/cat:3) | channel(fire1/cat:3)");
	goal(net, "-channel(fire1/cat:3)", "-channel(fire1/cat:3) | -channel(fire1/cat:3)");
	goal(net, "channel(fire1/cat:-3)", "-channel(fire1/cat:3) | -channel(fire1/cat:3)");
	goal(net, "neuron(a:1:2)", "neuron(a:1:2) | neuron(a:1:2)");
	goal(net, "logit(tench)", "logit(1) | logit(tench)");
	goal(net, "logit(tabby cat)", "logit(0) | logit(tabby)");
	goal(net, "logit(5)", "logit(5) | logit(car)");
	goal(net, "deepdream(a@1,2)", "deepdream(a@1,2) | deepdream(a@1,2)");
	goal(net, " channel(a:0)-0.5*channel(a:2) + 2 * logit(1)",
	     "channel(a:0) - 0.5*channel(a:2) + 2*logit(1) | "
	     "channel(a:0) - 0.5*channel(a:2) + 2*logit(tench)");
	goal(net, "- -1*logit(1) - -logit(2)", "logit(1) + logit(2) | logit(tench) + logit(tiger)");
	goal(net, "channel(a:0-1)", "! want one unit, 'a:0-1' is 2");
	goal(net, "channel(a:0@1,1)", "! write neuron(a:0@1,1)");
	goal(net, "chanel(a:0)", "! no objective 'chanel': did you mean 'channel'?");
	goal(net, "channel(a:0", "! a parenthesis is not closed");
	goal(net, "channel(a:0) channel(a:1)", "! want '+' or '-'");
	goal(net, "channel(a:0) +", "! want NAME(...)");
	goal(net, "channel(a:0) - a:1", "! want NAME(...) at 'a:1'");
	goal(net, "logit(6)", "! not within 0..5");
	goal(net, "logit(tence)", "! did you mean 'tench'?");
	goal(net, "deepdream(b)", "! no layer 'b'");
	goal(net, "direction(a)", "! want direction(LAYER,FILE)");
	goal(net, "direction(a,/nonexistent)", "! /nonexistent");
}

static void write_vector(const char *path, int npy, int64_t n)
{
	struct nn_tensor t;
	FILE *f = fopen(path, "wb");
	int64_t i;

	nn_tensor_init(&t, "v", NN_F32, 1, &n);
	for (i = 0; i < n; i++)
		((float *)t.data)[i] = (float)i;
	ok(f && (npy ? nn_npy_write(f, &t) : nn_write(f, &t)) == 0 && fclose(f) == 0, "%s", path);
	nn_tensor_release(&t);
}

static void test_vector(struct nn_net *net)
{
	write_vector("goal-v.npy", 1, 3);
	write_vector("goal-v,2.nnt", 0, 3);
	write_vector("goal-v4.npy", 1, 4);
	goal(net, "direction(a,goal-v.npy)", "direction(a,goal-v.npy) | direction(a,goal-v.npy)");
	goal(net, "2*direction(a@1,2,goal-v,2.nnt)",
	     "2*direction(a@1,2,goal-v,2.nnt) | 2*direction(a@1,2,goal-v,2.nnt)");
	goal(net, "direction(a,goal-v4.npy)", "! want 3 numbers, one for each channel, have 4");
	remove("goal-v.npy");
	remove("goal-v,2.nnt");
	remove("goal-v4.npy");
}

/* The gradient of a sum on several layers, through the net, against differences. */
static void test_gradient(struct nn_net *net)
{
	const char *text = "channel(a:0) - 0.5*neuron(fire1/cat:2@3,3) + 3*deepdream(a) + logit(4)"
			   " + neuron(fire1/cat:1) + 2*channel(a:0)";
	const int64_t dim[4] = {2, 3, 8, 10};
	struct nn_goal *g = NULL;
	struct nn_random r;
	struct nn_wish wish = {.wrt = net->input[0].value};
	struct nn_plan *p;
	float *x, *have, keep;
	double value[2], worst = 0, most = 0;
	int i, k, n = 0, nv, *values;

	if (!ok(nn_goals_parse(net, dim, text, &g, &n) == 0, "%s", text))
		return;
	values = nn_goals_values(g, n, &nv);
	ok(nv == 3, "a sum on three layers");
	wish.see = wish.seed = values;
	wish.nsee = wish.nseed = nv;
	p = nn_plan_picture(net, 2, 8, 10, &wish, NULL);
	x = nn_calloc(480, sizeof *x);
	have = nn_calloc(480, sizeof *have);
	nn_random_init(&r, 1, 1);
	for (i = 0; i < 480; i++)
		x[i] = (float)nn_random_normal(&r);
	memcpy(nn_plan_input(p, 0)->data, x, 480 * sizeof *x);
	nn_forward(p);
	for (i = 0; i < nv; i++)
		memset(nn_plan_seed(p, values[i]), 0, nn_tensor_bytes(nn_plan_value(p, values[i])));
	nn_goal_evaluate(g, p, 1, 1);
	nn_backward(p, NN_RELU_PLAIN);
	memcpy(have, nn_plan_gradient(p), 480 * sizeof *have);
	for (i = 0; i < 480; i += i < 240 ? 40 : 1) {
		keep = x[i];
		for (k = 0; k < 2; k++) {
			x[i] = keep + (k ? -0.005f : 0.005f);
			memcpy(nn_plan_input(p, 0)->data, x, 480 * sizeof *x);
			nn_forward(p);
			value[k] = nn_goal_evaluate(g, p, 1, 0);
		}
		x[i] = keep;
		if (fabsf(keep) < 0.01f) /* the bend of a ReLU */
			continue;
		worst = fmax(worst, fabs((value[0] - value[1]) / 0.01 - have[i]));
		most = fmax(most, fabs(have[i]));
	}
	ok(worst < 2e-4 && most > 0.1, "its gradient against differences: %g of %g", worst, most);
	nn_plan_free(p);
	nn_goals_free(g, n);
	free(values);
	free(x);
	free(have);
}

int main(void)
{
	struct nn_net *net = awkward();

	test_units(net);
	test_goals(net);
	test_vector(net);
	test_gradient(net);
	nn_net_free(net);
	return done();
}
