/* SPDX-License-Identifier: ISC */
/*
 * Resize: nearest, linear, cubic (Keys 1981) as tables: along each axis an output place is a
 * weighted sum of a few input places.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "op/resize.h"

#define MOST_TAPS (1 << 24) /* in the tables */

enum mode { NEAREST, LINEAR, CUBIC };
enum place { HALF, HALF_SYMMETRIC, PYTORCH_HALF, ALIGN, ASYMMETRIC, CROP, TF_HALF };
enum nearest { ROUND_FLOOR, ROUND_CEIL, FLOOR, CEIL };
enum ratio { STRETCH, NOT_LARGER, NOT_SMALLER };

/* What the inputs say of every dimension: scale, output size, region of interest. */
struct wish {
	double scale[NN_DIMS], start[NN_DIMS], end[NN_DIMS];
	int64_t size[NN_DIMS];
};

static int which_axes(const struct nn_call *c, int *axes, int *n)
{
	const int64_t *given = nn_attr_ints(c->attrs, "axes", n);
	int i;

	if (!given) {
		*n = c->in[0]->ndim;
		for (i = 0; i < *n; i++)
			axes[i] = i;
		return 0;
	}
	if (*n > c->in[0]->ndim)
		return nn_fail("attribute axes: more than the input has");
	for (i = 0; i < *n; i++)
		if (nn_axis(given[i], c->in[0]->ndim, "attribute axes:", &axes[i]) < 0)
			return -1;
	return 0;
}

static int read_scales(const struct nn_call *c, const int *axes, int n, struct wish *w)
{
	const float *scales;
	int i, count;

	if (nn_const_floats(c, 2, &scales, &count) < 0)
		return -1;
	if (count != n)
		return nn_fail("input 2: want %d scales, have %d", n, count);
	for (i = 0; i < n; i++) {
		if (!(scales[i] > 0) || !(c->in[0]->dim[axes[i]] * (double)scales[i] < 0x1p31))
			return nn_fail("input 2: scale %g", (double)scales[i]);
		w->scale[axes[i]] = scales[i];
		w->size[axes[i]] =
			(int64_t)floor((double)c->in[0]->dim[axes[i]] * (double)scales[i]);
	}
	return 0;
}

/* One scale for all axes, so that none is larger (or smaller) than its size. */
static int keep_ratio(const struct nn_call *c, const int *axes, int n, int policy, struct wish *w)
{
	double scale = policy == NOT_LARGER ? INFINITY : 0, s;
	int i;

	for (i = 0; i < n; i++) {
		s = (double)w->size[axes[i]] / (double)c->in[0]->dim[axes[i]];
		scale = policy == NOT_LARGER ? NN_MIN(scale, s) : NN_MAX(scale, s);
	}
	for (i = 0; i < n; i++) {
		s = floor(scale * (double)c->in[0]->dim[axes[i]] + .5);
		if (!(s < 0x1p31))
			return nn_fail("input 3: too large with its aspect ratio kept");
		w->scale[axes[i]] = scale;
		w->size[axes[i]] = (int64_t)s;
	}
	return 0;
}

static int read_sizes(const struct nn_call *c, const int *axes, int n, struct wish *w)
{
	int64_t *sizes;
	int i, count, policy, r = 0;

	if (nn_want_choice(c->attrs, "keep_aspect_ratio_policy", "stretch",
	                   "stretch not_larger not_smaller", &policy) < 0 ||
	    nn_const_ints(c, 3, &sizes, &count) < 0)
		return -1;
	if (count != n)
		r = nn_fail("input 3: want %d sizes, have %d", n, count);
	for (i = 0; i < n && r == 0; i++) {
		if (sizes[i] < 1 || sizes[i] > INT32_MAX)
			r = nn_fail("input 3: size %lld", (long long)sizes[i]);
		w->size[axes[i]] = sizes[i];
		w->scale[axes[i]] = (double)sizes[i] / (double)c->in[0]->dim[axes[i]];
	}
	free(sizes);
	return r == 0 && policy != STRETCH ? keep_ratio(c, axes, n, policy, w) : r;
}

static int read_wish(const struct nn_call *c, int crop, struct wish *w)
{
	const float *roi;
	int axes[NN_DIMS], i, n, count;

	for (i = 0; i < c->in[0]->ndim; i++) {
		w->scale[i] = 1;
		w->size[i] = c->in[0]->dim[i];
		w->start[i] = 0;
		w->end[i] = 1;
	}
	if (which_axes(c, axes, &n) < 0)
		return -1;
	if (crop) {
		if (nn_const_floats(c, 1, &roi, &count) < 0)
			return -1;
		if (count != 2 * n)
			return nn_fail("input 1: want %d numbers, have %d", 2 * n, count);
		for (i = 0; i < n; i++) {
			w->start[axes[i]] = roi[i];
			w->end[axes[i]] = roi[n + i];
		}
	}
	if (!nn_in(c, 2) == !nn_in(c, 3))
		return nn_fail("want either scales or sizes");
	return nn_in(c, 2) ? read_scales(c, axes, n, w) : read_sizes(c, axes, n, w);
}

/*
 * Where output place i lies in the input: the standard's coordinate transformations.  Its cases
 * take the resized length of align_corners and tf_crop_and_resize as it is before rounding.
 */
static double source(const struct nn_resize *p, const struct wish *w, int d, int64_t i)
{
	double x = (double)i, in = (double)p->axis[d].in, out = (double)p->axis[d].out,
	       s = w->scale[d];

	if (p->place == ALIGN || p->place == CROP)
		out = s * in;
	switch (p->place) {
	case HALF:
		return (x + .5) / s - .5;
	case HALF_SYMMETRIC: /* centred, when the size is not in * scale */
		return in / 2 * (1 - out / (s * in)) + (x + .5) / s - .5;
	case PYTORCH_HALF:
		return out > 1 ? (x + .5) / s - .5 : 0;
	case ALIGN:
		return out > 1 ? x * (in - 1) / (out - 1) : 0;
	case ASYMMETRIC:
		return x / s;
	case CROP:
		return out > 1 ? w->start[d] * (in - 1) +
		                         x * (w->end[d] - w->start[d]) * (in - 1) / (out - 1)
		               : .5 * (w->start[d] + w->end[d]) * (in - 1);
	default:
		return (x + .5) / s;
	}
}

static int64_t nearest(const struct nn_resize *p, double x)
{
	switch (p->nearest) {
	case ROUND_FLOOR:
		return (int64_t)ceil(x - .5);
	case ROUND_CEIL:
		return (int64_t)floor(x + .5);
	case FLOOR:
		return (int64_t)floor(x);
	default:
		return (int64_t)ceil(x);
	}
}

/* The kernel's value at distance x. */
static double kernel(const struct nn_resize *p, double x)
{
	double a = p->a;

	x = fabs(x);
	if (p->mode == LINEAR)
		return x < 1 ? 1 - x : 0;
	if (x <= 1)
		return ((a + 2) * x - (a + 3)) * x * x + 1;
	return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

/* The taps of one output place at x: weights that make up 1, places kept inside. */
static void fill_taps(const struct nn_resize *p, struct nn_resize_axis *a, int64_t i, double x,
		      double shrink)
{
	double sum = 0, w;
	int64_t t, at, first = (int64_t)floor(x) - (a->taps / 2 - 1);

	for (t = 0; t < a->taps; t++) {
		at = first + t;
		w = kernel(p, (x - (double)at) * shrink);
		if (p->exclude && (at < 0 || at >= a->in))
			w = 0;
		a->from[i * a->taps + t] = NN_MIN(NN_MAX(at, 0), a->in - 1);
		a->weight[i * a->taps + t] = (float)w;
		sum += w;
	}
	for (t = 0; t < a->taps && sum != 0; t++)
		a->weight[i * a->taps + t] = (float)(a->weight[i * a->taps + t] / sum);
}

static void fill_axis(const struct nn_resize *p, const struct wish *w, int d,
		      struct nn_resize_axis *a)
{
	double shrink = p->antialias ? NN_MIN(w->scale[d], 1) : 1, x;
	int64_t i;

	for (i = 0; i < a->out; i++) {
		x = source(p, w, d, i);
		if (a->outside)
			a->outside[i] = x < 0 || x > (double)(a->in - 1);
		x = NN_MIN(NN_MAX(x, -4e9), 4e9);
		if (p->mode == NEAREST) {
			a->from[i] = NN_MIN(NN_MAX(nearest(p, x), 0), a->in - 1);
			a->weight[i] = 1;
		} else {
			fill_taps(p, a, i, x, shrink);
		}
	}
}

static int read_modes(const struct nn_call *c, struct nn_resize *p)
{
	if (nn_want_choice(c->attrs, "mode", "nearest", "nearest linear cubic", &p->mode) < 0 ||
	    nn_want_choice(c->attrs, "coordinate_transformation_mode", "half_pixel",
	                   "half_pixel half_pixel_symmetric pytorch_half_pixel align_corners "
	                   "asymmetric tf_crop_and_resize tf_half_pixel_for_nn", &p->place) < 0 ||
	    nn_want_choice(c->attrs, "nearest_mode", "round_prefer_floor",
	                   "round_prefer_floor round_prefer_ceil floor ceil", &p->nearest) < 0)
		return -1;
	p->antialias = nn_attr_int(c->attrs, "antialias", 0) != 0;
	p->exclude = nn_attr_int(c->attrs, "exclude_outside", 0) != 0;
	p->a = nn_attr_float(c->attrs, "cubic_coeff_a", -.75);
	p->extrapolation = (float)nn_attr_float(c->attrs, "extrapolation_value", 0);
	p->crops = p->place == CROP;
	return 0;
}

/* Taps of dimension d; 0: it is left as it is. */
static int64_t count_taps(const struct nn_resize *p, const struct wish *w, int d)
{
	double reach = p->mode == LINEAR ? 1 : 2;

	if (w->size[d] == p->axis[d].in && w->scale[d] == 1 && !p->crops)
		return 0;
	if (p->mode == NEAREST)
		return 1;
	if (p->antialias && w->scale[d] < 1)
		reach = ceil(reach / w->scale[d]);
	return reach < MOST_TAPS ? 2 * (int64_t)reach : MOST_TAPS;
}

/* The tables lie behind the struct, in one block. */
static int make_tables(struct nn_call *c, struct nn_resize *p, const struct wish *w)
{
	int64_t total = 0, n;
	struct nn_resize *block;
	char *room;
	int d;

	for (d = 0; d < p->ndim; d++) {
		struct nn_resize_axis *a = &p->axis[d];

		a->in = c->in[0]->dim[d];
		a->out = w->size[d];
		a->taps = count_taps(p, w, d);
		if (a->taps && a->out > MOST_TAPS / a->taps)
			return nn_fail("a resize from %lld to %lld is too large", (long long)a->in,
			               (long long)a->out);
		total += a->out * a->taps;
	}
	block = nn_alloc(sizeof *p + (size_t)total * (sizeof(int64_t) + sizeof(float) + 1));
	*block = *p;
	c->param = block;
	room = (char *)(block + 1);
	for (d = 0; d < p->ndim; d++) {
		struct nn_resize_axis *a = &block->axis[d];

		n = a->out * a->taps;
		a->from = (int64_t *)room;
		room += (size_t)n * sizeof *a->from;
	}
	for (d = 0; d < p->ndim; d++) {
		block->axis[d].weight = (float *)room;
		room += (size_t)(block->axis[d].out * block->axis[d].taps) * sizeof(float);
	}
	for (d = 0; d < p->ndim; d++) {
		if (p->crops)
			block->axis[d].outside = room;
		room += block->axis[d].out * block->axis[d].taps;
		if (block->axis[d].taps)
			fill_axis(block, w, d, &block->axis[d]);
	}
	return 0;
}

int nn_resize_read(struct nn_call *c)
{
	struct nn_resize p = {.ndim = 0};
	struct wish w;
	int64_t dim[NN_DIMS], count, most = 0;
	int d;

	if (nn_want_inputs(c, 1, 4) < 0 || nn_want_float(c, 0) < 0 || read_modes(c, &p) < 0 ||
	    read_wish(c, p.crops, &w) < 0)
		return -1;
	p.ndim = c->in[0]->ndim;
	memcpy(dim, c->in[0]->dim, sizeof dim);
	for (d = 0; d < p.ndim; d++) {
		if (dim[d] < 1 || w.size[d] < 1)
			return nn_fail("dimension %d is empty", d);
		dim[d] = w.size[d];
		count = nn_shape_count(p.ndim, dim); /* after this axis */
		if (count < 0)
			return nn_fail("dimension %d is too large", d);
		most = NN_MAX(most, count);
	}
	if (make_tables(c, &p, &w) < 0)
		return -1;
	((struct nn_resize *)c->param)->room = (size_t)most;
	c->scratch_bytes = 2 * (size_t)most * sizeof(float);
	return nn_out(c, 0, NN_F32, p.ndim, dim);
}
