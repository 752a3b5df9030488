/* SPDX-License-Identifier: ISC */
/* nn-top: the largest channels of each tensor, with their labels. */
#include "tool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct options {
	int64_t k;
	int json;
	struct nn_net *labels; /* of -L: a net without anything else, or NULL */
};

struct unit {
	int64_t channel, y, x;
	double value;
};

/* Larger first, NaN last, else in the order of the channels. */
static int by_value(const void *pa, const void *pb)
{
	const struct unit *a = pa, *b = pb;

	if (isnan(a->value) || isnan(b->value)) {
		if (!isnan(a->value) || !isnan(b->value))
			return isnan(a->value) ? 1 : -1;
	} else if (a->value != b->value) {
		return a->value > b->value ? -1 : 1;
	}
	return a->channel < b->channel ? -1 : a->channel > b->channel;
}

/* Each channel's largest value over the positions of item n. */
static void find_units(const struct nn_tensor *t, const int64_t dim[4], int64_t n,
                       struct unit *unit)
{
	int64_t c, i, best, size = dim[2] * dim[3], base;
	double v;

	for (c = 0; c < dim[1]; c++) {
		base = (n * dim[1] + c) * size;
		best = 0;
		unit[c].value = nn_tensor_at(t, base);
		for (i = 1; i < size; i++) {
			v = nn_tensor_at(t, base + i);
			if (v > unit[c].value || isnan(unit[c].value)) {
				unit[c].value = v;
				best = i;
			}
		}
		unit[c].channel = c;
		unit[c].y = best / dim[3];
		unit[c].x = best % dim[3];
	}
	qsort(unit, (size_t)dim[1], sizeof *unit, by_value);
}

/* What one line of output says of a vector. */
struct vector {
	const struct nn_tensor *t;
	const int64_t *dim;
	char *source, **label; /* NULL without */
	int64_t item, first;   /* of the batch; the layer's channel that channel 0 is */
};

static void print_json(const struct vector *v, const struct unit *unit, int64_t k)
{
	static int printed;
	int64_t i;

	fputs(printed++ ? ",\n{\"name\": " : "{\"name\": ", stdout);
	nn_json_string(stdout, v->t->name ? v->t->name : "");
	if (v->source) {
		fputs(", \"source\": ", stdout);
		nn_json_string(stdout, v->source);
	}
	printf(", \"item\": %lld, \"top\": [", (long long)v->item);
	for (i = 0; i < k; i++) {
		printf("%s\n {\"index\": %lld, \"value\": ", i ? "," : "",
		       (long long)(v->first + unit[i].channel));
		nn_json_number(stdout, unit[i].value);
		if (v->dim[2] * v->dim[3] > 1)
			printf(", \"y\": %lld, \"x\": %lld", (long long)unit[i].y, (long long)unit[i].x);
		if (v->label) {
			fputs(", \"label\": ", stdout);
			nn_json_string(stdout, v->label[unit[i].channel]);
		}
		putchar('}');
	}
	fputs("]}", stdout);
}

static void print_text(const struct vector *v, const struct unit *unit, int64_t k, int many)
{
	int64_t i;

	for (i = 0; i < k; i++) {
		if (many) {
			printf("%s\t%s", v->source ? v->source : "-", v->t->name ? v->t->name : "");
			printf(v->dim[0] > 1 ? "[%lld]\t" : "\t", (long long)v->item);
		}
		printf("%lld\t%lld", (long long)i + 1, (long long)(v->first + unit[i].channel));
		if (v->dim[2] * v->dim[3] > 1)
			printf("@%lld,%lld", (long long)unit[i].y, (long long)unit[i].x);
		printf("\t%.6g", unit[i].value);
		if (v->label)
			printf("\t%s", v->label[unit[i].channel]);
		putchar('\n');
	}
}

static void top(const struct nn_tensor *t, const struct options *o, int more)
{
	struct vector v = {.t = t};
	char **own, **given = o->labels ? o->labels->label : NULL;
	struct unit *unit;
	int64_t dim[4], k;

	if (nn_net_is_graph(t))
		nn_die_with("'%s' is a net, want activations (of nn-activations)", t->name ? t->name : "");
	if (nn_tensor_planes(t, dim) < 0)
		nn_die();
	if (dim[1] * dim[2] * dim[3] == 0)
		nn_die_with("'%s' has no numbers", t->name ? t->name : "");
	v.dim = dim;
	v.first = nn_tensor_first_channel(t);
	v.source = nn_tensor_get(t, "source");
	own = nn_tensor_labels(t, dim[1]);
	if (given && v.first + dim[1] <= o->labels->nlabels)
		v.label = given + v.first;
	else if (given)
		nn_warn("%d labels are too few for '%s', which has channels up to %lld", o->labels->nlabels,
		        t->name ? t->name : "", (long long)(v.first + dim[1] - 1));
	else
		v.label = own;
	unit = nn_calloc((size_t)dim[1], sizeof *unit);
	k = NN_MIN(o->k, dim[1]);
	for (; v.item < dim[0]; v.item++) {
		find_units(t, dim, v.item, unit);
		if (o->json)
			print_json(&v, unit, k);
		else
			print_text(&v, unit, k, more || dim[0] > 1);
	}
	free(unit);
	free(own);
	free(v.source);
}

int main(int argc, char **argv)
{
	struct options o = {5, 0, NULL};
	struct nn_source s;
	struct nn_tensor t, following;
	int c, got, many = 0;

	nn_tool(argv, "[-jqv] [-k COUNT] [-L FILE] [FILE ...]");
	while ((c = nn_option(argc, argv, "jk:L:")) != -1) {
		if (c == 'j') {
			o.json = 1;
		} else if (c == 'k') {
			o.k = nn_option_int('k', 1, INT64_MAX);
		} else {
			nn_net_free(o.labels);
			o.labels = nn_net_new("");
			if (nn_net_read_labels(o.labels, optarg) < 0)
				nn_die();
		}
	}
	nn_source_init(&s, argv + optind);
	if (nn_source_next(&s, &t) <= 0)
		nn_die();
	if (o.json)
		puts("[");
	do {
		/* one ahead: lines tell which tensor they are of only when there are several */
		got = nn_source_next(&s, &following);
		if (got < 0)
			nn_die();
		top(&t, &o, got > 0 || many);
		many = 1;
		nn_tensor_release(&t);
		t = following;
	} while (got > 0);
	if (o.json)
		puts("\n]");
	nn_source_release(&s);
	nn_net_free(o.labels);
	return nn_done(0);
}
