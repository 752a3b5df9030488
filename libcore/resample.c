/* SPDX-License-Identifier: ISC */
/*
 * Bilinear views of pictures and their adjoint.  A plane is first put into a frame of one pixel of
 * grey: what lies further out reads the same grey, so its place is moved to the frame and no pixel
 * needs a test.
 */
#include "vis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#else
#define omp_get_thread_num() 0
#endif

/* the framed plane */
static int64_t framed_width(const struct nn_resample *r)
{
	return r->width +
	       3; /* one to the left, and two to the right: the right one of four is read, too */
}

static size_t framed_size(const struct nn_resample *r)
{
	return nn_round_up((size_t)(framed_width(r) * (r->height + 3)), NN_ALIGN);
}

/* Where v, a place in the picture, is in the frame: the pixel before it and how far behind it. */
static int64_t place(double v, int64_t size, float *fraction)
{
	double whole;

	v = v < -1 ? -1 : v > (double)size ? (double)size : v;
	whole = floor(v);
	*fraction = (float)(v - whole);
	return (int64_t)whole + 1;
}

void nn_resample_init(struct nn_resample *r, const struct nn_view *view, int64_t width,
		      int64_t height)
{
	size_t size = (size_t)(view->width * view->height);
	int64_t y, x, i;
	const double *m = view->m;

	if (size > r->room) {
		r->index = nn_realloc(r->index, size, sizeof *r->index);
		r->fraction = nn_realloc(r->fraction, size, 2 * sizeof *r->fraction);
		r->room = size;
	}
	r->view = *view;
	r->width = width;
	r->height = height;
#pragma omp parallel for schedule(static) private(x, i)
	for (y = 0; y < view->height; y++)
		for (x = 0; x < view->width; x++) {
			double u = m[0] * (double)x + m[1] * (double)y + m[2];
			double v = m[3] * (double)x + m[4] * (double)y + m[5];

			i = y * view->width + x;
			r->index[i] = (int32_t)place(u, width, &r->fraction[2 * i]);
			r->index[i] += (int32_t)(place(v, height, &r->fraction[2 * i + 1]) *
						 framed_width(r));
		}
}

void nn_resample_release(struct nn_resample *r)
{
	free(r->index);
	free(r->fraction);
	memset(r, 0, sizeof *r);
}

static void view_plane(const struct nn_resample *r, const float *framed, float *y)
{
	int64_t i, n = r->view.width * r->view.height, down = framed_width(r);
	const float *p;
	float a, b, u, v;

	for (i = 0; i < n; i++) {
		p = framed + r->index[i];
		u = r->fraction[2 * i];
		v = r->fraction[2 * i + 1];
		a = p[0] + u * (p[1] - p[0]);
		b = p[down] + u * (p[down + 1] - p[down]);
		y[i] = a + v * (b - a);
	}
}

/*
 * Neighbours in a row add to the same pixel, and would wait for each other: they add to two frames
 * in turn.
 */
static void spread_plane(const struct nn_resample *r, const float *gy, float *framed)
{
	int64_t size = (int64_t)framed_size(r), n = r->view.width * r->view.height, i;
	int64_t down = framed_width(r);
	float *p, a, b, u;

	memset(framed, 0, (size_t)(2 * size) * sizeof *framed);
	for (i = 0; i < n; i++) {
		p = framed + (i & 1) * size + r->index[i];
		u = r->fraction[2 * i];
		b = gy[i] * r->fraction[2 * i + 1];
		a = gy[i] - b;
		p[0] += a - u * a;
		p[1] += u * a;
		p[down] += b - u * b;
		p[down + 1] += u * b;
	}
	for (i = 0; i < size; i++)
		framed[i] += framed[size + i];
}

static void frame(const struct nn_resample *r, const float *x, float *framed)
{
	int64_t i, size = (int64_t)framed_size(r), width = framed_width(r);

	for (i = 0; i < size; i++)
		framed[i] = NN_GREY;
	for (i = 0; i < r->height; i++)
		memcpy(framed + (i + 1) * width + 1, x + i * r->width,
		       (size_t)r->width * sizeof *x);
}

void nn_resample_forward(const struct nn_resample *r, int64_t planes, const float *x, float *y)
{
	float *frames = nn_aligned((size_t)nn_threads() * framed_size(r) * sizeof *frames);
	int64_t i;

#pragma omp parallel for schedule(static)
	for (i = 0; i < planes; i++) {
		float *framed = frames + (size_t)omp_get_thread_num() * framed_size(r);

		frame(r, x + i * r->width * r->height, framed);
		view_plane(r, framed, y + i * r->view.width * r->view.height);
	}
	free(frames);
}

void nn_resample_adjoint(const struct nn_resample *r, int64_t planes, const float *gy, float *gx)
{
	float *frames = nn_aligned((size_t)nn_threads() * 2 * framed_size(r) * sizeof *frames);
	int64_t i;

#pragma omp parallel for schedule(static)
	for (i = 0; i < planes; i++) {
		float *framed = frames + (size_t)omp_get_thread_num() * 2 * framed_size(r);
		int64_t y;

		spread_plane(r, gy + i * r->view.width * r->view.height, framed);
		for (y = 0; y < r->height; y++)
			memcpy(gx + (i * r->height + y) * r->width,
			       framed + (y + 1) * framed_width(r) + 1,
			       (size_t)r->width * sizeof *gx);
	}
	free(frames);
}
