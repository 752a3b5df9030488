/* SPDX-License-Identifier: ISC */
/* Simple figures: disc, ring, spiral, polygon, star, letter. */
#include "stimulus.h"

#include <math.h>

#define CORNERS 64

static const struct nn_stimulus_param disc_params[] = {
	{"aspect", 1, 0.05, 1, 0.4, 1, 0, NULL, "height over width"},
};

static void draw_disc(struct nn_easel *s, const double *v, struct nn_random *r)
{
	(void)r;
	nn_paint(s, v[0] < 1 ? nn_ellipse(0, 0, 1, v[0]) : nn_disc(0, 0, 1), s->ink);
}

const struct nn_stimulus nn_disc_stimulus = {
	"disc", "a filled circle or ellipse", 0, 0, 1, disc_params, NN_LEN(disc_params), draw_disc};

static const struct nn_stimulus_param ring_params[] = {
	{"width", 0.2, 0.01, 1, 0.08, 0.4, 0, NULL, "of the line"},
	{"from", 0, -360, 360, 0, 0, 0, NULL, "degrees: where it begins"},
	{"to", 360, -360, 720, 360, 360, 0, NULL, "degrees: where it ends"},
};

static void draw_ring(struct nn_easel *s, const double *v, struct nn_random *r)
{
	double radius = 1 - v[0] / 2;

	(void)r;
	if (fabs(v[2] - v[1]) >= 360)
		nn_paint(s, nn_ring(0, 0, radius, v[0]), s->ink);
	else
		nn_paint(s, nn_arc(0, 0, radius, v[1], v[2], v[0]), s->ink);
}

const struct nn_stimulus nn_ring_stimulus = {"ring",      "a circle, or part of it", 0,        0, 1,
					     ring_params, NN_LEN(ring_params),       draw_ring};

static const struct nn_stimulus_param spiral_params[] = {
	{"turns", 3, 0.25, 20, 2, 5, 0, NULL, "from the centre to the outside"},
	{"width", 0.4, 0.05, 0.95, 0.3, 0.6, 0, NULL,
	 "of the line, in its distance to the next turn"},
};

static void draw_spiral(struct nn_easel *s, const double *v, struct nn_random *r)
{
	float pitch = (float)(1 / (v[0] + v[1] / 2));

	(void)r;
	nn_paint(s,
		 (struct nn_shape){.kind = NN_SPIRAL,
				   .a = (float)v[0],
				   .b = pitch,
				   .grow = pitch * (float)v[1] / 2},
		 s->ink);
}

const struct nn_stimulus nn_spiral_stimulus = {"spiral",
					       "the spiral of Archimedes, outwards anticlockwise",
					       0,
					       0,
					       1,
					       spiral_params,
					       NN_LEN(spiral_params),
					       draw_spiral};

/* n corners on the unit circle and, when inner < 1, n between them on a circle of that radius */
static int corners(int n, double inner, float point[CORNERS][2])
{
	int i, count = inner < 1 ? 2 * n : n;
	double a, radius;

	for (i = 0; i < count; i++) {
		a = 6.283185307179586 * i / count;
		radius = inner < 1 && i % 2 ? inner : 1;
		point[i][0] = (float)(radius * sin(a));
		point[i][1] = (float)(-radius * cos(a));
	}
	return count;
}

#define LINE                                                                                       \
	{                                                                                          \
		"line", 0, 0, 1, 0, 0, 0, NULL, "0: filled; else the width of its outline"         \
	}

static void figure(struct nn_easel *s, int n, double inner, double line)
{
	float point[CORNERS][2];
	struct nn_shape shape = nn_polygon(corners(n, inner, point), (const float(*)[2])point, 0);

	shape.line = (float)line;
	nn_paint(s, shape, s->ink);
}

static const struct nn_stimulus_param polygon_params[] = {
	{"corners", 3, 3, 32, 3, 8, 1, NULL, "the first is at the top"},
	LINE,
};

static void draw_polygon(struct nn_easel *s, const double *v, struct nn_random *r)
{
	(void)r;
	figure(s, (int)v[0], 1, v[1]);
}

const struct nn_stimulus nn_polygon_stimulus = {
	"polygon",      "a regular polygon",    0,           0, 1,
	polygon_params, NN_LEN(polygon_params), draw_polygon};

static const struct nn_stimulus_param star_params[] = {
	{"corners", 5, 3, 32, 4, 8, 1, NULL, "the first is at the top"},
	{"inner", 0.45, 0.05, 0.99, 0.3, 0.6, 0, NULL, "radius of the corners between"},
	LINE,
};

static void draw_star(struct nn_easel *s, const double *v, struct nn_random *r)
{
	(void)r;
	figure(s, (int)v[0], v[1], v[2]);
}

const struct nn_stimulus nn_star_stimulus = {
	"star", "a star with straight sides", 0, 0, 1, star_params, NN_LEN(star_params), draw_star};

/* strokes on a lattice of 5 x 7: "xy" corners of a line, a blank, the next line */
static const char *const stroke[] = {
	"062046 1434", /* A */
	"00063645443303 0030414233",
	"4130100105163645",
	"00062644422000",
	"40000646 0333", /* E */
	"400006 0333",
	"41301001051636454323",
	"0006 4046 0343",
	"1030 2026 1636", /* I */
	"4045361605",
	"0006 4003 0346",
	"000646",
	"0600234046", /* M */
	"06004640",
	"100105163645413010",
	"06003041423303",
	"100105163645413010 2446", /* Q */
	"06003041423303 2346",
	"413010010213334445361605",
	"0040 2026",
	"000516364540", /* U */
	"002640",
	"0016233640",
	"0046 4006",
	"0023 4023 2326", /* Y */
	"00400646",
};

static const struct nn_stimulus_param letter_params[] = {
	{"letter", 0, 0, 25, 0, 25, 1, "A B C D E F G H I J K L M N O P Q R S T U V W X Y Z",
	 "which"},
	{"width", 0.2, 0.02, 0.6, 0.1, 0.3, 0, NULL, "of the strokes"},
};

static void draw_letter(struct nn_easel *s, const double *v, struct nn_random *r)
{
	const char *at = stroke[(int)v[0]];
	double x = 0, y = 0, x1, y1, half = 0.82 - v[1] / 2;
	int begun = 0;

	(void)r;
	for (; at[0] && at[1]; at += 2) {
		if (*at == ' ') {
			begun = 0;
			at++;
		}
		x1 = (at[0] - '2') / 2.0 * half * 0.75;
		y1 = (at[1] - '3') / 3.0 * half;
		if (begun)
			nn_paint(s, nn_segment(x, y, x1, y1, v[1]), s->ink);
		x = x1;
		y = y1;
		begun = 1;
	}
}

const struct nn_stimulus nn_letter_stimulus = {
	"letter",      "a capital letter of strokes", 0,          0, 1,
	letter_params, NN_LEN(letter_params),         draw_letter};
