/* SPDX-License-Identifier: ISC */
/* Lines and edges: line, edge, curve, corner, cross. All end at the unit disc. */
#include "stimulus.h"

#include <math.h>

#define RADIANS 0.017453292519943295
#define WIDTH                                                                                      \
	{                                                                                          \
		"width", 0.12, 0.005, 2, 0.04, 0.3, 0, NULL, "of the line"                         \
	}
#define FILLED                                                                                     \
	{                                                                                          \
		"filled", 0, 0, 1, 0, 1, 1, NULL, "1: the inside, not the line"                    \
	}

static const struct nn_stimulus_param line_params[] = {
	WIDTH,
	{"length", 2, 0.01, 20, 0.6, 2, 0, NULL, "from end to end"},
};

static void draw_line(struct nn_easel *s, const double *v, struct nn_random *r)
{
	(void)r;
	nn_paint(s, nn_segment(-v[1] / 2, 0, v[1] / 2, 0, v[0]), s->ink);
}

const struct nn_stimulus nn_line_stimulus = {"line",
					     "a straight line with round ends, level at angle 0",
					     0,
					     0,
					     1,
					     line_params,
					     NN_LEN(line_params),
					     draw_line};

static const struct nn_stimulus_param edge_params[] = {
	{"soft", 0, 0, 2, 0, 0.3, 0, NULL, "width of the change"},
	{"window", 1, 0, 1, 0, 1, 1, NULL, "1: within the unit disc; 0: everywhere"},
};

struct edge {
	float soft;
};

static float edge_weight(float x, float y, const void *data)
{
	const struct edge *e = data;
	float w = e->soft > 0 ? 0.5f - y / e->soft : y < 0;

	(void)x;
	return w < 0 ? 0 : w > 1 ? 1 : w;
}

static void draw_edge(struct nn_easel *s, const double *v, struct nn_random *r)
{
	struct nn_shape half = {.kind = NN_PLANE};
	struct nn_shape disc = nn_disc(0, 0, v[1] != 0 ? 1 : 1e4);
	struct edge e = {(float)v[0]};

	(void)r;
	if (v[0] > 0)
		nn_paint_field(s, disc, 0, s->ink, edge_weight, &e);
	else
		nn_paint_within(s, half, &disc, s->ink);
}

const struct nn_stimulus nn_edge_stimulus = {
	"edge",   "a step: the ink is above at angle 0", 0, 0, 1, edge_params, NN_LEN(edge_params),
	draw_edge};

static const struct nn_stimulus_param curve_params[] = {
	{"radius", 0.6, 0.05, 100, 0.2, 2, 0, NULL, "of the curve: 100 is nearly straight"},
	WIDTH,
	FILLED,
	{"extent", 1, 0.05, 100, 1, 1, 0, NULL, "radius of the disc it is seen in"},
};

static void draw_curve(struct nn_easel *s, const double *v, struct nn_random *r)
{
	struct nn_shape disc = nn_disc(0, v[0], v[0]), window = nn_disc(0, 0, v[3]);

	(void)r;
	if (v[2] == 0)
		disc.line = (float)v[1];
	nn_paint_within(s, disc, &window, s->ink);
}

const struct nn_stimulus nn_curve_stimulus = {
	"curve",
	"part of a circle that touches the centre from below at angle 0",
	0,
	0,
	1,
	curve_params,
	NN_LEN(curve_params),
	draw_curve};

static const struct nn_stimulus_param corner_params[] = {
	{"opening", 90, 5, 355, 30, 150, 0, NULL, "degrees between the sides"},
	WIDTH,
	FILLED,
};

static void draw_corner(struct nn_easel *s, const double *v, struct nn_random *r)
{
	double half = v[0] / 2 * RADIANS, a;
	struct nn_shape disc = nn_disc(0, 0, 1);
	float wedge[6][2] = {{0, 0}};
	int i;

	(void)r;
	for (i = -2; i <= 2; i++) { /* far beyond the disc */
		a = half * i / 2;
		wedge[i + 3][0] = (float)(3 * cos(a));
		wedge[i + 3][1] = (float)(3 * sin(a));
	}
	if (v[2] != 0) {
		nn_paint_within(s, nn_polygon(6, (const float(*)[2])wedge, 0), &disc, s->ink);
		return;
	}
	nn_paint(s, nn_segment(0, 0, cos(half), sin(half), v[1]), s->ink);
	nn_paint(s, nn_segment(0, 0, cos(half), -sin(half), v[1]), s->ink);
}

const struct nn_stimulus nn_corner_stimulus = {
	"corner",
	"two sides that meet in the centre, open to the right at angle 0",
	0,
	0,
	1,
	corner_params,
	NN_LEN(corner_params),
	draw_corner};

static const struct nn_stimulus_param cross_params[] = {
	WIDTH,
	{"arms", 4, 3, 16, 3, 6, 1, NULL, "from the centre"},
};

static void draw_cross(struct nn_easel *s, const double *v, struct nn_random *r)
{
	double a;
	int i;

	(void)r;
	for (i = 0; i < (int)v[1]; i++) {
		a = 6.283185307179586 * i / v[1];
		nn_paint(s, nn_segment(0, 0, cos(a), -sin(a), v[0]), s->ink);
	}
}

const struct nn_stimulus nn_cross_stimulus = {
	"cross", "lines from the centre", 0, 0, 1, cross_params, NN_LEN(cross_params), draw_cross};
