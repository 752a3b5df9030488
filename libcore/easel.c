/* SPDX-License-Identifier: ISC */
/* The easel: axes, palette, covering pixels by distance. */
#include "easel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RADIANS 0.017453292519943295

void nn_easel_init(struct nn_easel *c, int width, int height, float *pixel, float *mask)
{
	memset(c, 0, sizeof *c);
	c->width = width;
	c->height = height;
	c->pixel = pixel;
	c->mask = mask;
	c->unit = NN_MIN(width, height) / 2.0f;
	c->origin[0] = width / 2.0f;
	c->origin[1] = height / 2.0f;
	c->across[0] = c->down[1] = c->unit;
	nn_easel_palette(c, 0, 0, 1);
}

struct nn_easel nn_easel_move(const struct nn_easel *c, double x, double y, double angle,
			      double scale)
{
	struct nn_easel to = *c;
	double cosine = cos(angle * RADIANS) * scale, sine = sin(angle * RADIANS) * scale;
	int i;

	for (i = 0; i < 2; i++) {
		to.origin[i] = (float)(c->origin[i] + x * c->across[i] + y * c->down[i]);
		to.across[i] = (float)(cosine * c->across[i] - sine * c->down[i]);
		to.down[i] = (float)(sine * c->across[i] + cosine * c->down[i]);
	}
	to.unit = (float)(c->unit * scale);
	return to;
}

void nn_easel_flip(struct nn_easel *c)
{
	c->across[0] = -c->across[0];
	c->across[1] = -c->across[1];
}

void nn_hsl(double hue, double saturation, double light, float rgb[3])
{
	double most = saturation * NN_MIN(light, 1 - light), k, part;
	int i;

	for (i = 0; i < 3; i++) {
		k = fmod((i == 0 ? 0 : i == 1 ? 8 : 4) + hue / 30 + 24, 12);
		part = NN_MIN(NN_MIN(k - 3, 9 - k), 1);
		rgb[i] = (float)(light - most * NN_MAX(part, -1));
	}
}

void nn_easel_palette(struct nn_easel *c, double hue, double saturation, double light)
{
	nn_hsl(hue, saturation, light, c->ink);
	nn_hsl(hue, saturation * 0.6, light * 0.18, c->dark);
	nn_hsl(hue, saturation * 0.6, 0.80 + 0.15 * light, c->pale);
	nn_hsl(hue + 180, saturation, 0.30 + 0.5 * light, c->accent);
}

/* The pixels that a shape may touch, from a disc around it; all when it has no end. */
static int reach(const struct nn_easel *c, const struct nn_shape *s, float more, int box[4])
{
	float x = s->x, y = s->y, r, dx, dy;
	int i;

	box[0] = box[1] = 0;
	box[2] = c->width;
	box[3] = c->height;
	switch (s->kind) {
	case NN_DISC:
	case NN_ARC:
		r = s->a;
		break;
	case NN_ELLIPSE:
		r = NN_MAX(s->a, s->b);
		break;
	case NN_BOX:
		r = hypotf(s->a, s->b);
		break;
	case NN_SEGMENT:
		r = hypotf(s->a - x, s->b - y) / 2;
		x = (x + s->a) / 2;
		y = (y + s->b) / 2;
		break;
	case NN_POLYGON:
		for (i = 0, r = 0; i < s->n; i++) {
			dx = s->point[i][0] - s->point[0][0];
			dy = s->point[i][1] - s->point[0][1];
			r = NN_MAX(r, hypotf(dx, dy));
		}
		x = s->point[0][0];
		y = s->point[0][1];
		break;
	case NN_SPIRAL:
		r = s->a * s->b;
		break;
	default:
		return 1;
	}
	r = (r + s->line / 2 + s->grow + more) * c->unit + 1;
	dx = c->origin[0] + x * c->across[0] + y * c->down[0];
	dy = c->origin[1] + x * c->across[1] + y * c->down[1];
	if (dx + r < 0 || dy + r < 0 || dx - r > c->width || dy - r > c->height)
		return 0;
	box[0] = (int)NN_MAX(0, dx - r);
	box[1] = (int)NN_MAX(0, dy - r);
	box[2] = (int)NN_MIN((float)c->width, dx + r + 1);
	box[3] = (int)NN_MIN((float)c->height, dy + r + 1);
	return 1;
}

/* rgb over pixel i, covering a share of it */
static void cover(struct nn_easel *c, size_t i, float share, const float rgb[3])
{
	size_t plane = (size_t)c->width * (size_t)c->height;
	float *p = c->pixel + i;

	p[0] += share * (rgb[0] - p[0]);
	p[plane] += share * (rgb[1] - p[plane]);
	p[2 * plane] += share * (rgb[2] - p[2 * plane]);
	if (c->mask)
		c->mask[i] += share * (1 - c->mask[i]);
}

static float share(float distance, float unit)
{
	float s = 0.5f - distance * unit;

	return s < 0 ? 0 : s > 1 ? 1 : s;
}

struct job {
	const struct nn_shape *shape, *within;
	const float *rgb;
	float edge, soft;
	float (*weight)(float x, float y, const void *data);
	const void *data;
};

static void paint_pixel(struct nn_easel *c, const struct job *j, size_t i, float x, float y)
{
	float d = nn_shape_distance(j->shape, x, y), a;

	if (j->within)
		d = NN_MAX(d, nn_shape_distance(j->within, x, y));
	if (d > j->edge + j->soft + 1 / c->unit)
		return;
	if (j->edge > 0 && (a = share(d - j->edge, c->unit)) > 0)
		cover(c, i, a, c->dark);
	a = j->soft > 0 ? share(d, 1 / j->soft) : share(d, c->unit);
	if (j->weight && a > 0)
		a *= j->weight(x, y, j->data);
	if (a > 0)
		cover(c, i, a, j->rgb);
}

static void paint(struct nn_easel *c, const struct job *j)
{
	float square = c->unit * c->unit, dx, dy;
	int box[4], px, py;

	if (square <= 0 || !reach(c, j->within ? j->within : j->shape, j->edge + j->soft, box))
		return;
	for (py = box[1]; py < box[3]; py++)
		for (px = box[0]; px < box[2]; px++) {
			dx = (float)px + 0.5f - c->origin[0];
			dy = (float)py + 0.5f - c->origin[1];
			paint_pixel(c, j, (size_t)py * (size_t)c->width + (size_t)px,
				    (dx * c->across[0] + dy * c->across[1]) / square,
				    (dx * c->down[0] + dy * c->down[1]) / square);
		}
}

void nn_paint(struct nn_easel *c, struct nn_shape s, const float rgb[3])
{
	paint(c, &(struct job){.shape = &s, .rgb = rgb});
}

void nn_paint_edged(struct nn_easel *c, struct nn_shape s, const float rgb[3])
{
	paint(c, &(struct job){.shape = &s, .rgb = rgb, .edge = c->edge});
}

void nn_paint_within(struct nn_easel *c, struct nn_shape s, const struct nn_shape *within,
		     const float rgb[3])
{
	paint(c, &(struct job){.shape = &s, .within = within, .rgb = rgb});
}

void nn_paint_field(struct nn_easel *c, struct nn_shape s, double soft, const float rgb[3],
		    float (*weight)(float x, float y, const void *data), const void *data)
{
	paint(c, &(struct job){.shape = &s,
			       .rgb = rgb,
			       .soft = (float)soft,
			       .weight = weight,
			       .data = data});
}

/* y = x blurred along one direction: count lines, each of n numbers that are step apart */
static void blur_line(const float *x, float *y, int n, const float *kernel, int radius)
{
	float sum;
	int i, k, at;

	for (i = 0; i < n; i++) {
		for (k = -radius, sum = 0; k <= radius; k++) {
			at = NN_MIN(NN_MAX(i + k, 0), n - 1);
			sum += kernel[k + radius] * x[at];
		}
		y[i] = sum;
	}
}

void nn_easel_blur(struct nn_easel *c, double deviation)
{
	int radius = (int)ceil(3 * deviation), longest = NN_MAX(c->width, c->height), i, x, y;
	float *kernel, *in, *out, *plane, sum = 0;

	if (deviation <= 0.05)
		return;
	kernel = nn_alloc((2 * (size_t)radius + 1 + 2 * (size_t)longest) * sizeof *kernel);
	in = kernel + 2 * radius + 1;
	out = in + longest;
	for (i = -radius; i <= radius; i++)
		sum += kernel[i + radius] = (float)exp(-i * i / (2 * deviation * deviation));
	for (i = 0; i <= 2 * radius; i++)
		kernel[i] /= sum;
	for (i = 0; i < 3; i++) {
		plane = c->pixel + (size_t)i * (size_t)c->width * (size_t)c->height;
		for (y = 0; y < c->height; y++) {
			memcpy(in, plane + (size_t)y * (size_t)c->width,
			       (size_t)c->width * sizeof *in);
			blur_line(in, plane + (size_t)y * (size_t)c->width, c->width, kernel,
				  radius);
		}
		for (x = 0; x < c->width; x++) {
			for (y = 0; y < c->height; y++)
				in[y] = plane[(size_t)y * (size_t)c->width + (size_t)x];
			blur_line(in, out, c->height, kernel, radius);
			for (y = 0; y < c->height; y++)
				plane[(size_t)y * (size_t)c->width + (size_t)x] = out[y];
		}
	}
	free(kernel);
}
