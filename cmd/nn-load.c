/* SPDX-License-Identifier: ISC */
/* nn-load: a model of any format in, a net on the stream out. */
#include "run.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the command line says of the input range. */
struct range {
	const char *preset, *order;
	double limit[2], mean[3], deviation[3];
	int has_limit, nmean, ndeviation;
};

static int list_zoo(void)
{
	int i;

	for (i = 0; nn_zoos[i]; i++)
		if (nn_zoos[i]->make)
			printf("%-18s built in  %s\n", nn_zoos[i]->name, nn_zoos[i]->what);
		else
			printf("%-18s %5.0f MB  %s\n", nn_zoos[i]->name,
			       (double)nn_zoos[i]->bytes / 1e6, nn_zoos[i]->what);
	return nn_done(0);
}

/* What is known of one model, in the form that nn-fetch reads. */
static int show_zoo(const char *name)
{
	const struct nn_zoo *z = nn_zoo_find(name);

	if (!z)
		nn_die_with("%s: no such model in the zoo (nn-load -z lists them)", name);
	printf("name: %s\nwhat: %s\n", z->name, z->what);
	printf("range: %s\n", z->preset ? z->preset : "not known, nn-load wants -p");
	if (z->microscope)
		printf("microscope: %s\n", z->microscope);
	if (!z->make) {
		printf("bytes: %lld\naddress: %s\n", (long long)z->bytes, z->address);
		if (z->sha256)
			printf("sha256: %s\n", z->sha256);
		if (z->labels)
			printf("labels: %s\n", z->labels);
	}
	return nn_done(0);
}

static int list_formats(void)
{
	int i;

	printf("%-12s a net on a stream, nnt(5)\n", "nnt");
	for (i = 0; nn_formats[i]; i++)
		printf("%-12s %s\n", nn_formats[i]->name, nn_formats[i]->what);
	return nn_done(0);
}

/* "A,B,C" or one number for all. */
static int channel_numbers(int letter, double v[3])
{
	int n = nn_parse_floats(optarg, 3, v);

	if (n < 0)
		nn_usage("-%c: %s", letter, nn_error());
	if (n == 2)
		nn_usage("-%c: want 3 numbers, or one for all channels", letter);
	if (n == 1)
		v[1] = v[2] = v[0];
	return n;
}

static void range_option(struct range *r, int letter)
{
	int i;

	switch (letter) {
	case 'c':
		if (strcmp(optarg, "rgb") != 0 && strcmp(optarg, "bgr") != 0)
			nn_usage("-c: '%s' is neither rgb nor bgr", optarg);
		r->order = optarg;
		return;
	case 'D':
		r->ndeviation = channel_numbers('D', r->deviation);
		for (i = 0; i < 3; i++)
			if (r->deviation[i] == 0)
				nn_usage("-D: a deviation of 0");
		return;
	case 'M':
		r->nmean = channel_numbers('M', r->mean);
		return;
	case 'p':
		r->preset = optarg;
		return;
	default:
		if (nn_parse_floats(optarg, 2, r->limit) != 2 || r->limit[0] == r->limit[1])
			nn_usage("-r: '%s' is not a range: want LO,HI", optarg);
		r->has_limit = 1;
	}
}

static int is_given(const struct range *r)
{
	return r->preset || r->has_limit || r->nmean || r->ndeviation;
}

/* The preprocessing that the options mean. Returns 1 when there shall be none. */
static int range_preprocess(const struct range *r, struct nn_preprocess *p)
{
	int raw = 0, i;

	if (!!r->preset + r->has_limit + (r->nmean || r->ndeviation) > 1)
		nn_usage("one of -p, -r, and -M with -D, says the range");
	if (r->preset && nn_preset(r->preset, p, &raw) < 0)
		nn_usage("-p: %s", nn_error());
	if (!r->preset)
		p->scale = 255;
	for (i = 0; i < 3 && !r->preset; i++) {
		p->order[i] = i;
		p->deviation[i] = r->has_limit    ? 255 / (r->limit[1] - r->limit[0])
				  : r->ndeviation ? r->deviation[i]
						  : 1;
		p->mean[i] = r->has_limit ? 0 - r->limit[0] * p->deviation[i]
			     : r->nmean   ? r->mean[i]
					  : 0;
	}
	if (raw && r->order)
		nn_usage("-c: raw has no order of channels");
	for (i = 0; i < 3 && r->order; i++)
		p->order[i] = *r->order == 'b' ? 2 - i : i;
	return raw;
}

/* A network of one channel sees grey, if the range does not tell channels apart. */
static int fit_grey(const struct nn_net *net, struct nn_preprocess *p)
{
	int i;

	if (net->ninputs == 0 || net->input[0].ndim != 4 || net->input[0].dim[1] != 1)
		return 0;
	for (i = 1; i < 3; i++)
		if (p->mean[i] != p->mean[0] || p->deviation[i] != p->deviation[0])
			return nn_fail("the network takes grey pictures, and the range has three "
				       "channels");
	p->order[0] = -1;
	return 0;
}

/* Without a range every later number would be wrong, and silently so. */
static void refuse(const char *path)
{
	const char *name, *what;
	char *list = nn_strdup(""), *longer;
	int i;

	for (i = 0; (name = nn_preset_what(i, &what)); i++, list = longer) {
		longer = nn_asprintf("%s\n  -p %-10s %s", list, name, what);
		free(list);
	}
	nn_die_with(
		"%s: the file does not say which range of input the network was trained on, and "
		"with\n"
		"a wrong one every result is wrong, silently; give one of%s\n"
		"  -r LO,HI      RGB, LO for black, HI for white\n"
		"  -M A,B,C -D A,B,C  (255 * picture - M) / D per channel, with -c rgb or -c bgr",
		path, list);
}

static void tell(const struct nn_net *net)
{
	int i, weights = 0, views = 0;

	for (i = 0; i < net->nvalues; i++) {
		weights += net->value[i].is_constant && !net->value[i].is_folded;
		views += net->value[i].is_constant && !net->value[i].constant.owned;
	}
	nn_warn("%s: %d operators, %d weights, %d of them used in place", net->name, net->nnodes,
		weights, views);
}

/* A file that loads also runs: all shapes are computed, at the size that the file declares. */
static int check(struct nn_net *net)
{
	struct nn_tensor *in = nn_calloc((size_t)net->ninputs, sizeof *in);
	const struct nn_tensor *out;
	struct nn_shapes s;
	int status;

	nn_net_input_shapes(net, in);
	status = nn_shapes_init(&s, net, in, net->ninputs, NULL, 0, 0);
	if (status == 0) {
		out = &s.value[net->output[net->noutputs - 1]];
		if (net->nlabels && out->ndim > 1 && out->dim[1] != net->nlabels)
			nn_warn("warning: %d labels for %lld classes", net->nlabels,
				(long long)out->dim[1]);
		nn_shapes_release(&s);
	}
	free(in);
	return status;
}

/* Pictures in the range of p become what the network takes. */
static int prepare(struct nn_net *net, struct nn_preprocess *p, const char *path)
{
	int alone = nn_net_adapt(net);

	if (alone < 0 || fit_grey(net, p) < 0 || nn_net_preprocess(net, p) < 0)
		return -1;
	if (alone)
		nn_warn("warning: %s takes one picture at a time: run it with -b 1", path);
	return 0;
}

static void load(const char *path, const struct range *range, const char *labels, const char *name)
{
	const char *shown = strcmp(path, "-") == 0 ? "stdin" : path;
	struct nn_preprocess p;
	struct nn_net *net;
	int raw = is_given(range) ? range_preprocess(range, &p) : 0, status = 0;

	if (!is_given(range) && range->order)
		nn_usage("-c: the order of channels goes with a range");
	net = nn_net_open(path);
	if (!net)
		nn_die();
	if (nn_net_has_preprocess(net) && is_given(range))
		nn_die_with("%s: the model has its input range already", shown);
	if (!nn_net_has_preprocess(net)) {
		if (!is_given(range))
			refuse(shown);
		if (!raw)
			status = prepare(net, &p, shown);
	}
	if (name) {
		free(net->name);
		net->name = nn_strdup(name);
	}
	if (status == 0 && labels)
		status = nn_net_read_labels(net, labels);
	if (status == 0 && check(net) < 0)
		status = -1;
	if (status)
		nn_fail_in("%s", shown);
	else if (nn_verbose)
		tell(net);
	if (status || nn_net_write(stdout, net) < 0)
		nn_die();
	nn_net_free(net);
}

int main(int argc, char **argv)
{
	struct range range = {0};
	const char *labels = NULL, *name = NULL;
	int c;

	nn_tool(argv, "[-FqvVz] [-c rgb|bgr] [-D A,B,C] [-L FILE] [-M A,B,C] [-N NAME]\n"
		      "               [-p PRESET] [-r LO,HI] [MODEL]");
	while ((c = nn_option(argc, argv, "c:D:FL:M:N:p:r:z")) != -1)
		if (c == 'F')
			return list_formats();
		else if (c == 'z')
			return optind < argc ? show_zoo(argv[optind]) : list_zoo();
		else if (c == 'L')
			labels = optarg;
		else if (c == 'N')
			name = optarg;
		else
			range_option(&range, c);
	if (argc - optind > 1)
		nn_usage("one model at a time");
	if (optind == argc && isatty(STDIN_FILENO))
		nn_usage("no model is named, and stdin is a terminal");
	nn_stdout_binary();
	load(optind < argc ? argv[optind] : "-", &range, labels, name);
	return nn_done(0);
}
