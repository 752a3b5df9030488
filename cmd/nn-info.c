/* SPDX-License-Identifier: ISC */
/* nn-info: what is in a net or a stream. */
#include "info.h"

#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options {
	int json, dot, width, height;
	const char *glob; /* of layers or tensors; NULL: all */
};

/* operators */

static int list_operators(int json)
{
	static const char *const head[] = {"operator", "gradient", "limits"};
	struct nn_table t = {NULL, 0, 3};
	int i;

	for (i = 0; i < t.columns && !json; i++)
		nn_table_put(&t, nn_strdup(head[i]));
	for (i = 0; nn_ops[i]; i++) {
		if (json) {
			fputs("{\"operator\":", stdout);
			nn_json_string(stdout, nn_ops[i]->name);
			printf(",\"gradient\":%s,\"limits\":",
			       nn_ops[i]->backward ? "true" : "false");
			nn_json_string(stdout, nn_ops[i]->limits ? nn_ops[i]->limits : "");
			puts("}");
			continue;
		}
		nn_table_put(&t, nn_strdup(nn_ops[i]->name));
		nn_table_put(&t, nn_strdup(nn_ops[i]->backward ? "yes" : "no"));
		nn_table_put(&t, nn_strdup(nn_ops[i]->limits ? nn_ops[i]->limits : "none"));
	}
	nn_table_print(&t, 0);
	return nn_done(0);
}

static int show_net(const struct options *o, struct nn_net *net)
{
	struct nn_summary m;
	int *match, n;

	if (nn_summary_init(&m, net, o->width, o->height) < 0)
		return -1;
	/* a glob that matches nothing is a mistake, of which layers know more */
	if (o->glob && nn_layer_match(net, o->glob, &match, &n) == 0)
		free(match);
	else if (o->glob) {
		nn_summary_release(&m);
		return -1;
	}
	if (o->dot)
		nn_info_dot(net, &m);
	else if (o->json)
		nn_info_json(net, &m, o->glob);
	else
		nn_info_text(net, &m, o->glob);
	nn_summary_release(&m);
	return 0;
}

/* tensors */

struct range {
	double low, high, mean;
	int64_t finite, other;
};

static struct range range_of(const struct nn_tensor *t)
{
	struct range r = {0, 0, 0, 0, 0};
	int64_t n = nn_tensor_count(t), i;
	double v;

	for (i = 0; i < n; i++) {
		v = nn_tensor_at(t, i);
		if (!isfinite(v)) {
			r.other++;
			continue;
		}
		r.low = r.finite ? NN_MIN(r.low, v) : v;
		r.high = r.finite ? NN_MAX(r.high, v) : v;
		r.mean += v;
		r.finite++;
	}
	r.mean = r.finite ? r.mean / (double)r.finite : NAN;
	if (!r.finite)
		r.low = r.high = NAN;
	return r;
}

static void json_meta(const char *meta)
{
	const char *line, *end, *equals;
	char *key, *value;
	int n = 0;

	fputs(",\"metadata\":{", stdout);
	for (line = meta ? meta : ""; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		equals = memchr(line, '=', (size_t)(end - line));
		if (!equals)
			continue;
		key = nn_strndup(line, (size_t)(equals - line));
		value = nn_strndup(equals + 1, (size_t)(end - equals - 1));
		fputs(n++ ? "," : "", stdout);
		nn_json_string(stdout, key);
		putchar(':');
		nn_json_string(stdout, value);
		free(key);
		free(value);
	}
	puts("}}");
}

static void show_tensor(const struct options *o, const struct nn_tensor *t)
{
	struct range r = range_of(t);
	char shape[NN_DIMS * 21], low[32], mean[32], high[32];
	const char *name = t->name ? t->name : "", *meta = t->meta;

	if (o->glob && fnmatch(o->glob, name, 0) != 0)
		return;
	if (o->json) {
		fputs("{\"tensor\":", stdout);
		nn_json_string(stdout, name);
		printf(",\"type\":\"%s\",\"shape\":", nn_type_name(t->type));
		nn_json_shape(t->ndim, t->dim);
		fputs(",\"min\":", stdout);
		nn_json_number(stdout, r.low);
		fputs(",\"mean\":", stdout);
		nn_json_number(stdout, r.mean);
		fputs(",\"max\":", stdout);
		nn_json_number(stdout, r.high);
		printf(",\"not_finite\":%lld", (long long)r.other);
		json_meta(t->meta);
		return;
	}
	printf("%s  %s %s  min %s mean %s max %s", *name ? name : "-", nn_type_name(t->type),
	       nn_shape_text(t->ndim, t->dim, shape), nn_number_text(r.low, low),
	       nn_number_text((double)(float)r.mean, mean), nn_number_text(r.high, high));
	if (r.other)
		printf(", %lld not finite", (long long)r.other);
	putchar('\n');
	for (; meta && *meta; meta += strcspn(meta, "\n"), meta += *meta == '\n')
		printf("    %.*s\n", (int)strcspn(meta, "\n"), meta);
}

/* files */

/* A stream: tensors, among which there may be nets. */
static int show_stream(const struct options *o, struct nn_reader *r)
{
	struct nn_tensor t;
	struct nn_net *net;
	int got, status = 0;

	while (status == 0 && (got = nn_reader_next(r, &t)) != 0) {
		if (got < 0)
			return -1;
		if (!nn_net_is_graph(&t)) {
			if (o->dot || o->width)
				status = nn_fail("%s: a tensor, and no net", r->path);
			else
				show_tensor(o, &t);
			nn_tensor_release(&t);
			continue;
		}
		net = nn_net_read(&t, r);
		status = net ? show_net(o, net) : -1;
		nn_net_free(net);
	}
	return status;
}

/* A picture, or arrays of NumPy. */
static int show_source(const struct options *o, struct nn_reader *r)
{
	struct nn_source s;
	struct nn_tensor t;
	int got;

	nn_source_from(&s, r);
	while ((got = nn_source_next(&s, &t)) > 0) {
		show_tensor(o, &t);
		nn_tensor_release(&t);
	}
	nn_source_release(&s);
	return got;
}

static int show_model(const struct options *o, struct nn_net *net, const char *path)
{
	int status = net ? show_net(o, net) : -1;

	if (net && status < 0)
		nn_fail_in("%s", path);
	nn_net_free(net);
	return status;
}

static int is_model(const char *path, const unsigned char *head, size_t n)
{
	int i;

	for (i = 0; nn_formats[i]; i++)
		if (nn_formats[i]->is(path, head, n))
			return 1;
	return 0;
}

static int show(const struct options *o, const char *path)
{
	struct nn_reader r;
	const unsigned char *head;
	int64_t n;
	int status;

	if (nn_reader_open(&r, path) < 0)
		return show_model(o, nn_net_open(path), path);
	n = nn_reader_peek(&r, 64, &head);
	if (n < 0)
		status = -1;
	else if (n >= 8 && memcmp(head, NN_MAGIC, 8) == 0)
		status = show_stream(o, &r);
	else if (is_model(r.path, head, (size_t)n))
		status = show_model(o, nn_net_take(&r), r.path);
	else
		status = show_source(o, &r);
	nn_reader_close(&r);
	return status;
}

int main(int argc, char **argv)
{
	struct options o = {0};
	int c, operators = 0;

	nn_tool(argv, "[-djOqvV] [-l GLOB] [-s WxH] [FILE ...]");
	while ((c = nn_option(argc, argv, "djl:Os:")) != -1)
		if (c == 'd')
			o.dot = 1;
		else if (c == 'j')
			o.json = 1;
		else if (c == 'l')
			o.glob = optarg;
		else if (c == 'O')
			operators = 1;
		else
			nn_option_size('s', &o.width, &o.height);
	if (operators) {
		if (optind < argc)
			nn_usage("-O lists the operators, and reads no file");
		return list_operators(o.json);
	}
	if (o.dot && (o.json || o.glob))
		nn_usage("-d draws all of a net: without -j and -l");
	if (optind == argc && isatty(STDIN_FILENO))
		nn_usage("no file is named, and stdin is a terminal");
	if (optind == argc && show(&o, "-") < 0)
		nn_die();
	for (; optind < argc; optind++)
		if (show(&o, argv[optind]) < 0)
			nn_die();
	return nn_done(0);
}
