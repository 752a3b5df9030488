/* SPDX-License-Identifier: ISC */
/* NumPy's .npz: a zip archive of .npy files (PKWARE APPNOTE 6.3.10, sections 4.3.7-16, 4.5.3). */
#include "tensor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define LOCAL 30   /* bytes of the records before their names */
#define CENTRAL 46
#define END 22
#define END64 56
#define LOCATOR 20
#define MANY 0xffffffffu /* the real number is in the 64-bit extra field */

/* reading */

struct archive {
	const unsigned char *bytes;
	size_t size;
};

struct entry {
	char *name;
	unsigned method, flags;
	uint32_t crc;
	uint64_t packed, size, offset;
};

static uint64_t get(const unsigned char *p, int n)
{
	uint64_t v = 0;
	int i;

	for (i = 0; i < n; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

/* The end record is last, but for a comment of up to 65535 bytes. */
static int find_end(const struct archive *z, size_t *at)
{
	size_t i, most = NN_MIN(z->size, END + 65535u);

	for (i = END; i <= most; i++) {
		*at = z->size - i;
		if (memcmp(z->bytes + *at, "PK\5\6", 4) == 0 && get(z->bytes + *at + 20, 2) == i - END)
			return 0;
	}
	return nn_fail("archive without an end: cut off");
}

/* Where the central directory begins, and how many entries it has. */
static int find_directory(const struct archive *z, uint64_t *offset, uint64_t *count)
{
	const unsigned char *p;
	size_t at = 0;
	uint64_t where;

	if (find_end(z, &at) < 0)
		return -1;
	p = z->bytes + at;
	*count = get(p + 10, 2);
	*offset = get(p + 16, 4);
	if (at >= LOCATOR && memcmp(p - LOCATOR, "PK\6\7", 4) == 0) {
		where = get(p - LOCATOR + 8, 8);
		if (where > z->size || z->size - where < END64 ||
		    memcmp(z->bytes + where, "PK\6\6", 4) != 0)
			return nn_fail("archive with a damaged end");
		*count = get(z->bytes + where + 32, 8);
		*offset = get(z->bytes + where + 48, 8);
	}
	return 0;
}

/* Those of sizes and place that did not fit are in the extra field 1, in this order. */
static int read_extra(struct entry *e, const unsigned char *p, size_t n)
{
	uint64_t *field[] = {&e->size, &e->packed, &e->offset};
	size_t i, length, at = 4;

	for (; n >= 4; p += 4 + length, n -= 4 + length) {
		length = (size_t)get(p + 2, 2);
		if (length > n - 4)
			break;
		if (get(p, 2) != 1)
			continue;
		for (i = 0; i < NN_LEN(field); i++) {
			if (*field[i] != MANY)
				continue;
			if (at + 8 > 4 + length)
				return nn_fail("archive with a damaged entry");
			*field[i] = get(p + at, 8);
			at += 8;
		}
	}
	return 0;
}

/* The entry of the directory at *at, which is moved to the next. */
static int read_entry(const struct archive *z, uint64_t *at, struct entry *e)
{
	const unsigned char *p;
	size_t name, extra, comment;

	if (*at > z->size || z->size - *at < CENTRAL)
		return nn_fail("archive with a damaged directory");
	p = z->bytes + *at;
	name = (size_t)get(p + 28, 2);
	extra = (size_t)get(p + 30, 2);
	comment = (size_t)get(p + 32, 2);
	if (memcmp(p, "PK\1\2", 4) != 0 || z->size - *at - CENTRAL < name + extra + comment ||
	    memchr(p + CENTRAL, 0, name))
		return nn_fail("archive with a damaged directory");
	e->flags = (unsigned)get(p + 8, 2);
	e->method = (unsigned)get(p + 10, 2);
	e->crc = (uint32_t)get(p + 16, 4);
	e->packed = get(p + 20, 4);
	e->size = get(p + 24, 4);
	e->offset = get(p + 42, 4);
	e->name = nn_strndup((const char *)p + CENTRAL, name);
	*at += CENTRAL + name + extra + comment;
	return read_extra(e, p + CENTRAL + name, extra);
}

/* Unpacks into a block that grows as bytes come: what an entry claims to hold is only a claim. */
static int unpack(const struct entry *e, const unsigned char *from, unsigned char **to)
{
	size_t room = (size_t)NN_MIN(e->size, 65536), have = 0, left = (size_t)e->packed;
	unsigned char *p;
	z_stream s = {0};
	int status = Z_OK;

	if (inflateInit2(&s, -MAX_WBITS) != Z_OK)
		return nn_fail("no memory to unpack");
	p = nn_alloc(room);
	s.next_in = (unsigned char *)(uintptr_t)from;
	while (status == Z_OK) {
		if (have == room && room < e->size) {
			room = room > e->size / 2 ? (size_t)e->size : 2 * room;
			p = nn_realloc(p, room, 1);
		}
		if (s.avail_in == 0) {
			s.avail_in = (uInt)NN_MIN(left, 1u << 30);
			left -= s.avail_in;
		}
		s.next_out = p + have;
		s.avail_out = (uInt)NN_MIN(room - have, 1u << 30);
		status = inflate(&s, Z_NO_FLUSH);
		have = (size_t)(s.next_out - p);
	}
	inflateEnd(&s);
	*to = p;
	return status == Z_STREAM_END && have == e->size ? 0 : nn_fail("damaged or cut off");
}

static uint32_t crc_of(uint32_t crc, const unsigned char *p, size_t n)
{
	for (; n > 1u << 30; p += 1u << 30, n -= 1u << 30)
		crc = (uint32_t)crc32(crc, p, 1u << 30);
	return (uint32_t)crc32(crc, p, (uInt)n);
}

/* Finds the entry's bytes, in place or (to be freed) unpacked. */
static int entry_bytes(const struct archive *z, const struct entry *e, const unsigned char **bytes,
                       unsigned char **block)
{
	const unsigned char *p;
	uint64_t skip;

	if (e->flags & 1)
		return nn_fail("encrypted");
	if (e->offset > z->size || z->size - e->offset < LOCAL)
		return nn_fail("cut off");
	p = z->bytes + e->offset;
	if (memcmp(p, "PK\3\4", 4) != 0)
		return nn_fail("damaged");
	skip = LOCAL + get(p + 26, 2) + get(p + 28, 2);
	if (z->size - e->offset < skip || z->size - e->offset - skip < e->packed)
		return nn_fail("cut off");
	if (e->method == 0 && e->packed == e->size) {
		*bytes = p + skip;
	} else if (e->method == 8 && e->size <= PTRDIFF_MAX) {
		if (unpack(e, p + skip, block) < 0)
			return -1;
		*bytes = *block;
	} else {
		return nn_fail("packed by method %u, want stored or deflated", e->method);
	}
	return crc_of(0, *bytes, (size_t)e->size) == e->crc ? 0 : nn_fail("damaged: wrong checksum");
}

static int each_entry(const struct archive *z, struct entry *e,
                      int (*each)(struct nn_tensor *t, void *context), void *context)
{
	size_t n = strlen(e->name), used;
	const unsigned char *bytes = NULL;
	unsigned char *block = NULL;
	struct nn_tensor t;
	int status = entry_bytes(z, e, &bytes, &block);

	if (status == 0) {
		if (n > 4 && strcmp(e->name + n - 4, ".npy") == 0)
			e->name[n - 4] = '\0';
		status = nn_npy_parse(&t, e->name, bytes, (size_t)e->size, &used);
	}
	free(block);
	if (status < 0)
		return nn_fail_in("%s", e->name);
	status = each(&t, context);
	nn_tensor_release(&t);
	return status;
}

int nn_npz_each(const void *bytes, size_t size,
                int (*each)(struct nn_tensor *t, void *context), void *context)
{
	struct archive z = {bytes, size};
	struct entry e;
	uint64_t at = 0, count = 0, i;
	size_t n;
	int status;

	status = find_directory(&z, &at, &count);
	for (i = 0; i < count && status == 0; i++) {
		memset(&e, 0, sizeof e);
		status = read_entry(&z, &at, &e);
		n = e.name ? strlen(e.name) : 0;
		if (status == 0 && (n == 0 || e.name[n - 1] != '/')) /* not a folder */
			status = each_entry(&z, &e, each, context);
		free(e.name);
	}
	return status;
}

/* writing */

struct nn_npz {
	FILE *f;
	uint64_t offset, count;
	FILE *directory; /* in memory until the end */
	char *text;
	size_t length;
};

static void put(FILE *f, uint64_t v, int n)
{
	for (; n > 0; n--, v >>= 8)
		putc((int)(v & 255), f);
}

struct nn_npz *nn_npz_new(FILE *f)
{
	struct nn_npz *z = nn_calloc(1, sizeof *z);

	z->f = f;
	z->directory = open_memstream(&z->text, &z->length);
	if (!z->directory) {
		nn_fail("no memory for the archive's directory");
		free(z);
		return NULL;
	}
	return z;
}

/* What the local and the central record of an entry share; dates are the first day there is. */
static void put_common(FILE *f, int wide, uint32_t crc, uint64_t size, size_t name, int extra)
{
	put(f, wide ? 45 : 20, 2); /* version needed */
	put(f, 0x800, 2);          /* names are UTF-8 */
	put(f, 0, 2);              /* stored */
	put(f, 0, 2);
	put(f, 1 << 5 | 1, 2);
	put(f, crc, 4);
	put(f, wide ? MANY : size, 4);
	put(f, wide ? MANY : size, 4);
	put(f, name, 2);
	put(f, (uint64_t)extra, 2);
}

int nn_npz_add(struct nn_npz *z, const struct nn_tensor *t)
{
	char head[NN_NPY_HEADER], *name = nn_asprintf("%s.npy", t->name ? t->name : "");
	size_t n = nn_npy_header(t, head), bytes = nn_tensor_bytes(t), length = strlen(name);
	uint64_t size = n + bytes, start = z->offset;
	uint32_t crc = crc_of(crc_of(0, (unsigned char *)head, n), t->data, bytes);
	int wide = size >= MANY, far = wide || start >= MANY;

	if (length > 65535) {
		free(name);
		return nn_fail("'%.40s...': too long a name for an archive", t->name);
	}
	fputs("PK\3\4", z->f);
	put_common(z->f, wide, crc, size, length, wide ? 20 : 0);
	fwrite(name, 1, length, z->f);
	if (wide) {
		put(z->f, 1 | 16 << 16, 4);
		put(z->f, size, 8);
		put(z->f, size, 8);
	}
	fwrite(head, 1, n, z->f);
	fwrite(t->data, 1, bytes, z->f);
	z->offset += LOCAL + length + (wide ? 20 : 0) + size;
	z->count++;

	fputs("PK\1\2", z->directory);
	put(z->directory, 45, 2);
	put_common(z->directory, wide, crc, size, length, far ? 4 + 16 * wide + 8 : 0);
	put(z->directory, 0, 6);
	put(z->directory, 0, 4);
	put(z->directory, far ? MANY : start, 4);
	fwrite(name, 1, length, z->directory);
	if (far) {
		put(z->directory, 1 | (uint64_t)(16 * wide + 8) << 16, 4);
		put(z->directory, size, 8 * wide);
		put(z->directory, size, 8 * wide);
		put(z->directory, start, 8);
	}
	free(name);
	return ferror(z->f) ? nn_fail("cannot write: %s", strerror(errno)) : 0;
}

int nn_npz_free(struct nn_npz *z)
{
	int status = 0, wide;

	if (fclose(z->directory) != 0)
		status = nn_fail("no memory for the archive's directory");
	wide = z->offset >= MANY || z->count >= 0xffff || z->length >= MANY;
	fwrite(z->text, 1, z->length, z->f);
	if (wide) {
		fputs("PK\6\6", z->f);
		put(z->f, END64 - 12, 8);
		put(z->f, 45 | 45 << 16, 4);
		put(z->f, 0, 8);
		put(z->f, z->count, 8);
		put(z->f, z->count, 8);
		put(z->f, z->length, 8);
		put(z->f, z->offset, 8);
		fputs("PK\6\7", z->f);
		put(z->f, 0, 4);
		put(z->f, z->offset + z->length, 8);
		put(z->f, 1, 4);
	}
	fputs("PK\5\6", z->f);
	put(z->f, 0, 4);
	put(z->f, wide ? 0xffff : z->count, 2);
	put(z->f, wide ? 0xffff : z->count, 2);
	put(z->f, wide ? MANY : z->length, 4);
	put(z->f, wide ? MANY : z->offset, 4);
	put(z->f, 0, 2);
	if (ferror(z->f) && status == 0)
		status = nn_fail("cannot write: %s", strerror(errno));
	free(z->text);
	free(z);
	return status;
}
