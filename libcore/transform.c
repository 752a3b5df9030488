/* SPDX-License-Identifier: ISC */
/* Lists of transforms, and what they draw. */
#include "vis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NN_TRANSFORM(name) extern const struct nn_transform nn_transform_##name;
#include "transform/transform.def"
#undef NN_TRANSFORM

const struct nn_transform *const nn_transforms[] = {
#define NN_TRANSFORM(name) &nn_transform_##name,
#include "transform/transform.def"
#undef NN_TRANSFORM
	NULL};

/* Lucid's standard_transforms */
const char nn_standard_transforms[] =
	"pad=12,jitter=8,scale=0.9..1.1/0.02,rotate=-10..10/1+5x0,jitter=4";

#define MOST_VALUES 4096

/* "LOW", "LOW..HIGH" or "LOW..HIGH/STEP"; what is left out is NAN. */
static int parse_span(char *text, double *low, double *high, double *step)
{
	char *dots = strstr(text, ".."), *slash = strchr(text, '/');

	*high = *step = NAN;
	if (slash)
		*slash = '\0';
	if (dots)
		*dots = '\0';
	if (nn_parse_float(text, low) < 0 || (dots && nn_parse_float(dots + 2, high) < 0) ||
	    (slash && nn_parse_float(slash + 1, step) < 0))
		return -1;
	if (slash && (!dots || *step <= 0))
		return nn_fail("want LOW..HIGH/STEP with a step above 0");
	if (dots && *high < *low)
		return nn_fail("%g..%g is not a rising range", *low, *high);
	return 0;
}

/* The factor in front of "5x0", 1 without one; *text moves behind it. */
static int parse_count(char **text, int64_t *count)
{
	char *x = strchr(*text, 'x');

	*count = 1;
	if (!x)
		return 0;
	*x = '\0';
	if (nn_parse_int(*text, 1, MOST_VALUES, count) < 0)
		return -1;
	*text = x + 1;
	return 0;
}

/* Adds the values of "[COUNTx]SPAN"; the first part, and only that, may be a range without a step.
 */
static int parse_part(struct nn_warp *w, char *part, int alone, double least, double most)
{
	double low, high, step, values;
	int64_t count, i, j;

	if (parse_count(&part, &count) < 0 || parse_span(part, &low, &high, &step) < 0)
		return -1;
	if (low < least || low > most || high > most)
		return nn_fail("want values within %g..%g", least, most);
	if (!isnan(high) && isnan(step)) {
		if (!alone)
			return nn_fail("a range without a step stands alone");
		w->low = low;
		w->high = high;
		return 0;
	}
	/* the last is reached although the step is not quite what was written */
	values = isnan(high) ? 1 : floor((high - low) / step + 1e-6) + 1;
	if (values * (double)count + w->nvalues > MOST_VALUES)
		return nn_fail("more than %d values", MOST_VALUES);
	w->value = nn_realloc(w->value, (size_t)(w->nvalues + (int64_t)values * count),
			      sizeof *w->value);
	for (j = 0; j < count; j++)
		for (i = 0; i < (int64_t)values; i++)
			w->value[w->nvalues++] = isnan(high) ? low : low + (double)i * step;
	return 0;
}

int nn_warp_values(struct nn_warp *w, const char *text, double low, double high)
{
	char *copy = nn_strdup(text), *part, *next = copy;
	int ok = 0, alone = !strchr(text, '+');

	while (ok == 0 && (part = next)) {
		next = strchr(part, '+');
		if (next)
			*next++ = '\0';
		ok = parse_part(w, part, alone, low, high);
	}
	free(copy);
	return ok;
}

double nn_warp_draw(const struct nn_warp *w, struct nn_random *r)
{
	if (w->nvalues)
		return w->value[nn_random_below(r, w->nvalues)];
	return w->low + (w->high - w->low) * nn_random_uniform(r);
}

void nn_view_compose(struct nn_view *view, const double m[6])
{
	const double *a = view->m;
	double c[6];
	int i;

	for (i = 0; i < 6; i += 3) {
		c[i] = a[i] * m[0] + a[i + 1] * m[3];
		c[i + 1] = a[i] * m[1] + a[i + 1] * m[4];
		c[i + 2] = a[i] * m[2] + a[i + 1] * m[5] + a[i + 2];
	}
	memcpy(view->m, c, sizeof c);
}

/* "NAME=VALUES" */
static int parse_warp(struct nn_warp *w, char *text)
{
	char *equal = strchr(text, '=');
	int i;

	if (equal)
		*equal = '\0';
	for (i = 0; nn_transforms[i] && strcmp(nn_transforms[i]->name, text) != 0; i++)
		;
	w->row = nn_transforms[i];
	if (!w->row)
		return nn_fail("no transform '%s': nn-spec(7) lists them", text);
	if (!equal)
		return nn_fail("transform %s: want %s=%s", text, text, w->row->values);
	if (w->row->parse(w, equal + 1) < 0)
		return nn_fail_in("transform %s", text);
	return 0;
}

/* The list with "standard" spelt out. */
static char *spell_out(const char *text)
{
	char *copy = nn_strdup(text), *out = nn_strdup(""), *item, *next = copy, *longer;

	while ((item = next)) {
		next = strchr(item, ',');
		if (next)
			*next++ = '\0';
		longer = nn_asprintf("%s%s%s", out, *out ? "," : "",
				     strcmp(item, "standard") == 0 ? nn_standard_transforms : item);
		free(out);
		out = longer;
	}
	free(copy);
	return out;
}

int nn_warps_parse(struct nn_warps *w, const char *text)
{
	char *copy, *item, *next;
	int ok = 0;

	memset(w, 0, sizeof *w);
	w->text = spell_out(text);
	if (strcmp(text, "none") == 0)
		return 0;
	next = copy = nn_strdup(w->text);
	while (ok == 0 && (item = next)) {
		next = strchr(item, ',');
		if (next)
			*next++ = '\0';
		w->warp = nn_realloc(w->warp, (size_t)w->n + 1, sizeof *w->warp);
		memset(&w->warp[w->n], 0, sizeof *w->warp);
		ok = parse_warp(&w->warp[w->n++], item);
	}
	free(copy);
	if (ok < 0)
		nn_warps_release(w);
	return ok;
}

void nn_warps_release(struct nn_warps *w)
{
	int i;

	for (i = 0; i < w->n; i++)
		free(w->warp[i].value);
	free(w->warp);
	free(w->text);
	memset(w, 0, sizeof *w);
}

int nn_warps_draw(const struct nn_warps *w, uint64_t seed, int64_t step, int64_t width,
		  int64_t height, struct nn_view *view)
{
	char stream[48];
	struct nn_random r;
	int i;

	snprintf(stream, sizeof stream, "transforms %lld", (long long)step);
	nn_random_init(&r, seed, nn_hash(stream));
	*view = (struct nn_view){{1, 0, 0, 0, 1, 0}, width, height};
	for (i = 0; i < w->n; i++) {
		w->warp[i].row->apply(&w->warp[i], &r, view);
		if (view->width < 1 || view->height < 1 || view->width > NN_MOST_SIDE ||
		    view->height > NN_MOST_SIDE)
			return nn_fail(
				"transform %s makes the picture of %lld x %lld one of %lld x %lld",
				w->warp[i].row->name, (long long)width, (long long)height,
				(long long)view->width, (long long)view->height);
	}
	return 0;
}
