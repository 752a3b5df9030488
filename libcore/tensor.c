/* SPDX-License-Identifier: ISC */
/* Tensors in memory. */
#include "tensor.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	size_t size;
} types[] = {
	[NN_F32] = {"f32", 4}, [NN_F16] = {"f16", 2}, [NN_U8] = {"u8", 1},
	[NN_I32] = {"i32", 4}, [NN_I64] = {"i64", 8},
};

static int known(enum nn_type type)
{
	return type >= NN_F32 && type <= NN_I64;
}

size_t nn_type_size(enum nn_type type)
{
	return known(type) ? types[type].size : 0;
}

const char *nn_type_name(enum nn_type type)
{
	return known(type) ? types[type].name : "unknown";
}

int64_t nn_shape_count(int ndim, const int64_t *dim)
{
	size_t count = 1;
	int i, empty = 0;

	/* an empty tensor's other dimensions must fit, too: they are multiplied elsewhere */
	for (i = 0; i < ndim; i++) {
		if (dim[i] < 0)
			return -1;
		if (dim[i] == 0)
			empty = 1;
		else if ((uint64_t)dim[i] > PTRDIFF_MAX / 8 ||
		         nn_mul(count, (size_t)dim[i], &count) < 0 || count > PTRDIFF_MAX / 8)
			return -1;
	}
	return empty ? 0 : (int64_t)count;
}

int64_t nn_tensor_count(const struct nn_tensor *t)
{
	return nn_shape_count(t->ndim, t->dim);
}

size_t nn_tensor_bytes(const struct nn_tensor *t)
{
	return (size_t)nn_tensor_count(t) * nn_type_size(t->type);
}

char *nn_shape_text(int ndim, const int64_t *dim, char text[NN_DIMS * 21])
{
	int i, at = 0;

	if (ndim == 0)
		return strcpy(text, "scalar");
	for (i = 0; i < ndim; i++)
		at += sprintf(text + at, "%s%lld", i ? "x" : "", (long long)dim[i]);
	return text;
}

void nn_tensor_view(struct nn_tensor *t, const char *name, enum nn_type type, int ndim,
                    const int64_t *dim, void *data)
{
	memset(t, 0, sizeof *t);
	t->name = name ? nn_strdup(name) : NULL;
	t->type = type;
	t->ndim = ndim;
	if (ndim)
		memcpy(t->dim, dim, (size_t)ndim * sizeof *dim);
	t->data = data;
}

void nn_tensor_init(struct nn_tensor *t, const char *name, enum nn_type type, int ndim,
                    const int64_t *dim)
{
	size_t bytes;

	nn_tensor_view(t, name, type, ndim, dim, NULL);
	bytes = nn_tensor_bytes(t);
	t->data = memset(nn_aligned(bytes), 0, bytes);
	t->owned = 1;
}

void nn_tensor_copy(struct nn_tensor *t, const struct nn_tensor *from)
{
	size_t bytes = nn_tensor_bytes(from);

	nn_tensor_view(t, from->name, from->type, from->ndim, from->dim, NULL);
	t->meta = from->meta ? nn_strdup(from->meta) : NULL;
	t->data = memcpy(nn_aligned(bytes), from->data, bytes);
	t->owned = 1;
}

void nn_tensor_release(struct nn_tensor *t)
{
	free(t->name);
	free(t->meta);
	if (t->owned)
		free(t->data);
	memset(t, 0, sizeof *t);
}

void nn_tensor_rename(struct nn_tensor *t, const char *name)
{
	char *copy = nn_strdup(name); /* name may be part of the old one */

	free(t->name);
	t->name = copy;
}

/* The line of a key, from its first byte past its line break, or NULL. */
static const char *find_line(const char *meta, const char *key, const char **end)
{
	size_t n = strlen(key);
	const char *p, *next;

	for (p = meta; p && *p; p = next) {
		next = strchr(p, '\n');
		next = next ? next + 1 : p + strlen(p);
		if (strncmp(p, key, n) == 0 && p[n] == '=') {
			*end = next;
			return p;
		}
	}
	return NULL;
}

void nn_tensor_set(struct nn_tensor *t, const char *key, const char *fmt, ...)
{
	const char *meta = t->meta ? t->meta : "", *begin, *end;
	char *value, *p, *joined;
	va_list ap;

	va_start(ap, fmt);
	value = nn_vasprintf(fmt, ap);
	va_end(ap);
	for (p = value; *p; p++)
		if (*p == '\n' || *p == '\r')
			*p = ' ';
	begin = find_line(meta, key, &end);
	if (!begin)
		begin = end = meta + strlen(meta);
	/* metadata from elsewhere may lack its last line break */
	joined = nn_asprintf("%.*s%s%s=%s\n%s", (int)(begin - meta), meta,
	                     begin > meta && begin[-1] != '\n' ? "\n" : "", key, value, end);
	free(value);
	free(t->meta);
	t->meta = joined;
}

char *nn_tensor_get(const struct nn_tensor *t, const char *key)
{
	const char *end, *begin = find_line(t->meta, key, &end);

	if (!begin)
		return NULL;
	begin += strlen(key) + 1;
	if (end > begin && end[-1] == '\n')
		end--;
	return nn_strndup(begin, (size_t)(end - begin));
}

double nn_tensor_at(const struct nn_tensor *t, int64_t i)
{
	switch (t->type) {
	case NN_F32:
		return ((const float *)t->data)[i];
	case NN_F16:
		return nn_half_to_float(((const uint16_t *)t->data)[i]);
	case NN_U8:
		return ((const uint8_t *)t->data)[i];
	case NN_I32:
		return ((const int32_t *)t->data)[i];
	case NN_I64:
		return (double)((const int64_t *)t->data)[i];
	}
	return 0;
}

void nn_tensor_to_f32(struct nn_tensor *t)
{
	int64_t i, n = nn_tensor_count(t);
	float *y;

	if (t->type == NN_F32)
		return;
	y = nn_aligned((size_t)n * sizeof *y);
	for (i = 0; i < n; i++)
		y[i] = t->type == NN_I64 ? (float)((const int64_t *)t->data)[i]
		                         : (float)nn_tensor_at(t, i);
	if (t->owned)
		free(t->data);
	t->data = y;
	t->owned = 1;
	t->type = NN_F32;
}
