/* SPDX-License-Identifier: ISC */
/* Grounds of stimuli, small pieces on them, and the camera's faults: blur and noise. */
#include "stimulus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float ease(float t)
{
	return t * t * (3 - 2 * t);
}

/* field += amplitude * random values at the corners of cells, eased in between */
static void octave(const struct nn_easel *s, double cells, float amplitude, struct nn_random *r,
		   float *field)
{
	int side = NN_MIN(s->width, s->height), x, y;
	int across = (int)ceil(cells * s->width / side) + 1,
	    down = (int)ceil(cells * s->height / side) + 1;
	float *corner = nn_alloc((size_t)across * (size_t)down * sizeof *corner), step, *row, t, u,
	      a, b;
	int i, *cell = nn_alloc((size_t)s->width * sizeof *cell);
	float *part = nn_alloc((size_t)s->width * sizeof *part);

	for (i = 0; i < across * down; i++)
		corner[i] = amplitude * (float)(2 * nn_random_uniform(r) - 1);
	step = (float)(cells / side);
	for (x = 0; x < s->width; x++) {
		t = ((float)x + 0.5f) * step;
		cell[x] = NN_MIN((int)t, across - 2);
		part[x] = ease(t - (float)cell[x]);
	}
	for (y = 0; y < s->height; y++) {
		t = ((float)y + 0.5f) * step;
		i = NN_MIN((int)t, down - 2);
		u = ease(t - (float)i);
		row = corner + (size_t)i * (size_t)across;
		for (x = 0; x < s->width; x++) {
			a = row[cell[x]] + u * (row[across + cell[x]] - row[cell[x]]);
			b = row[cell[x] + 1] + u * (row[across + cell[x] + 1] - row[cell[x] + 1]);
			*field++ += a + part[x] * (b - a);
		}
	}
	free(part);
	free(cell);
	free(corner);
}

void nn_ground_noise(const struct nn_easel *s, double cells, int octaves, double fall,
		     struct nn_random *r, float *field)
{
	double amplitude = 1, power = 0;
	size_t n = (size_t)s->width * (size_t)s->height, i;
	int k;

	memset(field, 0, n * sizeof *field);
	for (k = 0; k < octaves && cells * (1 << k) <= 4.0 * NN_MIN(s->width, s->height); k++) {
		octave(s, cells * (1 << k), (float)amplitude, r, field);
		power += amplitude * amplitude;
		amplitude *= fall;
	}
	/* even numbers in -1..1, eased between corners, have a deviation of about .42 */
	for (i = 0; i < n; i++)
		field[i] *= (float)(2.4 / sqrt(NN_MAX(power, 1e-9)));
}

static double within(struct nn_random *r, double low, double high)
{
	return low + nn_random_uniform(r) * (high - low);
}

/* a colour near that of the ground */
static void nearby(const struct nn_ground *g, struct nn_random *r, double hue, double light,
		   float rgb[3])
{
	double l = g->light + within(r, -light, light), s = g->saturation * within(r, 0.5, 1.3);

	nn_hsl(g->hue + within(r, -hue, hue), NN_MIN(s, 1), NN_MIN(NN_MAX(l, 0), 1), rgb);
}

static void mix(const struct nn_easel *s, const float a[3], const float b[3], const float *share)
{
	size_t n = (size_t)s->width * (size_t)s->height, i;
	int k;

	for (k = 0; k < 3; k++)
		for (i = 0; i < n; i++)
			s->pixel[(size_t)k * n + i] = a[k] + share[i] * (b[k] - a[k]);
}

static void gradient(const struct nn_easel *s, struct nn_random *r, float *share)
{
	double angle = within(r, 0, 6.283185307179586), c, d, longest = 1e-9;
	int x, y;

	c = cos(angle);
	d = sin(angle);
	longest = (fabs(c) * s->width + fabs(d) * s->height) / 2;
	for (y = 0; y < s->height; y++)
		for (x = 0; x < s->width; x++)
			*share++ = (float)(0.5 + 0.5 *
							 ((x + 0.5 - s->width / 2.0) * c +
							  (y + 0.5 - s->height / 2.0) * d) /
							 longest);
}

/* parts of shapes, none of them an object */
static void piece(struct nn_easel *s, const float rgb[3], struct nn_random *r)
{
	double wide = (double)s->width / NN_MIN(s->width, s->height);
	double high = (double)s->height / NN_MIN(s->width, s->height);
	double x = within(r, -wide, wide), y = within(r, -high, high), a = within(r, 0, 360);
	double size = within(r, 0.04, 0.2), width = within(r, 0.02, 0.07), b = within(r, 40, 200);
	struct nn_easel at = nn_easel_move(s, x, y, a, 1);
	float triangle[3][2] = {
		{0, (float)-size}, {(float)size, (float)size}, {(float)-size, (float)(size * 0.7)}};

	switch (nn_random_below(r, 5)) {
	case 0:
		nn_paint(&at, nn_segment(-1.6 * size, 0, 1.6 * size, 0, width), rgb);
		break;
	case 1:
		nn_paint(&at, nn_arc(0, 0, 1.4 * size, 0, b, width), rgb);
		break;
	case 2:
		nn_paint(&at, nn_ellipse(0, 0, size, size * within(r, 0.4, 1)), rgb);
		break;
	case 3:
		nn_paint(&at, nn_rectangle(0, 0, size, size * within(r, 0.3, 1), 0), rgb);
		break;
	default:
		nn_paint(&at, nn_polygon(3, (const float(*)[2])triangle, 0), rgb);
		break;
	}
}

void nn_ground_paint(struct nn_easel *s, const struct nn_ground *g, struct nn_random *r)
{
	size_t n = (size_t)s->width * (size_t)s->height, i;
	float *share = nn_calloc(n, sizeof *share), a[3], b[3];
	int k;

	nn_hsl(g->hue, g->saturation, g->light, a);
	memcpy(b, a, sizeof b);
	if (g->kind == 1) {
		nearby(g, r, 40, 0.05, a);
		nearby(g, r, 40, 0.35, b);
		gradient(s, r, share);
	} else if (g->kind == 2) {
		nearby(g, r, 40, 0.3, b);
		nn_ground_noise(s, within(r, 1, 3), 6, within(r, 0.5, 0.8), r, share);
	} else if (g->kind == 3) {
		nearby(g, r, 60, 0.3, b);
		nn_ground_noise(s, within(r, 1.5, 5), 2, 0.4, r, share);
		for (i = 0; i < n; i++) /* the same hills, seen as land and sea */
			share[i] = NN_MIN(NN_MAX(share[i] * 12 + 0.5f, 0), 1);
	}
	mix(s, a, b, share);
	free(share);
	for (k = (int)(g->clutter * 40 + 0.5); k > 0; k--) {
		nearby(g, r, 180, 0.4, b);
		piece(s, b, r);
	}
}

void nn_stimulus_finish(struct nn_easel *s, double blur, double noise, struct nn_random *r)
{
	size_t n = 3 * (size_t)s->width * (size_t)s->height, i;
	uint64_t bits;
	float *p = s->pixel, v;
	int k;

	nn_easel_blur(s, blur);
	for (i = 0; i < n; i++) {
		v = p[i];
		if (noise > 0) {
			/* four even 16-bit numbers make a bell of variance 4/12 */
			for (bits = nn_random_bits(r), k = 0; k < 4; k++, bits >>= 16)
				v += (float)noise * 1.7320508f *
				     ((float)(bits & 0xffff) / 65535 - 0.5f);
		}
		p[i] = v < 0 ? 0 : v > 1 ? 1 : v;
	}
}
