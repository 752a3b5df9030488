/* SPDX-License-Identifier: ISC */
/* nn-vis: pictures that raise units, classes and other objectives of a net. */
#include "gallery.h"
#include "tool.h"
#include "vis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY ((size_t)1 << 30) /* for the pictures of one batch */

struct job {
	struct nn_net *net;
	struct nn_vis_settings s;
	struct nn_vis *vis;
	struct nn_goal *goal;
	int ngoals, batch, failed;
	const char *dir, *start;
	/* of a batch: how many goals of it, and, without a folder, their pictures */
	int n, came;
	struct nn_tensor *picture;
};

static void parse_steps(struct nn_vis_settings *s)
{
	static int64_t steps[64];
	char *copy = nn_strdup(optarg), *item, *rest = copy;
	int n = 0;

	while ((item = strtok_r(rest, ",", &rest))) {
		if (n == (int)NN_LEN(steps))
			nn_usage("-n: more than %d numbers", n);
		if (nn_parse_int(item, n ? steps[n - 1] + 1 : 0, 100000000, &steps[n]) < 0)
			nn_usage("-n: %s: want rising numbers of steps", nn_error());
		n++;
	}
	if (n == 0)
		nn_usage("-n: no number of steps");
	free(copy);
	s->snapshot = steps;
	s->nsnapshots = n;
}

/* What was asked for, as metadata: a picture that tells the same need not be made again. */
static void tell_wish(const struct job *j, const struct nn_goal *g, int64_t steps,
		      struct nn_tensor *t)
{
	nn_tensor_set(t, "model", "%s", j->net->name);
	nn_tensor_set(t, "unit", "%s", g->name);
	nn_tensor_set(t, "objective", "%s", g->text);
	if (nn_goal_label(g, j->net))
		nn_tensor_set(t, "label", "%s", nn_goal_label(g, j->net));
	nn_tensor_set(t, "steps", "%lld", (long long)steps);
	nn_tensor_set(t, "seed", "%llu", (unsigned long long)j->s.seed);
	nn_tensor_set(t, "rate", "%.9g", j->s.rate);
	nn_tensor_set(t, "parameterisation", "%s", nn_vis_parameterisation(j->vis));
	nn_tensor_set(t, "transforms", "%s", nn_vis_transforms(j->vis));
	if (j->start)
		nn_tensor_set(t, "start", "%s", j->start);
}

static void tell_result(const struct nn_vis_result *r, struct nn_tensor *t)
{
	nn_tensor_set(t, "value", "%.6g", r->value);
	if (r->has_activation)
		nn_tensor_set(t, "activation", "%.6g", r->activation);
	if (r->dead)
		nn_tensor_set(t, "dead", "1");
	nn_tensor_set(t, "version", "%s", NN_VERSION_TEXT);
}

static char *path_of(const struct job *j, const struct nn_goal *g, int snapshot)
{
	char *name, *path;

	if (snapshot == j->s.nsnapshots - 1)
		return nn_gallery_path(j->dir, g->name);
	name = nn_asprintf("%s.step%lld", g->name, (long long)j->s.snapshot[snapshot]);
	path = nn_gallery_path(j->dir, name);
	free(name);
	return path;
}

/* Are all pictures of this goal in the folder? */
static int is_done(const struct job *j, const struct nn_goal *g)
{
	struct nn_tensor t = {.ndim = 2, .dim = {j->s.height, j->s.width}};
	int i, all = j->dir != NULL;
	char *path;

	for (i = 0; all && i < j->s.nsnapshots; i++) {
		tell_wish(j, g, j->s.snapshot[i], &t);
		path = path_of(j, g, i);
		all = nn_gallery_has(path, &t);
		free(path);
	}
	nn_tensor_release(&t);
	return all;
}

/* A result that is no picture is told of and left out; so is, once, a unit that never moved. */
static int judge(struct job *j, const struct nn_vis_result *r)
{
	if (r->broken) {
		nn_warn("%s: no picture: a number that is not finite at step %lld", r->goal->name,
			(long long)r->broken);
		j->failed = 1;
		return 0;
	}
	if (r->dead && r->steps == j->s.snapshot[j->s.nsnapshots - 1])
		nn_warn("%s stays dead: the objective is 0, and nothing in the picture raises it",
			r->goal->name);
	return 1;
}

static int deliver(const struct nn_vis_result *r, void *context)
{
	struct job *j = context;
	int64_t dim[4] = {1, 3, j->s.height, j->s.width};
	int snapshot = j->came / j->n, goal = j->came % j->n, ok = 0;
	struct nn_tensor t;
	char *path;

	j->came++;
	if (!judge(j, r))
		return 0;
	nn_tensor_init(&t, r->goal->name, NN_F32, 4, dim);
	memcpy(t.data, r->picture, nn_tensor_bytes(&t));
	tell_wish(j, r->goal, r->steps, &t);
	tell_result(r, &t);
	if (!j->dir) { /* the stream is unit by unit, whatever the batch */
		j->picture[goal * j->s.nsnapshots + snapshot] = t;
		return 0;
	}
	path = path_of(j, r->goal, snapshot);
	ok = nn_gallery_put(path, &t);
	free(path);
	nn_tensor_release(&t);
	return ok;
}

/* Runs the first of n goals, as many as can run together; returns how many. */
static int run_batch(struct job *j, const struct nn_goal *goals, int n)
{
	int i, npictures;

	j->n = nn_vis_batch(j->vis, goals, n, j->batch);
	if (j->n < 0)
		nn_die();
	npictures = j->n * j->s.nsnapshots;
	j->came = 0;
	j->picture = nn_calloc((size_t)npictures, sizeof *j->picture);
	if (nn_vis_run(j->vis, goals, j->n, deliver, j) < 0)
		nn_die();
	for (i = 0; i < npictures; i++) {
		if (j->picture[i].data && nn_write(stdout, &j->picture[i]) < 0)
			nn_die();
		nn_tensor_release(&j->picture[i]);
	}
	if (!j->dir)
		nn_flush();
	free(j->picture);
	return j->n;
}

/* The goals that are not done, asked before each batch: another job may fill the same folder. */
static void run(struct job *j)
{
	struct nn_goal *some = nn_calloc((size_t)j->batch, sizeof *some);
	int *index = nn_calloc((size_t)j->batch, sizeof *index), at = 0, next, n;

	while (at < j->ngoals) {
		for (n = 0, next = at; next < j->ngoals && n < j->batch; next++)
			if (!is_done(j, &j->goal[next])) {
				index[n] = next;
				some[n++] = j->goal[next];
			} else if (n == 0) {
				at = next + 1;
			}
		if (n == 0)
			break;
		n = run_batch(j, some, n);
		at = index[n - 1] + 1;
	}
	free(some);
	free(index);
}

/* Two goals must not write to one file. */
static void check_names(const struct job *j)
{
	char **path = nn_calloc((size_t)j->ngoals, sizeof *path);
	int i, k;

	for (i = 0; i < j->ngoals; i++) {
		path[i] = path_of(j, &j->goal[i], j->s.nsnapshots - 1);
		for (k = 0; k < i; k++)
			if (strcmp(path[i], path[k]) == 0 &&
			    strcmp(j->goal[i].text, j->goal[k].text) != 0)
				nn_die_with("'%s' and '%s' would both be %s", j->goal[k].name,
					    j->goal[i].name, path[i]);
	}
	for (i = 0; i < j->ngoals; i++)
		free(path[i]);
	free(path);
}

static int parse_goals(struct job *j, char **objective, char **unit)
{
	const int64_t picture[4] = {1, 3, j->s.height, j->s.width};
	int i, ok = 0;

	for (i = 0; ok == 0 && objective[i]; i++)
		ok = nn_goals_parse(j->net, picture, objective[i], &j->goal, &j->ngoals);
	for (i = 0; ok == 0 && unit[i]; i++)
		ok = nn_goals_parse(j->net, picture, unit[i], &j->goal, &j->ngoals);
	if (ok < 0) {
		nn_goals_free(j->goal, j->ngoals);
		j->goal = NULL;
		j->ngoals = 0;
	}
	return ok;
}

/* Without -s, 128 pixels, or what the net is declared for when it does not take those. */
static void read_goals(struct job *j, char **objective, char **unit)
{
	const struct nn_input *in = &j->net->input[0];
	int sized = j->s.width != 0;
	char *error;

	if (!sized)
		j->s.width = j->s.height = 128;
	if (parse_goals(j, objective, unit) == 0)
		return;
	error = nn_strdup(nn_error());
	if (!sized && in->ndim == 4 && in->dim[2] > 0 && in->dim[3] > 0 &&
	    in->dim[2] <= NN_MOST_SIDE && in->dim[3] <= NN_MOST_SIDE) {
		j->s.height = in->dim[2];
		j->s.width = in->dim[3];
		if (parse_goals(j, objective, unit) == 0) {
			free(error);
			return;
		}
	}
	nn_die_with("%s", error);
}

static float *read_start(const struct job *j)
{
	char *operands[] = {(char *)j->start, NULL};
	struct nn_source source;
	struct nn_tensor t;
	float *x;

	nn_source_init(&source, operands);
	if (nn_source_input(&source, j->net, &t) != 1)
		nn_die();
	if (t.ndim != 4 || t.dim[0] != 1 || t.dim[1] != 3)
		nn_die_with("%s: want a picture", j->start);
	if ((t.dim[2] != j->s.height || t.dim[3] != j->s.width) &&
	    nn_image_fit(&t, (int)j->s.width, (int)j->s.height, NN_FIT_CROP) < 0)
		nn_die();
	x = nn_alloc(nn_tensor_bytes(&t));
	memcpy(x, t.data, nn_tensor_bytes(&t));
	nn_tensor_release(&t);
	nn_source_release(&source);
	return x;
}

static void option(struct job *j, int letter)
{
	int width, height;

	switch (letter) {
	case 'P':
		j->s.parameterisation = optarg;
		return;
	case 'S':
		j->s.seed = (uint64_t)nn_option_int('S', 0, INT64_MAX);
		return;
	case 'T':
		j->s.transforms = optarg;
		return;
	case 'a':
		j->s.rate = nn_option_float('a', 0, 1000);
		return;
	case 'b':
		j->batch = (int)nn_option_int('b', 1, 4096);
		return;
	case 'i':
		j->start = optarg;
		return;
	case 'n':
		parse_steps(&j->s);
		return;
	case 'o':
		j->dir = optarg;
		return;
	case 's':
		nn_option_size('s', &width, &height);
		if (width > NN_MOST_SIDE || height > NN_MOST_SIDE)
			nn_usage("-s: more than %d pixels", NN_MOST_SIDE);
		j->s.width = width;
		j->s.height = height;
	}
}

/* All is known: makes the pictures. */
static void work(struct job *j)
{
	struct nn_progress progress;
	int64_t todo = 0;
	float *start = j->start ? read_start(j) : NULL;
	int i;

	j->s.start = start;
	j->s.progress = &progress; /* begun below */
	j->vis = nn_vis_new(j->net, &j->s);
	if (!j->vis)
		nn_usage("%s", nn_error());
	if (j->dir) {
		check_names(j);
		if (nn_gallery_open(j->dir) < 0)
			nn_die();
	} else {
		nn_stdout_binary();
	}
	for (i = 0; i < j->ngoals; i++)
		todo += !is_done(j, &j->goal[i]);
	nn_progress_begin(&progress, "steps", todo * j->s.snapshot[j->s.nsnapshots - 1]);
	run(j);
	nn_progress_end(&progress);
	nn_vis_free(j->vis);
	free(start);
}

int main(int argc, char **argv)
{
	static const int64_t steps = 512;
	struct job j = {.batch = 4};
	char **objective = nn_calloc((size_t)argc + 1, sizeof *objective), *none = NULL;
	const char *model = NULL;
	struct nn_source source;
	int c, n = 0;

	j.s = (struct nn_vis_settings){.parameterisation = "fft",
				       .transforms = "standard",
				       .rate = 0.05,
				       .redirected = NN_REDIRECTED,
				       .snapshot = &steps,
				       .nsnapshots = 1,
				       .memory = MEMORY};
	nn_tool(argv,
		"[-qv] [-O OBJECTIVE] [-P PARAMETERISATION] [-S SEED] [-T TRANSFORMS]\n"
		"              [-a RATE] [-b BATCH] [-i PICTURE] [-m MODEL] [-n STEPS[,STEPS...]]\n"
		"              [-o DIR] [-s SIZE] [UNIT ...]");
	while ((c = nn_option(argc, argv, "O:P:S:T:a:b:i:m:n:o:s:")) != -1)
		if (c == 'O')
			objective[n++] = optarg;
		else if (c == 'm')
			model = optarg;
		else
			option(&j, c);
	if (n == 0 && optind == argc)
		nn_usage("no unit and no -O: what shall the pictures show?");
	nn_source_init(&source, &none);
	j.net = nn_source_model(&source, model);
	if (j.net->ninputs != 1 || j.net->input[0].ndim != 4 || j.net->input[0].type != NN_F32 ||
	    (j.net->input[0].dim[1] != 3 && j.net->input[0].dim[1] != -1))
		nn_die_with("the net does not take pictures of three channels, and nothing else");
	read_goals(&j, objective, argv + optind);
	work(&j);
	nn_goals_free(j.goal, j.ngoals);
	nn_net_free(j.net);
	nn_source_release(&source);
	free(objective);
	return nn_done(j.failed);
}
