/* SPDX-License-Identifier: ISC */
/*
 * Where the evidence is, on scenes whose answer is known: the built-in network's attribution of a
 * class's logit to the picture, as gradient times input.  Input is counted from the picture's mean
 * colour: from black, as much as a quarter of the positive attribution lies on bright grounds.
 */
#include "stimulus.h"
#include "tap.h"
#include "vis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 96
#define ONE 96 /* scenes with one object */
#define TWO 48 /* scenes with two */
#define CLASSES 24

static struct nn_net *net;

/* The logit of a class and what computes its gradient. */
struct look {
	struct nn_goal *goal;
	int ngoals, nvalues, *values;
	struct nn_plan *plan;
};

static struct look look[CLASSES]; /* made when first wanted */

static struct look *look_at(const char *class)
{
	const int64_t picture[4] = {1, 3, SIDE, SIDE};
	struct nn_wish wish = {.wrt = net->input[0].value};
	int64_t number = nn_label_find(net, class, CLASSES);
	struct look *l = look + number;
	char *text;

	if (number < 0)
		abort();
	if (l->plan)
		return l;
	text = nn_asprintf("logit(%s)", class);
	if (nn_goals_parse(net, picture, text, &l->goal, &l->ngoals) < 0)
		abort();
	l->values = nn_goals_values(l->goal, l->ngoals, &l->nvalues);
	wish.see = wish.seed = l->values;
	wish.nsee = wish.nseed = l->nvalues;
	l->plan = nn_plan_picture(net, 1, SIDE, SIDE, &wish, NULL);
	free(text);
	return l;
}

static void look_release(struct look *l)
{
	nn_goals_free(l->goal, l->ngoals);
	nn_plan_free(l->plan);
	free(l->values);
}

/* gradient of goal 0 with respect to the picture; valid until the next run */
static const float *gradient(struct look *l, const struct nn_tensor *picture)
{
	int k;

	memcpy(nn_plan_input(l->plan, 0)->data, picture->data, nn_tensor_bytes(picture));
	if (nn_forward(l->plan) < 0)
		abort();
	for (k = 0; k < l->nvalues; k++)
		memset(nn_plan_seed(l->plan, l->values[k]), 0,
		       nn_tensor_bytes(nn_plan_value(l->plan, l->values[k])));
	nn_goal_evaluate(l->goal, l->plan, 0, 1);
	nn_backward(l->plan, NN_RELU_PLAIN);
	return nn_plan_gradient(l->plan);
}

/* positive attribution of each pixel, a [h][w], to class: the channels' products summed */
static void attribute(const struct nn_tensor *picture, const char *class, float *a)
{
	const float *x = picture->data, *g = gradient(look_at(class), picture);
	int i, k, n = SIDE * SIDE;
	double mean;

	memset(a, 0, (size_t)n * sizeof *a);
	for (k = 0; k < 3; k++, x += n, g += n) {
		for (i = 0, mean = 0; i < n; i++)
			mean += x[i];
		for (i = 0; i < n; i++)
			a[i] += g[i] * (x[i] - (float)(mean / n));
	}
	for (i = 0; i < n; i++)
		a[i] = NN_MAX(a[i], 0);
}

/* its share inside a box that is grown by a tenth of its size */
static double share(const float *a, const int box[4])
{
	double grow_x = 0.05 * (box[2] - box[0]), grow_y = 0.05 * (box[3] - box[1]);
	double inside = 0, all = 1e-30;
	int x, y;

	for (y = 0; y < SIDE; y++)
		for (x = 0; x < SIDE; x++) {
			all += a[y * SIDE + x];
			if (x + 0.5 > box[0] - grow_x && x + 0.5 < box[2] + grow_x &&
			    y + 0.5 > box[1] - grow_y && y + 0.5 < box[3] + grow_y)
				inside += a[y * SIDE + x];
		}
	return inside / all;
}

static void read_box(const struct nn_tensor *t, const char *key, int box[4])
{
	char *text = nn_tensor_get(t, key);

	if (!text || sscanf(text, "%d,%d,%d,%d", box, box + 1, box + 2, box + 3) != 4)
		abort();
	free(text);
}

static void make_scene(struct nn_tensor *t, const char *spec, int64_t index)
{
	struct nn_choice c;
	struct nn_random r;

	if (nn_choice_parse(&c, spec) < 0)
		abort();
	nn_random_init(&r, 77, 2 * (uint64_t)index + 1);
	nn_choice_draw(&c, &r);
	nn_stimulus_make(t, &c, 77, index, SIDE, SIDE);
}

static void one_object(void)
{
	float a[SIDE * SIDE];
	struct nn_tensor t;
	double sum = 0, area = 0;
	int i, box[4];

	for (i = 0; i < ONE; i++) {
		char *label;

		make_scene(&t, "scene", i);
		label = nn_tensor_get(&t, "label");
		attribute(&t, label, a);
		read_box(&t, "box", box);
		sum += share(a, box) / ONE;
		area += (double)(box[2] - box[0]) * (box[3] - box[1]) / (SIDE * SIDE * ONE);
		free(label);
		nn_tensor_release(&t);
	}
	printf("# %.1f %% of the positive attribution is in the box, which is %.1f %% of the "
	       "picture\n",
	       100 * sum, 100 * area);
	ok(sum >= 0.80, "one object: at least 80 %% of the evidence is on it");
}

static void two_objects(void)
{
	float a[SIDE * SIDE];
	struct nn_tensor t;
	int i, k, own[4], other[4], right = 0;

	for (i = 0; i < TWO; i++) {
		make_scene(&t, "scene:objects=2,scale=0.8", i);
		for (k = 0; k < 2; k++) {
			char *label = nn_tensor_get(&t, k ? "label2" : "label");

			attribute(&t, label, a);
			read_box(&t, k ? "box2" : "box", own);
			read_box(&t, k ? "box" : "box2", other);
			right += share(a, own) > share(a, other);
			free(label);
		}
		nn_tensor_release(&t);
	}
	printf("# %d of %d\n", right, 2 * TWO);
	ok(right >= 2 * TWO * 9 / 10,
	   "two objects: the evidence for each class is more on its own");
}

int main(void)
{
	int i;

	net = nn_net_open("demo");
	if (!net) {
		printf("Bail out! %s\n", nn_error());
		return 1;
	}
	one_object();
	two_objects();
	for (i = 0; i < CLASSES; i++)
		look_release(look + i);
	nn_net_free(net);
	return done();
}
