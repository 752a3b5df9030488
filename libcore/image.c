/* SPDX-License-Identifier: ISC */
/* Picture files by content, and fitting a picture to a size. */
#include "raster.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int is_png(const unsigned char *b, size_t size)
{
	return size >= 8 && memcmp(b, "\211PNG\r\n\032\n", 8) == 0;
}

static int is_jpeg(const unsigned char *b, size_t size)
{
	return size >= 3 && b[0] == 0xff && b[1] == 0xd8 && b[2] == 0xff;
}

static int is_pnm(const unsigned char *b, size_t size)
{
	return size >= 3 && b[0] == 'P' && b[1] >= '1' && b[1] <= '6' &&
	       (b[2] == '#' || b[2] == ' ' || (b[2] >= '\t' && b[2] <= '\r'));
}

/* A row per kind of file. */
static const struct {
	const char *name;
	int (*is)(const unsigned char *bytes, size_t size);
	int (*read)(struct nn_tensor *t, const unsigned char *bytes, size_t size);
} kinds[] = {
	{"PNG", is_png, nn_png_read},
	{"JPEG", is_jpeg, nn_jpeg_read},
	{"PNM", is_pnm, nn_pnm_read},
};

int nn_image_is(const unsigned char *bytes, size_t size)
{
	size_t i;

	for (i = 0; i < NN_LEN(kinds); i++)
		if (kinds[i].is(bytes, size))
			return 1;
	return 0;
}

static void name_after(struct nn_tensor *t, const char *path)
{
	char *name = nn_stem(path);

	nn_tensor_rename(t, name);
	free(name);
}

int nn_image_read(struct nn_tensor *t, const char *path, const void *bytes, size_t size)
{
	size_t i;

	for (i = 0; i < NN_LEN(kinds); i++)
		if (kinds[i].is(bytes, size)) {
			if (kinds[i].read(t, bytes, size) < 0)
				return nn_fail_in("%s: %s", path, kinds[i].name);
			name_after(t, path);
			nn_tensor_set(t, "source", "%s", path);
			return 0;
		}
	return nn_fail("%s: not a PNG, JPEG or PNM picture", path);
}

unsigned char nn_byte(float v)
{
	if (!(v > 0)) /* NaN, too */
		return 0;
	return v >= 1 ? 255 : (unsigned char)(v * 255 + 0.5f);
}

/*
 * Where the picture w x h goes: scaled to sw x sh as a whole, of which part is kept and put at x, y
 * of the result.
 */
struct placement {
	int64_t sw, sh;
	struct nn_box part;
	int64_t x, y;
	double scale;
};

static void place(struct placement *p, int64_t w, int64_t h, int width, int height, enum nn_fit fit)
{
	double sx = (double)width / (double)w, sy = (double)height / (double)h;

	p->scale = fit == NN_FIT_CROP ? fmax(sx, sy) : fmin(sx, sy);
	p->sw = width;
	p->sh = height;
	/* the side that decides is exact, the other to the nearest pixel */
	if (fit != NN_FIT_STRETCH && p->scale == sy)
		p->sw = NN_MAX((int64_t)floor((double)w * height / (double)h + 0.5), 1);
	else if (fit != NN_FIT_STRETCH)
		p->sh = NN_MAX((int64_t)floor((double)h * width / (double)w + 0.5), 1);
	p->part.w = NN_MIN(p->sw, width);
	p->part.h = NN_MIN(p->sh, height);
	p->part.x = (p->sw - p->part.w) / 2;
	p->part.y = (p->sh - p->part.h) / 2;
	p->x = (width - p->part.w) / 2;
	p->y = (height - p->part.h) / 2;
}

/* Metadata of what was done: the box of the picture, in its pixels, that is now seen. */
static void note(struct nn_tensor *t, const struct placement *p, int64_t w, int64_t h, int width,
                 int height, enum nn_fit fit)
{
	double sx = (double)p->sw / (double)w, sy = (double)p->sh / (double)h;

	nn_tensor_set(t, "size", "%lldx%lld", (long long)w, (long long)h);
	nn_tensor_set(t, "crop", "%.9g,%.9g,%.9g,%.9g", (double)(p->part.x - p->x) / sx,
	              (double)(p->part.y - p->y) / sy, width / sx, height / sy);
	if (fit == NN_FIT_STRETCH)
		nn_tensor_set(t, "scale", "%.9g,%.9g", sx, sy);
	else
		nn_tensor_set(t, "scale", "%.9g", p->scale);
}

/* y [3][height][width] on a ground of mid grey; the kernel's overshoot is cut to 0..1 */
static void paste(float *y, int width, int height, const float *part, const struct placement *p)
{
	int64_t c, i, j, n = (int64_t)width * height;
	const struct nn_box *b = &p->part;
	float v;

	if (b->w < width || b->h < height)
		for (i = 0; i < 3 * n; i++)
			y[i] = 0.5f;
	for (c = 0; c < 3; c++)
		for (i = 0; i < b->h; i++)
			for (j = 0; j < b->w; j++) {
				v = part[(c * b->h + i) * b->w + j];
				v = v < 0 ? 0 : v > 1 ? 1 : v;
				y[c * n + (p->y + i) * width + p->x + j] = v;
			}
}

int nn_image_fit(struct nn_tensor *t, int width, int height, enum nn_fit fit)
{
	int64_t h = t->dim[2], w = t->dim[3], dim[4] = {1, 3, height, width};
	struct nn_tensor to;
	struct placement p;
	float *part;

	if (width > NN_PIXELS / height)
		return nn_fail("%dx%d pixels are too many: the most is %lld", width, height,
		               (long long)NN_PIXELS);
	place(&p, w, h, width, height, fit);
	nn_tensor_init(&to, t->name, NN_F32, 4, dim);
	to.meta = t->meta ? nn_strdup(t->meta) : NULL;
	part = nn_calloc((size_t)(p.part.w * p.part.h), 3 * sizeof *part);
	nn_resize_part(t->data, 3, h, w, part, p.sh, p.sw, &p.part);
	paste(to.data, width, height, part, &p);
	free(part);
	note(&to, &p, w, h, width, height, fit);
	nn_tensor_release(t);
	*t = to;
	return 0;
}
