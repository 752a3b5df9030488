/* SPDX-License-Identifier: ISC */
/* nn-slice: chooses tensors, and ranges of their dimensions. */
#include "tool.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

struct range {
	int64_t first, last; /* -1: the dimension's last */
};

struct ranges {
	int n;
	struct range range[NN_DIMS];
};

/* "3", "3-7", "3-" or "*" */
static int parse_range(char *s, struct range *r)
{
	char *dash = strchr(s, '-');

	r->first = 0;
	r->last = -1;
	if (strcmp(s, "*") == 0)
		return 0;
	if (dash)
		*dash = '\0';
	if (nn_parse_int(s, 0, INT64_MAX, &r->first) < 0)
		return -1;
	if (!dash)
		r->last = r->first;
	else if (dash[1] && nn_parse_int(dash + 1, r->first, INT64_MAX, &r->last) < 0)
		return -1;
	return 0;
}

static void parse_ranges(struct ranges *r, const char *text)
{
	char *copy = nn_strdup(text), *p = copy, *comma;

	for (r->n = 0; p; p = comma) {
		comma = strchr(p, ',');
		if (comma)
			*comma++ = '\0';
		if (r->n == NN_DIMS)
			nn_usage("-i: '%s' has more than %d ranges", text, NN_DIMS);
		if (parse_range(p, &r->range[r->n++]) < 0)
			nn_usage("-i: %s: want N, N-M, N- or *, one for each dimension", nn_error());
	}
	free(copy);
}

/* Copies the block of t that begins at from and has the shape of y. */
static void copy_block(const struct nn_tensor *t, struct nn_tensor *y, const int64_t *from)
{
	size_t size = nn_type_size(t->type);
	int64_t index[NN_DIMS] = {0}, rows, row, at;
	int d, n = t->ndim;

	rows = nn_tensor_count(y);
	if (rows == 0)
		return;
	rows /= y->dim[n - 1];
	for (row = 0; row < rows; row++) {
		for (at = d = 0; d < n; d++)
			at = at * t->dim[d] + from[d] + index[d];
		memcpy((char *)y->data + (size_t)(row * y->dim[n - 1]) * size,
		       (const char *)t->data + (size_t)at * size, (size_t)y->dim[n - 1] * size);
		for (d = n - 2; d >= 0 && ++index[d] == y->dim[d]; d--)
			index[d] = 0;
	}
}

/* When channels are cut, their numbers and labels are, too. */
static void cut_channels(const struct nn_tensor *t, struct nn_tensor *y, const int64_t *from)
{
	int at = t->ndim == 1 || t->ndim == 3 ? 0 : 1;
	char **label;

	if (t->ndim > 4 || y->dim[at] == t->dim[at])
		return;
	label = nn_tensor_labels(t, t->dim[at]);
	if (label)
		nn_tensor_set_labels(y, label + from[at], y->dim[at]);
	free(label);
	nn_tensor_set(y, "channel", "%lld", (long long)(nn_tensor_first_channel(t) + from[at]));
}

static int slice(const struct ranges *r, struct nn_tensor *t)
{
	int64_t from[NN_DIMS] = {0}, dim[NN_DIMS], last;
	char text[NN_DIMS * 21];
	struct nn_tensor y;
	int d;

	if (r->n > t->ndim)
		return nn_fail("'%s' is %s: -i has %d ranges", t->name ? t->name : "",
		               nn_shape_text(t->ndim, t->dim, text), r->n);
	memcpy(dim, t->dim, sizeof dim);
	for (d = 0; d < r->n; d++) {
		from[d] = r->range[d].first;
		last = r->range[d].last < 0 ? t->dim[d] - 1 : r->range[d].last;
		if (last >= t->dim[d] || (from[d] && from[d] >= t->dim[d]))
			return nn_fail("'%s' is %s: dimension %d does not reach %lld", t->name ? t->name : "",
			               nn_shape_text(t->ndim, t->dim, text), d,
			               (long long)NN_MAX(last, from[d]));
		dim[d] = last + 1 - from[d];
	}
	if (r->n == 0)
		return 0;
	nn_tensor_init(&y, t->name, t->type, t->ndim, dim);
	y.meta = t->meta ? nn_strdup(t->meta) : NULL;
	copy_block(t, &y, from);
	cut_channels(t, &y, from);
	nn_tensor_release(t);
	*t = y;
	return 0;
}

static int chosen(const struct nn_tensor *t, char **glob, int globs)
{
	int i;

	for (i = 0; i < globs; i++)
		if (fnmatch(glob[i], t->name ? t->name : "", 0) == 0)
			return 1;
	return globs == 0;
}

int main(int argc, char **argv)
{
	struct nn_source source;
	struct nn_tensor t;
	struct ranges ranges = {0};
	int64_t most = INT64_MAX, came = 0, written = 0;
	char **glob = nn_calloc((size_t)argc, sizeof *glob);
	int c, globs = 0, got = 0;

	nn_tool(argv, "[-qv] [-i RANGES] [-k GLOB] [-n COUNT] [FILE ...]");
	while ((c = nn_option(argc, argv, "i:k:n:")) != -1) {
		if (c == 'i')
			parse_ranges(&ranges, optarg);
		else if (c == 'k')
			glob[globs++] = optarg;
		else
			most = nn_option_int('n', 1, INT64_MAX);
	}
	nn_source_init(&source, argv + optind);
	nn_stdout_binary();
	while (written < most && (got = nn_source_next(&source, &t)) > 0) {
		came++;
		if (chosen(&t, glob, globs)) {
			if (slice(&ranges, &t) < 0 || nn_write(stdout, &t) < 0)
				nn_die();
			written++;
		}
		nn_tensor_release(&t);
	}
	if (got < 0)
		nn_die();
	if (!written)
		nn_die_with("none of %lld tensors is called '%s'%s", (long long)came, glob[0],
		            globs > 1 ? " or as the other patterns say" : "");
	nn_source_release(&source);
	free(glob);
	return nn_done(0);
}
