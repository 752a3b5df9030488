/* SPDX-License-Identifier: ISC */
/* Units from text, and the maps of layers. */
#include "unit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* One item of a list of channels. */
struct range {
	int64_t first, last; /* last -1: to the end */
	int negative;
};

/* A number at *p, which moves behind it; -1 when there is none that fits. */
static int64_t number(const char **p)
{
	int64_t v = 0;
	const char *s = *p;

	for (; isdigit((unsigned char)*s); s++) {
		if (v > INT32_MAX)
			return -1;
		v = 10 * v + (*s - '0');
	}
	if (s == *p)
		return -1;
	*p = s;
	return v;
}

/* The item at *p, which moves behind it. */
static int range_parse(const char **p, struct range *r)
{
	r->negative = **p == '-';
	*p += r->negative;
	if (**p == '*') {
		++*p;
		r->first = 0;
		r->last = -1;
		return 0;
	}
	r->first = r->last = number(p);
	if (**p == '-') {
		++*p;
		r->last = number(p);
	}
	return r->first < 0 || r->last < r->first ? -1 : 0;
}

/* The items of text into a new array; their number, -1 without a message when text is no list. */
static int ranges_parse(const char *text, struct range **ranges)
{
	struct range *list = nn_calloc(strlen(text) / 2 + 1, sizeof *list);
	int n = 0, ok;

	while ((ok = range_parse(&text, &list[n++])) == 0 && *text == ',')
		text++;
	if (ok < 0 || *text) {
		free(list);
		return -1;
	}
	*ranges = list;
	return n;
}

/* Where the text's "@Y,X" begins, with its numbers; NULL without one. */
static const char *find_position(const char *text, int64_t *y, int64_t *x)
{
	const char *at = strrchr(text, '@'), *p;

	if (!at)
		return NULL;
	p = at + 1;
	*y = number(&p);
	if (*y < 0 || *p++ != ',')
		return NULL;
	*x = number(&p);
	return *x < 0 || *p ? NULL : at;
}

/* The parts of a unit's text. */
struct parts {
	int *values, nvalues;
	struct range *ranges;
	int nranges, at;
	int64_t y, x;
};

/* The value of a layer that is called just so, among several ways to read a text; -1. */
static int find_exact(const struct nn_net *net, const char *name, size_t length)
{
	char *copy = nn_strndup(name, length);
	int value = nn_layer_find(net, copy);

	free(copy);
	return value;
}

/* Is what stands between colon and end nothing, or a list of channels? */
static int is_list(const char *colon, const char *end)
{
	struct range *ranges;
	char *copy;
	int n;

	if (colon == end)
		return 1;
	copy = nn_strndup(colon + 1, (size_t)(end - colon - 1));
	n = ranges_parse(copy, &ranges);
	free(copy);
	if (n < 0)
		return 0;
	free(ranges);
	return 1;
}

/*
 * Where the layer's name ends in text, which goes on to end: after it comes nothing, or ':' and a
 * list.  The longest name that exists; else, as for a glob, before the last ':'.
 */
static const char *name_end(const struct nn_net *net, const char *text, const char *end,
			    int *exists)
{
	const char *colon = end;

	while (colon > text && *--colon != ':')
		;
	if (*colon != ':' || colon == end)
		colon = end;
	*exists = find_exact(net, text, (size_t)(end - text)) >= 0;
	if (*exists)
		return end;
	*exists = find_exact(net, text, (size_t)(colon - text)) >= 0 && is_list(colon, end);
	return colon;
}

static int split(const struct nn_net *net, const char *text, struct parts *p)
{
	const char *all = text + strlen(text), *at = find_position(text, &p->y, &p->x), *end;
	char *part;
	int exists, ok;

	end = name_end(net, text, all, &exists);
	p->at = at && !exists;
	if (p->at) {
		all = at;
		end = name_end(net, text, all, &exists);
	}
	part = nn_strndup(text, (size_t)(end - text));
	ok = nn_layer_match(net, part, &p->values, &p->nvalues);
	free(part);
	if (ok < 0)
		return -1;
	part = end < all ? nn_strndup(end + 1, (size_t)(all - end - 1)) : nn_strdup("*");
	p->nranges = ranges_parse(part, &p->ranges);
	if (p->nranges < 0) {
		ok = nn_fail("channels '%s': want a list like 3, 0-63, -5 or *", part);
		free(p->values);
	}
	free(part);
	return ok;
}

int nn_layer_map(const struct nn_tensor *t, int64_t n, int64_t map[3])
{
	char text[NN_DIMS * 21];
	int i;

	if (t->type != NN_F32 || t->ndim < 2)
		return nn_fail("%s %s is no map of channels", nn_type_name(t->type),
			       nn_shape_text(t->ndim, t->dim, text));
	if (t->dim[0] != n)
		return nn_fail("%s does not have the %lld pictures in front",
			       nn_shape_text(t->ndim, t->dim, text), (long long)n);
	map[0] = t->dim[1];
	map[1] = t->ndim > 3 ? t->dim[2] : 1;
	map[2] = 1;
	for (i = t->ndim > 3 ? 3 : 2; i < t->ndim; i++)
		map[2] *= t->dim[i];
	if (map[0] * map[1] * map[2] == 0)
		return nn_fail("%s is empty", nn_shape_text(t->ndim, t->dim, text));
	return 0;
}

int nn_layer_maps(struct nn_net *net, const int64_t picture[4], const int *values, int count,
		  int64_t (*map)[3])
{
	struct nn_shapes shapes;
	struct nn_tensor in;
	int i, ok;

	nn_tensor_view(&in, NULL, NN_F32, 4, picture, NULL);
	if (nn_shapes_init(&shapes, net, &in, 1, values, count, 0) < 0)
		return -1;
	for (i = 0, ok = 0; ok == 0 && i < count; i++) {
		ok = nn_layer_map(&shapes.value[values[i]], picture[0], map[i]);
		if (ok < 0)
			nn_fail_in("layer '%s'", nn_layer_name(net, values[i]));
	}
	nn_shapes_release(&shapes);
	return ok;
}

static struct nn_unit make_unit(const struct nn_net *net, const struct parts *p, int value,
				const int64_t map[3], int64_t channel, int negative)
{
	struct nn_unit u = {.value = value,
			    .channel = channel,
			    .negative = negative,
			    .at = p->at,
			    .y = p->y,
			    .x = p->x,
			    .c = map[0],
			    .h = map[1],
			    .w = map[2]};
	const char *layer = nn_layer_name(net, value), *sign = negative ? "-" : "";

	u.text = p->at ? nn_asprintf("%s:%s%lld@%lld,%lld", layer, sign, (long long)channel,
				     (long long)p->y, (long long)p->x)
		       : nn_asprintf("%s:%s%lld", layer, sign, (long long)channel);
	return u;
}

/* The units of one layer, appended. */
static int add_layer(const struct nn_net *net, const struct parts *p, int value,
		     const int64_t map[3], struct nn_unit **units, int *n)
{
	const char *layer = nn_layer_name(net, value);
	int64_t channel, last;
	int i;

	if (p->at && (p->y >= map[1] || p->x >= map[2]))
		return nn_fail("layer '%s' has %lld x %lld positions, y,x: no %lld,%lld", layer,
			       (long long)map[1], (long long)map[2], (long long)p->y,
			       (long long)p->x);
	for (i = 0; i < p->nranges; i++) {
		last = p->ranges[i].last < 0 ? map[0] - 1 : p->ranges[i].last;
		if (last >= map[0])
			return nn_fail("layer '%s' has %lld channels, from 0: no %lld", layer,
				       (long long)map[0], (long long)last);
		*units = nn_realloc(*units, (size_t)(*n + last - p->ranges[i].first + 1),
				    sizeof **units);
		for (channel = p->ranges[i].first; channel <= last; channel++)
			(*units)[(*n)++] =
				make_unit(net, p, value, map, channel, p->ranges[i].negative);
	}
	return 0;
}

int nn_units_parse(struct nn_net *net, const int64_t picture[4], const char *text,
		   struct nn_unit **units, int *n)
{
	struct parts p = {0};
	int64_t(*map)[3];
	int i, ok, before = *n;

	if (split(net, text, &p) < 0)
		return -1;
	map = nn_calloc((size_t)p.nvalues, sizeof *map);
	ok = nn_layer_maps(net, picture, p.values, p.nvalues, map);
	for (i = 0; ok == 0 && i < p.nvalues; i++)
		ok = add_layer(net, &p, p.values[i], map[i], units, n);
	while (ok < 0 && *n > before)
		free((*units)[--*n].text);
	free(map);
	free(p.values);
	free(p.ranges);
	return ok;
}

void nn_units_free(struct nn_unit *units, int n)
{
	int i;

	for (i = 0; i < n; i++)
		free(units[i].text);
	free(units);
}
