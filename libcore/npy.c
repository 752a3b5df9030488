/* SPDX-License-Identifier: ISC */
/* NumPy's .npy: a header that is a Python dictionary as text, then the numbers (NEP 1). */
#include "tensor.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct npy {
	char order, kind; /* '<' or '>'; 'f' 'i' 'u' 'b' */
	size_t size;      /* of an element */
	int fortran, ndim;
	int64_t dim[NN_DIMS];
	int seen; /* bits of the keys that came */
};

/* the header: a scanner of the part of Python's syntax that NumPy writes */

static void skip_blanks(const char **p)
{
	while (isspace((unsigned char)**p))
		(*p)++;
}

static int take_mark(const char **p, char mark)
{
	skip_blanks(p);
	if (**p != mark)
		return 0;
	(*p)++;
	return 1;
}

static int take_string(const char **p, char *to, size_t room)
{
	size_t n;
	char quote;

	skip_blanks(p);
	quote = **p;
	if (quote != '\'' && quote != '"')
		return 0;
	for (n = 0; (*p)[n + 1] && (*p)[n + 1] != quote; n++)
		if (n + 1 == room)
			return 0;
	memcpy(to, *p + 1, n);
	to[n] = '\0';
	if (!(*p)[n + 1])
		return 0;
	*p += n + 2;
	return 1;
}

static int take_shape(const char **p, struct npy *a)
{
	char *end;

	if (!take_mark(p, '('))
		return 0;
	for (a->ndim = 0; !take_mark(p, ')'); a->ndim++) {
		skip_blanks(p);
		if (a->ndim == NN_DIMS || !isdigit((unsigned char)**p))
			return 0;
		errno = 0;
		a->dim[a->ndim] = strtoll(*p, &end, 10);
		if (errno)
			return 0;
		*p = *end == 'L' ? end + 1 : end; /* Python 2 wrote long integers so */
		skip_blanks(p);
		if (!take_mark(p, ',') && **p != ')')
			return 0;
	}
	return 1;
}

static int take_bool(const char **p, int *value)
{
	skip_blanks(p);
	*value = strncmp(*p, "True", 4) == 0;
	if (!*value && strncmp(*p, "False", 5) != 0)
		return 0;
	*p += *value ? 4 : 5;
	return 1;
}

/* "<f4" and the like */
static int read_type(struct npy *a, const char *s)
{
	static const char *const known[] = {"f2", "f4", "f8", "i1", "i2", "i4",
	                                    "i8", "u1", "u2", "u4", "u8", "b1"};
	size_t i;

	for (i = 0; i < NN_LEN(known) && *s && strchr("<>|=", *s); i++) {
		if (strcmp(s + 1, known[i]) == 0) {
			a->order = s[0];
			a->kind = s[1];
			a->size = (size_t)(s[2] - '0');
			return 0;
		}
	}
	return nn_fail("numbers of type '%s' cannot be read", s);
}

static int read_header(struct npy *a, const char *text)
{
	const char *p = text;
	char key[16], type[16];
	int ok = take_mark(&p, '{');

	while (ok && !take_mark(&p, '}')) {
		ok = take_string(&p, key, sizeof key) && take_mark(&p, ':');
		if (!ok)
			break;
		if (strcmp(key, "descr") == 0) {
			a->seen |= 1;
			skip_blanks(&p);
			if (*p == '[')
				return nn_fail("an array of records cannot be read");
			ok = take_string(&p, type, sizeof type);
			if (ok && read_type(a, type) < 0)
				return -1;
		} else if (strcmp(key, "fortran_order") == 0) {
			a->seen |= 2;
			ok = take_bool(&p, &a->fortran);
		} else if (strcmp(key, "shape") == 0) {
			a->seen |= 4;
			ok = take_shape(&p, a);
			if (!ok && a->ndim == NN_DIMS)
				return nn_fail("more than %d dimensions", NN_DIMS);
		} else {
			ok = 0;
		}
		skip_blanks(&p);
		ok = ok && (take_mark(&p, ',') || *p == '}');
	}
	return ok && a->seen == 7 ? 0 : nn_fail("header of .npy is not as NumPy writes it");
}

/* the numbers */

static uint64_t load(const struct npy *a, const unsigned char *p)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < a->size; i++)
		v |= (uint64_t)p[a->order == '>' ? a->size - 1 - i : i] << 8 * i;
	return v;
}

static enum nn_type type_for(const struct npy *a)
{
	if (a->kind == 'f')
		return a->size == 2 ? NN_F16 : NN_F32;
	if (a->kind == 'b' || (a->kind == 'u' && a->size == 1))
		return NN_U8;
	return a->size == 8 || (a->kind == 'u' && a->size == 4) ? NN_I64 : NN_I32;
}

static int store(const struct npy *a, struct nn_tensor *t, int64_t i, uint64_t bits)
{
	uint32_t low = (uint32_t)bits;
	int64_t whole = (int64_t)bits;
	double wide;
	float narrow;

	if (a->kind == 'i' && a->size < 8 && bits >> (8 * a->size - 1))
		whole = (int64_t)(bits | UINT64_MAX << 8 * a->size);
	switch (t->type) {
	case NN_F32:
		memcpy(&narrow, &low, sizeof narrow);
		memcpy(&wide, &bits, sizeof wide);
		((float *)t->data)[i] = a->size == 8 ? (float)wide : narrow;
		break;
	case NN_F16:
		((uint16_t *)t->data)[i] = (uint16_t)bits;
		break;
	case NN_U8:
		((uint8_t *)t->data)[i] = (uint8_t)(a->kind == 'b' ? bits != 0 : bits);
		break;
	case NN_I32:
		((int32_t *)t->data)[i] = (int32_t)whole;
		break;
	case NN_I64:
		if (a->kind == 'u' && whole < 0)
			return nn_fail("%llu does not fit in i64", (unsigned long long)bits);
		((int64_t *)t->data)[i] = whole;
		break;
	}
	return 0;
}

/* Elements in the order of the file; in Fortran's order the first index varies fastest. */
static int convert(const struct npy *a, struct nn_tensor *t, const unsigned char *p)
{
	int64_t n = nn_tensor_count(t), i, at = 0, index[NN_DIMS] = {0}, stride[NN_DIMS];
	int d;

	for (d = a->ndim - 1; d >= 0; d--)
		stride[d] = d == a->ndim - 1 ? 1 : stride[d + 1] * a->dim[d + 1];
	for (i = 0; i < n; i++) {
		if (store(a, t, a->fortran ? at : i, load(a, p + (size_t)i * a->size)) < 0)
			return -1;
		for (d = 0; a->fortran && d < a->ndim; d++) {
			at += stride[d];
			if (++index[d] < a->dim[d])
				break;
			at -= stride[d] * a->dim[d];
			index[d] = 0;
		}
	}
	return 0;
}

int nn_npy_parse(struct nn_tensor *t, const char *name, const void *bytes, size_t size,
                 size_t *used)
{
	const unsigned char *p = bytes;
	struct npy a = {0};
	size_t before, length, want;
	char *text;
	int status;

	memset(t, 0, sizeof *t);
	if (size < 10 || memcmp(p, "\x93NUMPY", 6) != 0)
		return nn_fail("not a .npy file");
	if (p[6] < 1 || p[6] > 3)
		return nn_fail(".npy of version %d, want 1 to 3", p[6]);
	before = p[6] == 1 ? 10 : 12;
	length = size < before ? 0 : p[8] | (size_t)p[9] << 8;
	if (p[6] > 1 && size >= before)
		length |= (size_t)p[10] << 16 | (size_t)p[11] << 24;
	if (size < before || size - before < length)
		return nn_fail("the file ends inside the header of .npy");
	text = nn_strndup((const char *)p + before, length);
	status = read_header(&a, text);
	free(text);
	if (status < 0)
		return -1;
	if (nn_shape_count(a.ndim, a.dim) < 0)
		return nn_fail("the dimensions are too large together");
	want = (size_t)nn_shape_count(a.ndim, a.dim) * a.size;
	before += length;
	if (size - before < want)
		return nn_fail("want %zu bytes of numbers, %zu are left", want, size - before);
	nn_tensor_init(t, name, type_for(&a), a.ndim, a.dim);
	if (a.order != '>' && !a.fortran && (a.kind == 'f' || a.kind == 'i') &&
	    a.size == nn_type_size(t->type))
		memcpy(t->data, p + before, want);
	else
		status = convert(&a, t, p + before);
	*used = before + want;
	if (status < 0)
		nn_tensor_release(t);
	return status;
}

/* writing */

size_t nn_npy_header(const struct nn_tensor *t, char head[NN_NPY_HEADER])
{
	static const char *const types[] = {
		[NN_F32] = "<f4", [NN_F16] = "<f2", [NN_U8] = "|u1", [NN_I32] = "<i4", [NN_I64] = "<i8",
	};
	char *p = head + 10;
	size_t n, i;

	n = (size_t)sprintf(p, "{'descr': '%s', 'fortran_order': False, 'shape': (", types[t->type]);
	for (i = 0; i < (size_t)t->ndim; i++)
		n += (size_t)sprintf(p + n, "%s%lld", i ? ", " : "", (long long)t->dim[i]);
	n += (size_t)sprintf(p + n, "%s), }", t->ndim == 1 ? "," : "");
	i = nn_round_up(10 + n + 1, NN_ALIGN) - 10;
	memset(p + n, ' ', i - n);
	p[i - 1] = '\n';
	memcpy(head, "\x93NUMPY\1\0", 8);
	head[8] = (char)(i & 255);
	head[9] = (char)(i >> 8);
	return 10 + i;
}

int nn_npy_write(FILE *f, const struct nn_tensor *t)
{
	char head[NN_NPY_HEADER];
	size_t n = nn_npy_header(t, head), bytes = nn_tensor_bytes(t);

	if (fwrite(head, 1, n, f) != n || (bytes && fwrite(t->data, 1, bytes, f) != bytes))
		return nn_fail("cannot write: %s", strerror(errno));
	return 0;
}
