/* SPDX-License-Identifier: ISC */
/* A net from a file of any kind, from stdin, or from the zoo. */
#include "net.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define NN_FORMAT(name) extern const struct nn_format nn_format_##name;
#include "format/format.def"
#undef NN_FORMAT

const struct nn_format *const nn_formats[] = {
#define NN_FORMAT(name) &nn_format_##name,
#include "format/format.def"
#undef NN_FORMAT
	NULL,
};

static struct nn_net *read_stream(struct nn_reader *r)
{
	struct nn_tensor t;
	int got = nn_reader_next(r, &t);

	if (got <= 0)
		return NULL; /* not even one record: the magic was there, so the reader has failed */
	if (nn_net_is_graph(&t))
		return nn_net_read(&t, r);
	nn_tensor_release(&t);
	nn_fail("a stream of tensors, not of a net");
	return NULL;
}

static struct nn_net *read_format(struct nn_reader *r, const char *path, const unsigned char *head,
                                  size_t n)
{
	const unsigned char *bytes;
	size_t size;
	int i;

	for (i = 0; nn_formats[i]; i++)
		if (nn_formats[i]->is(path, head, n))
			return nn_reader_rest(r, &bytes, &size) < 0
			               ? NULL
			               : nn_formats[i]->load(path, bytes, size);
	nn_fail(n ? "not a model that nn-load reads (nn-load -F lists the formats)" : "empty file");
	return NULL;
}

struct nn_net *nn_net_take(struct nn_reader *r)
{
	struct nn_net *net = NULL;
	const unsigned char *head;
	int64_t n = nn_reader_peek(r, 64, &head);

	if (n >= 8 && memcmp(head, NN_MAGIC, 8) == 0)
		net = read_stream(r);
	else if (n >= 0)
		net = read_format(r, r->path, head, (size_t)n);
	if (!net && strncmp(nn_error(), r->path, strlen(r->path)) != 0)
		nn_fail_in("%s", r->path);
	return net;
}

struct nn_net *nn_net_open(const char *path)
{
	struct nn_reader r;
	struct nn_net *net;
	const struct nn_zoo *z;
	struct stat st;
	int exists = strcmp(path, "-") == 0 || stat(path, &st) == 0;

	/* a folder may be called as a model is */
	z = exists && (strcmp(path, "-") == 0 || !S_ISDIR(st.st_mode)) ? NULL : nn_zoo_find(path);
	if (z)
		return nn_zoo_open(z);
	if (!exists) {
		nn_fail("%s: no such file, and no model of the zoo (nn-load -z lists them)", path);
		return NULL;
	}
	if (nn_reader_open(&r, path) < 0)
		return NULL;
	net = nn_net_take(&r);
	if (net)
		nn_net_keep(net, &r);
	else
		nn_reader_close(&r);
	return net;
}
