/* SPDX-License-Identifier: ISC */
/* NumPy files: round trips, other headers, every truncation, every byte damaged. */
#include "tap.h"
#include "tensor.h"

#include <stdlib.h>
#include <string.h>

static size_t slurp(FILE *f, unsigned char **bytes)
{
	size_t size = (size_t)ftell(f);

	*bytes = nn_alloc(size);
	rewind(f);
	if (fread(*bytes, 1, size, f) != size)
		exit(1);
	fclose(f);
	return size;
}

static int equal(const struct nn_tensor *a, const struct nn_tensor *b)
{
	return a->type == b->type && a->ndim == b->ndim &&
	       memcmp(a->dim, b->dim, sizeof a->dim) == 0 &&
	       memcmp(a->data, b->data, nn_tensor_bytes(a)) == 0;
}

static const int64_t dims[][NN_DIMS] = {{2, 3}, {7}, {0}, {4, 0}, {1, 2, 1, 2, 1, 2, 1, 2}};
static const int ndims[] = {2, 1, 0, 2, 8};
static const enum nn_type types[] = {NN_F32, NN_F16, NN_U8, NN_I32, NN_I64};
#define TENSORS 5

static void make(struct nn_tensor *t, int i)
{
	char name[16];
	size_t b;

	snprintf(name, sizeof name, "layer/%d", i);
	nn_tensor_init(t, name, types[i], ndims[i], dims[i]);
	for (b = 0; b < nn_tensor_bytes(t); b++)
		((unsigned char *)t->data)[b] = (unsigned char)(b * 37 + 1);
}

static void test_round_trip(void)
{
	struct nn_tensor t, got;
	unsigned char *bytes;
	size_t size, used, cut;
	FILE *f;
	int i, refused;

	for (i = 0; i < TENSORS; i++) {
		make(&t, i);
		f = tmpfile();
		ok(nn_npy_write(f, &t) == 0, "%s is written", nn_type_name(types[i]));
		size = slurp(f, &bytes);
		ok(nn_npy_parse(&got, "a", bytes, size, &used) == 0 && used == size && equal(&t, &got),
		   "and read");
		ok((size - nn_tensor_bytes(&t)) % 64 == 0, "numbers begin at a multiple of 64");
		nn_tensor_release(&got);
		for (cut = refused = 0; cut < size; cut++)
			refused += nn_npy_parse(&got, "a", bytes, cut, &used) < 0;
		ok(refused == (int)size, "cut at any byte: refused");
		free(bytes);
		nn_tensor_release(&t);
	}
}

/* A .npy of this version and header, with numbers; -1 when it is refused, else the first number. */
static double parse(int version, const char *header, const void *numbers, size_t n,
                    enum nn_type *type)
{
	unsigned char bytes[512] = "\x93NUMPY";
	size_t length = strlen(header), at = version == 1 ? 10 : 12, used;
	struct nn_tensor t;
	double v;

	bytes[6] = (unsigned char)version;
	bytes[8] = (unsigned char)length;
	memcpy(bytes + at, header, length);
	memcpy(bytes + at + length, numbers, n);
	if (nn_npy_parse(&t, "a", bytes, at + length + n, &used) < 0)
		return -1;
	v = nn_tensor_count(&t) > 1 ? nn_tensor_at(&t, 1) : nn_tensor_at(&t, 0);
	*type = t.type;
	nn_tensor_release(&t);
	return v;
}

static void test_headers(void)
{
	static const struct {
		const char *type, *bytes;
		size_t n;
		double want;
		enum nn_type to;
	} c[] = {
		{"<f4", "\0\0\0\x3f", 4, .5, NN_F32},
		{">f4", "\x3f\0\0\0", 4, .5, NN_F32},
		{"<f8", "\0\0\0\0\0\0\xe0\x3f", 8, .5, NN_F32},
		{">f2", "\x38\0", 2, .5, NN_F16},
		{"|b1", "\7", 1, 1, NN_U8},
		{"|u1", "\xff", 1, 255, NN_U8},
		{"|i1", "\xfe", 1, -2, NN_I32},
		{">i2", "\xff\xfe", 2, -2, NN_I32},
		{"<u2", "\xfe\xff", 2, 65534, NN_I32},
		{"<i4", "\xfe\xff\xff\xff", 4, -2, NN_I32},
		{"<u4", "\xfe\xff\xff\xff", 4, 4294967294, NN_I64},
		{">i8", "\xff\xff\xff\xff\xff\xff\xff\xfe", 8, -2, NN_I64},
		{"<u8", "\xfe\0\0\0\0\0\0\0", 8, 254, NN_I64},
	};
	static const char *const bad[] = {
		"", "{", "{}", "{'descr': '<f4', 'fortran_order': False}",
		"{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (1,2,3,4,5,6,7,8,9)}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,)}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296,4294967296)}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,)}",
		"{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}",
		"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
		"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
	};
	static const unsigned char all[8] = {255, 255, 255, 255, 255, 255, 255, 255};
	char header[200];
	enum nn_type type = 0;
	double v;
	size_t i;
	int version;

	for (i = 0; i < NN_LEN(c); i++) {
		version = 1 + (int)i % 3;
		snprintf(header, sizeof header, "{'shape': (1,), 'descr': '%s', 'fortran_order': False}",
		         c[i].type);
		v = parse(version, header, c[i].bytes, c[i].n, &type);
		ok(v == c[i].want && type == c[i].to, "%s in version %d", c[i].type, version);
	}
	for (i = 0; i < NN_LEN(bad); i++)
		ok(parse(1, bad[i], all, 8, &type) == -1, "refused: %s", nn_error());
	ok(parse(4, "{'shape': (1,), 'descr': '<f4', 'fortran_order': False}", all, 4, &type) == -1,
	   "version 4 is refused");
	ok(parse(1, "{'shape': (), 'descr': '<u8', 'fortran_order': False}", all, 8, &type) == -1,
	   "2^64-1 does not fit");
	/* 0 1 2 / 3 4 5 is 0 3 1 4 2 5 in Fortran's order */
	ok(parse(2, "{\"descr\":\"|u1\",\"fortran_order\":True,\"shape\":(2L, 3L),}", "\0\3\1\4\2\5", 6,
	         &type) == 1, "Fortran's order");
}

struct wanted {
	struct nn_tensor t[TENSORS];
	int same, seen;
};

static int compare(struct nn_tensor *t, void *context)
{
	struct wanted *w = context;

	if (w->seen < TENSORS)
		w->same += strcmp(t->name, w->t[w->seen].name) == 0 && equal(t, &w->t[w->seen]);
	w->seen++;
	return 0;
}

static int count(struct nn_tensor *t, void *context)
{
	++*(int *)context;
	return t->data ? 0 : -1;
}

static void test_archive(void)
{
	struct wanted w = {0};
	struct nn_npz *z;
	unsigned char *bytes;
	size_t size, cut;
	FILE *f = tmpfile();
	int i, refused = 0, n;

	z = nn_npz_new(f);
	for (i = 0; i < TENSORS; i++) {
		make(&w.t[i], i);
		ok(nn_npz_add(z, &w.t[i]) == 0, "added to an archive");
	}
	ok(nn_npz_free(z) == 0, "archive is written");
	size = slurp(f, &bytes);
	ok(nn_npz_each(bytes, size, compare, &w) == 0 && w.seen == TENSORS && w.same == TENSORS,
	   "and read");
	for (cut = 0; cut < size; cut++)
		refused += nn_npz_each(bytes, cut, count, &n) < 0;
	ok(refused == (int)size, "cut at any byte: refused");
	for (cut = 0; cut < size; cut++) {
		bytes[cut] ^= 0xff;
		n = 0;
		refused += nn_npz_each(bytes, size, count, &n) < 0;
		bytes[cut] ^= 0xff;
	}
	ok(refused > (int)size, "any byte damaged: no crash");
	for (i = 0; i < TENSORS; i++)
		nn_tensor_release(&w.t[i]);
	free(bytes);
}

/* more entries than the 16 bits of the plain end record count */
static void test_many(void)
{
	struct nn_tensor t;
	struct nn_npz *z;
	unsigned char *bytes;
	size_t size;
	FILE *f = tmpfile();
	int i, n = 0, failed = 0;

	make(&t, 2);
	z = nn_npz_new(f);
	for (i = 0; i < 70000; i++)
		failed |= nn_npz_add(z, &t);
	ok(nn_npz_free(z) == 0 && !failed, "70000 entries are written");
	size = slurp(f, &bytes);
	ok(nn_npz_each(bytes, size, count, &n) == 0 && n == 70000, "and read");
	nn_tensor_release(&t);
	free(bytes);
}

int main(void)
{
	test_round_trip();
	test_headers();
	test_archive();
	test_many();
	return done();
}
