/* SPDX-License-Identifier: ISC */
/* The attributes of sliding windows: kernel_shape, strides, dilations, pads, auto_pad, ceil_mode.
 */
#include <string.h>

#include "op.h"

#define MOST (INT64_C(1) << 30) /* of any attribute: sums and products stay within 64 bits */

/* n integers of attribute name within low..MOST into v; otherwise when it is absent. */
static int read_ints(const struct nn_attrs *a, const char *name, int n, int64_t low,
                     int64_t otherwise, int64_t *v)
{
	const struct nn_attr *p = nn_attrs_find(a, name);
	int i;

	for (i = 0; i < n; i++)
		v[i] = otherwise;
	if (!p)
		return 0;
	if (p->type != NN_ATTR_INTS || p->count != n)
		return nn_fail("attribute %s: want %d integers", name, n);
	for (i = 0; i < n; i++) {
		v[i] = p->ints[i];
		if (v[i] < low || v[i] > MOST)
			return nn_fail("attribute %s: %lld is out of range", name, (long long)v[i]);
	}
	return 0;
}

/* Pads and output size along dimension i. */
static int place(struct nn_window *w, int i, int padding, int ceiling)
{
	int64_t extent = (w->kernel[i] - 1) * w->dilation[i] + 1, total, room;

	if (padding >= 2) { /* SAME_UPPER, SAME_LOWER */
		w->out[i] = (w->in[i] + w->stride[i] - 1) / w->stride[i];
		total = NN_MAX((w->out[i] - 1) * w->stride[i] + extent - w->in[i], 0);
		w->pad_begin[i] = padding == 2 ? total / 2 : total - total / 2;
		w->pad_end[i] = total - w->pad_begin[i];
		return 0;
	}
	room = w->in[i] + w->pad_begin[i] + w->pad_end[i] - extent;
	if (room < 0)
		return nn_fail("a window of %lld does not fit in %lld with padding",
			       (long long)extent, (long long)(room + extent));
	w->out[i] = room / w->stride[i] + 1;
	/* a window that would begin after the input, in the padding, is left out */
	if (ceiling && room % w->stride[i] && w->out[i] * w->stride[i] < w->in[i] + w->pad_begin[i])
		w->out[i]++;
	return 0;
}

int nn_window_read(const struct nn_attrs *a, const struct nn_tensor *x, const int64_t *kernel,
                   struct nn_window *w)
{
	int64_t pads[6];
	int i, n = x->ndim - 2, padding;

	memset(w, 0, sizeof *w);
	if (n < 1 || n > 3)
		return nn_fail("input 0: want 3 to 5 dimensions, have %d", x->ndim);
	w->ndim = n;
	if (kernel)
		memcpy(w->kernel, kernel, (size_t)n * sizeof *kernel);
	else if (!nn_attrs_find(a, "kernel_shape"))
		return nn_fail("attribute kernel_shape is missing");
	if ((!kernel && read_ints(a, "kernel_shape", n, 1, 1, w->kernel) < 0) ||
	    read_ints(a, "strides", n, 1, 1, w->stride) < 0 ||
	    read_ints(a, "dilations", n, 1, 1, w->dilation) < 0 ||
	    nn_want_choice(a, "auto_pad", "NOTSET", "NOTSET VALID SAME_UPPER SAME_LOWER",
	                   &padding) < 0)
		return -1;
	memset(pads, 0, sizeof pads);
	if (padding == 0 && read_ints(a, "pads", 2 * n, 0, 0, pads) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		w->in[i] = x->dim[2 + i];
		w->pad_begin[i] = pads[i];
		w->pad_end[i] = pads[n + i];
		if (w->in[i] < 1 || w->in[i] > MOST || w->kernel[i] < 1 || w->kernel[i] > MOST)
			return nn_fail("a window of %lld over %lld", (long long)w->kernel[i],
			               (long long)w->in[i]);
		if (place(w, i, padding, nn_attr_int(a, "ceil_mode", 0) != 0) < 0)
			return -1;
	}
	return 0;
}
