/* SPDX-License-Identifier: ISC */
/* How nn-info tells of a net: as a table, as JSON, as a graph for Graphviz. */
#include "info.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

void nn_table_put(struct nn_table *t, char *text)
{
	t->cell = nn_grow(t->cell, t->count, sizeof *t->cell);
	t->cell[t->count++] = text;
}

void nn_table_print(struct nn_table *t, unsigned right)
{
	size_t *width = nn_calloc((size_t)t->columns, sizeof *width), i, c;

	for (i = 0; i < t->count; i++) {
		c = i % (size_t)t->columns;
		width[c] = NN_MAX(width[c], strlen(t->cell[i]));
	}
	for (i = 0; i < t->count; i++) {
		c = i % (size_t)t->columns;
		if (right >> c & 1)
			printf("%*s", (int)width[c], t->cell[i]);
		else
			printf("%-*s", c + 1 < (size_t)t->columns ? (int)width[c] : 0, t->cell[i]);
		fputs(c + 1 < (size_t)t->columns ? "  " : "\n", stdout);
		free(t->cell[i]);
	}
	free(t->cell);
	free(width);
}

static int is_shown(const char *glob, const struct nn_net *net, const struct nn_layer *l)
{
	return !glob || fnmatch(glob, l->name, 0) == 0 ||
	       fnmatch(glob, net->value[l->value].name, 0) == 0;
}

/* 22069504: "22.07 M" */
static char *rounded(int64_t n)
{
	static const char *const unit[] = {"", " k", " M", " G", " T", " P", " E"};
	double v = (double)n;
	int i = 0;

	for (; v >= 1000 && i < 6; i++)
		v /= 1000;
	return i ? nn_asprintf("%#.4g%s", v, unit[i]) : nn_asprintf("%lld", (long long)n);
}

static char *pair_text(const struct nn_receptive *r, const double v[2])
{
	if (!r->sees)
		return nn_strdup("-");
	if (r->whole)
		return nn_strdup("all");
	return v[0] == v[1] ? nn_asprintf("%g", v[0]) : nn_asprintf("%gx%g", v[0], v[1]);
}

static void list_weights(const struct nn_net *net)
{
	static const char *const head[] = {"weight", "type", "shape"};
	struct nn_table t = {NULL, 0, (int)NN_LEN(head)};
	char shape[NN_DIMS * 21];
	const struct nn_value *v;
	size_t i;

	for (i = 0; i < NN_LEN(head); i++)
		nn_table_put(&t, nn_strdup(head[i]));
	for (v = net->value; v < net->value + net->nvalues; v++) {
		if (!v->is_constant || v->is_folded)
			continue;
		nn_table_put(&t, nn_strdup(v->name));
		nn_table_put(&t, nn_strdup(nn_type_name(v->constant.type)));
		nn_table_put(&t,
			     nn_strdup(nn_shape_text(v->constant.ndim, v->constant.dim, shape)));
	}
	nn_table_print(&t, 0);
}

void nn_info_text(const struct nn_net *net, const struct nn_summary *m, const char *glob)
{
	static const char *const head[] = {"layer",         "operator", "output", "parameters",
					   "multiply-adds", "field",    "stride"};
	struct nn_table t = {NULL, 0, (int)NN_LEN(head)};
	char shape[NN_DIMS * 21];
	const struct nn_layer *l;
	size_t i;
	char *sum;

	for (i = 0; i < NN_LEN(head); i++)
		nn_table_put(&t, nn_strdup(head[i]));
	for (l = m->layer; l < m->layer + m->count; l++) {
		if (!is_shown(glob, net, l))
			continue;
		nn_table_put(&t, nn_strdup(l->name));
		nn_table_put(&t, nn_strdup(l->op));
		nn_table_put(&t, nn_strdup(nn_shape_text(l->shape->ndim, l->shape->dim, shape)));
		nn_table_put(&t, l->parameters ? nn_asprintf("%lld", (long long)l->parameters)
					       : nn_strdup(""));
		nn_table_put(&t, l->multiply_adds ? rounded(l->multiply_adds) : nn_strdup(""));
		nn_table_put(&t, pair_text(&l->field, l->field.size));
		nn_table_put(&t, pair_text(&l->field, l->field.jump));
	}
	sum = rounded(m->multiply_adds);
	printf("%s: %lld parameters, %s multiply-adds, %d classes named, input range %s\n",
	       net->name, (long long)m->parameters, sum, net->nlabels,
	       nn_net_has_preprocess(net) ? "known" : "not given");
	free(sum);
	nn_table_print(&t, 1u << 3 | 1u << 4 | 1u << 5 | 1u << 6);
	if (nn_verbose)
		list_weights(net);
}

void nn_json_shape(int ndim, const int64_t *dim)
{
	int i;

	putchar('[');
	for (i = 0; i < ndim; i++)
		printf("%s%lld", i ? "," : "", (long long)dim[i]);
	putchar(']');
}

static void json_pair(const char *key, const struct nn_receptive *r, const double v[2])
{
	printf(",\"%s\":", key);
	if (!r->sees || r->whole) {
		fputs(r->sees ? "\"all\"" : "null", stdout);
		return;
	}
	putchar('[');
	nn_json_number(stdout, v[0]);
	putchar(',');
	nn_json_number(stdout, v[1]);
	putchar(']');
}

static void json_layer(const struct nn_net *net, const struct nn_summary *m,
		       const struct nn_layer *l)
{
	int i, v, n = 0;

	fputs("{\"layer\":", stdout);
	nn_json_string(stdout, l->name);
	fputs(",\"operator\":", stdout);
	nn_json_string(stdout, l->op);
	fputs(",\"inputs\":[", stdout);
	for (i = 0; l->node >= 0 && i < net->node[l->node].nin; i++) {
		v = net->node[l->node].in[i];
		if (v < 0 || m->shapes.value[v].data)
			continue;
		fputs(n++ ? "," : "", stdout);
		nn_json_string(stdout, nn_layer_name(net, v));
	}
	fputs("],\"shape\":", stdout);
	nn_json_shape(l->shape->ndim, l->shape->dim);
	printf(",\"parameters\":%lld,\"multiply_adds\":%lld", (long long)l->parameters,
	       (long long)l->multiply_adds);
	json_pair("receptive_field", &l->field, l->field.size);
	json_pair("stride", &l->field, l->field.jump);
	putchar('}');
}

void nn_info_json(const struct nn_net *net, const struct nn_summary *m, const char *glob)
{
	const struct nn_layer *l;
	int i, n = 0;

	fputs("{\"net\":", stdout);
	nn_json_string(stdout, net->name);
	printf(",\"parameters\":%lld,\"multiply_adds\":%lld,\"preprocess\":%s,\"layers\":[",
	       (long long)m->parameters, (long long)m->multiply_adds,
	       nn_net_has_preprocess(net) ? "true" : "false");
	for (l = m->layer; l < m->layer + m->count; l++)
		if (is_shown(glob, net, l)) {
			fputs(n++ ? "," : "", stdout);
			json_layer(net, m, l);
		}
	fputs("],\"labels\":[", stdout);
	for (i = 0; i < net->nlabels; i++) {
		fputs(i ? "," : "", stdout);
		nn_json_string(stdout, net->label[i]);
	}
	puts("]}");
}

/* Graphviz takes the escapes of JSON strings. */
void nn_info_dot(const struct nn_net *net, const struct nn_summary *m)
{
	char shape[NN_DIMS * 21];
	const struct nn_layer *l;
	char *text;
	int i, v;

	fputs("digraph ", stdout);
	nn_json_string(stdout, net->name);
	puts(" {\n\tnode [shape=box];");
	for (l = m->layer; l < m->layer + m->count; l++) {
		text = nn_asprintf("%s\n%s %s", l->name, l->op,
				   nn_shape_text(l->shape->ndim, l->shape->dim, shape));
		printf("\tv%d [label=", l->value);
		nn_json_string(stdout, text);
		puts("];");
		free(text);
		for (i = 0; l->node >= 0 && i < net->node[l->node].nin; i++) {
			v = net->node[l->node].in[i];
			if (v >= 0 && !m->shapes.value[v].data)
				printf("\tv%d -> v%d;\n", v, l->value);
		}
	}
	puts("}");
}
