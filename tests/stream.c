/* SPDX-License-Identifier: ISC */
/* The stream: round trips, truncation at every byte, hostile headers; from a mapping, a pipe, memory. */
#include "tap.h"
#include "tensor.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MEMORY, MAPPED, PIPE, WAYS };
static const char *const ways[] = {"memory", "mapping", "pipe"};
static pid_t feeder;

/* A reader of these bytes; a pipe is fed by a child, some bytes at a time. */
static void open_bytes(struct nn_reader *r, int way, const unsigned char *bytes, size_t size)
{
	char name[] = "/tmp/nn-stream.XXXXXX";
	size_t at, n;
	ssize_t put;
	int fd, end[2];

	feeder = 0;
	if (way == MEMORY) {
		nn_reader_memory(r, "x.nnt", bytes, size);
	} else if (way == MAPPED) {
		fd = mkstemp(name);
		if (write(fd, bytes, size) != (ssize_t)size || nn_reader_open(r, name) < 0)
			exit(1);
		close(fd);
		unlink(name);
	} else {
		if (pipe(end) < 0)
			exit(1);
		feeder = fork();
		if (feeder == 0) {
			for (at = 0; at < size; at += n) {
				n = NN_MIN(size - at, at % 7 * 31 + 1);
				put = write(end[1], bytes + at, n);
				if (put != (ssize_t)n)
					_exit(1);
			}
			_exit(0);
		}
		close(end[1]);
		memset(r, 0, sizeof *r);
		snprintf(name, sizeof name, "/dev/fd/%d", end[0]);
		if (nn_reader_open(r, name) < 0)
			exit(1);
		close(end[0]);
	}
}

static void close_bytes(struct nn_reader *r)
{
	nn_reader_close(r);
	if (feeder)
		waitpid(feeder, NULL, 0);
}

/* Reads all; returns how many tensors came, or -1 - that when the stream fails. */
static int count_tensors(int way, const unsigned char *bytes, size_t size)
{
	struct nn_reader r;
	struct nn_tensor t;
	int n = 0, got;

	open_bytes(&r, way, bytes, size);
	while ((got = nn_reader_next(&r, &t)) > 0) {
		nn_tensor_release(&t);
		n++;
	}
	close_bytes(&r);
	return got < 0 ? -1 - n : n;
}

static int equal(const struct nn_tensor *a, const struct nn_tensor *b)
{
	return a->type == b->type && a->ndim == b->ndim &&
	       memcmp(a->dim, b->dim, sizeof a->dim) == 0 &&
	       strcmp(a->name ? a->name : "", b->name ? b->name : "") == 0 &&
	       strcmp(a->meta ? a->meta : "", b->meta ? b->meta : "") == 0 &&
	       memcmp(a->data, b->data, nn_tensor_bytes(a)) == 0;
}

static size_t write_bytes(const struct nn_tensor *t, int n, unsigned char **bytes)
{
	FILE *f = tmpfile();
	size_t size;
	int i;

	for (i = 0; i < n; i++)
		ok(nn_write(f, &t[i]) == 0, "tensor %d is written", i);
	size = (size_t)ftell(f);
	*bytes = nn_alloc(size);
	rewind(f);
	ok(fread(*bytes, 1, size, f) == size && size % 64 == 0, "in a multiple of 64 bytes");
	fclose(f);
	return size;
}

#define TENSORS 9
static void make(struct nn_tensor *t)
{
	static const int64_t dim[][NN_DIMS] = {{2, 3, 5}, {7}, {0}, {4, 4}, {1, 2, 1, 2, 1, 2, 1, 2},
	                                       {3, 0, 9}, {100, 333}, {0}, {129}};
	static const int ndim[] = {3, 1, 0, 2, 8, 3, 2, 0, 1};
	static const enum nn_type type[] = {NN_F32, NN_F16, NN_U8,  NN_I32, NN_I64,
	                                    NN_F32, NN_F32, NN_I64, NN_U8};
	static const char *const name[] = {"conv1/7x7", "", "\xff\xfe", "a name of some length",
	                                   "i", "nothing", "large", "one", "bytes"};
	size_t b;
	int i;

	for (i = 0; i < TENSORS; i++) {
		nn_tensor_init(&t[i], name[i], type[i], ndim[i], dim[i]);
		for (b = 0; b < nn_tensor_bytes(&t[i]); b++)
			((unsigned char *)t[i].data)[b] = (unsigned char)(b * 37 + (size_t)i);
		if (i % 2)
			nn_tensor_set(&t[i], "model", "net%d", i);
		if (i == 3)
			nn_tensor_set(&t[i], "source", "a picture\nof two lines");
	}
}

static void test_round_trip(void)
{
	struct nn_tensor t[TENSORS], got;
	struct nn_reader r;
	const unsigned char *rest;
	unsigned char *bytes, *twice;
	size_t size, left;
	int i, way, same;

	make(t);
	size = write_bytes(t, TENSORS, &bytes);
	for (way = 0; way < WAYS; way++) {
		open_bytes(&r, way, bytes, size);
		for (i = same = 0; i < TENSORS && nn_reader_next(&r, &got) == 1; i++) {
			same += equal(&t[i], &got) && got.data;
			ok(got.owned == (way == PIPE), "tensor %d from a %s is %s", i, ways[way],
			   way == PIPE ? "owned" : "a view");
			nn_tensor_release(&got);
		}
		ok(same == TENSORS, "all types and shapes come back from a %s", ways[way]);
		ok(nn_reader_next(&r, &got) == 0 && r.offset == size, "and then the end");
		close_bytes(&r);
	}
	twice = nn_alloc(2 * size);
	memcpy(twice, bytes, size);
	memcpy(twice + size, bytes, size);
	for (way = 0; way < WAYS; way++) {
		ok(count_tensors(way, twice, 2 * size) == 2 * TENSORS, "two streams are one: %s", ways[way]);
		ok(count_tensors(way, twice, 0) == 0, "no bytes are a stream of none: %s", ways[way]);
		open_bytes(&r, way, twice, 2 * size);
		ok(nn_reader_peek(&r, 40, &rest) == 40 && memcmp(rest, twice, 40) == 0, "peek: %s", ways[way]);
		ok(nn_reader_next(&r, &got) == 1 && equal(&got, &t[0]), "peeking takes nothing: %s", ways[way]);
		nn_tensor_release(&got);
		left = 0;
		ok(nn_reader_rest(&r, &rest, &left) == 0 && left == 2 * size - 256 &&
		           memcmp(rest, twice + 256, left) == 0, "the rest as bytes: %s", ways[way]);
		ok(nn_reader_next(&r, &got) == 0, "nothing comes after the rest: %s", ways[way]);
		close_bytes(&r);
	}
	for (i = 0; i < TENSORS; i++)
		nn_tensor_release(&t[i]);
	free(bytes);
	free(twice);
}

static void test_truncation(void)
{
	static const int64_t dim[] = {2, 3, 5};
	struct nn_tensor t;
	unsigned char *bytes;
	size_t size, cut;
	int way, refused, told;

	nn_tensor_init(&t, "conv1/7x7", NN_F32, 3, dim);
	nn_tensor_set(&t, "model", "x");
	size = write_bytes(&t, 1, &bytes);
	for (way = 0; way < WAYS; way++) {
		refused = told = 0;
		for (cut = 1; cut < size; cut++) {
			refused += count_tensors(way, bytes, cut) == -1;
			told += strstr(nn_error(), ": byte ") != NULL;
		}
		ok(refused == (int)size - 1, "cut at any of %d bytes: refused, %s", (int)size - 1, ways[way]);
		ok(told == (int)size - 1, "and told where");
	}
	nn_tensor_release(&t);
	free(bytes);
}

/* Changes bytes of a good record's header and looks for the message. */
static void hostile(const char *what, const unsigned char *good, size_t size, size_t at,
                    const void *change, size_t n, const char *message)
{
	unsigned char *bytes = nn_alloc(size);
	int way;

	for (way = 0; way < WAYS; way++) {
		memcpy(bytes, good, size);
		memcpy(bytes + at, change, n);
		ok(count_tensors(way, bytes, size) == -1 && strstr(nn_error(), message), "%s, %s: %s", what,
		   ways[way], nn_error());
	}
	free(bytes);
}

static void test_hostile(void)
{
	static const int64_t dim[] = {2, 3, 5};
	static const uint64_t most = UINT64_MAX, half = UINT64_C(1) << 62, big = UINT64_C(1) << 31;
	static const uint64_t bigs[] = {UINT64_C(1) << 31, UINT64_C(1) << 31, 16};
	static const uint64_t empty[] = {0, UINT64_C(1) << 40, UINT64_C(1) << 40};
	static const uint32_t all = UINT32_MAX, zero = 0, six = 6, nine = 9, two = 2;
	struct nn_tensor t;
	unsigned char *b;
	size_t size;

	nn_tensor_init(&t, "conv1/7x7", NN_F32, 3, dim);
	nn_tensor_set(&t, "model", "x");
	size = write_bytes(&t, 1, &b);
	hostile("magic", b, size, 0, "nntensoR", 8, "byte 0: not a tensor");
	hostile("version", b, size, 8, &two, 4, "byte 0: stream of version 2, want 1");
	hostile("type 0", b, size, 12, &zero, 4, "element type 0 is not known");
	hostile("type 6", b, size, 12, &six, 4, "element type 6 is not known");
	hostile("type 2^32-1", b, size, 12, &all, 4, "element type 4294967295 is not known");
	hostile("9 dimensions", b, size, 16, &nine, 4, "want at most 8 dimensions, have 9");
	hostile("2^32-1 dimensions", b, size, 16, &all, 4, "want at most 8 dimensions");
	hostile("long name", b, size, 20, &all, 4, "byte 56: name of 4294967295 bytes runs past the end");
	hostile("long metadata", b, size, 24, &all, 4, "byte 65: metadata of 4294967295 bytes runs past");
	hostile("reserved field", b, size, 28, &two, 4, "want zero before the dimensions");
	hostile("2^64-1 long", b, size, 32, &most, 8, "is too large");
	hostile("2^62 long", b, size, 32, &half, 8, "too large together");
	hostile("2^66 numbers", b, size, 32, bigs, 24, "too large together");
	hostile("nothing of 2^80", b, size, 32, empty, 24, "too large together");
	hostile("2^31 x 3 x 5", b, size, 32, &big, 8, "byte 128: f32 2147483648x3x5 of 128849018880 bytes");
	hostile("zero byte in the name", b, size, 58, "", 1, "byte 56: name of 9 bytes has a zero byte");
	hostile("zero byte in the metadata", b, size, 66, "", 1, "byte 65: metadata of 8 bytes has a zero");
	hostile("short name", b, size, 20, &two, 4, "want zeros up to the numbers");
	nn_tensor_release(&t);
	free(b);
}

/* stdin that is a file is mapped from where it stands, and left where reading stopped */
static void test_stdin(void)
{
	static const int64_t dim[] = {20};
	struct nn_tensor t[3], got;
	struct nn_reader r;
	unsigned char *bytes;
	size_t size;
	FILE *f = tmpfile();
	int i;

	for (i = 0; i < 3; i++) {
		nn_tensor_init(&t[i], "a", NN_F32, 1, dim);
		*(float *)t[i].data = (float)i;
	}
	size = write_bytes(t, 3, &bytes);
	fwrite(bytes, 1, size, f);
	fflush(f);
	dup2(fileno(f), STDIN_FILENO);
	lseek(STDIN_FILENO, (off_t)size / 3, SEEK_SET);
	for (i = 1; i < 3; i++) {
		ok(nn_reader_open(&r, "-") == 0 && r.map, "stdin is mapped");
		ok(nn_reader_next(&r, &got) == 1 && *(float *)got.data == (float)i, "from where it stands");
		nn_tensor_release(&got);
		nn_reader_close(&r);
	}
	ok(lseek(STDIN_FILENO, 0, SEEK_CUR) == (off_t)size, "and left where reading stopped");
	ok(nn_reader_open(&r, "/nowhere") < 0 && strstr(nn_error(), "/nowhere: No such"), "no file");
	ok(nn_reader_open(&r, "/") < 0 && strstr(nn_error(), "/: is a folder"), "a folder");
	ok(nn_reader_open(&r, "/dev/null") == 0 && nn_reader_next(&r, &got) == 0, "/dev/null is empty");
	nn_reader_close(&r);
	fclose(f);
	f = fopen("/dev/full", "w");
	if (f) {
		setvbuf(f, NULL, _IONBF, 0);
		ok(nn_write(f, &t[0]) < 0 && strstr(nn_error(), "cannot write"), "a full disk");
		fclose(f);
	}
	for (i = 0; i < 3; i++)
		nn_tensor_release(&t[i]);
	free(bytes);
}

static void test_metadata(void)
{
	static const int64_t dim[] = {3};
	struct nn_tensor t, copy;
	char text[NN_DIMS * 21], *v;
	const int64_t shape[] = {3, 224, 224}, large[] = {INT64_MAX, 2}, minus[] = {-1};

	nn_tensor_init(&t, "x", NN_F16, 1, dim);
	((uint16_t *)t.data)[1] = 0x3c00;
	t.meta = nn_strdup("a=1\nab=2\nc=3");
	nn_tensor_set(&t, "b", "%s", "4");
	ok(strcmp(t.meta, "a=1\nab=2\nc=3\nb=4\n") == 0, "a line is added, after one without its end");
	nn_tensor_set(&t, "a", "%d\n%d", 5, 6);
	ok(strcmp(t.meta, "a=5 6\nab=2\nc=3\nb=4\n") == 0, "a line is replaced where it is");
	v = nn_tensor_get(&t, "b");
	ok(v && strcmp(v, "4") == 0, "and found");
	free(v);
	ok(!nn_tensor_get(&t, "d"), "a key that is not there");
	nn_tensor_copy(&copy, &t);
	ok(equal(&copy, &t) && copy.data != t.data, "a copy is equal");
	nn_tensor_to_f32(&copy);
	ok(copy.type == NN_F32 && ((float *)copy.data)[1] == 1 && nn_tensor_at(&t, 1) == 1, "to float32");
	nn_tensor_rename(&copy, copy.name);
	ok(strcmp(copy.name, "x") == 0, "renamed to itself");
	ok(strcmp(nn_shape_text(3, shape, text), "3x224x224") == 0, "a shape as text");
	ok(strcmp(nn_shape_text(0, NULL, text), "scalar") == 0, "no dimensions as text");
	ok(nn_shape_count(3, shape) == 150528 && nn_shape_count(0, NULL) == 1, "counts");
	ok(nn_shape_count(2, large) < 0 && nn_shape_count(1, minus) < 0, "no counts");
	nn_tensor_release(&t);
	nn_tensor_release(&copy);
}

int main(void)
{
	test_round_trip();
	test_truncation();
	test_hostile();
	test_metadata();
	test_stdin();
	return done();
}
