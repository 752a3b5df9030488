/* SPDX-License-Identifier: ISC */
/* The stream nnt(5): records read from a mapping or a pipe, and written. */
#include "tensor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "numbers are mapped as they are on the stream: this needs a little-endian machine"
#endif

#define FIXED 32    /* bytes of a record before its dimensions */
#define CHUNK 65536 /* a pipe's buffer, and the first step in which what it sends is stored */

NN_PRINTF(2, 3) static int bad(const struct nn_reader *r, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return nn_fail("%s: byte %zu: %s", r->path, r->offset, text);
}

static int cut_short(const struct nn_reader *r, size_t left)
{
	return bad(r, "the file ends inside a record: %zu bytes are left", left);
}

/* opening */

static int map(struct nn_reader *r, size_t size)
{
	off_t at = lseek(r->fd, 0, SEEK_CUR);
	void *p;

	if (at < 0 || (uint64_t)at > size)
		return -1;
	p = mmap(NULL, size, PROT_READ, MAP_PRIVATE, r->fd, 0);
	if (p == MAP_FAILED)
		return -1;
	r->map = p;
	r->size = r->mapped = size;
	r->offset = (size_t)at; /* stdin may have been read in part */
	return 0;
}

int nn_reader_open(struct nn_reader *r, const char *path)
{
	int is_stdin = !path || strcmp(path, "-") == 0;
	struct stat st;

	memset(r, 0, sizeof *r);
	r->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	r->path = nn_strdup(is_stdin ? "stdin" : path);
	if (r->fd < 0 || fstat(r->fd, &st) < 0) {
		nn_fail("%s: %s", r->path, strerror(errno));
	} else if (S_ISDIR(st.st_mode)) {
		nn_fail("%s: is a folder", r->path);
	} else {
		/* some files of the system say that they are empty and are not */
		if (!S_ISREG(st.st_mode) || st.st_size == 0 || (uint64_t)st.st_size > SIZE_MAX ||
		    map(r, (size_t)st.st_size) < 0)
			r->buffer = nn_alloc(r->room = CHUNK);
		return 0;
	}
	nn_reader_close(r);
	return -1;
}

void nn_reader_memory(struct nn_reader *r, const char *path, const void *bytes, size_t size)
{
	memset(r, 0, sizeof *r);
	r->fd = -1;
	r->path = nn_strdup(path);
	r->map = size ? bytes : (const unsigned char *)"";
	r->size = size;
}

void nn_reader_close(struct nn_reader *r)
{
	/* whoever reads stdin after us goes on where we stopped */
	if (r->mapped && r->fd == STDIN_FILENO)
		lseek(r->fd, (off_t)r->offset, SEEK_SET);
	if (r->mapped)
		munmap((void *)(uintptr_t)r->map, r->mapped);
	if (r->fd > STDIN_FILENO)
		close(r->fd);
	free(r->buffer);
	free(r->path);
	memset(r, 0, sizeof *r);
	r->fd = -1;
}

/* bytes */

/* Reads up to n bytes; 0 at the end, -1 on an error. */
static int64_t read_some(struct nn_reader *r, void *to, size_t n)
{
	ssize_t got;

	do
		got = read(r->fd, to, n);
	while (got < 0 && errno == EINTR);
	return got < 0 ? nn_fail("%s: %s", r->path, strerror(errno)) : (int64_t)got;
}

int64_t nn_reader_peek(struct nn_reader *r, size_t want, const unsigned char **bytes)
{
	int64_t got = 1;

	if (r->map) {
		*bytes = r->map + r->offset;
		return (int64_t)NN_MIN(want, r->size - r->offset);
	}
	if (r->have - r->used < want) {
		memmove(r->buffer, r->buffer + r->used, r->have - r->used);
		r->have -= r->used;
		r->used = 0;
	}
	want = NN_MIN(want, r->room);
	while (r->have - r->used < want && got > 0) {
		got = read_some(r, r->buffer + r->have, r->room - r->have);
		if (got < 0)
			return -1;
		r->have += (size_t)got;
	}
	*bytes = r->buffer + r->used;
	return (int64_t)NN_MIN(want, r->have - r->used);
}

/* Passes n bytes that were peeked at. */
static void pass(struct nn_reader *r, size_t n)
{
	r->offset += n;
	if (!r->map)
		r->used += n;
}

/* Up to n bytes of the pipe, in a new block that grows as they come; tells how many came. */
static int fill(struct nn_reader *r, size_t n, unsigned char **block, size_t *came)
{
	size_t room = NN_MIN(n, CHUNK), have = NN_MIN(n, r->have - r->used);
	unsigned char *p = nn_alloc(room);
	int64_t got = 1;

	memcpy(p, r->buffer + r->used, have);
	r->used += have;
	while (have < n && got > 0) {
		if (have == room) {
			room = room > n / 2 ? n : 2 * room;
			p = nn_realloc(p, room, 1);
		}
		got = read_some(r, p + have, room - have);
		have += got > 0 ? (size_t)got : 0;
	}
	*block = p;
	*came = have;
	return got < 0 ? -1 : 0;
}

int nn_reader_rest(struct nn_reader *r, const unsigned char **bytes, size_t *size)
{
	unsigned char *block;
	size_t came = 0;

	if (!r->map) {
		if (fill(r, PTRDIFF_MAX, &block, &came) < 0) {
			free(block);
			return -1;
		}
		/* from here on the reader is one of memory, which the buffer holds */
		free(r->buffer);
		r->map = r->buffer = nn_realloc(block, came, 1);
		r->size = came;
		*bytes = r->map;
		*size = came;
		r->offset = came;
		return 0;
	}
	*bytes = r->map + r->offset;
	*size = r->size - r->offset;
	r->offset = r->size;
	return 0;
}

/* The next n bytes: a view of the mapping, or a new block (owned is set). */
static int take(struct nn_reader *r, size_t n, const char *what, void **bytes, int *owned)
{
	unsigned char *block;
	size_t left;
	int ok = 0;

	if (r->map) {
		block = (unsigned char *)(uintptr_t)(r->map + r->offset);
		left = r->size - r->offset;
	} else {
		ok = fill(r, n, &block, &left);
	}
	if (ok == 0 && left < n)
		ok = bad(r, "%s of %zu bytes runs past the end of the file: %zu are left", what, n, left);
	if (ok < 0) {
		if (!r->map)
			free(block);
		return -1;
	}
	*bytes = block;
	*owned = !r->map;
	r->offset += n;
	return 0;
}

/* records */

static uint32_t u32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

/* Passes the zeros that fill a part of a record whose bytes end after n of them. */
static int pass_padding(struct nn_reader *r, size_t n, int look)
{
	size_t i, zeros = nn_round_up(n, NN_ALIGN) - n;
	const unsigned char *p;
	int64_t got = nn_reader_peek(r, zeros, &p);

	if (got < 0)
		return -1;
	if ((size_t)got < zeros)
		return cut_short(r, (size_t)got);
	for (i = 0; look && i < zeros; i++)
		if (p[i])
			return bad(r, "want zeros up to the numbers, have %d", p[i]);
	pass(r, zeros);
	return 0;
}

/* name or metadata, as an owned string; NULL when it has no bytes */
static int take_text(struct nn_reader *r, size_t n, const char *what, char **text)
{
	void *bytes;
	size_t at = r->offset;
	int owned;

	*text = NULL;
	if (n == 0)
		return 0;
	if (take(r, n, what, &bytes, &owned) < 0)
		return -1;
	if (memchr(bytes, 0, n)) {
		r->offset = at;
		bad(r, "%s of %zu bytes has a zero byte in it", what, n);
	} else {
		*text = nn_strndup(bytes, n);
	}
	if (owned)
		free(bytes);
	return *text ? 0 : -1;
}

/* The part of a record before its name: 1, 0 at the end of the stream, -1. */
static int take_fixed(struct nn_reader *r, struct nn_tensor *t, size_t *name, size_t *meta)
{
	const unsigned char *p;
	int64_t got = nn_reader_peek(r, FIXED, &p);
	uint64_t dim[NN_DIMS];
	uint32_t ndim;
	size_t i;

	if (got <= 0)
		return (int)got;
	if (memcmp(p, NN_MAGIC, NN_MIN((size_t)got, 8)) != 0)
		return bad(r, "not a tensor: want the bytes '%s'", NN_MAGIC);
	if (got < FIXED)
		return cut_short(r, (size_t)got);
	if (u32(p + 8) != NN_VERSION)
		return bad(r, "stream of version %u, want %d", u32(p + 8), NN_VERSION);
	t->type = (enum nn_type)u32(p + 12);
	ndim = u32(p + 16);
	*name = u32(p + 20);
	*meta = u32(p + 24);
	if (!nn_type_size(t->type))
		return bad(r, "element type %u is not known", u32(p + 12));
	if (ndim > NN_DIMS)
		return bad(r, "want at most %d dimensions, have %u", NN_DIMS, ndim);
	if (u32(p + 28))
		return bad(r, "want zero before the dimensions, have %u", u32(p + 28));
	got = nn_reader_peek(r, FIXED + 8 * ndim, &p);
	if (got < 0)
		return -1;
	if ((size_t)got < FIXED + 8 * ndim)
		return cut_short(r, (size_t)got);
	memcpy(dim, p + FIXED, 8 * ndim);
	for (i = 0; i < ndim; i++) {
		if (dim[i] > INT64_MAX)
			return bad(r, "a dimension of %llu is too large", (unsigned long long)dim[i]);
		t->dim[i] = (int64_t)dim[i];
	}
	t->ndim = (int)ndim;
	if (nn_tensor_count(t) < 0)
		return bad(r, "the dimensions are too large together");
	pass(r, FIXED + 8 * ndim);
	return 1;
}

int nn_reader_next(struct nn_reader *r, struct nn_tensor *t)
{
	size_t name = 0, meta = 0, head, bytes;
	char text[NN_DIMS * 21], what[NN_DIMS * 21 + 16];
	int got;

	memset(t, 0, sizeof *t);
	got = take_fixed(r, t, &name, &meta);
	if (got <= 0) {
		memset(t, 0, sizeof *t);
		return got;
	}
	head = FIXED + 8 * (size_t)t->ndim + name + meta;
	bytes = nn_tensor_bytes(t);
	snprintf(what, sizeof what, "%s %s", nn_type_name(t->type),
	         nn_shape_text(t->ndim, t->dim, text));
	if (take_text(r, name, "name", &t->name) < 0 || take_text(r, meta, "metadata", &t->meta) < 0 ||
	    pass_padding(r, head, 1) < 0 || take(r, bytes, what, &t->data, &t->owned) < 0 ||
	    pass_padding(r, bytes, 0) < 0) {
		nn_tensor_release(t);
		return -1;
	}
	return 1;
}

static void put32(unsigned char *p, uint32_t v)
{
	memcpy(p, &v, sizeof v);
}

int nn_write(FILE *f, const struct nn_tensor *t)
{
	static const unsigned char zeros[NN_ALIGN];
	unsigned char head[FIXED + 8 * NN_DIMS];
	size_t name = t->name ? strlen(t->name) : 0, meta = t->meta ? strlen(t->meta) : 0;
	size_t fixed = FIXED + 8 * (size_t)t->ndim, bytes = nn_tensor_bytes(t), n;

	if (name > UINT32_MAX || meta > UINT32_MAX)
		return nn_fail("name or metadata of '%.40s' is over 4 GB", t->name ? t->name : "");
	memcpy(head, NN_MAGIC, 8);
	put32(head + 8, NN_VERSION);
	put32(head + 12, t->type);
	put32(head + 16, (uint32_t)t->ndim);
	put32(head + 20, (uint32_t)name);
	put32(head + 24, (uint32_t)meta);
	put32(head + 28, 0);
	memcpy(head + FIXED, t->dim, 8 * (size_t)t->ndim);
	n = fixed + name + meta;
	if (fwrite(head, 1, fixed, f) != fixed || (name && fwrite(t->name, 1, name, f) != name) ||
	    (meta && fwrite(t->meta, 1, meta, f) != meta) ||
	    fwrite(zeros, 1, nn_round_up(n, NN_ALIGN) - n, f) != nn_round_up(n, NN_ALIGN) - n ||
	    (bytes && fwrite(t->data, 1, bytes, f) != bytes) ||
	    fwrite(zeros, 1, nn_round_up(bytes, NN_ALIGN) - bytes, f) !=
	            nn_round_up(bytes, NN_ALIGN) - bytes)
		return nn_fail("cannot write: %s", strerror(errno));
	return 0;
}
