/* SPDX-License-Identifier: ISC */
/*
 * conformance DIR...: runs ONNX backend cases through the core.  A case is a folder with model.onnx
 * and test_data_set_0/input_N.pb and output_N.pb; a DIR is a case or a folder of cases.  A line
 * each: "ok NAME", "not ok NAME: worst element ...", "unsupported NAME: ..."; at the end "N passed,
 * N failed, N skipped".  Exits 1 when one failed, 2 when there was none; without a DIR it is a test
 * that is skipped.
 *
 * Inputs are given as runtime values; where the core wants a constant (a shape, scales), integers
 * are, then all inputs after the first, then all.
 */
#include "format/onnx.h"
#include "run.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const double absolute = 1e-5;
static int passed, failed, skipped;

struct data {
	struct nn_tensor t[32];
	double relative[32]; /* the tolerance: 1e-3, or what the type of the numbers has */
	int n;
};

static int exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* bfloat16 has 8 bits, and onnx 1.12 cuts where others round. */
static double tolerance(const unsigned char *bytes, size_t size)
{
	struct nn_wire w = nn_wire(bytes, (struct nn_bytes){bytes, size});
	struct nn_field f;

	while (nn_wire_next(&w, &f) > 0)
		if (f.number == 2 && f.type == NN_WIRE_VARINT && f.value == 16)
			return 1. / 128;
	return 1e-3;
}

/* test_data_set_0/WHAT_N.pb for N from 0 up to the first that is not there */
static int read_data(const char *folder, const char *what, struct data *d)
{
	const unsigned char *bytes;
	struct nn_reader r;
	size_t size;
	char *path;
	int status = 0;

	for (d->n = 0; d->n < (int)NN_LEN(d->t) && status == 0;) {
		path = nn_asprintf("%s/test_data_set_0/%s_%d.pb", folder, what, d->n);
		if (!exists(path)) {
			free(path);
			break;
		}
		status = nn_reader_open(&r, path);
		if (status == 0) {
			status = nn_reader_rest(&r, &bytes, &size);
			if (status == 0)
				status = nn_onnx_tensor_file(&d->t[d->n], path, bytes, size);
			d->relative[d->n] = tolerance(bytes, size);
			d->n += status == 0;
			nn_reader_close(&r);
		}
		free(path);
	}
	return status;
}

static void release(struct data *d)
{
	while (d->n > 0)
		nn_tensor_release(&d->t[--d->n]);
}

/* A plan with the inputs that level allows to be constant: 0 none, 1 integers, 2 all but the first,
 * 3 all. */
static struct nn_plan *plan(struct nn_net *net, const struct data *in, int level)
{
	struct nn_wish wish = {.see = net->output, .nsee = net->noutputs, .wrt = -1};
	struct nn_tensor *view = nn_calloc((size_t)in->n, sizeof *view);
	struct nn_plan *p;
	int i, constant;

	for (i = 0; i < in->n; i++) {
		constant = (level >= 1 && in->t[i].type != NN_F32) || level >= 3 ||
		           (level >= 2 && i > 0);
		nn_tensor_view(&view[i], NULL, in->t[i].type, in->t[i].ndim, in->t[i].dim,
		               constant ? in->t[i].data : NULL);
	}
	p = nn_plan_new(net, view, in->n, &wish, NULL);
	for (i = 0; p && i < in->n; i++)
		if (!view[i].data && nn_tensor_bytes(&in->t[i]) > 0 && nn_plan_input(p, i)->data)
			memcpy(nn_plan_input(p, i)->data, in->t[i].data,
			       nn_tensor_bytes(&in->t[i]));
	free(view);
	return p;
}

/* How far apart two numbers are, in units of the tolerance. */
static double distance(double have, double want, double relative)
{
	if (have == want || (isnan(have) && isnan(want)))
		return 0;
	if (!isfinite(have) || !isfinite(want))
		return INFINITY;
	return fabs(have - want) / (absolute + relative * fabs(want));
}

/* "" or what is wrong with output i. */
static char *differs(const struct nn_tensor *have, const struct nn_tensor *want, int i,
                     double relative)
{
	char a[NN_DIMS * 21], b[NN_DIMS * 21];
	double d, worst = 1;
	int64_t j, at = -1;

	nn_shape_text(have->ndim, have->dim, a);
	nn_shape_text(want->ndim, want->dim, b);
	if (have->type != want->type || strcmp(a, b) != 0)
		return nn_asprintf("output %d is %s %s, not %s %s", i, nn_type_name(have->type), a,
		                   nn_type_name(want->type), b);
	for (j = 0; j < nn_tensor_count(want); j++) {
		d = distance(nn_tensor_at(have, j), nn_tensor_at(want, j), relative);
		if (d > worst) {
			worst = d;
			at = j;
		}
	}
	return at < 0 ? nn_strdup("")
		      : nn_asprintf("worst element %lld of output %d: %.9g, want %.9g",
				    (long long)at, i, nn_tensor_at(have, at),
				    nn_tensor_at(want, at));
}

/* "" or what is wrong; NULL when it could not be run. */
static char *try_case(struct nn_net *net, const struct data *in, const struct data *out)
{
	struct nn_plan *p = NULL;
	char *wrong = NULL;
	int i, level;

	if (in->n != net->ninputs || out->n < 1 || out->n > net->noutputs)
		return nn_asprintf("%d inputs and %d outputs for %d and %d of the net", in->n,
				   out->n, net->ninputs, net->noutputs);
	for (level = 0; level < 4 && !p; level++)
		p = plan(net, in, level);
	if (!p || nn_forward(p) < 0) {
		nn_plan_free(p);
		return NULL;
	}
	for (i = 0; i < out->n && (!wrong || !*wrong); i++) {
		free(wrong);
		wrong = differs(nn_plan_value(p, net->output[i]), &out->t[i], i,
		                out->relative[i]);
	}
	nn_plan_free(p);
	return wrong;
}

static void run_case(const char *folder)
{
	const char *name = strrchr(folder, '/') ? strrchr(folder, '/') + 1 : folder;
	char *model = nn_asprintf("%s/model.onnx", folder), *wrong = NULL;
	struct nn_net *net = nn_net_open(model);
	struct data in = {.n = 0}, out = {.n = 0};

	if (net && read_data(folder, "input", &in) == 0 && read_data(folder, "output", &out) == 0)
		wrong = try_case(net, &in, &out);
	if (!wrong) {
		printf("unsupported %s: %s\n", name, nn_error());
		skipped++;
	} else if (*wrong) {
		printf("not ok %s: %s\n", name, wrong);
		failed++;
	} else {
		printf("ok %s\n", name);
		passed++;
	}
	fflush(stdout);
	free(wrong);
	free(model);
	release(&in);
	release(&out);
	nn_net_free(net);
}

static int is_case(const char *folder)
{
	char *model = nn_asprintf("%s/model.onnx", folder);
	int found = exists(model);

	free(model);
	return found;
}

static void run_folder(const char *folder)
{
	struct dirent **list;
	int i, n = scandir(folder, &list, NULL, alphasort);

	for (i = 0; i < n; i++) {
		char *path = nn_asprintf("%s/%s", folder, list[i]->d_name);

		if (list[i]->d_name[0] != '.' && is_case(path))
			run_case(path);
		free(path);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

int main(int argc, char **argv)
{
	int i;

	if (argc < 2) {
		printf("1..0 # SKIP want folders of cases: conformance.t gives them\n");
		return 0;
	}
	for (i = 1; i < argc; i++)
		if (is_case(argv[i]))
			run_case(argv[i]);
		else
			run_folder(argv[i]);
	printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
	return passed + failed + skipped == 0 ? 2 : failed > 0;
}
