/* SPDX-License-Identifier: ISC */
/* Objects that grow, or come from the sky: fir, flower, mushroom, snowflake, sun, tulip. */
#include "stimulus.h"

#include <math.h>

#define TURN 6.283185307179586

static const float white[3] = {0.97f, 0.97f, 0.95f}, wood[3] = {0.42f, 0.27f, 0.14f};
static const float leaf[3] = {0.2f, 0.55f, 0.2f};

static const struct nn_stimulus_param fir_params[] = {
	{"tiers", 3, 2, 5, 2, 4, 1, NULL, "of branches"},
};

static void draw_fir(struct nn_easel *s, const double *v, struct nn_random *r)
{
	double top, bottom, half;
	int i, n = (int)v[0];

	(void)r;
	nn_paint_edged(s, nn_rectangle(0, 0.75, 0.11, 0.2, 0), wood);
	for (i = n - 1; i >= 0; i--) {
		top = -0.93 + 1.1 * i / (n + 0.5);
		bottom = -0.93 + 1.55 * (i + 1) / n;
		half = 0.28 + 0.4 * (i + 1) / n;
		nn_paint_edged(s,
			       nn_polygon(3,
					  (const float[3][2]){{0, (float)top},
							      {(float)half, (float)bottom},
							      {(float)-half, (float)bottom}},
					  0.03),
			       s->ink);
	}
}

const struct nn_stimulus nn_fir_stimulus = {
	"fir",   "tiers of triangles on a trunk", 135, 0.6, 0.3, fir_params, NN_LEN(fir_params),
	draw_fir};

static const struct nn_stimulus_param flower_params[] = {
	{"petals", 7, 4, 14, 5, 9, 1, NULL, "around the middle"},
};

static void draw_flower(struct nn_easel *s, const double *v, struct nn_random *r)
{
	int i, n = (int)v[0];
	double width = 1.9 / n;

	(void)r;
	for (i = 0; i < n; i++) {
		struct nn_easel petal = nn_easel_move(s, 0, 0, 90 + 360.0 * i / n, 1);

		nn_paint_edged(&petal, nn_ellipse(0.58, 0, 0.38, NN_MIN(width, 0.34)), s->ink);
	}
	nn_paint_edged(s, nn_disc(0, 0, 0.28), (const float[3]){0.97f, 0.8f, 0.15f});
	nn_paint(s, nn_ring(0, 0, 0.14, 0.06), wood);
}

const struct nn_stimulus nn_flower_stimulus = {
	"flower",      "petals around a yellow middle", 325,        0.8, 0.65,
	flower_params, NN_LEN(flower_params),           draw_flower};

static const struct nn_stimulus_param mushroom_params[] = {
	{"spots", 5, 3, 7, 4, 7, 1, NULL, "on the cap"},
	{"cap", 0.9, 0.6, 1, 0.75, 0.95, 0, NULL, "half its width"},
};

static void draw_mushroom(struct nn_easel *s, const double *v, struct nn_random *r)
{
	struct nn_shape cap = nn_ellipse(0, 0.05, v[1], 0.85), half = {.kind = NN_PLANE, .y = 0.1f};
	struct nn_shape edge = nn_ellipse(0, 0.05, v[1] + s->edge, 0.85 + s->edge);
	struct nn_shape rim = {.kind = NN_PLANE, .y = 0.1f + s->edge};
	double a;
	int i, n = (int)v[0];

	(void)r;
	nn_paint_edged(s, nn_rectangle(0, 0.45, 0.24, 0.47, 0.12), s->pale);
	nn_paint_within(s, rim, &edge, s->dark);
	nn_paint_within(s, half, &cap, s->ink);
	for (i = 0; i < n; i++) {
		a = TURN / 2 * (i + 0.5) / n;
		nn_paint_within(s, nn_disc(0.7 * v[1] * cos(a), 0.02 - 0.55 * sin(a), 0.13), &cap,
				white);
	}
	nn_paint(s, nn_disc(0, -0.12, 0.1), white);
}

const struct nn_stimulus nn_mushroom_stimulus = {"mushroom",
						 "a spotted cap on a stem",
						 4,
						 0.85,
						 0.45,
						 mushroom_params,
						 NN_LEN(mushroom_params),
						 draw_mushroom};

static const struct nn_stimulus_param snowflake_params[] = {
	{"branches", 2, 1, 3, 1, 3, 1, NULL, "of each of the six arms"},
	{"width", 0.09, 0.04, 0.16, 0.07, 0.12, 0, NULL, "of the lines"},
};

static void draw_snowflake(struct nn_easel *s, const double *v, struct nn_random *r)
{
	double at, length;
	int arm, i, side;

	(void)r;
	for (arm = 0; arm < 6; arm++) {
		struct nn_easel part = nn_easel_move(s, 0, 0, 30 + 60.0 * arm, 1);

		nn_paint(&part, nn_segment(0, 0, 0.92, 0, v[1] + 2 * s->edge), s->dark);
	}
	for (arm = 0; arm < 6; arm++) {
		struct nn_easel part = nn_easel_move(s, 0, 0, 30 + 60.0 * arm, 1);

		nn_paint(&part, nn_segment(0, 0, 0.92, 0, v[1]), s->ink);
		for (i = 0; i < (int)v[0]; i++)
			for (side = -1; side <= 1; side += 2) {
				at = 0.35 + 0.45 * (i + 0.5) / v[0];
				length = 0.34 - 0.1 * i;
				nn_paint(&part,
					 nn_segment(at, 0, at + length * 0.6, side * length * 0.8,
						    v[1] * 0.9),
					 s->ink);
			}
	}
}

const struct nn_stimulus nn_snowflake_stimulus = {
	"snowflake",      "six arms with branches", 200,           0.5, 0.9,
	snowflake_params, NN_LEN(snowflake_params), draw_snowflake};

static const struct nn_stimulus_param sun_params[] = {
	{"rays", 12, 6, 24, 8, 16, 1, NULL, "around the disc"},
	{"disc", 0.5, 0.3, 0.7, 0.42, 0.58, 0, NULL, "its radius"},
};

static void draw_sun(struct nn_easel *s, const double *v, struct nn_random *r)
{
	float half = (float)NN_MIN(1.5 / v[0], 0.16), base = (float)(v[1] + 0.1);
	float ray[3][2] = {{base, -half}, {base, half}, {0.96f, 0}};
	int i;

	(void)r;
	for (i = 0; i < (int)v[0]; i++) {
		struct nn_easel part = nn_easel_move(s, 0, 0, 360 * i / v[0], 1);

		nn_paint_edged(&part, nn_polygon(3, (const float(*)[2])ray, 0.01), s->ink);
	}
	nn_paint_edged(s, nn_disc(0, 0, v[1]), s->ink);
}

const struct nn_stimulus nn_sun_stimulus = {
	"sun", "a disc with pointed rays", 46, 1, 0.55, sun_params, NN_LEN(sun_params), draw_sun};

static const struct nn_stimulus_param tulip_params[] = {
	{"leaves", 2, 1, 2, 1, 2, 1, NULL, "at the stem"},
	{"open", 0.45, 0.3, 0.6, 0.35, 0.55, 0, NULL, "half the width of the cup"},
};

static void draw_tulip(struct nn_easel *s, const double *v, struct nn_random *r)
{
	float w = (float)v[1];
	float cup[7][2] = {{-w, -0.85f}, {-w / 2, -0.5f},    {0, -0.9f},         {w / 2, -0.5f},
			   {w, -0.85f},  {w * 0.8f, -0.15f}, {-w * 0.8f, -0.15f}};
	int i;

	(void)r;
	nn_paint_edged(s, nn_segment(0, -0.1, 0, 0.9, 0.1), leaf);
	for (i = 0; i < (int)v[0]; i++) {
		struct nn_easel half = *s, blade;

		if (i)
			nn_easel_flip(&half);
		blade = nn_easel_move(&half, 0.03, 0.85, 58, 1);
		nn_paint_edged(&blade, nn_ellipse(0.42, 0, 0.42, 0.12), leaf);
	}
	nn_paint_edged(s, nn_disc(0, -0.22, w * 0.82), s->ink);
	nn_paint_edged(s, nn_polygon(7, (const float(*)[2])cup, 0.03), s->ink);
	nn_paint(s, nn_disc(0, -0.22, w * 0.82), s->ink);
	nn_paint(s, nn_segment(-w / 2, -0.5, -w * 0.3, -0.05, 0.04), s->dark);
	nn_paint(s, nn_segment(w / 2, -0.5, w * 0.3, -0.05, 0.04), s->dark);
}

const struct nn_stimulus nn_tulip_stimulus = {"tulip",
					      "a cup with points on a stem with leaves",
					      355,
					      0.8,
					      0.52,
					      tulip_params,
					      NN_LEN(tulip_params),
					      draw_tulip};
