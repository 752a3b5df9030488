/* SPDX-License-Identifier: ISC */
/* Protocol buffers, wire format: https://protobuf.dev/programming-guides/encoding */
#include "format/onnx.h"

#include <stdlib.h>
#include <string.h>

struct nn_wire nn_wire(const unsigned char *start, struct nn_bytes bytes)
{
	struct nn_wire w = {start, bytes.p, bytes.size ? bytes.p + bytes.size : bytes.p};

	return w;
}

uint64_t nn_little_endian(const unsigned char *p, size_t size)
{
	uint64_t v = 0;

	while (size)
		v = v << 8 | p[--size];
	return v;
}

float nn_bits_to_float(uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof f);
	return f;
}

int nn_wire_varint(struct nn_wire *w, uint64_t *value)
{
	size_t at = (size_t)(w->p - w->start);
	uint64_t v = 0;
	int shift = 0;

	for (;; shift += 7) {
		if (w->p == w->end)
			return nn_fail("byte %zu: a number passes the end of its message", at);
		if (shift == 63 && *w->p > 1)
			return nn_fail("byte %zu: a number has more than 64 bits", at);
		v |= (uint64_t)(*w->p & 0x7f) << shift;
		if (!(*w->p++ & 0x80))
			break;
	}
	*value = v;
	return 0;
}

int nn_wire_next(struct nn_wire *w, struct nn_field *f)
{
	size_t left, size;
	uint64_t tag = 0;

	memset(f, 0, sizeof *f);
	f->at = (size_t)(w->p - w->start);
	if (w->p == w->end)
		return 0;
	if (nn_wire_varint(w, &tag) < 0)
		return -1;
	if (tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
		return nn_fail("byte %zu: no field has the number %llu", f->at,
			       (unsigned long long)(tag >> 3));
	f->number = (uint32_t)(tag >> 3);
	f->type = (int)(tag & 7);
	if (f->type == NN_WIRE_VARINT)
		return nn_wire_varint(w, &f->value) < 0 ? -1 : 1;
	if (f->type == NN_WIRE_BYTES && nn_wire_varint(w, &f->value) < 0)
		return -1;
	if (f->type == NN_WIRE_64 || f->type == NN_WIRE_32)
		f->value = f->type == NN_WIRE_64 ? 8 : 4;
	else if (f->type != NN_WIRE_BYTES)
		return nn_fail("byte %zu: field %u is of the unknown type %d", f->at, f->number,
			       f->type);
	left = (size_t)(w->end - w->p);
	if (f->value > left)
		return nn_fail("byte %zu: field %u has %llu bytes, but only %zu are left", f->at,
			       f->number, (unsigned long long)f->value, left);
	size = (size_t)f->value;
	f->bytes.p = w->p;
	f->bytes.size = size;
	if (f->type != NN_WIRE_BYTES)
		f->value = nn_little_endian(w->p, size);
	w->p += size;
	return 1;
}

int nn_wire_want(const struct nn_field *f, int type, const char *what)
{
	static const char *const names[] = {"a number", "eight bytes", "bytes", "",
					    "",         "four bytes"};

	if (f->type == type)
		return 0;
	return nn_fail("byte %zu: %s is %s, not %s", f->at, what, names[f->type], names[type]);
}

char *nn_wire_text(const struct nn_field *f, const char *what)
{
	if (nn_wire_want(f, NN_WIRE_BYTES, what) < 0)
		return NULL;
	if (memchr(f->bytes.p, 0, f->bytes.size)) {
		nn_fail("byte %zu: %s has a zero byte inside", f->at, what);
		return NULL;
	}
	return nn_strndup((const char *)f->bytes.p, f->bytes.size);
}

static void append(struct nn_int_list *list, uint64_t v)
{
	list->v = nn_grow(list->v, list->n, sizeof *list->v);
	list->v[list->n++] = (int64_t)v;
}

int nn_wire_ints(const unsigned char *start, const struct nn_field *f, struct nn_int_list *list)
{
	struct nn_wire w = nn_wire(start, f->bytes);
	uint64_t v = 0;

	if (f->type == NN_WIRE_VARINT) {
		append(list, f->value);
		return 0;
	}
	if (nn_wire_want(f, NN_WIRE_BYTES, "a list of numbers") < 0)
		return -1;
	while (w.p < w.end) {
		if (nn_wire_varint(&w, &v) < 0)
			return -1;
		append(list, v);
	}
	return 0;
}
