/* SPDX-License-Identifier: ISC */
/*
 * NonMaxSuppression of boxes [n][boxes][4] with scores [n][classes][boxes]: for each class the best
 * boxes that do not overlap a better one.  How many is a matter of numbers: all inputs are
 * constant.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "op.h"

struct nonmax {
	int64_t count, place[][3]; /* batch, class, box */
};

static float number(const struct nn_call *c, int i, float otherwise)
{
	const struct nn_tensor *t = nn_in(c, i);

	return t && nn_tensor_count(t) ? (float)nn_tensor_at(t, 0) : otherwise;
}

/* Corners of a box, in order: y, x, y, x. */
static void corners(const struct nn_call *c, const float *box, float at[4])
{
	int i;

	for (i = 0; i < 2; i++)
		if (nn_attr_int(c->attrs, "center_point_box", 0)) { /* x, y, width, height */
			at[i] = box[1 - i] - box[3 - i] / 2;
			at[i + 2] = box[1 - i] + box[3 - i] / 2;
		} else {
			at[i] = NN_MIN(box[i], box[i + 2]);
			at[i + 2] = NN_MAX(box[i], box[i + 2]);
		}
}

/* Intersection over union. */
static float overlap(const struct nn_call *c, const float *p, const float *q)
{
	float a[4], b[4], h, w, both, all;

	corners(c, p, a);
	corners(c, q, b);
	h = NN_MIN(a[2], b[2]) - NN_MAX(a[0], b[0]);
	w = NN_MIN(a[3], b[3]) - NN_MAX(a[1], b[1]);
	both = h > 0 && w > 0 ? h * w : 0;
	all = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both;
	return all > 0 ? both / all : 0;
}

/* The best of the boxes that are left, or -1. */
static int64_t best(const float *score, const char *gone, int64_t n, float least)
{
	int64_t i, found = -1;

	for (i = 0; i < n; i++)
		if (!gone[i] && score[i] > least && (found < 0 || score[i] > score[found]))
			found = i;
	return found;
}

static void choose(const struct nn_call *c, int64_t batch, int64_t class, char *gone,
		   struct nonmax *p)
{
	const struct nn_tensor *scores = c->in[1];
	int64_t boxes = scores->dim[2], most, i, k;
	const float *box = (const float *)c->in[0]->data + batch * boxes * 4;
	const float *score = (const float *)scores->data + (batch * scores->dim[1] + class) * boxes;
	float limit = number(c, 3, 0), least = nn_in(c, 4) ? number(c, 4, 0) : -INFINITY;

	most = nn_in(c, 2) ? nn_int_at(c->in[2], 0) : 0;
	memset(gone, 0, (size_t)boxes);
	for (; most > 0 && (i = best(score, gone, boxes, least)) >= 0; most--) {
		int64_t *to = p->place[p->count++];

		to[0] = batch;
		to[1] = class;
		to[2] = i;
		gone[i] = 1;
		for (k = 0; k < boxes; k++)
			if (overlap(c, box + 4 * i, box + 4 * k) > limit)
				gone[k] = 1;
	}
}

static int check(const struct nn_call *c)
{
	const struct nn_tensor *boxes, *scores;
	int i;

	if (nn_want_inputs(c, 2, 5) < 0 || nn_want_float(c, 0) < 0 || nn_want_float(c, 1) < 0)
		return -1;
	boxes = c->in[0];
	scores = c->in[1];
	if (boxes->ndim != 3 || boxes->dim[2] != 4 || scores->ndim != 3 ||
	    scores->dim[0] != boxes->dim[0] || scores->dim[2] != boxes->dim[1])
		return nn_fail("want boxes [n][boxes][4] and scores [n][classes][boxes]");
	for (i = 0; i < c->nin; i++) {
		if (c->in[i] && !c->in[i]->data && nn_tensor_count(c->in[i]) > 0)
			return nn_fail("input %d is not constant", i);
		if (i >= 2 && c->in[i] && (nn_tensor_count(c->in[i]) != 1 ||
		                           (c->in[i]->type == NN_F32) != (i > 2)))
			return nn_fail("input %d: want one number", i);
	}
	return 0;
}

static int nonmax_shape(struct nn_call *c)
{
	int64_t i, j;
	struct nonmax *p;
	char *gone;

	if (check(c) < 0)
		return -1;
	c->param = p = nn_calloc((size_t)nn_tensor_count(c->in[1]) + 1, sizeof *p->place);
	gone = nn_calloc((size_t)c->in[1]->dim[2] + 1, 1);
	for (i = 0; i < c->in[1]->dim[0]; i++)
		for (j = 0; j < c->in[1]->dim[1]; j++)
			choose(c, i, j, gone, p);
	free(gone);
	return nn_out(c, 0, NN_I64, 2, (int64_t[]){p->count, 3});
}

static int nonmax_forward(struct nn_call *c)
{
	const struct nonmax *p = c->param;

	memcpy(c->out[0]->data, p->place, (size_t)p->count * sizeof *p->place);
	return 0;
}

const struct nn_op nn_op_NonMaxSuppression = {
	.name = "NonMaxSuppression",
	.limits = "inputs constant",
	.shape = nonmax_shape,
	.forward = nonmax_forward,
};
