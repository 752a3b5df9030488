/* SPDX-License-Identifier: ISC */
/* Objects that live: bee, butterfly, cat, fish, ladybird, owl, snail. */
#include "stimulus.h"

#include <math.h>

#define RADIANS 0.017453292519943295

static const float black[3] = {0.05f, 0.05f, 0.06f}, white[3] = {0.97f, 0.97f, 0.95f};

/* white, iris and pupil, that looks towards (dx, dy) */
static void eye(struct nn_easel *s, double x, double y, double r, const float iris[3])
{
	nn_paint_edged(s, nn_disc(x, y, r), white);
	nn_paint(s, nn_disc(x, y, r * 0.72), iris);
	nn_paint(s, nn_disc(x, y, r * 0.42), black);
	nn_paint(s, nn_disc(x + 0.25 * r, y - 0.25 * r, r * 0.16), white);
}

static const struct nn_stimulus_param bee_params[] = {
	{"bands", 3, 1, 6, 3, 4, 1, NULL, "dark bands of the body"},
};

static void draw_bee(struct nn_easel *s, const double *v, struct nn_random *r)
{
	struct nn_shape body = nn_ellipse(-0.1, 0.12, 0.68, 0.42);
	double step = 1.1 / v[0];
	int i;

	(void)r;
	nn_paint_edged(s, nn_segment(0.62, -0.08, 0.86, -0.42, 0.05), black);
	nn_paint_edged(s, nn_segment(0.7, 0, 0.96, -0.26, 0.05), black);
	nn_paint_edged(s, body, s->ink);
	for (i = 0; i < (int)v[0]; i++)
		nn_paint_within(s,
				nn_rectangle(-0.62 + step * (i + 0.5), 0.12, step * 0.26, 0.6, 0),
				&body, black);
	nn_paint_edged(s, nn_disc(0.6, 0.12, 0.27), black);
	nn_paint(s, nn_disc(0.68, 0.05, 0.08), white);
	for (i = 0; i < 2; i++) {
		struct nn_easel wing = nn_easel_move(s, 0.05 - 0.3 * i, -0.2, 55 + 40.0 * i, 1);

		nn_paint_edged(&wing, nn_ellipse(0.36, 0, 0.38, 0.19), s->pale);
	}
}

const struct nn_stimulus nn_bee_stimulus = {
	"bee",   "banded body, wings, feelers", 48, 0.95, 0.52, bee_params, NN_LEN(bee_params),
	draw_bee};

static const struct nn_stimulus_param butterfly_params[] = {
	{"spread", 0, -20, 20, -12, 12, 0, NULL, "degrees by which the wings are raised"},
	{"spot", 0.42, 0, 0.8, 0.3, 0.5, 0, NULL, "size of the eyespots, in wings"},
};

static void draw_butterfly(struct nn_easel *s, const double *v, struct nn_random *r)
{
	int side, low;

	(void)r;
	for (side = 0; side < 2; side++)
		for (low = 1; low >= 0; low--) {
			struct nn_easel half = *s, wing;
			double a = low ? 0.4 : 0.5, b = low ? 0.3 : 0.34;

			if (side)
				nn_easel_flip(&half);
			wing = nn_easel_move(&half, 0.04, low ? 0.12 : -0.02,
					     low ? -38 + v[0] / 2 : 36 + v[0], 1);
			nn_paint_edged(&wing, nn_ellipse(a * 0.95, 0, a, b), s->ink);
			nn_paint(&wing, nn_disc(a * 1.15, 0, b * v[1] * 1.5), s->dark);
			nn_paint(&wing, nn_disc(a * 1.15, 0, b * v[1]), s->accent);
		}
	nn_paint(s, nn_segment(0, -0.36, 0.26, -0.86, 0.05), black);
	nn_paint(s, nn_segment(0, -0.36, -0.26, -0.86, 0.05), black);
	nn_paint_edged(s, nn_segment(0, -0.36, 0, 0.55, 0.17), black);
}

const struct nn_stimulus nn_butterfly_stimulus = {
	"butterfly",      "four wings with eyespots", 285,           0.7, 0.6,
	butterfly_params, NN_LEN(butterfly_params),   draw_butterfly};

static const struct nn_stimulus_param cat_params[] = {
	{"ears", 1, 0.6, 1.2, 0.8, 1.1, 0, NULL, "their height"},
	{"pupil", 0.35, 0.1, 1, 0.2, 0.7, 0, NULL, "width of the pupils"},
};

static void draw_cat(struct nn_easel *s, const double *v, struct nn_random *r)
{
	float ear[3][2] = {{0.1f, -0.35f}, {0.6f, (float)(-0.5 - 0.42 * v[0])}, {0.7f, 0}};
	float inner[3][2] = {{0.27f, -0.4f}, {0.56f, (float)(-0.45 - 0.28 * v[0])}, {0.6f, -0.15f}};
	float nose[3][2] = {{-0.09f, 0.26f}, {0.09f, 0.26f}, {0, 0.36f}};
	int side, i;

	(void)r;
	for (side = 0; side < 2; side++) {
		struct nn_easel half = *s;

		if (side)
			nn_easel_flip(&half);
		nn_paint_edged(&half, nn_polygon(3, (const float(*)[2])ear, 0.05), s->ink);
		nn_paint(&half, nn_polygon(3, (const float(*)[2])inner, 0.02), s->pale);
	}
	nn_paint_edged(s, nn_ellipse(0, 0.15, 0.78, 0.64), s->ink);
	for (side = 0; side < 2; side++) {
		struct nn_easel half = *s;

		if (side)
			nn_easel_flip(&half);
		nn_paint_edged(&half, nn_ellipse(0.32, 0.02, 0.17, 0.17), s->accent);
		nn_paint(&half, nn_ellipse(0.32, 0.02, 0.14 * v[1], 0.15), black);
		nn_paint(&half, nn_arc(0.13, 0.38, 0.13, -160, 0, 0.05), black);
		for (i = -1; i <= 1; i++)
			nn_paint(&half,
				 nn_segment(0.36, 0.36 + 0.04 * i, 0.95, 0.34 + 0.15 * i, 0.035),
				 white);
	}
	nn_paint_edged(s, nn_polygon(3, (const float(*)[2])nose, 0.03), s->pale);
}

const struct nn_stimulus nn_cat_stimulus = {"cat",
					    "a head with pointed ears, slit pupils and whiskers",
					    28,
					    0.55,
					    0.45,
					    cat_params,
					    NN_LEN(cat_params),
					    draw_cat};

static const struct nn_stimulus_param fish_params[] = {
	{"bars", 2, 0, 5, 0, 3, 1, NULL, "across the body"},
	{"tail", 1, 0.6, 1.2, 0.8, 1.1, 0, NULL, "its height"},
};

static void draw_fish(struct nn_easel *s, const double *v, struct nn_random *r)
{
	float tail[4][2] = {{-0.4f, 0},
			    {-0.92f, (float)(-0.42 * v[1])},
			    {-0.76f, 0},
			    {-0.92f, (float)(0.42 * v[1])}};
	float fin[3][2] = {{-0.25f, -0.3f}, {0.1f, -0.66f}, {0.35f, -0.3f}};
	float belly[3][2] = {{-0.1f, 0.3f}, {-0.1f, 0.62f}, {0.2f, 0.3f}};
	struct nn_shape body = nn_ellipse(0.2, 0, 0.74, 0.43);
	int i;

	(void)r;
	nn_paint_edged(s, nn_polygon(4, (const float(*)[2])tail, 0.04), s->accent);
	nn_paint_edged(s, nn_polygon(3, (const float(*)[2])fin, 0.03), s->accent);
	nn_paint_edged(s, nn_polygon(3, (const float(*)[2])belly, 0.03), s->accent);
	nn_paint_edged(s, body, s->ink);
	for (i = 0; i < (int)v[0]; i++)
		nn_paint_within(s, nn_rectangle(0.2 - 0.22 * i, 0, 0.055, 0.6, 0), &body, s->pale);
	nn_paint_within(s, nn_arc(0.12, 0, 0.34, -50, 50, 0.05), &body, s->dark);
	eye(s, 0.64, -0.1, 0.13, s->dark);
}

const struct nn_stimulus nn_fish_stimulus = {
	"fish",      "from the side, tail left", 22,       0.9, 0.52,
	fish_params, NN_LEN(fish_params),        draw_fish};

static const struct nn_stimulus_param ladybird_params[] = {
	{"spots", 3, 1, 4, 2, 4, 1, NULL, "on each wing"},
};

static void draw_ladybird(struct nn_easel *s, const double *v, struct nn_random *r)
{
	double y, x, size = 0.15;
	int i, side, n = (int)v[0];

	(void)r;
	for (i = -1; i <= 1; i++)
		nn_paint(s, nn_segment(-0.88, 0.12 + 0.42 * i, 0.88, 0.12 + 0.42 * i, 0.07), black);
	nn_paint_edged(s, nn_disc(0, -0.55, 0.34), black);
	nn_paint(s, nn_disc(0.15, -0.74, 0.07), white);
	nn_paint(s, nn_disc(-0.15, -0.74, 0.07), white);
	nn_paint_edged(s, nn_ellipse(0, 0.15, 0.72, 0.74), s->ink);
	for (side = -1; side <= 1; side += 2)
		for (i = 0; i < n; i++) {
			y = n == 1 ? 0.15 : -0.25 + 0.82 * i / (n - 1);
			x = 0.32 + (i % 2 ? 0.13 : 0) - (i > 0 && i == n - 1 ? 0.06 : 0);
			nn_paint(s, nn_disc(side * x, y, size - 0.012 * n), black);
		}
	nn_paint(s, nn_segment(0, -0.5, 0, 0.86, 0.06), black);
}

const struct nn_stimulus nn_ladybird_stimulus = {"ladybird",
						 "a spotted beetle from above",
						 2,
						 0.9,
						 0.48,
						 ladybird_params,
						 NN_LEN(ladybird_params),
						 draw_ladybird};

static const struct nn_stimulus_param owl_params[] = {
	{"eyes", 0.33, 0.2, 0.36, 0.27, 0.35, 0, NULL, "their radius"},
};

static void draw_owl(struct nn_easel *s, const double *v, struct nn_random *r)
{
	float beak[3][2] = {{-0.11f, -0.1f}, {0.11f, -0.1f}, {0, 0.2f}};
	float tuft[3][2] = {{0.15f, -0.6f}, {0.55f, -0.92f}, {0.58f, -0.4f}};
	int side, row;

	(void)r;
	for (side = 0; side < 2; side++) {
		struct nn_easel half = *s;

		if (side)
			nn_easel_flip(&half);
		nn_paint_edged(&half, nn_polygon(3, (const float(*)[2])tuft, 0.04), s->ink);
	}
	nn_paint_edged(s, nn_ellipse(0, 0.08, 0.68, 0.86), s->ink);
	nn_paint(s, nn_ellipse(0, 0.5, 0.4, 0.38), s->pale);
	for (row = 0; row < 2; row++)
		for (side = -1; side <= 1; side++)
			nn_paint(s, nn_arc(side * 0.2, 0.4 + 0.2 * row, 0.1, 180, 360, 0.05),
				 s->dark);
	for (side = -1; side <= 1; side += 2) {
		nn_paint_edged(s, nn_disc(side * 0.31, -0.27, v[0]), s->pale);
		nn_paint(s, nn_disc(side * 0.31, -0.27, v[0] * 0.72), s->accent);
		nn_paint(s, nn_disc(side * 0.31, -0.27, v[0] * 0.45), black);
		nn_paint(s, nn_disc(side * 0.31 + 0.06, -0.33, v[0] * 0.16), white);
	}
	nn_paint_edged(s, nn_polygon(3, (const float(*)[2])beak, 0.03),
		       (const float[3]){0.95f, 0.65f, 0.15f});
}

const struct nn_stimulus nn_owl_stimulus = {"owl",
					    "two large round eyes, a beak, tufts",
					    25,
					    0.4,
					    0.4,
					    owl_params,
					    NN_LEN(owl_params),
					    draw_owl};

static const struct nn_stimulus_param snail_params[] = {
	{"turns", 2.2, 1.2, 3.5, 1.8, 2.8, 0, NULL, "of the shell"},
};

static void draw_snail(struct nn_easel *s, const double *v, struct nn_random *r)
{
	static const double body[3] = {0.62, 0.74, 0.55};
	float skin[3];
	int i;

	(void)r;
	for (i = 0; i < 3; i++)
		skin[i] = (float)(0.75 * body[i] + 0.25 * s->accent[i]);
	nn_paint_edged(s, nn_segment(0.68, 0.2, 0.62, -0.28, 0.05), skin);
	nn_paint_edged(s, nn_segment(0.74, 0.2, 0.9, -0.22, 0.05), skin);
	nn_paint_edged(s, nn_segment(-0.75, 0.66, 0.58, 0.66, 0.22), skin);
	nn_paint_edged(s, nn_segment(0.55, 0.6, 0.72, 0.24, 0.26), skin);
	nn_paint(s, nn_segment(0.5, 0.64, 0.6, 0.58, 0.2), skin);
	nn_paint(s, nn_disc(0.62, -0.28, 0.06), black);
	nn_paint(s, nn_disc(0.9, -0.22, 0.06), black);
	nn_paint_edged(s, nn_disc(-0.15, 0, 0.6), s->ink);
	nn_paint(s,
		 (struct nn_shape){.kind = NN_SPIRAL,
				   .x = -0.15f,
				   .a = (float)v[0],
				   .b = (float)(0.54 / v[0]),
				   .c = 300,
				   .grow = 0.045f},
		 s->dark);
}

const struct nn_stimulus nn_snail_stimulus = {"snail",
					      "a spiral shell on a long body",
					      18,
					      0.55,
					      0.55,
					      snail_params,
					      NN_LEN(snail_params),
					      draw_snail};
