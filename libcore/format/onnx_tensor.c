/* SPDX-License-Identifier: ISC */
/* TensorProto: where the numbers are (raw, typed, in another file), and what they become. */
#include "format/onnx.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Fields of TensorProto. */
enum {
	DIMS = 1,
	DATA_TYPE = 2,
	SEGMENT = 3,
	FLOAT_DATA = 4,
	INT32_DATA = 5,
	STRING_DATA = 6,
	INT64_DATA = 7,
	NAME = 8,
	RAW_DATA = 9,
	DOUBLE_DATA = 10,
	UINT64_DATA = 11,
	EXTERNAL_DATA = 13,
	DATA_LOCATION = 14,
};

/* TensorProto.DataType: how it is stored, and what it is read as. */
static const struct kind {
	const char *name;
	size_t size; /* bytes of an element in raw data; 0: not read */
	int field;   /* that holds its numbers when they are typed */
	enum nn_type type;
	int64_t low, high; /* of integers, and of the bits of half floats */
	int plain;         /* stored as it is read */
} kinds[] = {
	[1] = {"float", 4, FLOAT_DATA, NN_F32, 0, 0, 1},
	[2] = {"uint8", 1, INT32_DATA, NN_U8, 0, UINT8_MAX, 1},
	[3] = {"int8", 1, INT32_DATA, NN_I32, INT8_MIN, INT8_MAX, 0},
	[4] = {"uint16", 2, INT32_DATA, NN_I32, 0, UINT16_MAX, 0},
	[5] = {"int16", 2, INT32_DATA, NN_I32, INT16_MIN, INT16_MAX, 0},
	[6] = {"int32", 4, INT32_DATA, NN_I32, INT32_MIN, INT32_MAX, 1},
	[7] = {"int64", 8, INT64_DATA, NN_I64, INT64_MIN, INT64_MAX, 1},
	[8] = {"string", 0, 0, 0, 0, 0, 0},
	[9] = {"bool", 1, INT32_DATA, NN_U8, 0, 1, 0},
	[10] = {"float16", 2, INT32_DATA, NN_F32, 0, UINT16_MAX, 0},
	[11] = {"double", 8, DOUBLE_DATA, NN_F32, 0, 0, 0},
	[12] = {"uint32", 4, UINT64_DATA, NN_I64, 0, UINT32_MAX, 0},
	[13] = {"uint64", 8, UINT64_DATA, NN_I64, 0, INT64_MAX, 0},
	[14] = {"complex64", 0, 0, 0, 0, 0, 0},
	[15] = {"complex128", 0, 0, 0, 0, 0, 0},
	[16] = {"bfloat16", 2, INT32_DATA, NN_F32, 0, UINT16_MAX, 0},
};
enum { FLOAT = 1, INT8 = 3, BOOL = 9, FLOAT16 = 10, DOUBLE = 11, BFLOAT16 = 16 };

static const struct kind *kind_of(uint64_t type)
{
	if (type >= NN_LEN(kinds) || !kinds[type].name) {
		nn_fail("unknown data type %llu", (unsigned long long)type);
		return NULL;
	}
	if (!kinds[type].size) {
		nn_fail("data type %s is not supported", kinds[type].name);
		return NULL;
	}
	return &kinds[type];
}

enum nn_type nn_onnx_type(uint64_t type)
{
	const struct kind *k = kind_of(type);

	return k ? k->type : 0;
}

/* A TensorProto, its numbers not yet looked at. */
struct proto {
	char *name;
	const struct kind *kind;
	int ndim;
	int64_t dim[NN_DIMS], count;
	struct nn_bytes whole; /* the message */
	struct nn_bytes raw;
	int is_raw, is_external;
	char *location;
	uint64_t offset, length;
	int has_length;
};

static float double_bits(uint64_t bits)
{
	double d;

	memcpy(&d, &bits, sizeof d);
	return (float)d;
}

/* Stores the number with these bits (sign-extended for integers) as element i. */
static int store(const struct proto *p, struct nn_tensor *t, int64_t i, uint64_t bits)
{
	int64_t v = (int64_t)bits;
	ptrdiff_t kind = p->kind - kinds;

	if (t->type == NN_F32) {
		((float *)t->data)[i] = kind == FLOAT      ? nn_bits_to_float((uint32_t)bits)
					: kind == DOUBLE   ? double_bits(bits)
					: kind == BFLOAT16 ? nn_bfloat_to_float((uint16_t)bits)
							   : nn_half_to_float((uint16_t)bits);
		if (kind == FLOAT || kind == DOUBLE)
			return 0;
	}
	if (kind == BOOL)
		v = v != 0;
	if (v < p->kind->low || v > p->kind->high)
		return nn_fail("element %lld is outside what %s can hold", (long long)i,
			       p->kind->name);
	if (t->type == NN_U8)
		((uint8_t *)t->data)[i] = (uint8_t)v;
	else if (t->type == NN_I32)
		((int32_t *)t->data)[i] = (int32_t)v;
	else if (t->type == NN_I64)
		((int64_t *)t->data)[i] = v;
	return 0;
}

static int from_raw(const struct proto *p, const unsigned char *bytes, size_t have,
		    struct nn_tensor *t)
{
	size_t size = p->kind->size, want = (size_t)p->count * size;
	int shift = (int)(64 - 8 * size);
	uint64_t bits;
	int64_t i;

	if (have != want)
		return nn_fail("%zu bytes of raw data, want %zu", have, want);
	if (p->kind->plain && p->count && (uintptr_t)bytes % size == 0) {
		nn_tensor_view(t, p->name, p->kind->type, p->ndim, p->dim, (void *)bytes);
		return 0;
	}
	nn_tensor_init(t, p->name, p->kind->type, p->ndim, p->dim);
	if (p->kind->plain) {
		memcpy(t->data, bytes, want);
		return 0;
	}
	for (i = 0; i < p->count; i++) {
		bits = nn_little_endian(bytes + (size_t)i * size, size);
		if (p->kind->low < 0) /* sign */
			bits = (uint64_t)((int64_t)(bits << shift) >> shift);
		if (store(p, t, i, bits) < 0)
			return -1;
	}
	return 0;
}

/* The numbers of one typed field, from element *i on. */
static int from_field(const struct proto *p, const unsigned char *start, const struct nn_field *f,
		      struct nn_tensor *t, int64_t *i)
{
	struct nn_wire w = nn_wire(start, f->bytes);
	size_t fixed = p->kind->field == FLOAT_DATA ? 4 : p->kind->field == DOUBLE_DATA ? 8 : 0;
	int alone = fixed == 4 ? NN_WIRE_32 : fixed == 8 ? NN_WIRE_64 : NN_WIRE_VARINT;
	uint64_t bits;

	if (f->type != alone && nn_wire_want(f, NN_WIRE_BYTES, "typed data") < 0)
		return -1;
	if (f->type == alone && alone == NN_WIRE_VARINT)
		return *i < p->count ? store(p, t, (*i)++, f->value)
				     : nn_fail("more numbers than elements");
	if (fixed && f->bytes.size % fixed)
		return nn_fail("byte %zu: typed data ends inside a number", f->at);
	while (w.p < w.end) {
		if (*i == p->count)
			return nn_fail("byte %zu: more numbers than the %lld elements", f->at,
				       (long long)p->count);
		if (fixed) {
			bits = nn_little_endian(w.p, fixed);
			w.p += fixed;
		} else if (nn_wire_varint(&w, &bits) < 0) {
			return -1;
		}
		if (store(p, t, (*i)++, bits) < 0)
			return -1;
	}
	return 0;
}

static int from_typed(const struct proto *p, const unsigned char *start, struct nn_tensor *t)
{
	struct nn_wire w = nn_wire(start, p->whole);
	struct nn_field f;
	int64_t i = 0;
	int more;

	/* each number takes a byte at least, so that what is allocated is bounded by the file */
	if (p->count > (int64_t)p->whole.size)
		return nn_fail("%lld elements, but only %zu bytes", (long long)p->count,
			       p->whole.size);
	nn_tensor_init(t, p->name, p->kind->type, p->ndim, p->dim);
	while ((more = nn_wire_next(&w, &f)) > 0)
		if ((int)f.number == p->kind->field && from_field(p, start, &f, t, &i) < 0)
			return -1;
	if (more < 0)
		return -1;
	return i == p->count
		       ? 0
		       : nn_fail("%lld numbers, want %lld", (long long)i, (long long)p->count);
}

/* The bytes of the file at location, opened once; in the folder of the model. */
static struct nn_onnx_external *external(struct nn_onnx *o, const char *location)
{
	const char *slash = strrchr(o->path, '/'), *part;
	struct nn_onnx_external *e;
	struct stat st;
	char *path;
	size_t i;
	int bad;

	for (i = 0; i < o->nexternal; i++)
		if (strcmp(o->external[i].location, location) == 0)
			return &o->external[i];
	bad = !*location || *location == '/';
	for (part = location; part && !bad; part = strchr(part, '/'), part = part ? part + 1 : NULL)
		bad = strncmp(part, "..", 2) == 0 && (!part[2] || part[2] == '/');
	if (bad || strcmp(o->path, "stdin") == 0) {
		nn_fail(bad ? "external data in '%s': outside the model's folder"
			    : "external data in '%s': the model has no folder, as it came from "
			      "stdin",
			location);
		return NULL;
	}
	path = nn_asprintf("%.*s%s", slash ? (int)(slash + 1 - o->path) : 0, o->path, location);
	o->external = nn_grow(o->external, o->nexternal, sizeof *o->external);
	e = &o->external[o->nexternal];
	memset(e, 0, sizeof *e);
	/* a pipe or a device would hang or never end */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		nn_fail("external data in '%s': not a regular file", path);
	} else if (nn_reader_open(&e->reader, path) == 0) {
		if (nn_reader_rest(&e->reader, &e->bytes, &e->size) == 0) {
			e->location = nn_strdup(location);
			o->nexternal++;
			free(path);
			return e;
		}
		nn_reader_close(&e->reader);
	}
	free(path);
	return NULL;
}

static int from_external(struct nn_onnx *o, const struct proto *p, struct nn_tensor *t)
{
	const struct nn_onnx_external *e;
	uint64_t length;

	if (!p->location)
		return nn_fail("external data without a location");
	e = external(o, p->location);
	if (!e)
		return -1;
	length = p->has_length ? p->length : e->size - NN_MIN(p->offset, e->size);
	if (p->offset > e->size || length > e->size - p->offset)
		return nn_fail("external data in '%s': %llu bytes at %llu pass the end (%zu bytes)",
			       p->location, (unsigned long long)length,
			       (unsigned long long)p->offset, e->size);
	return from_raw(p, e->bytes + p->offset, (size_t)length, t);
}

/* A StringStringEntryProto of external_data. */
static int read_entry(const unsigned char *start, const struct nn_field *entry, struct proto *p)
{
	struct nn_wire w = nn_wire(start, entry->bytes);
	struct nn_field f;
	char *key = NULL, *text = NULL, **into;
	int64_t v = 0;
	int more;

	while ((more = nn_wire_next(&w, &f)) > 0) {
		into = f.number == 1 ? &key : f.number == 2 ? &text : NULL;
		if (!into)
			continue;
		free(*into);
		*into = nn_wire_text(&f, "an entry of external data");
		if (!*into) {
			more = -1;
			break;
		}
	}
	if (more == 0 && key && text && strcmp(key, "location") == 0) {
		free(p->location);
		p->location = nn_strdup(text);
	} else if (more == 0 && key && text &&
		   (strcmp(key, "offset") == 0 || strcmp(key, "length") == 0)) {
		more = nn_parse_int(text, 0, INT64_MAX, &v);
		if (*key == 'o')
			p->offset = (uint64_t)v;
		else
			p->length = (uint64_t)v, p->has_length = 1;
	}
	free(key);
	free(text);
	return more < 0 ? nn_fail_in("external data") : 0;
}

static int read_dims(const unsigned char *start, const struct nn_field *f, struct proto *p)
{
	struct nn_int_list dims = {NULL, 0};
	size_t i;
	int bad = nn_wire_ints(start, f, &dims);

	for (i = 0; i < dims.n && bad == 0; i++) {
		if (p->ndim == NN_DIMS)
			bad = nn_fail("more than %d dimensions", NN_DIMS);
		else if (dims.v[i] < 0)
			bad = nn_fail("dimension %d is %lld", p->ndim, (long long)dims.v[i]);
		else
			p->dim[p->ndim++] = dims.v[i];
	}
	free(dims.v);
	return bad;
}

static int read_field(struct nn_onnx *o, const struct nn_field *f, struct proto *p)
{
	int external_data = f->number == EXTERNAL_DATA;

	if (f->number == DIMS)
		return read_dims(o->bytes, f, p);
	if (f->number == DATA_TYPE || f->number == DATA_LOCATION) {
		if (nn_wire_want(f, NN_WIRE_VARINT, "a data type or location") < 0)
			return -1;
		if (f->number == DATA_TYPE)
			return (p->kind = kind_of(f->value)) ? 0 : -1;
		p->is_external = f->value == 1;
		return f->value > 1 ? nn_fail("unknown data location") : 0;
	}
	if (f->number == SEGMENT)
		return nn_fail("segments are not supported");
	if (f->number == NAME) {
		free(p->name);
		return (p->name = nn_wire_text(f, "the name of a tensor")) ? 0 : -1;
	}
	if ((f->number == RAW_DATA || external_data) && nn_wire_want(f, NN_WIRE_BYTES, "data") < 0)
		return -1;
	if (f->number == RAW_DATA) {
		p->raw = f->bytes;
		p->is_raw = 1;
	}
	return external_data ? read_entry(o->bytes, f, p) : 0;
}

int nn_onnx_tensor(struct nn_onnx *o, struct nn_bytes bytes, struct nn_tensor *t)
{
	struct nn_wire w = nn_wire(o->bytes, bytes);
	struct proto p;
	struct nn_field f;
	int more;

	memset(t, 0, sizeof *t);
	memset(&p, 0, sizeof p);
	p.whole = bytes;
	while ((more = nn_wire_next(&w, &f)) > 0)
		if (read_field(o, &f, &p) < 0)
			break;
	if (more == 0 && !p.kind)
		more = nn_fail("no data type");
	if (more == 0 && (p.count = nn_shape_count(p.ndim, p.dim)) < 0)
		more = nn_fail("too many elements");
	if (more == 0)
		more = p.is_external ? from_external(o, &p, t)
		       : p.is_raw    ? from_raw(&p, p.raw.p, p.raw.size, t)
				     : from_typed(&p, o->bytes, t);
	if (more) {
		nn_tensor_release(t);
		nn_fail_in("tensor '%s' at byte %zu", p.name ? p.name : "",
			   (size_t)(bytes.p - o->bytes));
	}
	free(p.name);
	free(p.location);
	return more ? -1 : 0;
}
