/* SPDX-License-Identifier: ISC */
/* The channels of a tensor: where they are, what their numbers are, what they are called. */
#include "tensor.h"

#include <stdlib.h>
#include <string.h>

int nn_tensor_planes(const struct nn_tensor *t, int64_t dim[4])
{
	char text[NN_DIMS * 21];
	const int64_t *d = t->dim;

	dim[0] = dim[1] = dim[2] = dim[3] = 1;
	switch (t->ndim) {
	case 0:
		return 0;
	case 1:
		dim[1] = d[0];
		return 0;
	case 2:
		memcpy(dim, d, 2 * sizeof *d);
		return 0;
	case 3:
		memcpy(dim + 1, d, 3 * sizeof *d);
		return 0;
	case 4:
		memcpy(dim, d, 4 * sizeof *d);
		return 0;
	}
	return nn_fail("'%s' is %s: want [c], [n][c], [c][h][w] or [n][c][h][w]",
	               t->name ? t->name : "", nn_shape_text(t->ndim, t->dim, text));
}

int64_t nn_tensor_first_channel(const struct nn_tensor *t)
{
	char *text = nn_tensor_get(t, "channel");
	int64_t first = 0;

	if (text && nn_parse_int(text, 0, INT64_MAX / 2, &first) < 0)
		first = 0;
	free(text);
	return first;
}

void nn_tensor_set_labels(struct nn_tensor *t, char *const *label, int64_t count)
{
	size_t length = 1;
	int64_t i;
	char *text, *p, *end;

	for (i = 0; i < count; i++)
		length += strlen(label[i]) + 1;
	p = text = nn_alloc(length);
	for (i = 0; i < count; i++) {
		if (i)
			*p++ = '\t';
		end = p + strlen(label[i]);
		memcpy(p, label[i], (size_t)(end - p));
		for (; p < end; p++)
			if (*p == '\t')
				*p = ' ';
	}
	*p = '\0';
	nn_tensor_set(t, "labels", "%s", text);
	free(text);
}

char **nn_tensor_labels(const struct nn_tensor *t, int64_t count)
{
	char *text = nn_tensor_get(t, "labels"), **label, *p;
	int64_t i, tabs = 0;
	size_t length;

	for (p = text; p && *p; p++)
		tabs += *p == '\t';
	if (!text || tabs + 1 != count) {
		free(text);
		return NULL;
	}
	/* one block: the pointers, then the text that they point into */
	length = strlen(text) + 1;
	label = nn_alloc((size_t)count * sizeof *label + length);
	p = memcpy(label + count, text, length);
	free(text);
	for (i = 0; i < count; i++) {
		label[i] = p;
		p += strcspn(p, "\t");
		*p++ = '\0';
	}
	return label;
}
