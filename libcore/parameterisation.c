/* SPDX-License-Identifier: ISC */
/* Media: a parameterisation at one size, and all of its planes. */
#include "vis.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#else
#define omp_get_thread_num() 0
#endif

#define NN_PARAMETERISATION(name)                                                                  \
	extern const struct nn_parameterisation nn_parameterisation_##name;
#include "parameterisation/parameterisation.def"
#undef NN_PARAMETERISATION

const struct nn_parameterisation *const nn_parameterisations[] = {
#define NN_PARAMETERISATION(name) &nn_parameterisation_##name,
#include "parameterisation/parameterisation.def"
#undef NN_PARAMETERISATION
	NULL};

/* The keys that every row has. */
enum { SD, DECORRELATE, COMMON };
const struct nn_key nn_medium_keys[] = {
	{"sd", "deviation of the first variables", 0.01, 0, 100},
	{"decorrelate", "1: colours vary together as in photographs", 1, 0, 1},
	{NULL, NULL, 0, 0, 0},
};

/* Values of all keys: the common ones, then the row's. */
struct values {
	double v[COMMON + NN_KEYS];
};

static const struct nn_key *key_at(const struct nn_parameterisation *row, int i)
{
	return i < COMMON             ? &nn_medium_keys[i]
	       : i < COMMON + NN_KEYS ? &row->key[i - COMMON]
				      : NULL;
}

/* Key number i of a row, NULL past the last. */
static const struct nn_key *find_key(const struct nn_parameterisation *row, int i)
{
	const struct nn_key *k = key_at(row, i);

	return k && k->name ? k : NULL;
}

static int set_key(const struct nn_parameterisation *row, struct values *values, char *text)
{
	char *equal = strchr(text, '=');
	const char *names[COMMON + NN_KEYS];
	const struct nn_key *k;
	double v;
	int i;

	if (!equal)
		return nn_fail("parameterisation %s: '%s' is not KEY=VALUE", row->name, text);
	*equal = '\0';
	for (i = 0; (k = find_key(row, i)); i++) {
		names[i] = k->name;
		if (strcmp(k->name, text) != 0)
			continue;
		if (nn_parse_float(equal + 1, &v) < 0)
			return nn_fail_in("parameterisation %s: %s", row->name, k->name);
		if (v < k->low || v > k->high)
			return nn_fail("parameterisation %s: %s=%s: want %g to %g", row->name,
				       k->name, equal + 1, k->low, k->high);
		values->v[i] = v;
		return 0;
	}
	return nn_fail("parameterisation %s: no key '%s': did you mean '%s'?", row->name, text,
		       nn_nearest(text, names, i) ? nn_nearest(text, names, i) : names[0]);
}

static const struct nn_parameterisation *find_row(const char *name)
{
	int i;

	for (i = 0; nn_parameterisations[i]; i++)
		if (strcmp(nn_parameterisations[i]->name, name) == 0)
			return nn_parameterisations[i];
	return NULL;
}

static char *canonical(const struct nn_parameterisation *row, const struct values *values)
{
	char *text = nn_strdup(row->name), *longer;
	int i;

	for (i = 0; find_key(row, i); i++) {
		longer = nn_asprintf("%s,%s=%.9g", text, find_key(row, i)->name, values->v[i]);
		free(text);
		text = longer;
	}
	return text;
}

static int parse(char *text, const struct nn_parameterisation **row, struct values *values)
{
	char *next, *item = text;
	int i;

	next = strchr(item, ',');
	if (next)
		*next++ = '\0';
	*row = find_row(item);
	if (!*row)
		return nn_fail("no parameterisation '%s': nn-spec(7) lists them", item);
	for (i = 0; find_key(*row, i); i++)
		values->v[i] = find_key(*row, i)->value;
	while ((item = next)) {
		next = strchr(item, ',');
		if (next)
			*next++ = '\0';
		if (set_key(*row, values, item) < 0)
			return -1;
	}
	return 0;
}

int nn_medium_init(struct nn_medium *m, const char *text, int64_t width, int64_t height)
{
	char *copy = nn_strdup(text);
	struct values values;
	int ok;

	memset(m, 0, sizeof *m);
	ok = parse(copy, &m->row, &values);
	free(copy);
	if (ok < 0) {
		m->row = NULL; /* nothing to release */
		return -1;
	}
	m->text = canonical(m->row, &values);
	m->width = width;
	m->height = height;
	m->sd = values.v[SD];
	m->decorrelate = values.v[DECORRELATE] != 0;
	memcpy(m->value, values.v + COMMON, sizeof m->value);
	m->row->init(m);
	return 0;
}

void nn_medium_release(struct nn_medium *m)
{
	if (m->row && m->row->release)
		m->row->release(m);
	free(m->text);
	memset(m, 0, sizeof *m);
}

void nn_medium_start(const struct nn_medium *m, uint64_t seed, const char *goal, float *v)
{
	struct nn_random r;
	int64_t i;

	nn_random_init(&r, seed, nn_hash(goal));
	for (i = 0; i < 3 * m->nvariables; i++)
		v[i] = (float)(m->sd * nn_random_normal(&r));
}

void nn_medium_inverse(const struct nn_medium *m, const float *x, float *v)
{
	int64_t size = m->width * m->height;
	float *t = nn_calloc((size_t)(3 * size), sizeof *t),
	      *planes[3] = {t, t + size, t + 2 * size};
	float *scratch = nn_calloc(m->scratch + 1, sizeof *scratch);
	int i;

	memcpy(t, x, (size_t)(3 * size) * sizeof *t);
	nn_colour_inverse(m->decorrelate, size, planes);
	for (i = 0; i < 3; i++)
		m->row->inverse(m, planes[i], v + i * m->nvariables, scratch);
	free(scratch);
	free(t);
}

/* The planes of n pictures, by all threads. */
static void each_plane(const struct nn_medium *m, int64_t n, const float *from, int64_t from_size,
		       float *to, int64_t to_size,
		       void (*map)(const struct nn_medium *, const float *, float *, float *))
{
	size_t each = m->scratch + NN_ALIGN;
	float *scratch = nn_aligned((size_t)nn_threads() * each * sizeof *scratch);
	int64_t i;

#pragma omp parallel for schedule(static)
	for (i = 0; i < 3 * n; i++)
		map(m, from + i * from_size, to + i * to_size,
		    scratch + (size_t)omp_get_thread_num() * each);
	free(scratch);
}

/* Pixels are shared out in runs of this many. */
#define RUN 4096

static int64_t runs_of(const struct nn_medium *m)
{
	return (m->width * m->height + RUN - 1) / RUN;
}

/* The three planes of run number i of pictures x; returns its length. */
static int64_t find_run(const struct nn_medium *m, int64_t i, const float *x, float *plane[3])
{
	int64_t size = m->width * m->height, begin = i % runs_of(m) * RUN, j;

	for (j = 0; j < 3; j++)
		plane[j] = (float *)x + (i / runs_of(m) * 3 + j) * size + begin;
	return NN_MIN(RUN, size - begin);
}

void nn_medium_forward(const struct nn_medium *m, int64_t n, const float *v, float *x)
{
	int64_t i;

	each_plane(m, n, v, m->nvariables, x, m->width * m->height, m->row->forward);
#pragma omp parallel for schedule(static)
	for (i = 0; i < n * runs_of(m); i++) {
		float *t[3];
		int64_t length = find_run(m, i, x, t);

		nn_colour_forward(m->decorrelate, length, t);
	}
}

void nn_medium_adjoint(const struct nn_medium *m, int64_t n, const float *x, float *g, float *gv)
{
	int64_t i;

#pragma omp parallel for schedule(static)
	for (i = 0; i < n * runs_of(m); i++) {
		float *t[3], *gt[3];
		int64_t length = find_run(m, i, g, gt);

		find_run(m, i, x, t);
		nn_colour_adjoint(m->decorrelate, length, (const float *const *)t, gt);
	}
	each_plane(m, n, g, m->width * m->height, gv, m->nvariables, m->row->adjoint);
}
