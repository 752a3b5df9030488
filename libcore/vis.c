/* SPDX-License-Identifier: ISC */
/* The loop: a picture from variables, a view of it, the net forward and backward, a step uphill. */
#include "visplan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Views are tried out this often to know the sizes that a net has to take. */
#define TRIALS 100

struct nn_vis {
	struct nn_net *net;
	struct nn_vis_settings s;
	struct nn_medium medium;
	struct nn_warps warps, cropped; /* cropped: with a last crop to width x height */
	int crops;                      /* cropped is in use */
	struct nn_visplans plans;
	/* of plans.n pictures */
	float *variables, *gradient, *mean, *square, *picture, *spread;
	struct nn_resample view;
	struct nn_vis_result *result;
	char *moved, *ever; /* per picture: had a gradient at a step with the plain ReLU; at any */
};

/* Do both goals look at the same place, or neither at a single one? */
static int same_neuron(const struct nn_goal *a, const struct nn_goal *b)
{
	const struct nn_term *s = nn_goal_neuron(a), *t = nn_goal_neuron(b);

	return s && t ? s->y == t->y && s->x == t->x : !s && !t;
}

static const struct nn_warps *warps(const struct nn_vis *v)
{
	return v->crops ? &v->cropped : &v->warps;
}

static int draw_view(const struct nn_vis *v, int64_t step, struct nn_view *view)
{
	return nn_warps_draw(warps(v), v->s.seed, step, v->s.width, v->s.height, view);
}

/* Does the net take pictures of all sizes that the transforms make? 1, 0, or -1 when one cannot be.
 */
static int takes_views(struct nn_vis *v)
{
	int64_t(*map)[3] = nn_calloc((size_t)v->plans.nvalues, sizeof *map), picture[4] = {1, 3, 0, 0};
	struct nn_view view;
	int64_t sizes[TRIALS][2];
	int i, j, n = 0, ok = 1;

	for (i = 0; ok == 1 && i < TRIALS; i++) {
		ok = draw_view(v, i, &view) < 0 ? -1 : 1;
		picture[2] = view.height;
		picture[3] = view.width;
		for (j = 0; j < n && (sizes[j][0] != picture[2] || sizes[j][1] != picture[3]); j++)
			;
		if (ok < 0 || j < n)
			continue;
		sizes[n][0] = picture[2];
		sizes[n++][1] = picture[3];
		ok = nn_layer_maps(v->net, picture, v->plans.values, v->plans.nvalues, map) == 0;
	}
	free(map);
	return ok;
}

/* Bytes of a picture's variables, and of what is made of them. */
static size_t bytes_each(const struct nn_vis *v)
{
	return (size_t)(3 * (4 * v->medium.nvariables + 2 * v->s.width * v->s.height)) *
	       sizeof(float);
}

/* Can n of the goals run together? 1, 0, or -1 when that is the world's fault. */
static int fits(struct nn_vis *v, const struct nn_goal *goals, int n)
{
	struct nn_plan *p;
	struct nn_view view;
	int64_t map[3];
	size_t bytes;
	int i;

	nn_visplans_wish(&v->plans, goals, n);
	p = nn_visplans_find(&v->plans, v->s.width, v->s.height, 1);
	if (!p)
		return -1;
	for (i = 0; i < v->plans.nvalues; i++) /* a net may be made for one picture at a time */
		if (nn_layer_map(nn_plan_value(p, v->plans.values[i]), n, map) < 0)
			return nn_fail_in("layer '%s'", nn_layer_name(v->net, v->plans.values[i]));
	bytes = nn_plan_bytes(p);
	if (draw_view(v, 0, &view) < 0)
		return -1;
	p = nn_visplans_find(&v->plans, view.width, view.height, 0);
	if (!p)
		return -1;
	bytes = NN_MAX(bytes, nn_plan_bytes(p)) + (size_t)n * bytes_each(v);
	return v->s.memory == 0 || bytes <= v->s.memory;
}

/* Do both goals look at the same layers? */
static int same_values(const struct nn_goal *a, const struct nn_goal *b)
{
	int na, nb, *va = nn_goals_values(a, 1, &na), *vb = nn_goals_values(b, 1, &nb);
	int same = na == nb && memcmp(va, vb, (size_t)na * sizeof *va) == 0;

	free(va);
	free(vb);
	return same;
}

int nn_vis_batch(struct nn_vis *v, const struct nn_goal *goals, int n, int most)
{
	int k = 1, ok;

	while (k < n && k < most && same_values(&goals[0], &goals[k]) &&
	       same_neuron(&goals[0], &goals[k]))
		k++;
	nn_visplans_wish(&v->plans, goals, k);
	v->crops = 0;
	ok = takes_views(v);
	if (ok < 0)
		return -1;
	v->crops = !ok;
	for (;; k /= 2) {
		ok = fits(v, goals, k);
		if (ok == 1 || (ok == 0 && k == 1))
			return k;
		if (ok < 0 && k == 1)
			return -1;
	}
}

/* steps */

static void draw_start(struct nn_vis *v, const struct nn_goal *goals)
{
	int64_t each = 3 * v->medium.nvariables;
	int i;

	for (i = 0; i < v->plans.n; i++)
		if (v->s.start)
			nn_medium_inverse(&v->medium, v->s.start, v->variables + i * each);
		else
			nn_medium_start(&v->medium, v->s.seed, goals[i].text,
					v->variables + i * each);
}

static void clear_seeds(struct nn_vis *v, struct nn_plan *p)
{
	int i;

	for (i = 0; i < v->plans.nvalues; i++)
		memset(nn_plan_seed(p, v->plans.values[i]), 0,
		       nn_tensor_bytes(nn_plan_value(p, v->plans.values[i])));
}

static int any(const float *x, int64_t n)
{
	int64_t i;

	for (i = 0; i < n; i++)
		if (x[i] != 0)
			return 1;
	return 0;
}

/* One step: variables to picture to view, forward, backward, and uphill. */
static int make_step(struct nn_vis *v, const struct nn_goal *goals, int64_t step)
{
	int64_t size = 3 * v->s.width * v->s.height, each = 3 * v->medium.nvariables;
	int redirected = step < v->s.redirected, i, moved;
	struct nn_view view;
	struct nn_plan *p;
	double value;

	if (draw_view(v, step, &view) < 0)
		return -1;
	p = nn_visplans_find(&v->plans, view.width, view.height, 0);
	if (!p)
		return -1;
	nn_medium_forward(&v->medium, v->plans.n, v->variables, v->picture);
	nn_resample_init(&v->view, &view, v->s.width, v->s.height);
	nn_resample_forward(&v->view, 3 * v->plans.n, v->picture, nn_plan_input(p, 0)->data);
	if (nn_forward(p) < 0)
		return -1;
	clear_seeds(v, p);
	for (i = 0; i < v->plans.n; i++) {
		value = nn_goal_evaluate(&goals[i], p, i, 1);
		if (!isfinite(value) && !v->result[i].broken)
			v->result[i].broken = step + 1;
	}
	nn_backward(p, redirected ? NN_RELU_REDIRECTED : NN_RELU_PLAIN);
	nn_resample_adjoint(&v->view, 3 * v->plans.n, nn_plan_gradient(p), v->spread);
	for (i = 0; i < v->plans.n; i++) {
		moved = any(v->spread + i * size, size);
		v->ever[i] |= (char)moved;
		v->moved[i] |= (char)(moved && !redirected);
	}
	nn_medium_adjoint(&v->medium, v->plans.n, v->picture, v->spread, v->gradient);
	nn_adam(step + 1, v->s.rate, v->plans.n * each, v->gradient, v->mean, v->square, v->variables);
	if (v->s.progress)
		nn_progress_add(v->s.progress, v->plans.n);
	return 0;
}

static void find_broken(struct nn_vis *v, int64_t steps)
{
	int64_t size = 3 * v->s.width * v->s.height, i, j;

	for (i = 0; i < v->plans.n; i++)
		for (j = 0; j < size && !v->result[i].broken; j++)
			if (!isfinite(v->picture[i * size + j]))
				v->result[i].broken = steps;
}

/* Values on the pictures as they are; hands all over. */
static int deliver_all(struct nn_vis *v, const struct nn_goal *goals, int64_t steps,
		       int (*deliver)(const struct nn_vis_result *, void *), void *context)
{
	int64_t size = 3 * v->s.width * v->s.height;
	struct nn_plan *p = nn_visplans_find(&v->plans, v->s.width, v->s.height, 1);
	struct nn_vis_result *r;
	int i;

	if (!p)
		return -1;
	nn_medium_forward(&v->medium, v->plans.n, v->variables, v->picture);
	memcpy(nn_plan_input(p, 0)->data, v->picture, (size_t)(v->plans.n * size) * sizeof(float));
	if (nn_forward(p) < 0)
		return -1;
	find_broken(v, steps);
	for (i = 0; i < v->plans.n; i++) {
		r = &v->result[i];
		r->goal = &goals[i];
		r->steps = steps;
		r->picture = v->picture + i * size;
		r->value = nn_goal_evaluate(&goals[i], p, i, 0);
		r->has_activation = nn_goal_activation(&goals[i], p, i, &r->activation) == 0;
		r->dead = r->value == 0 && !(steps > v->s.redirected ? v->moved : v->ever)[i];
		if (deliver(r, context) < 0)
			return -1;
	}
	return 0;
}

static void make_room(struct nn_vis *v)
{
	size_t n = (size_t)v->plans.n, each = (size_t)(3 * v->medium.nvariables);
	size_t size = (size_t)(3 * v->s.width * v->s.height);

	v->variables = nn_aligned(n * each * sizeof(float));
	v->gradient = nn_aligned(n * each * sizeof(float));
	v->mean = nn_calloc(n * each, sizeof(float));
	v->square = nn_calloc(n * each, sizeof(float));
	v->picture = nn_aligned(n * size * sizeof(float));
	v->spread = nn_aligned(n * size * sizeof(float));
	v->result = nn_calloc(n, sizeof *v->result);
	v->moved = nn_calloc(n, 1);
	v->ever = nn_calloc(n, 1);
}

static void clear_room(struct nn_vis *v)
{
	free(v->variables);
	free(v->gradient);
	free(v->mean);
	free(v->square);
	free(v->picture);
	free(v->spread);
	free(v->result);
	free(v->moved);
	free(v->ever);
}

int nn_vis_run(struct nn_vis *v, const struct nn_goal *goals, int n,
	       int (*deliver)(const struct nn_vis_result *r, void *context), void *context)
{
	int64_t step = 0;
	int i, ok = 0;

	nn_visplans_wish(&v->plans, goals, n);
	make_room(v);
	draw_start(v, goals);
	for (i = 0; ok == 0 && i < v->s.nsnapshots; i++) {
		for (; ok == 0 && step < v->s.snapshot[i]; step++)
			ok = make_step(v, goals, step);
		if (ok == 0)
			ok = deliver_all(v, goals, step, deliver, context);
	}
	clear_room(v);
	return ok;
}

/* beginning and end */

struct nn_vis *nn_vis_new(struct nn_net *net, const struct nn_vis_settings *s)
{
	struct nn_vis *v = nn_calloc(1, sizeof *v);
	char *cropped;
	int bad;

	v->net = v->plans.net = net;
	v->s = *s;
	bad = nn_medium_init(&v->medium, s->parameterisation, s->width, s->height) < 0 ||
	      nn_warps_parse(&v->warps, s->transforms) < 0;
	if (!bad) {
		cropped = nn_asprintf("%s%scrop=%lldx%lld", v->warps.n ? v->warps.text : "",
				      v->warps.n ? "," : "", (long long)s->width,
				      (long long)s->height);
		bad = nn_warps_parse(&v->cropped, cropped) < 0;
		free(cropped);
	}
	if (bad) {
		nn_vis_free(v);
		return NULL;
	}
	return v;
}

void nn_vis_free(struct nn_vis *v)
{
	if (!v)
		return;
	nn_visplans_release(&v->plans);
	nn_medium_release(&v->medium);
	nn_warps_release(&v->warps);
	nn_warps_release(&v->cropped);
	nn_resample_release(&v->view);
	free(v);
}

const char *nn_vis_parameterisation(const struct nn_vis *v)
{
	return v->medium.text;
}

const char *nn_vis_transforms(const struct nn_vis *v)
{
	return v->warps.text;
}
