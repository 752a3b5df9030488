/* SPDX-License-Identifier: ISC */
/* nn-montage: tensors in, one picture out. */
#include "montage.h"
#include "tool.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define USAGE \
	"[-qvx] [-C map] [-c columns] [-g gap] [-o file] [-r low,high] [-z zoom] [file ...]"

static void take_range(struct nn_montage *m)
{
	double v[2];
	int n = nn_parse_floats(optarg, 2, v);

	if (n < 0)
		nn_usage("-r: %s", nn_error());
	if (n != 2 || v[0] >= v[1])
		nn_usage("-r: want LOW,HIGH with LOW below HIGH, have '%s'", optarg);
	m->ranged = 1;
	m->low = v[0];
	m->high = v[1];
}

static void take_map(struct nn_montage *m)
{
	m->map = nn_colourmap_find(optarg);
	if (!m->map)
		nn_usage("-C: %s", nn_error());
}

static const char *options(int argc, char **argv, struct nn_montage *m)
{
	const char *output = NULL;
	int c;

	m->gap = 2;
	while ((c = nn_option(argc, argv, "C:c:g:o:r:xz:")) != -1)
		switch (c) {
		case 'C':
			take_map(m);
			break;
		case 'c':
			m->columns = (int)nn_option_int(c, 1, 65535);
			break;
		case 'g':
			m->gap = (int)nn_option_int(c, 0, 1024);
			break;
		case 'o':
			output = optarg;
			break;
		case 'r':
			take_range(m);
			break;
		case 'x':
			m->captions = 1;
			break;
		case 'z':
			m->zoom = (int)nn_option_int(c, 1, 1024);
			break;
		}
	return output && strcmp(output, "-") != 0 ? output : NULL;
}

static void add_all(struct nn_montage *m, char **operands)
{
	struct nn_source source;
	struct nn_tensor t;
	const char *name;
	int got;

	nn_source_init(&source, operands);
	while ((got = nn_source_next(&source, &t)) > 0) {
		name = t.name && *t.name ? t.name : "tensor";
		if (nn_net_is_graph(&t))
			nn_die_with("'%s' is a net, want pictures or activations", name);
		if (nn_montage_add(m, &t) < 0)
			nn_die();
		if (m->last.marked)
			nn_warn("%s: %lld of %lld values are not finite: shown in cyan", name,
			        (long long)m->last.marked, (long long)nn_tensor_count(&t));
		if (nn_verbose)
			fprintf(stderr, "%s: %s: values %g..%g, shown %g..%g%s%s\n", nn_tool_name(),
			        name, m->last.least, m->last.most, m->last.low, m->last.high,
			        m->last.map ? " " : "", m->last.map ? m->last.map->name : "");
		nn_tensor_release(&t);
	}
	if (got < 0)
		nn_die();
	nn_source_release(&source);
}

static int write_sheet(FILE *f, const struct nn_montage *m, const struct nn_canvas *sheet)
{
	char *meta = nn_montage_meta(m);
	int status = nn_png_write_bytes(f, sheet->rgb, sheet->w, sheet->h, 3, NULL, meta);

	free(meta);
	return status;
}

int main(int argc, char **argv)
{
	struct nn_montage m = {0};
	struct nn_canvas sheet;
	struct nn_output out;
	const char *output;

	nn_tool(argv, USAGE);
	output = options(argc, argv, &m);
	if (!output)
		nn_stdout_binary();
	add_all(&m, argv + optind);
	if (nn_montage_draw(&m, &sheet) < 0)
		nn_die();
	if (!output) {
		if (write_sheet(stdout, &m, &sheet) < 0)
			nn_die();
	} else {
		if (nn_output_open(&out, output) < 0)
			nn_die();
		if (write_sheet(out.f, &m, &sheet) < 0) {
			nn_output_abort(&out);
			nn_die();
		}
		if (nn_output_close(&out) < 0)
			nn_die();
	}
	nn_canvas_release(&sheet);
	nn_montage_release(&m);
	return nn_done(0);
}
