/* SPDX-License-Identifier: ISC */
/* The attributes of a node: a few named integers, floats and strings. */
#include <stdlib.h>
#include <string.h>

#include "op.h"

static void release(struct nn_attr *a)
{
	free(a->name);
	free(a->ints);
	free(a->floats);
	free(a->string);
}

/* The attribute of that name, emptied, or a new one at the end. */
static struct nn_attr *fresh(struct nn_attrs *a, const char *name, enum nn_attr_type type,
			     int count)
{
	struct nn_attr *p = (struct nn_attr *)nn_attrs_find(a, name);

	if (p) {
		release(p);
	} else {
		a->attr = nn_realloc(a->attr, (size_t)a->count + 1, sizeof *a->attr);
		p = &a->attr[a->count++];
	}
	memset(p, 0, sizeof *p);
	p->name = nn_strdup(name);
	p->type = type;
	p->count = count;
	return p;
}

void nn_attrs_set_ints(struct nn_attrs *a, const char *name, int count, const int64_t *v)
{
	struct nn_attr *p = fresh(a, name, NN_ATTR_INTS, count);

	p->ints = nn_calloc((size_t)count + 1, sizeof *v);
	if (count > 0)
		memcpy(p->ints, v, (size_t)count * sizeof *v);
}

void nn_attrs_set_floats(struct nn_attrs *a, const char *name, int count, const double *v)
{
	struct nn_attr *p = fresh(a, name, NN_ATTR_FLOATS, count);

	p->floats = nn_calloc((size_t)count + 1, sizeof *v);
	if (count > 0)
		memcpy(p->floats, v, (size_t)count * sizeof *v);
}

void nn_attrs_set_string(struct nn_attrs *a, const char *name, const char *v)
{
	fresh(a, name, NN_ATTR_STRING, 1)->string = nn_strdup(v);
}

void nn_attrs_remove(struct nn_attrs *a, const char *name)
{
	struct nn_attr *p = (struct nn_attr *)nn_attrs_find(a, name);

	if (!p)
		return;
	release(p);
	memmove(p, p + 1, (size_t)(a->attr + a->count - (p + 1)) * sizeof *p);
	a->count--;
}

void nn_attrs_copy(struct nn_attrs *a, const struct nn_attrs *from)
{
	int i;

	memset(a, 0, sizeof *a);
	for (i = 0; i < from->count; i++) {
		const struct nn_attr *p = &from->attr[i];

		if (p->type == NN_ATTR_INTS)
			nn_attrs_set_ints(a, p->name, p->count, p->ints);
		else if (p->type == NN_ATTR_FLOATS)
			nn_attrs_set_floats(a, p->name, p->count, p->floats);
		else
			nn_attrs_set_string(a, p->name, p->string);
	}
}

void nn_attrs_release(struct nn_attrs *a)
{
	int i;

	for (i = 0; i < a->count; i++)
		release(&a->attr[i]);
	free(a->attr);
	memset(a, 0, sizeof *a);
}

const struct nn_attr *nn_attrs_find(const struct nn_attrs *a, const char *name)
{
	int i;

	for (i = 0; i < a->count; i++)
		if (!strcmp(a->attr[i].name, name))
			return &a->attr[i];
	return NULL;
}

static const struct nn_attr *typed(const struct nn_attrs *a, const char *name,
                                   enum nn_attr_type type)
{
	const struct nn_attr *p = nn_attrs_find(a, name);

	return p && p->type == type && p->count > 0 ? p : NULL;
}

int64_t nn_attr_int(const struct nn_attrs *a, const char *name, int64_t otherwise)
{
	const struct nn_attr *p = typed(a, name, NN_ATTR_INTS);

	return p ? p->ints[0] : otherwise;
}

double nn_attr_float(const struct nn_attrs *a, const char *name, double otherwise)
{
	const struct nn_attr *p = typed(a, name, NN_ATTR_FLOATS);

	return p ? p->floats[0] : otherwise;
}

const char *nn_attr_string(const struct nn_attrs *a, const char *name, const char *otherwise)
{
	const struct nn_attr *p = typed(a, name, NN_ATTR_STRING);

	return p ? p->string : otherwise;
}

const int64_t *nn_attr_ints(const struct nn_attrs *a, const char *name, int *count)
{
	const struct nn_attr *p = typed(a, name, NN_ATTR_INTS);

	*count = p ? p->count : 0;
	return p ? p->ints : NULL;
}

const double *nn_attr_floats(const struct nn_attrs *a, const char *name, int *count)
{
	const struct nn_attr *p = typed(a, name, NN_ATTR_FLOATS);

	*count = p ? p->count : 0;
	return p ? p->floats : NULL;
}
