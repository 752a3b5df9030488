/* SPDX-License-Identifier: ISC */
/* nn-diff: compares two streams, tensor by tensor, within a tolerance. */
#include "tool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct options {
	double relative, absolute;
	int json, quiet;
};

struct result {
	double scale, allowed;  /* largest absolute value of a; what a difference may be */
	double worst, va, vb;   /* the largest difference, and the values there */
	int64_t at, count, off; /* where, of how many, and how many are too far apart */
};

/* Infinite for a NaN that meets a number; 0 for two NaNs and for equal infinities. */
static double difference(const struct nn_tensor *a, const struct nn_tensor *b, int64_t i)
{
	double x, y;

	if (a->type == NN_I64 && b->type == NN_I64) {
		int64_t p = ((const int64_t *)a->data)[i], q = ((const int64_t *)b->data)[i];

		return (double)(p > q ? (uint64_t)p - (uint64_t)q : (uint64_t)q - (uint64_t)p);
	}
	x = nn_tensor_at(a, i);
	y = nn_tensor_at(b, i);
	if (x == y || (isnan(x) && isnan(y)))
		return 0;
	return isnan(x) || isnan(y) ? INFINITY : fabs(x - y);
}

static void compare(const struct nn_tensor *a, const struct nn_tensor *b, const struct options *o,
                    struct result *r)
{
	double v, d;
	int64_t i;

	memset(r, 0, sizeof *r);
	r->count = nn_tensor_count(a);
	for (i = 0; i < r->count; i++) {
		v = fabs(nn_tensor_at(a, i));
		if (isfinite(v) && v > r->scale)
			r->scale = v;
	}
	r->allowed = o->absolute + o->relative * r->scale;
	for (i = 0; i < r->count; i++) {
		d = difference(a, b, i);
		r->off += !(d <= r->allowed);
		if (d > r->worst || i == 0) {
			r->worst = d;
			r->at = i;
			r->va = nn_tensor_at(a, i);
			r->vb = nn_tensor_at(b, i);
		}
	}
}

/* "0,12,3,4" of element i */
static char *index_text(const struct nn_tensor *t, int64_t i, char text[NN_DIMS * 21])
{
	int64_t index[NN_DIMS];
	int d, at = 0;

	for (d = t->ndim - 1; d >= 0; d--) {
		index[d] = i % t->dim[d];
		i /= t->dim[d];
	}
	text[0] = '\0';
	for (d = 0; d < t->ndim; d++)
		at += sprintf(text + at, "%s%lld", d ? "," : "", (long long)index[d]);
	return text;
}

static void print_json(const struct nn_tensor *a, const struct nn_tensor *b, const struct result *r,
                       int shapes)
{
	static int printed;
	char text[NN_DIMS * 21];

	fputs(printed++ ? ",\n{\"a\": " : "{\"a\": ", stdout);
	nn_json_string(stdout, a->name ? a->name : "");
	fputs(", \"b\": ", stdout);
	nn_json_string(stdout, b->name ? b->name : "");
	printf(", \"shape\": \"%s\"", nn_shape_text(a->ndim, a->dim, text));
	if (!shapes) {
		printf(", \"other\": \"%s\", \"same\": false}", nn_shape_text(b->ndim, b->dim, text));
		return;
	}
	fputs(", \"difference\": ", stdout);
	nn_json_number(stdout, r->worst);
	fputs(", \"allowed\": ", stdout);
	nn_json_number(stdout, r->allowed);
	fputs(", \"largest\": ", stdout);
	nn_json_number(stdout, r->scale);
	printf(", \"index\": [%s], \"values\": [", r->count ? index_text(a, r->at, text) : "");
	nn_json_number(stdout, r->va);
	fputs(", ", stdout);
	nn_json_number(stdout, r->vb);
	printf("], \"apart\": %lld, \"count\": %lld, \"same\": %s}", (long long)r->off,
	       (long long)r->count, r->off ? "false" : "true");
}

static void print_text(const struct nn_tensor *a, const struct nn_tensor *b, const struct result *r,
                       int shapes)
{
	const char *name = a->name ? a->name : "", *other = b->name ? b->name : "";
	char text[NN_DIMS * 21], va[32], vb[32];

	printf("%s%s%s ", name, strcmp(name, other) ? " and " : "", strcmp(name, other) ? other : "");
	fputs(nn_shape_text(a->ndim, a->dim, text), stdout);
	if (!shapes) {
		printf(": differ: the other is %s\n", nn_shape_text(b->ndim, b->dim, text));
		return;
	}
	if (r->worst == 0) {
		puts(": equal");
		return;
	}
	printf(": %s: largest difference %.3g", r->off ? "differ" : "same", r->worst);
	if (r->scale > 0)
		printf(" (%.2g of the largest value)", r->worst / r->scale);
	printf(" at [%s]: %s and %s", index_text(a, r->at, text), nn_number_text(r->va, va),
	       nn_number_text(r->vb, vb));
	if (r->off)
		printf("; %lld of %lld are more than %.3g apart", (long long)r->off, (long long)r->count,
		       r->allowed);
	putchar('\n');
}

/* Is the pair the same? */
static int pair(const struct nn_tensor *a, const struct nn_tensor *b, const struct options *o)
{
	struct result r = {0};
	int shapes = a->ndim == b->ndim && memcmp(a->dim, b->dim, (size_t)a->ndim * sizeof *a->dim) == 0;

	if (shapes)
		compare(a, b, o, &r);
	if (o->json)
		print_json(a, b, &r, shapes);
	else if (!o->quiet)
		print_text(a, b, &r, shapes);
	return shapes && !r.off;
}

static int next(struct nn_source *s, struct nn_tensor *t)
{
	int got = nn_source_next(s, t);

	if (got < 0)
		nn_die();
	return got;
}

/* Compares in order; returns how many tensors differ, or have none to be compared with. */
static int64_t compare_all(char **files, const struct options *o)
{
	char *fa[] = {files[0], NULL}, *fb[] = {files[1], NULL};
	struct nn_source sa, sb;
	struct nn_tensor a, b;
	int64_t differ = 0, na = 0, nb = 0;
	int ga, gb;

	nn_source_init(&sa, fa);
	nn_source_init(&sb, fb);
	for (;;) {
		ga = next(&sa, &a);
		gb = next(&sb, &b);
		na += ga;
		nb += gb;
		if (!ga && !gb)
			break;
		if (ga && gb)
			differ += !pair(&a, &b, o);
		if (ga)
			nn_tensor_release(&a);
		if (gb)
			nn_tensor_release(&b);
	}
	if (na != nb) {
		differ++;
		nn_warn("%s has %lld tensors, %s has %lld", files[0], (long long)na, files[1],
		        (long long)nb);
	}
	nn_source_release(&sa);
	nn_source_release(&sb);
	return differ;
}

int main(int argc, char **argv)
{
	struct options o = {-1, -1, 0, 0};
	int64_t differ;
	int c;

	nn_tool(argv, "[-jqv] [-a TOLERANCE] [-t TOLERANCE] A B");
	while ((c = nn_option(argc, argv, "a:jt:")) != -1) {
		if (c == 'a')
			o.absolute = nn_option_float('a', 0, HUGE_VAL);
		else if (c == 't')
			o.relative = nn_option_float('t', 0, HUGE_VAL);
		else
			o.json = 1;
	}
	if (argc - optind != 2)
		nn_usage("want two files, have %d", argc - optind);
	if (strcmp(argv[optind], "-") == 0 && strcmp(argv[optind + 1], "-") == 0)
		nn_usage("stdin cannot be both files");
	if (o.relative < 0)
		o.relative = o.absolute < 0 ? 1e-4 : 0;
	o.absolute = NN_MAX(o.absolute, 0);
	o.quiet = nn_progress_quiet;
	if (o.json)
		puts("[");
	differ = compare_all(argv + optind, &o);
	if (o.json)
		puts("\n]");
	return nn_done(differ != 0);
}
