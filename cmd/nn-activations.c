/* SPDX-License-Identifier: ISC */
/* nn-activations: what the layers of a net make of pictures. */
#include "run.h"
#include "tool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum reduce { NONE, MEAN, MAX };
static const char *const reductions[] = {"none", "mean", "max", NULL};

struct job {
	struct nn_net *net;
	int *layer, nlayers; /* values */
	char *classes;       /* flags, by value: are the channels the net's classes? */
	enum reduce reduce;
	int64_t batch; /* most pictures at once */
	struct nn_plan *plan;
	struct nn_tensor in; /* what the plan is for; no numbers */
	/* pictures of one shape that wait: numbers [n][c][h][w], and what is said of each */
	char *waiting;
	char **meta;
	int64_t n;
	struct nn_progress progress;
};

static void add_layers(struct job *j, const char *glob)
{
	int *found, n, i, k;

	if (nn_layer_match(j->net, glob, &found, &n) < 0)
		nn_die();
	j->layer = nn_realloc(j->layer, (size_t)(j->nlayers + n), sizeof *j->layer);
	for (i = 0; i < n; i++) {
		for (k = 0; k < j->nlayers && j->layer[k] != found[i]; k++)
			;
		if (k == j->nlayers)
			j->layer[j->nlayers++] = found[i];
	}
	free(found);
}

/* Does every layer have, along its first dimension, what n pictures give it one by one? */
static int splits(struct job *j, int64_t n)
{
	struct nn_tensor one = j->in;
	const struct nn_tensor *all, *single;
	struct nn_shapes s;
	int i, ok;

	one.dim[0] = 1;
	ok = nn_shapes_init(&s, j->net, &one, 1, j->layer, j->nlayers, 0) == 0;
	for (i = 0; i < j->nlayers && ok; i++) {
		all = nn_plan_value(j->plan, j->layer[i]);
		single = &s.value[j->layer[i]];
		ok = all->ndim == single->ndim && all->ndim > 0 && single->dim[0] == 1 &&
		     all->dim[0] == n &&
		     memcmp(all->dim + 1, single->dim + 1, sizeof *all->dim * (size_t)(all->ndim - 1)) == 0;
	}
	nn_shapes_release(&s);
	return ok;
}

/* A plan for n of the pictures that wait; 0 when the net does not take so many at once. */
static int make_plan(struct job *j, int64_t n)
{
	struct nn_wish wish = {.see = j->layer, .nsee = j->nlayers, .wrt = -1};

	if (j->plan && (j->in.ndim != 4 || j->in.dim[0] == n))
		return 1;
	nn_plan_free(j->plan);
	if (j->in.ndim == 4)
		j->in.dim[0] = n;
	j->plan = nn_plan_new(j->net, &j->in, 1, &wish, NULL);
	if (j->plan && (n == 1 || splits(j, n)))
		return 1;
	if (n == 1)
		nn_die();
	nn_plan_free(j->plan);
	j->plan = NULL;
	return 0;
}

/* y [n][c] from t [n][c][positions...] */
static void reduce(struct nn_tensor *t, enum reduce how)
{
	int64_t rows, size, i, k;
	struct nn_tensor y;
	double sum;
	const float *x;
	float most;

	nn_tensor_to_f32(t);
	rows = t->dim[0] * t->dim[1];
	size = rows ? nn_tensor_count(t) / rows : 0;
	nn_tensor_init(&y, t->name, NN_F32, 2, t->dim);
	for (i = 0; i < rows && size; i++) {
		x = (const float *)t->data + i * size;
		sum = most = x[0];
		for (k = 1; k < size; k++) {
			sum += x[k];
			most = x[k] > most || isnan(x[k]) ? x[k] : most;
		}
		((float *)y.data)[i] = how == MEAN ? (float)(sum / (double)size) : most;
	}
	y.meta = t->meta;
	t->meta = NULL;
	nn_tensor_set(&y, "reduce", "%s", reductions[how]);
	nn_tensor_release(t);
	*t = y;
}

/* Writes what layer v has for picture i of n, of which meta tells. */
static void write_layer(const struct job *j, int v, int64_t i, int64_t n, const char *meta)
{
	const struct nn_tensor *all = nn_plan_value(j->plan, v);
	const char *name = nn_layer_name(j->net, v);
	size_t bytes = nn_tensor_bytes(all) / (size_t)n;
	int64_t dim[NN_DIMS];
	struct nn_tensor t;

	memcpy(dim, all->dim, sizeof dim);
	if (n > 1)
		dim[0] = 1;
	nn_tensor_view(&t, name, all->type, all->ndim, dim, (char *)all->data + (size_t)i * bytes);
	t.meta = nn_strdup(meta);
	nn_tensor_set(&t, "model", "%s", j->net->name);
	nn_tensor_set(&t, "layer", "%s", name);
	if (t.ndim > 2 && j->reduce != NONE)
		reduce(&t, j->reduce);
	if (j->classes[v] && j->net->nlabels && t.ndim > 1 && t.dim[1] == j->net->nlabels)
		nn_tensor_set_labels(&t, j->net->label, j->net->nlabels);
	if (nn_write(stdout, &t) < 0)
		nn_die();
	nn_tensor_release(&t);
}

/* Runs the pictures from first on, n of them. */
static void run(struct job *j, int64_t first, int64_t n)
{
	struct nn_tensor *in = nn_plan_input(j->plan, 0);
	size_t bytes = nn_tensor_bytes(in);
	int64_t i;
	int k;

	memcpy(in->data, j->waiting + (size_t)first * (bytes / (size_t)n), bytes);
	if (nn_forward(j->plan) < 0)
		nn_die();
	for (i = 0; i < n; i++) {
		for (k = 0; k < j->nlayers; k++)
			write_layer(j, j->layer[k], i, n, j->meta[first + i]);
		free(j->meta[first + i]);
	}
	nn_progress_add(&j->progress, n);
}

static void flush(struct job *j)
{
	int64_t i;

	if (j->n == 0)
		return;
	if (make_plan(j, j->n)) {
		run(j, 0, j->n);
	} else {
		j->batch = 1;
		make_plan(j, 1);
		for (i = 0; i < j->n; i++)
			run(j, i, 1);
	}
	j->n = 0;
}

/* Adds picture i of t to those that wait, which have the same shape. */
static void wait_for(struct job *j, const struct nn_tensor *t, int64_t i, int64_t n)
{
	size_t bytes = nn_tensor_bytes(t) / (size_t)n;
	struct nn_tensor numbered = {.meta = t->meta ? nn_strdup(t->meta) : NULL};

	if (n > 1)
		nn_tensor_set(&numbered, "item", "%lld", (long long)i);
	j->waiting = nn_realloc(j->waiting, (size_t)j->batch, bytes);
	memcpy(j->waiting + (size_t)j->n * bytes, (const char *)t->data + (size_t)i * bytes, bytes);
	j->meta[j->n++] = numbered.meta ? numbered.meta : nn_strdup("");
	if (j->n == j->batch)
		flush(j);
}

/* A batch counts as so many pictures; what has no four dimensions is run as it is. */
static void take(struct job *j, const struct nn_tensor *t)
{
	int64_t n = t->ndim == 4 ? t->dim[0] : 1, i;
	int skip = t->ndim == 4;

	if (j->in.ndim != t->ndim || j->in.type != t->type ||
	    memcmp(j->in.dim + skip, t->dim + skip, sizeof *t->dim * (size_t)(t->ndim - skip)) != 0) {
		flush(j);
		nn_plan_free(j->plan);
		j->plan = NULL;
		j->in.type = t->type;
		j->in.ndim = t->ndim;
		memcpy(j->in.dim, t->dim, sizeof j->in.dim);
	}
	for (i = 0; i < n; i++) {
		wait_for(j, t, i, n);
		if (t->ndim != 4)
			flush(j);
	}
}

int main(int argc, char **argv)
{
	struct job j = {.batch = 4};
	struct nn_source s;
	struct nn_tensor t;
	enum nn_fit fit = NN_FIT_CROP;
	const char *model = NULL, **glob = nn_calloc((size_t)argc, sizeof *glob);
	int c, i, got, globs = 0, width = 0, height = 0;

	nn_tool(argv, "[-qv] [-b BATCH] [-f FIT] [-l LAYER] [-m MODEL] [-R HOW] [-s WxH] [FILE ...]");
	while ((c = nn_option(argc, argv, "b:f:l:m:R:s:")) != -1) {
		switch (c) {
		case 'b': j.batch = nn_option_int('b', 1, 65536); break;
		case 'f': fit = nn_option_fit('f'); break;
		case 'l': glob[globs++] = optarg; break;
		case 'm': model = optarg; break;
		case 'R': j.reduce = (enum reduce)nn_option_word('R', reductions); break;
		case 's': nn_option_size('s', &width, &height); break;
		}
	}
	nn_stdout_binary();
	nn_source_init(&s, argv + optind);
	j.net = nn_source_model(&s, model);
	for (i = 0; i < globs; i++)
		add_layers(&j, glob[i]);
	for (i = 0; i < j.net->noutputs && globs == 0; i++)
		add_layers(&j, j.net->value[j.net->output[i]].name);
	j.classes = nn_net_classes(j.net);
	nn_source_fit(&s, j.net, width, height);
	s.fit = fit;
	j.meta = nn_calloc((size_t)j.batch, sizeof *j.meta);
	nn_progress_begin(&j.progress, "pictures", argc - optind);
	while ((got = nn_source_input(&s, j.net, &t)) > 0) {
		take(&j, &t);
		nn_tensor_release(&t);
	}
	flush(&j);
	nn_progress_end(&j.progress);
	if (got < 0)
		nn_die();
	nn_plan_free(j.plan);
	nn_net_free(j.net);
	nn_source_release(&s);
	free(j.layer);
	free(j.classes);
	free(j.waiting);
	free(j.meta);
	free(glob);
	return nn_done(0);
}
