/* SPDX-License-Identifier: ISC */
/* What a tool reads: the model, then pictures, streams and NumPy files, told apart by content. */
#include "tool.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void nn_source_init(struct nn_source *s, char **operands)
{
	memset(s, 0, sizeof *s);
	s->operand = operands;
}

void nn_source_from(struct nn_source *s, struct nn_reader *r)
{
	static char *none[] = {NULL, NULL};

	nn_source_init(s, none);
	s->next = 1;
	s->reader = *r;
	s->open = 1;
	memset(r, 0, sizeof *r);
}

static int open_stdin(struct nn_source *s, struct nn_reader *r)
{
	if (s->has_head) {
		*r = s->head;
		s->has_head = 0;
		return 0;
	}
	if (isatty(STDIN_FILENO))
		nn_usage("no file is named, and stdin is a terminal");
	return nn_reader_open(r, "-");
}

/* A wrong range of input is a silent error, so a net that is fed pictures must have one. */
static int has_range(const struct nn_net *net, const char *path)
{
	const struct nn_input *in = net->input;

	if (net->ninputs == 0 || in->ndim != 4 || (in->dim[1] != 3 && in->dim[1] != 1))
		return 1;
	if (nn_net_has_preprocess(net))
		return 1;
	nn_fail("%s: the file does not say which range of input it wants: use nn-load -p (one of %s)",
	        path, nn_preset_names);
	return 0;
}

static struct nn_net *take_model(struct nn_reader *r)
{
	const unsigned char *p;
	int64_t n = nn_reader_peek(r, 8, &p);
	int is_stream = n == 8 && memcmp(p, NN_MAGIC, 8) == 0;
	struct nn_net *net = n < 0 ? NULL : nn_net_take(r);

	/* on a stream the range has been given, even if it was "raw" */
	if (net && !is_stream && !has_range(net, r->path)) {
		nn_net_free(net);
		net = NULL;
	}
	return net;
}

struct nn_net *nn_source_model(struct nn_source *s, const char *file)
{
	struct nn_net *net = NULL;
	struct nn_reader r;

	if (!file || strcmp(file, "-") == 0) {
		if (isatty(STDIN_FILENO))
			nn_usage("no model: name one with -m, or send one to stdin");
		if (open_stdin(s, &s->head) == 0)
			net = take_model(&s->head);
		s->has_head = s->after_net = net != NULL;
	} else if (access(file, F_OK) != 0) {
		net = nn_net_open(file); /* of the zoo */
	} else if (nn_reader_open(&r, file) == 0) {
		net = take_model(&r);
		if (net)
			nn_net_keep(net, &r);
	}
	if (!net)
		nn_die();
	return net;
}

/* Opens the next operand, or stdin when there never was one: 1, 0 after the last, -1. */
static int open_next(struct nn_source *s)
{
	const char *path = s->operand[s->next];

	if (!path && s->next)
		return 0;
	if (!path) {
		static char *none[] = {NULL, NULL};

		s->operand = none;
		path = "-";
	}
	s->next++;
	s->came = 0;
	if ((strcmp(path, "-") == 0 ? open_stdin(s, &s->reader) : nn_reader_open(&s->reader, path)) < 0)
		return -1;
	s->open = 1;
	return 1;
}

/* Tensors may be views of what a reader has mapped, so readers of streams stay until release. */
static void close_current(struct nn_source *s)
{
	if (s->reader.mapped && s->came_stream) {
		s->kept = nn_realloc(s->kept, (size_t)s->nkept + 1, sizeof *s->kept);
		s->kept[s->nkept++] = s->reader;
	} else {
		nn_reader_close(&s->reader);
	}
	s->open = s->came_stream = 0;
}

static int enqueue(struct nn_tensor *t, void *context)
{
	struct nn_source *s = context;

	s->queue = nn_realloc(s->queue, (size_t)s->nqueue + 1, sizeof *s->queue);
	s->queue[s->nqueue++] = *t;
	memset(t, 0, sizeof *t);
	return 0;
}

/* One array, of which more may follow on a pipe; or all of an archive; into the queue. */
static int read_numpy(struct nn_source *s, int archive)
{
	struct nn_reader *r = &s->reader;
	const unsigned char *bytes;
	struct nn_tensor t;
	size_t size, used;
	char *name;
	int status;

	s->kind = NN_FROM_NUMPY;
	if (nn_reader_rest(r, &bytes, &size) < 0)
		return -1;
	if (archive) {
		status = nn_npz_each(bytes, size, enqueue, s);
	} else {
		name = nn_stem(r->path);
		status = nn_npy_parse(&t, name, bytes, size, &used);
		free(name);
		if (status == 0) {
			r->offset -= size - used;
			nn_tensor_set(&t, "source", "%s", r->path);
			enqueue(&t, s);
		}
	}
	return status < 0 ? nn_fail_in("%s", r->path) : 0;
}

static int read_picture(struct nn_source *s, struct nn_tensor *t)
{
	const unsigned char *bytes;
	size_t size;

	s->kind = NN_FROM_PICTURE;
	if (nn_reader_rest(&s->reader, &bytes, &size) < 0 ||
	    nn_image_read(t, s->reader.path, bytes, size) < 0)
		return -1;
	if (s->width && nn_image_fit(t, s->width, s->height, s->fit) < 0) {
		nn_tensor_release(t);
		return nn_fail_in("%s", s->reader.path);
	}
	return 1;
}

/* What comes next in the open reader: 1, 0 at its end or when it went to the queue, -1. */
static int read_some(struct nn_source *s, struct nn_tensor *t)
{
	const unsigned char *p;
	int64_t n = nn_reader_peek(&s->reader, 16, &p);
	const char *path = s->reader.path;

	if (n < 0)
		return -1;
	if (n == 0) {
		if (!s->came)
			return nn_fail("%s: %s", path, s->after_net && strcmp(path, "stdin") == 0
			                                   ? "no picture or tensor after the net"
			                                   : "empty, want a picture or a tensor");
		close_current(s);
		return 0;
	}
	s->came = 1;
	if (memcmp(p, NN_MAGIC, (size_t)NN_MIN(n, 8)) == 0) {
		s->came_stream = 1;
		s->kind = NN_FROM_STREAM;
		return nn_reader_next(&s->reader, t);
	}
	if (n >= 6 && memcmp(p, "\x93NUMPY", 6) == 0)
		return read_numpy(s, 0);
	if (n >= 4 && (memcmp(p, "PK\3\4", 4) == 0 || memcmp(p, "PK\5\6", 4) == 0))
		return read_numpy(s, 1);
	if (nn_image_is(p, (size_t)n))
		return read_picture(s, t);
	return nn_fail("%s: not a picture (PNG, JPEG, PNM), a tensor stream, or of NumPy", path);
}

int nn_source_next(struct nn_source *s, struct nn_tensor *t)
{
	int got;

	for (;;) {
		if (s->taken < s->nqueue) {
			*t = s->queue[s->taken++];
			return 1;
		}
		s->taken = s->nqueue = 0;
		if (!s->open) {
			got = open_next(s);
			if (got <= 0)
				return got;
		}
		got = read_some(s, t);
		if (got != 0)
			return got;
	}
}

void nn_source_release(struct nn_source *s)
{
	int i;

	for (i = s->taken; i < s->nqueue; i++)
		nn_tensor_release(&s->queue[i]);
	if (s->open)
		nn_reader_close(&s->reader);
	if (s->has_head)
		nn_reader_close(&s->head);
	for (i = 0; i < s->nkept; i++)
		nn_reader_close(&s->kept[i]);
	free(s->queue);
	free(s->kept);
	memset(s, 0, sizeof *s);
}
