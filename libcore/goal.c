/* SPDX-License-Identifier: ISC */
/* Goals from text: units, and sums of objectives. */
#include "vis.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is known while a text is read. */
struct context {
	struct nn_net *net;
	const int64_t *picture;
};

/* A term as text: its canonical argument, and the one that is shown. */
struct spelling {
	char *argument, *shown;
};

/* "-W*NAME(ARGUMENT)" put after what *text holds. */
static void append_term(char **text, const struct nn_term *t, const char *argument)
{
	double w = fabs(t->weight);
	const char *sign = **text ? (t->weight < 0 ? " - " : " + ") : t->weight < 0 ? "-" : "";
	char *longer =
		w == 1 ? nn_asprintf("%s%s%s(%s)", *text, sign, t->row->name, argument)
		       : nn_asprintf("%s%s%.9g*%s(%s)", *text, sign, w, t->row->name, argument);

	free(*text);
	*text = longer;
}

static int is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The word at s that stands before a parenthesis: its length, 0 when there is none. */
static size_t call_length(const char *s)
{
	size_t n = 0;

	while (is_word(s[n]))
		n++;
	return s[n] == '(' ? n : 0;
}

static const struct nn_objective *find_row(const char *name, size_t length)
{
	int i;

	for (i = 0; nn_objectives[i]; i++)
		if (strlen(nn_objectives[i]->name) == length &&
		    strncmp(nn_objectives[i]->name, name, length) == 0)
			return nn_objectives[i];
	return NULL;
}

static int no_row(const char *name, size_t length)
{
	const char *names[64], *near;
	char *copy = nn_strndup(name, length);
	int n, bad;

	for (n = 0; nn_objectives[n] && n < (int)NN_LEN(names); n++)
		names[n] = nn_objectives[n]->name;
	near = nn_nearest(copy, names, n);
	bad = near ? nn_fail("no objective '%s': did you mean '%s'?", copy, near)
		   : nn_fail("no objective '%s': nn-spec(7) lists them", copy);
	free(copy);
	return bad;
}

/* Signs, a factor and '*' at s: returns what follows. */
static const char *read_weight(const char *s, double *weight)
{
	char *end;
	double v;

	for (*weight = 1; *s == ' ' || *s == '+' || *s == '-'; s++)
		if (*s == '-')
			*weight = -*weight;
	if (!isdigit((unsigned char)*s) && *s != '.')
		return s;
	v = strtod(s, &end);
	while (*end == ' ')
		end++;
	if (*end != '*')
		return s;
	*weight *= v;
	end++;
	while (*end == ' ')
		end++;
	return end;
}

/* arguments */

static void use_unit(struct nn_term *t, const struct nn_unit *u)
{
	t->value = u->value;
	t->channel = u->channel;
	t->y = u->at ? u->y - u->h / 2 : 0;
	t->x = u->at ? u->x - u->w / 2 : 0;
	if (u->negative)
		t->weight = -t->weight;
}

/* A unit's text without the sign of its channel, which is in the weight. */
static char *unsigned_text(const struct context *k, const struct nn_unit *u)
{
	const char *layer = nn_layer_name(k->net, u->value);

	if (!u->at)
		return nn_asprintf("%s:%lld", layer, (long long)u->channel);
	return nn_asprintf("%s:%lld@%lld,%lld", layer, (long long)u->channel, (long long)u->y,
			   (long long)u->x);
}

static int read_unit(const struct context *k, const char *text, struct nn_term *t,
		     struct spelling *s)
{
	struct nn_unit *units = NULL;
	int n = 0, ok = nn_units_parse(k->net, k->picture, text, &units, &n);

	if (ok == 0 && n != 1)
		ok = nn_fail("want one unit, '%s' is %d", text, n);
	if (ok == 0 && units[0].at && t->row == &nn_objective_channel)
		ok = nn_fail("a channel has no position: write neuron(%s)", text);
	if (ok == 0) {
		use_unit(t, &units[0]);
		s->argument = unsigned_text(k, &units[0]);
	}
	nn_units_free(units, n);
	return ok;
}

/* The value before the softmax that the net's output is, through what only changes its shape. */
static int find_logits(const struct nn_net *net)
{
	static const char *const through[] = {"Flatten", "Reshape", "Squeeze", "Identity"};
	const struct nn_node *node;
	int v = net->noutputs ? net->output[0] : -1, i, passes = 1;

	while (v >= 0 && passes && net->value[v].producer >= 0) {
		node = &net->node[net->value[v].producer];
		if (strcmp(node->op->name, "Softmax") == 0 ||
		    strcmp(node->op->name, "LogSoftmax") == 0)
			return node->in[0];
		for (i = passes = 0; i < (int)NN_LEN(through); i++)
			passes |= strcmp(node->op->name, through[i]) == 0;
		if (passes)
			v = node->in[0];
	}
	return net->noutputs ? net->output[0] : -1;
}

static int read_class(const struct context *k, const char *text, struct nn_term *t,
		      struct spelling *s)
{
	const struct nn_net *net = k->net;
	int64_t map[1][3];
	int class;

	t->value = find_logits(net);
	if (t->value < 0)
		return nn_fail("the net has no output");
	if (nn_layer_maps(k->net, k->picture, &t->value, 1, map) < 0)
		return -1;
	class = nn_label_find(net, text, map[0][0]);
	if (class < 0)
		return -1;
	t->channel = class;
	s->argument = nn_asprintf("%d", class);
	if (class < net->nlabels)
		s->shown = nn_strndup(net->label[class], strcspn(net->label[class], ",()"));
	return 0;
}

static int read_layer(const struct context *k, const char *text, struct nn_term *t,
		      struct spelling *s, int64_t map[3])
{
	t->value = nn_layer_find(k->net, text);
	if (t->value < 0 || nn_layer_maps(k->net, k->picture, &t->value, 1, (int64_t(*)[3])map) < 0)
		return -1;
	s->argument = nn_strdup(nn_layer_name(k->net, t->value));
	return 0;
}

/* The first tensor of a stream, or a .npy file. */
static int read_tensor(const char *path, struct nn_tensor *t)
{
	struct nn_reader r;
	const unsigned char *bytes;
	struct nn_tensor first;
	size_t size;
	int64_t have;
	int ok;

	if (nn_reader_open(&r, path) < 0)
		return -1;
	have = nn_reader_peek(&r, 8, &bytes);
	if (have >= 8 && memcmp(bytes, NN_MAGIC, 8) == 0) {
		ok = nn_reader_next(&r, &first) == 1 ? 0 : -1;
		if (ok == 0) {
			nn_tensor_copy(t, &first);
			nn_tensor_release(&first);
		}
	} else {
		ok = have < 0 || nn_reader_rest(&r, &bytes, &size) < 0
			     ? -1
			     : nn_npy_parse(t, path, bytes, size, &size);
		if (ok < 0)
			nn_fail_in("%s", path);
	}
	nn_reader_close(&r);
	return ok;
}

static int read_vector(const char *path, int64_t n, struct nn_term *t)
{
	struct nn_tensor v;
	int64_t i;

	if (read_tensor(path, &v) < 0)
		return -1;
	if (nn_tensor_count(&v) != n) {
		nn_fail("%s: want %lld numbers, one for each channel, have %lld", path,
			(long long)n, (long long)nn_tensor_count(&v));
		nn_tensor_release(&v);
		return -1;
	}
	t->vector = nn_calloc((size_t)n, sizeof *t->vector);
	for (i = 0; i < n; i++)
		t->vector[i] = (float)nn_tensor_at(&v, i);
	nn_tensor_release(&v);
	return 0;
}

/* LAYER,FILE: the layer ends at the first comma before which a layer's name stands. */
static int read_layer_file(const struct context *k, const char *text, struct nn_term *t,
			   struct spelling *s)
{
	char *layer = nn_strdup(text), *comma = layer;
	int64_t map[3];
	int ok;

	while ((comma = strchr(comma, ','))) {
		*comma = '\0';
		if (nn_layer_find(k->net, layer) >= 0 || !strchr(comma + 1, ','))
			break;
		*comma++ = ',';
	}
	if (!comma)
		ok = nn_fail("want direction(LAYER,FILE), have '%s'", text);
	else
		ok = read_layer(k, layer, t, s, map) < 0 || read_vector(comma + 1, map[0], t) < 0
			     ? -1
			     : 0;
	free(layer);
	if (ok == 0) {
		free(s->argument);
		s->argument = nn_strdup(text);
	}
	return ok;
}

static int read_argument(const struct context *k, const char *text, struct nn_term *t,
			 struct spelling *s)
{
	int64_t map[3];

	switch (t->row->argument) {
	case NN_ARGUMENT_UNIT:
		return read_unit(k, text, t, s);
	case NN_ARGUMENT_CLASS:
		return read_class(k, text, t, s);
	case NN_ARGUMENT_LAYER:
		return read_layer(k, text, t, s, map);
	case NN_ARGUMENT_VECTOR:
		return read_layer_file(k, text, t, s);
	}
	return -1;
}

/* sums */

/* Where the parenthesis that opens at s closes. */
static const char *closing(const char *s)
{
	int depth = 0;

	for (; *s; s++) {
		depth += (*s == '(') - (*s == ')');
		if (depth == 0)
			return s;
	}
	return NULL;
}

/* One "W*NAME(ARGUMENT)" at *p, which moves behind it, into the goal. */
static int read_term(const struct context *k, const char **p, struct nn_goal *g)
{
	struct nn_term t = {.weight = 1};
	struct spelling s = {NULL, NULL};
	const char *name = read_weight(*p, &t.weight), *end;
	size_t length = call_length(name);
	char *argument;
	int ok;

	if (!length)
		return nn_fail("want NAME(...) at '%s'", name);
	t.row = find_row(name, length);
	if (!t.row)
		return no_row(name, length);
	end = closing(name + length);
	if (!end)
		return nn_fail("a parenthesis is not closed");
	argument = nn_strndup(name + length + 1, (size_t)(end - name) - length - 1);
	ok = read_argument(k, argument, &t, &s);
	free(argument);
	if (ok == 0) {
		append_term(&g->text, &t, s.argument);
		append_term(&g->name, &t, s.shown ? s.shown : s.argument);
		g->term = nn_realloc(g->term, (size_t)g->nterms + 1, sizeof *g->term);
		g->term[g->nterms++] = t;
	} else {
		free(t.vector);
	}
	free(s.argument);
	free(s.shown);
	*p = end + 1;
	return ok;
}

static void add_goal(const struct nn_goal *g, struct nn_goal **goals, int *n)
{
	*goals = nn_realloc(*goals, (size_t)*n + 1, sizeof **goals);
	(*goals)[(*n)++] = *g;
}

static int read_sum(const struct context *k, const char *text, struct nn_goal **goals, int *n)
{
	struct nn_goal g = {nn_strdup(""), nn_strdup(""), NULL, 0};
	const char *p = text;
	int ok;

	do {
		ok = read_term(k, &p, &g);
		while (ok == 0 && *p == ' ')
			p++;
		if (ok == 0 && *p && *p != '+' && *p != '-')
			ok = nn_fail("want '+' or '-' at '%s'", p);
	} while (ok == 0 && *p);
	if (ok < 0) {
		nn_goal_release(&g);
		return nn_fail_in("'%s'", text);
	}
	add_goal(&g, goals, n);
	return 0;
}

static int read_units(const struct context *k, const char *text, struct nn_goal **goals, int *n)
{
	struct nn_unit *units = NULL;
	struct nn_goal g;
	char *argument;
	int i, nunits = 0;

	if (nn_units_parse(k->net, k->picture, text, &units, &nunits) < 0)
		return -1;
	for (i = 0; i < nunits; i++) {
		g = (struct nn_goal){nn_strdup(""), nn_strdup(units[i].text), NULL, 1};
		g.term = nn_calloc(1, sizeof *g.term);
		g.term->row = units[i].at ? &nn_objective_neuron : &nn_objective_channel;
		g.term->weight = 1;
		use_unit(g.term, &units[i]);
		argument = unsigned_text(k, &units[i]);
		append_term(&g.text, g.term, argument);
		free(argument);
		add_goal(&g, goals, n);
	}
	nn_units_free(units, nunits);
	return 0;
}

int nn_goals_parse(struct nn_net *net, const int64_t picture[4], const char *text,
		   struct nn_goal **goals, int *n)
{
	struct context k = {net, picture};
	double weight;
	const char *name = read_weight(text, &weight);
	size_t length = call_length(name);

	if (length && find_row(name, length))
		return read_sum(&k, text, goals, n);
	if (read_units(&k, text, goals, n) == 0)
		return 0;
	return length ? no_row(name, length) : -1;
}
