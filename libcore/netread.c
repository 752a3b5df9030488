/* SPDX-License-Identifier: ISC */
/* Reading a net from the stream, line by line of its graph record; nnt(5) is the specification. */
#include "net.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

int nn_net_is_graph(const struct nn_tensor *t)
{
	char *kind = nn_tensor_get(t, "kind");
	int is = kind && strcmp(kind, "net") == 0 && t->type == NN_U8;

	free(kind);
	return is;
}

static int hex(int c)
{
	return isdigit(c) ? c - '0' : isxdigit(c) ? (c & 15) + 9 : -1;
}

/* Undoes put_word in place. */
static int get_word(char *s)
{
	char *to = s;
	int high, low;

	if (strcmp(s, "%") == 0) {
		*s = '\0';
		return 0;
	}
	for (; *s; s++) {
		if (*s != '%') {
			*to++ = *s;
			continue;
		}
		high = hex((unsigned char)s[1]);
		low = high < 0 ? -1 : hex((unsigned char)s[2]);
		if (low < 0 || high + low == 0)
			return nn_fail("a '%%' without two hexadecimal digits");
		*to++ = (char)(high << 4 | low);
		s += 2;
	}
	*to = '\0';
	return 0;
}

/* The next word of a line, NULL at its end. */
static char *next_word(char **line)
{
	char *word = *line, *space;

	if (!word || !*word)
		return NULL;
	space = strchr(word, ' ');
	if (space)
		*space = '\0';
	*line = space ? space + 1 : NULL;
	return word;
}

/* A value by its word; -1 for "-", -2 for what is no name. */
static int get_value(struct nn_net *net, char *word)
{
	if (strcmp(word, "-") == 0)
		return -1;
	if (get_word(word) < 0)
		return -2;
	if (!*word)
		return nn_fail("an empty name"), -2;
	return nn_net_value(net, word);
}

static enum nn_type type_of(const char *name)
{
	int t;

	for (t = NN_F32; t <= NN_I64; t++)
		if (strcmp(nn_type_name((enum nn_type)t), name) == 0)
			return (enum nn_type)t;
	return 0;
}

static int get_input(struct nn_net *net, char *line)
{
	char *word = next_word(&line), *type = next_word(&line);
	int64_t dim[NN_DIMS];
	int v, n = 0;

	if (!word || !type || !type_of(type))
		return nn_fail("want 'input NAME TYPE DIMENSION ...'");
	v = get_value(net, word);
	if (v < 0)
		return v == -1 ? nn_fail("an input without a name") : -1;
	while ((word = next_word(&line))) {
		if (n == NN_DIMS)
			return nn_fail("more than %d dimensions", NN_DIMS);
		if (nn_parse_int(word, -1, INT32_MAX, &dim[n++]) < 0)
			return -1;
	}
	nn_net_input(net, v, type_of(type), n, dim);
	return 0;
}

static int get_output(struct nn_net *net, char *line)
{
	char *word = next_word(&line);
	int v;

	if (!word || next_word(&line))
		return nn_fail("want 'output NAME'");
	v = get_value(net, word);
	if (v < 0)
		return v == -1 ? nn_fail("an output without a name") : -1;
	nn_net_output(net, v);
	return 0;
}

static int get_numbers(struct nn_attrs *attrs, const char *name, int floats, char *text)
{
	int n = 1, i = 0, status = 0;
	int64_t *ints;
	double *reals;
	char *p, *comma;

	for (p = text; *p; p++)
		n += *p == ',';
	if (!*text)
		n = 0;
	ints = nn_calloc((size_t)n, sizeof *ints);
	reals = nn_calloc((size_t)n, sizeof *reals);
	for (p = text; i < n && status == 0; i++, p = comma ? comma + 1 : p) {
		comma = strchr(p, ',');
		if (comma)
			*comma = '\0';
		if (floats) {
			char *end;

			reals[i] = strtod(p, &end); /* infinities are allowed here */
			if (end == p || *end)
				status = nn_fail("attribute '%s': '%s' is not a number", name, p);
		} else {
			status = nn_parse_int(p, INT64_MIN, INT64_MAX, &ints[i]);
		}
	}
	if (status == 0 && floats)
		nn_attrs_set_floats(attrs, name, n, reals);
	else if (status == 0)
		nn_attrs_set_ints(attrs, name, n, ints);
	free(ints);
	free(reals);
	return status;
}

/* NAME=i:1,2 or NAME=f:0.5 or NAME=s:text */
static int get_attr(struct nn_attrs *attrs, char *word)
{
	char *equals = strchr(word, '='), *text;

	*equals = '\0';
	text = equals + 3;
	if (!strchr("ifs", equals[1]) || !equals[1] || equals[2] != ':' || get_word(word) < 0)
		return nn_fail("attribute '%s' is not NAME=i:, f: or s:", word);
	if (equals[1] != 's')
		return get_numbers(attrs, word, equals[1] == 'f', text);
	if (get_word(text) < 0)
		return -1;
	nn_attrs_set_string(attrs, word, text);
	return 0;
}

/* what a node line is read into */
struct line {
	int *in, *out, nin, nout;
	struct nn_attrs attrs;
};

static int get_words(struct nn_net *net, char *line, struct line *l)
{
	char *word;
	int after = 0, v;

	while ((word = next_word(&line))) {
		if (strcmp(word, ">") == 0) {
			after++;
			continue;
		}
		if (strchr(word, '=')) {
			if (get_attr(&l->attrs, word) < 0)
				return -1;
			continue;
		}
		v = get_value(net, word);
		if (v == -2)
			return -1;
		if (after)
			l->out[l->nout++] = v;
		else
			l->in[l->nin++] = v;
	}
	return after == 1 && l->nout ? 0 : nn_fail("want 'node OP NAME IN ... > OUT ...'");
}

static int get_node(struct nn_net *net, char *line)
{
	char *kind = next_word(&line), *name = next_word(&line), *p;
	const struct nn_op *op = kind ? nn_op_find(kind) : NULL;
	struct line l = {0};
	size_t words = 2;
	int status;

	if (!op)
		return nn_fail("operator '%s' is not known", kind ? kind : "");
	if (!name || get_word(name) < 0)
		return nn_fail("a node without a name");
	for (p = line; p && *p; p++)
		words += *p == ' ';
	l.in = nn_calloc(words, sizeof *l.in);
	l.out = nn_calloc(words, sizeof *l.out);
	status = get_words(net, line, &l);
	if (status == 0)
		nn_net_node(net, op, name, l.nin, l.in, l.nout, l.out, &l.attrs);
	nn_attrs_release(&l.attrs);
	free(l.in);
	free(l.out);
	return status;
}

static int get_line(struct nn_net *net, char *line)
{
	char *key = next_word(&line);

	if (!key)
		return 0;
	if (strcmp(key, "input") == 0)
		return get_input(net, line);
	if (strcmp(key, "output") == 0)
		return get_output(net, line);
	if (strcmp(key, "node") == 0)
		return get_node(net, line);
	if (strcmp(key, "label") == 0) {
		if (!line || get_word(line) < 0)
			return nn_fail("want 'label TEXT'");
		nn_net_label(net, line);
		return 0;
	}
	return nn_fail("'%s' is not input, output, node or label", key);
}

static int get_text(struct nn_net *net, char *text)
{
	char *line = text, *end;
	int n;

	for (n = 1; *line; n++, line = end) {
		end = strchr(line, '\n');
		if (!end)
			return nn_fail("line %d of the graph does not end", n);
		*end++ = '\0';
		if (n == 1 && strcmp(line, NN_NET_HEADLINE) != 0)
			return nn_fail("the graph does not begin with '" NN_NET_HEADLINE "'");
		if (n > 1 && get_line(net, line) < 0)
			return nn_fail_in("line %d of the graph", n);
	}
	return n > 1 ? 0 : nn_fail("the graph is empty");
}

static int get_weights(struct nn_net *net, const struct nn_tensor *graph, struct nn_reader *r)
{
	char *weights = nn_tensor_get(graph, "weights");
	struct nn_tensor t;
	int64_t count = 0, i;
	int got, v;

	got = weights ? nn_parse_int(weights, 0, INT32_MAX, &count) : nn_fail("no number of weights");
	free(weights);
	for (i = 0; i < count && got >= 0; i++) {
		got = nn_reader_next(r, &t);
		if (got == 0)
			return nn_fail("the net ends after %lld of %lld weights", (long long)i,
			               (long long)count);
		if (got < 0)
			return -1;
		v = nn_net_find_value(net, t.name ? t.name : "");
		if (v < 0 || net->value[v].is_constant)
			got = nn_fail("weight '%s' is %s", t.name, v < 0 ? "not in the graph" : "there twice");
		else
			nn_net_constant(net, v, &t);
		nn_tensor_release(&t);
	}
	return got < 0 ? -1 : 0;
}

struct nn_net *nn_net_read(struct nn_tensor *t, struct nn_reader *r)
{
	struct nn_net *net = nn_net_new(t->name ? t->name : "");
	size_t size = nn_tensor_bytes(t);
	char *text = nn_strndup(t->data ? t->data : "", size);
	int status;

	if (strlen(text) != size)
		status = nn_fail("a zero byte in the text of the graph");
	else
		status = get_text(net, text);
	if (status == 0)
		status = get_weights(net, t, r);
	if (status == 0)
		status = nn_net_finish(net);
	free(text);
	nn_tensor_release(t);
	if (status < 0) {
		nn_net_free(net);
		return NULL;
	}
	return net;
}
