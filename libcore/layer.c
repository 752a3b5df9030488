/* SPDX-License-Identifier: ISC */
/* Finding layers and labels by name. */
#include "net.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The only output of the value's node, by which the node's name can stand for the value. */
static int only_output(const struct nn_net *net, int value)
{
	const struct nn_node *node;
	int p = net->value[value].producer, i, outputs = 0;

	if (p < 0)
		return 0;
	node = &net->node[p];
	for (i = 0; i < node->nout; i++)
		outputs += node->out[i] >= 0;
	return outputs == 1 && *node->name;
}

const char *nn_layer_name(const struct nn_net *net, int value)
{
	return only_output(net, value) ? net->node[net->value[value].producer].name
	                               : net->value[value].name;
}

/* Layers are what nodes make, and the net's inputs. */
static int is_layer(const struct nn_net *net, int value)
{
	int i;

	for (i = 0; i < net->ninputs; i++)
		if (net->input[i].value == value)
			return 1;
	return net->value[value].producer >= 0;
}

static const char *nearest_layer(const struct nn_net *net, const char *name)
{
	const char **names = nn_calloc((size_t)net->nvalues, sizeof *names), *near;
	int i, n = 0;

	for (i = 0; i < net->nvalues; i++)
		if (is_layer(net, i))
			names[n++] = nn_layer_name(net, i);
	near = nn_nearest(name, names, n);
	free(names);
	return near;
}

static int no_layer(const struct nn_net *net, const char *name)
{
	const char *near = nearest_layer(net, name);

	if (near)
		return nn_fail("no layer '%s': did you mean '%s'?", name, near);
	return nn_fail("no layer '%s': nn-info lists them", name);
}

int nn_layer_find(const struct nn_net *net, const char *name)
{
	int v = nn_net_find_value(net, name), i, j;

	for (i = 0; i < net->nnodes; i++)
		if (*name && strcmp(net->node[i].name, name) == 0)
			for (j = 0; j < net->node[i].nout; j++)
				if (net->node[i].out[j] >= 0)
					return net->node[i].out[j];
	if (v >= 0 && is_layer(net, v))
		return v;
	return no_layer(net, name);
}

/* Values come in the order of the nodes that make them. */
int nn_layer_match(const struct nn_net *net, const char *glob, int **values, int *n)
{
	int *found, i, j, v, one;

	*n = 0;
	*values = NULL;
	if (!strpbrk(glob, "*?[")) {
		one = nn_layer_find(net, glob);
		if (one < 0)
			return -1;
		*values = nn_alloc(sizeof **values);
		**values = one;
		*n = 1;
		return 0;
	}
	found = nn_calloc((size_t)net->nvalues, sizeof *found);
	for (i = 0; i < net->nnodes; i++)
		for (j = 0; j < net->node[i].nout; j++) {
			v = net->node[i].out[j];
			if (v >= 0 && (fnmatch(glob, nn_layer_name(net, v), 0) == 0 ||
			               fnmatch(glob, net->value[v].name, 0) == 0))
				found[(*n)++] = v;
		}
	if (*n == 0) {
		free(found);
		return no_layer(net, glob);
	}
	*values = found;
	return 0;
}

/* Is text the whole of label, or one of its parts between commas? */
static int is_part(const char *label, const char *text)
{
	size_t n = strlen(text);
	const char *p = label;

	for (;;) {
		p += strspn(p, " ");
		if (strncasecmp(p, text, n) == 0 && (p[n] == ',' || p[n] == '\0'))
			return 1;
		p = strchr(p, ',');
		if (!p)
			return 0;
		p++;
	}
}

/* Does label have text between characters that are not letters or digits? */
static int has_word(const char *label, const char *text)
{
	size_t n = strlen(text);
	const char *p;

	for (p = label; *p; p++)
		if (strncasecmp(p, text, n) == 0 && !isalnum((unsigned char)p[n]) &&
		    (p == label || !isalnum((unsigned char)p[-1])))
			return 1;
	return 0;
}

/* The only label for which test holds: its index, -1 without one, -2 with several. */
static int only_label(const struct nn_net *net, const char *text,
                      int (*test)(const char *, const char *))
{
	int i, found = -1;

	for (i = 0; i < net->nlabels; i++)
		if (test(net->label[i], text)) {
			if (found >= 0)
				return nn_fail("label '%s' means several classes: %d (%s), %d (%s)", text,
				               found, net->label[found], i, net->label[i]),
				       -2;
			found = i;
		}
	return found;
}

static int is_whole(const char *label, const char *text)
{
	return strcasecmp(label, text) == 0;
}

int nn_label_find(const struct nn_net *net, const char *label, int64_t classes)
{
	int (*const tests[])(const char *, const char *) = {is_whole, is_part, has_word};
	const char *near;
	int64_t index;
	size_t i;
	int found;

	if (isdigit((unsigned char)*label))
		return nn_parse_int(label, 0, classes - 1, &index) < 0 ? nn_fail_in("class")
		                                                       : (int)index;
	if (!net->nlabels)
		return nn_fail("class '%s': the net has no labels: give the index, or nn-load -L FILE",
		               label);
	for (i = 0; i < NN_LEN(tests); i++) {
		found = only_label(net, label, tests[i]);
		if (found >= 0 && found >= classes)
			return nn_fail("label '%s' is class %d, but there are %lld classes", label, found,
			               (long long)classes);
		if (found != -1)
			return found == -2 ? -1 : found;
	}
	near = nn_nearest(label, (const char *const *)net->label, net->nlabels);
	if (near)
		return nn_fail("no class '%s': did you mean '%s'?", label, near);
	return nn_fail("no class '%s'", label);
}

int nn_net_read_labels(struct nn_net *net, const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	int i, bad;

	if (!f)
		return nn_fail("cannot open '%s'", path);
	for (i = 0; i < net->nlabels; i++)
		free(net->label[i]);
	net->nlabels = 0;
	while ((n = getline(&line, &size, f)) > 0) {
		while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
			line[--n] = '\0';
		nn_net_label(net, line);
	}
	bad = ferror(f);
	free(line);
	fclose(f);
	if (bad)
		return nn_fail("cannot read '%s'", path);
	return net->nlabels ? 0 : nn_fail("%s: no labels", path);
}
