/* SPDX-License-Identifier: ISC */
/* nn-image: pictures in, tensors out. */
#include "tool.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	int width, height; /* 0: as they are */
	enum nn_fit fit;
	int batch;
} want;

static void options(int argc, char **argv)
{
	int c, fitted = 0;

	while ((c = nn_option(argc, argv, "bf:s:")) != -1)
		switch (c) {
		case 'b':
			want.batch = 1;
			break;
		case 'f':
			want.fit = nn_option_fit('f');
			fitted = 1;
			break;
		case 's':
			nn_option_size(c, &want.width, &want.height);
			break;
		}
	if (fitted && !want.width)
		nn_usage("-f says how pictures are fitted to the size of -s, which is missing");
}

/* What the pictures of a batch were, as KEY.N lines; room grows by doubling. */
struct batch {
	float *data;
	int64_t n, room, plane; /* plane: samples of a picture */
	int64_t dim[4];
	char *name, *meta;
	size_t meta_size, meta_room;
};

static void add_line(struct batch *b, const char *line, size_t length)
{
	size_t key = strcspn(line, "=\n");
	size_t need = b->meta_size + length + 32;

	if (need > b->meta_room) {
		b->meta_room = 2 * need;
		b->meta = nn_realloc(b->meta, b->meta_room, 1);
	}
	b->meta_size += (size_t)sprintf(b->meta + b->meta_size, "%.*s.%lld%.*s\n", (int)key, line,
	                                (long long)b->n, (int)(length - key), line + key);
}

static void add(struct batch *b, const struct nn_tensor *t)
{
	const char *line, *end;

	if (b->n == 0) {
		memcpy(b->dim, t->dim, sizeof b->dim);
		b->plane = nn_tensor_count(t);
		b->name = nn_strdup(t->name);
	} else if (b->dim[2] != t->dim[2] || b->dim[3] != t->dim[3]) {
		nn_die_with("%s: a batch wants one size: have %lldx%lld after %lldx%lld, give -s",
		            t->name, (long long)t->dim[3], (long long)t->dim[2],
		            (long long)b->dim[3], (long long)b->dim[2]);
	}
	if (b->n == b->room) {
		b->room = NN_MAX(2 * b->room, 1);
		b->data = nn_realloc(b->data, (size_t)b->room, (size_t)b->plane * sizeof *b->data);
	}
	memcpy(b->data + b->n * b->plane, t->data, (size_t)b->plane * sizeof *b->data);
	for (line = t->meta ? t->meta : ""; *line; line = end + (*end == '\n')) {
		end = line + strcspn(line, "\n");
		add_line(b, line, (size_t)(end - line));
	}
	b->n++;
}

static void give(struct batch *b, struct nn_tensor *t)
{
	if (want.width && nn_image_fit(t, want.width, want.height, want.fit) < 0)
		nn_die();
	if (want.batch)
		add(b, t);
	else if (nn_write(stdout, t) < 0)
		nn_die();
}

/* t as pictures [1][3][h][w], one after the other. */
static void each(struct batch *b, struct nn_tensor *t)
{
	int64_t dim[4] = {1, 3, 0, 0}, n, i;
	int lead = t->ndim - 3;
	struct nn_tensor one;

	if (lead < 0 || lead > 1 || t->dim[lead] != 3 || nn_tensor_count(t) == 0)
		nn_die_with("'%s' is not a picture", t->name ? t->name : "");
	nn_tensor_to_f32(t);
	n = lead ? t->dim[0] : 1;
	dim[2] = t->dim[lead + 1];
	dim[3] = t->dim[lead + 2];
	for (i = 0; i < n; i++) {
		nn_tensor_init(&one, t->name ? t->name : "", NN_F32, 4, dim);
		one.meta = t->meta ? nn_strdup(t->meta) : NULL;
		memcpy(one.data, (float *)t->data + i * 3 * dim[2] * dim[3], nn_tensor_bytes(&one));
		give(b, &one);
		nn_tensor_release(&one);
	}
}

static void write_batch(struct batch *b)
{
	struct nn_tensor t;

	b->dim[0] = b->n;
	nn_tensor_view(&t, b->n == 1 ? b->name : "pictures", NN_F32, 4, b->dim, b->data);
	t.meta = b->meta;
	if (nn_write(stdout, &t) < 0)
		nn_die();
	nn_tensor_release(&t);
	free(b->data);
	free(b->name);
}

int main(int argc, char **argv)
{
	struct batch batch = {0};
	struct nn_source source;
	struct nn_tensor t;
	int got;

	nn_tool(argv, "[-bqv] [-f crop|pad|stretch] [-s width[xheight]] [file ...]");
	options(argc, argv);
	nn_stdout_binary();
	nn_source_init(&source, argv + optind);
	while ((got = nn_source_next(&source, &t)) > 0) {
		each(&batch, &t);
		nn_tensor_release(&t);
	}
	if (got < 0)
		nn_die();
	if (want.batch)
		write_batch(&batch);
	nn_source_release(&source);
	return nn_done(0);
}
