/* SPDX-License-Identifier: ISC */
/* nn-stimuli: pictures of a synthetic world, of which everything is known. */
#include "stimulus.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>

#define USAGE                                                                                      \
	"[-clqv] [-f first] [-g param=values] [-n count] [-S seed] [-s size] "                     \
	"family[:param=value,...] ..."
#define GRIDS 8
#define BATCH 64 /* pictures made at once, by all threads */

struct grid {
	char *name, *values; /* of the parameter; the text behind '=' */
	double *value;
	int count, param;
};

struct work {
	struct nn_choice choice; /* as the operand says */
	struct grid grid[GRIDS];
	int ngrids, width, height;
	int64_t points, draws, first; /* of the grid; random pictures of each, 0: none */
	uint64_t seed;
	char *sweep; /* the parameters, with commas between */
};

static void print_param(const struct nn_choice *c, int i)
{
	const struct nn_stimulus_param *p = nn_choice_param(c, i);

	printf("    %-12s %8g  %g..%g", p->name, c->value[i], p->low, p->high);
	printf("  %s%s%s%s\n", p->help, p->names ? " (" : "", p->names ? p->names : "",
	       p->names ? ")" : "");
}

static void print_family(const struct nn_stimulus *f)
{
	struct nn_choice c;
	int i, number = nn_class_number(f);

	nn_choice_init(&c, f);
	if (number >= 0)
		printf("%s: %s (class %d)\n", f->name, f->what, number);
	else
		printf("%s: %s\n", f->name, f->what);
	for (i = f->draw ? NN_COMMON : 0; i < nn_choice_count(&c); i++)
		print_param(&c, i);
	if (!f->draw)
		return;
	for (i = NN_HUE; i <= NN_LIGHT; i++) /* what differs from the common default */
		if (c.value[i] != nn_stimulus_common[i].value)
			print_param(&c, i);
}

static void list(char **operands)
{
	const struct nn_stimulus *f;
	struct nn_choice c;
	int i;

	if (!*operands) {
		puts("every family but the scene:");
		nn_choice_init(&c, nn_stimulus_find("line"));
		for (i = 0; i < NN_COMMON; i++)
			print_param(&c, i);
		for (i = 0; nn_stimuli[i]; i++)
			print_family(nn_stimuli[i]);
	}
	for (; *operands; operands++) {
		f = nn_stimulus_find(*operands);
		if (!f)
			nn_die();
		print_family(f);
	}
}

static void classes(void)
{
	int i;

	for (i = 0; nn_classes[i]; i++)
		puts(nn_classes[i]->name);
}

/* "PARAM=LOW:HIGH:STEP" or "PARAM=V,V,..."; the values wait for the family */
static void add_grid(struct work *w, const char *text)
{
	struct grid *g = &w->grid[w->ngrids];
	char *equals, *sweep;

	if (w->ngrids == GRIDS)
		nn_usage("-g: at most %d", GRIDS);
	g->name = nn_strdup(text);
	equals = strchr(g->name, '=');
	if (!equals || equals == g->name || !equals[1])
		nn_usage("-g: want PARAMETER=LOW:HIGH:STEP or PARAMETER=VALUE,..., have '%s'",
			 text);
	*equals = 0;
	g->values = equals + 1;
	sweep = nn_asprintf("%s%s%s", w->sweep ? w->sweep : "", w->sweep ? "," : "", g->name);
	free(w->sweep);
	w->sweep = sweep;
	w->ngrids++;
}

static void add_value(struct grid *g, double value)
{
	g->value = nn_realloc(g->value, (size_t)g->count + 1, sizeof *g->value);
	g->value[g->count++] = value;
}

static int range(struct grid *g, const struct nn_choice *c)
{
	const struct nn_stimulus_param *p = nn_choice_param(c, g->param);
	char *high = strchr(g->values, ':'), *step;
	double v[3];
	int i;

	*high++ = 0;
	step = strchr(high, ':');
	if (!step)
		return nn_fail("want LOW:HIGH:STEP");
	*step++ = 0;
	if (nn_choice_value(c, g->param, g->values, &v[0]) != 0 ||
	    nn_choice_value(c, g->param, high, &v[1]) != 0 || nn_parse_float(step, &v[2]) != 0)
		return -1;
	if (v[2] <= 0 || v[1] < v[0])
		return nn_fail("want LOW <= HIGH and STEP above 0");
	if (p->whole && v[2] != (double)(int64_t)v[2])
		return nn_fail("%s takes whole numbers", p->name);
	if ((v[1] - v[0]) / v[2] > 1e6)
		return nn_fail("more than a million values");
	for (i = 0; v[0] + i * v[2] <= v[1] + v[2] * 1e-9; i++)
		add_value(g, NN_MIN(v[0] + i * v[2], v[1]));
	return 0;
}

static void read_grid(struct grid *g, struct nn_choice *c)
{
	char *at, *next;
	double value;

	g->param = nn_choice_find(c, g->name);
	if (g->param < 0)
		nn_die();
	c->given[g->param] = 1;
	free(g->value);
	g->value = NULL;
	g->count = 0;
	at = g->values = nn_strdup(g->values); /* taken apart anew for each family */
	if (strchr(at, ':')) {
		if (range(g, c) != 0)
			nn_die_with("%s: %s", g->name, nn_error());
	} else {
		for (; at; at = next) {
			next = strchr(at, ',');
			if (next)
				*next++ = 0;
			if (nn_choice_value(c, g->param, at, &value) != 0)
				nn_die();
			add_value(g, value);
		}
	}
	free(g->values);
	g->values = g->name + strlen(g->name) + 1;
}

/* Picture i of this operand: grid point i / draws, with every parameter that is left drawn. */
static void make(const struct work *w, int64_t i, struct nn_tensor *t)
{
	struct nn_choice c = w->choice;
	int64_t draw = w->draws ? i % w->draws : 0, point = w->draws ? i / w->draws : i;
	int64_t index = w->first + draw;
	struct nn_random r;
	char *name;
	int k;

	for (k = w->ngrids - 1; k >= 0; k--) {
		c.value[w->grid[k].param] = w->grid[k].value[point % w->grid[k].count];
		point /= w->grid[k].count;
	}
	if (w->draws) {
		nn_random_init(&r, w->seed, 2 * (uint64_t)index + 1);
		nn_choice_draw(&c, &r);
	}
	nn_stimulus_make(t, &c, w->seed, index, w->width, w->height);
	for (k = 0; k < w->ngrids; k++)
		nn_tensor_set(t, w->grid[k].name, "%.9g", c.value[w->grid[k].param]);
	if (w->ngrids) {
		nn_tensor_set(t, "sweep", "%s", w->sweep);
		name = nn_asprintf("%s-%lld", c.family->name, (long long)i);
		nn_tensor_rename(t, name);
		nn_tensor_set(t, "source", "%s", name);
		free(name);
	}
}

static void run(struct work *w, struct nn_progress *progress)
{
	struct nn_tensor batch[BATCH];
	int64_t total = w->points * NN_MAX(w->draws, 1), at;
	int i, n;

	for (at = 0; at < total; at += n) {
		n = (int)NN_MIN(total - at, BATCH);
#pragma omp parallel for schedule(dynamic)
		for (i = 0; i < n; i++)
			make(w, at + i, &batch[i]);
		for (i = 0; i < n; i++) {
			if (nn_write(stdout, &batch[i]) != 0)
				nn_die();
			nn_tensor_release(&batch[i]);
		}
		nn_progress_add(progress, n);
	}
}

/* the operand's family and grid; how many pictures */
static int64_t prepare(struct work *w, const char *operand)
{
	int i;

	if (nn_choice_parse(&w->choice, operand) != 0)
		nn_die();
	w->points = 1;
	for (i = 0; i < w->ngrids; i++) {
		read_grid(&w->grid[i], &w->choice);
		w->points *= w->grid[i].count;
		if (w->points > INT32_MAX)
			nn_die_with("-g: too many pictures");
	}
	return w->points * NN_MAX(w->draws, 1);
}

static void release(struct work *w)
{
	int i;

	for (i = 0; i < w->ngrids; i++) {
		free(w->grid[i].name);
		free(w->grid[i].value);
	}
	free(w->sweep);
}

int main(int argc, char **argv)
{
	struct work w = {.width = 96, .height = 96};
	struct nn_progress progress;
	int64_t total = 0;
	int letter, i;

	nn_tool(argv, USAGE);
	while ((letter = nn_option(argc, argv, "cf:g:ln:S:s:")) != -1)
		switch (letter) {
		case 'c':
			classes();
			return nn_done(0);
		case 'f':
			w.first = nn_option_int('f', 0, INT32_MAX);
			break;
		case 'g':
			add_grid(&w, optarg);
			break;
		case 'l':
			list(argv + optind);
			return nn_done(0);
		case 'n':
			w.draws = nn_option_int('n', 1, INT32_MAX);
			break;
		case 's':
			nn_option_size('s', &w.width, &w.height);
			break;
		case 'S':
			w.seed = (uint64_t)nn_option_int('S', 0, INT64_MAX);
			break;
		}
	if (optind == argc)
		nn_usage("want a family; nn-stimuli -l lists them");
	if ((int64_t)w.width * w.height > 1 << 26)
		nn_usage("-s: at most 2^26 pixels");
	for (i = optind; i < argc; i++)
		total += prepare(&w, argv[i]);
	nn_stdout_binary();
	nn_progress_begin(&progress, "pictures", total);
	for (i = optind; i < argc; i++) {
		prepare(&w, argv[i]);
		run(&w, &progress);
	}
	nn_progress_end(&progress);
	release(&w);
	return nn_done(0);
}
