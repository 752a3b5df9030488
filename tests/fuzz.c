/* SPDX-License-Identifier: ISC */
/*
 * Malformed models: the ONNX reader, the net reader and shape inference must refuse or take any
 * bytes, without a crash, a hang, or memory beyond what format/onnx.h and run.h state.
 *
 * As a test this replays the files of tests/fuzz, then each with every byte changed in turn, and
 * cut at every byte.  For a search, with clang and -fsanitize=fuzzer-no-link,address,undefined in
 * CFLAGS for the library, it is built with NN_FUZZER defined and -fsanitize=fuzzer, and run as
 *
 *   OMP_NUM_THREADS=1 fuzz -timeout=10 corpus tests/fuzz
 */
#include "run.h"

#include <stdlib.h>
#include <string.h>

/* What was written is read again. */
static void round_trip(const struct nn_net *net)
{
	char *bytes = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&bytes, &size);
	struct nn_reader r;
	struct nn_net *again;

	if (!f || nn_net_write(f, net) < 0 || fclose(f) != 0)
		abort();
	nn_reader_memory(&r, "again.nnt", bytes, size);
	again = nn_net_take(&r);
	if (!again) {
		fprintf(stderr, "%s\n", nn_error());
		abort();
	}
	nn_net_free(again);
	nn_reader_close(&r);
	free(bytes);
}

/* What nn-load does with a model. */
static void use(struct nn_net *net)
{
	struct nn_tensor *in = nn_calloc((size_t)net->ninputs, sizeof *in);
	struct nn_preprocess range;
	struct nn_shapes s;
	int raw;

	if (nn_net_adapt(net) >= 0 && nn_preset("tf", &range, &raw) == 0)
		nn_net_preprocess(net, &range);
	nn_net_input_shapes(net, in);
	if (nn_shapes_init(&s, net, in, net->ninputs, NULL, 0, 1) == 0)
		nn_shapes_release(&s);
	round_trip(net);
	free(in);
	nn_net_free(net);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct nn_reader r;
	struct nn_net *net;

	nn_fold_limit = 1 << 20;
	nn_reader_memory(&r, "no/model.onnx", bytes, size);
	net = nn_net_take(&r);
	if (net)
		use(net);
	else if (!*nn_error())
		abort(); /* a refusal says why */
	nn_reader_close(&r);
	return 0;
}

#ifndef NN_FUZZER
#include "tap.h"

#include <dirent.h>

/* The file in memory of its exact size, so that a read past its end is seen. */
static unsigned char *slurp(const char *path, size_t *size)
{
	struct nn_reader r;
	const unsigned char *bytes;
	unsigned char *copy = NULL;

	if (nn_reader_open(&r, path) < 0)
		return NULL;
	if (nn_reader_rest(&r, &bytes, size) == 0) {
		copy = nn_alloc(*size);
		memcpy(copy, bytes, *size);
	}
	nn_reader_close(&r);
	return copy;
}

static void cut_and_change(const unsigned char *bytes, size_t size)
{
	unsigned char *copy;
	size_t i;

	for (i = 0; i < size; i++) {
		copy = nn_alloc(i);
		memcpy(copy, bytes, i);
		LLVMFuzzerTestOneInput(copy, i);
		free(copy);
		copy = nn_alloc(size);
		memcpy(copy, bytes, size);
		copy[i] ^= (unsigned char)(1 + i * 37 % 255);
		LLVMFuzzerTestOneInput(copy, size);
		free(copy);
	}
}

int main(int argc, char **argv)
{
	const char *folder = argc > 1 ? argv[1] : "tests/fuzz";
	DIR *d = opendir(folder);
	struct dirent *e;
	unsigned char *bytes;
	size_t size;
	char *path;
	int n = 0;

	while (d && (e = readdir(d))) {
		if (*e->d_name == '.')
			continue;
		path = nn_asprintf("%s/%s", folder, e->d_name);
		bytes = slurp(path, &size);
		if (ok(bytes != NULL, "%s", path)) {
			LLVMFuzzerTestOneInput(bytes, size);
			cut_and_change(bytes, size);
		}
		n++;
		free(bytes);
		free(path);
	}
	if (d)
		closedir(d);
	ok(n > 0, "files in %s", folder);
	return done();
}
#endif
