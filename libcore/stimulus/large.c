/* SPDX-License-Identifier: ISC */
/* Objects of several large parts: boat, car, house. */
#include "stimulus.h"

#include <math.h>

static const float black[3] = {0.05f, 0.05f, 0.06f}, white[3] = {0.97f, 0.97f, 0.95f};
static const float wood[3] = {0.42f, 0.27f, 0.14f}, glass[3] = {0.7f, 0.87f, 0.95f};

static const struct nn_stimulus_param boat_params[] = {
	{"sail", 1, 0.6, 1.1, 0.8, 1.1, 0, NULL, "height of the sails"},
	{"jib", 1, 0, 1, 0, 1, 1, NULL, "1: has the second sail"},
};

static void draw_boat(struct nn_easel *s, const double *v, struct nn_random *r)
{
	static const float hull[4][2] = {
		{-0.78f, 0.4f}, {0.82f, 0.4f}, {0.5f, 0.78f}, {-0.55f, 0.78f}};
	float top = (float)(0.25 - 1.1 * v[0]);
	float sail[3][2] = {{-0.02f, top}, {0.66f, 0.24f}, {-0.02f, 0.24f}};
	float jib[3][2] = {{-0.14f, top + 0.2f}, {-0.14f, 0.24f}, {-0.6f, 0.24f}};

	(void)r;
	nn_paint_edged(s, nn_segment(-0.08, top, -0.08, 0.45, 0.06), wood);
	nn_paint_edged(s, nn_polygon(3, (const float(*)[2])sail, 0.02), white);
	if (v[1] != 0)
		nn_paint_edged(s, nn_polygon(3, (const float(*)[2])jib, 0.02), s->pale);
	nn_paint_edged(s, nn_polygon(4, hull, 0.03), s->ink);
	nn_paint(s, nn_segment(-0.7, 0.48, 0.72, 0.48, 0.06), white);
}

const struct nn_stimulus nn_boat_stimulus = {"boat",      "a hull with sails", 215,      0.7, 0.4,
					     boat_params, NN_LEN(boat_params), draw_boat};

static const struct nn_stimulus_param car_params[] = {
	{"wheels", 0.23, 0.15, 0.3, 0.19, 0.26, 0, NULL, "their radius"},
	{"spokes", 5, 0, 10, 0, 8, 1, NULL, "of each wheel"},
};

static void car_wheel(struct nn_easel *s, double x, double radius, int spokes)
{
	double a;
	int i;

	nn_paint_edged(s, nn_disc(x, 0.4, radius), black);
	nn_paint(s, nn_disc(x, 0.4, radius * 0.6), s->pale);
	for (i = 0; i < spokes; i++) {
		a = 6.283185307179586 * i / spokes;
		nn_paint(s,
			 nn_segment(x, 0.4, x + radius * 0.58 * cos(a),
				    0.4 + radius * 0.58 * sin(a), radius * 0.14),
			 black);
	}
	nn_paint(s, nn_disc(x, 0.4, radius * 0.18), black);
}

static void draw_car(struct nn_easel *s, const double *v, struct nn_random *r)
{
	static const float cabin[4][2] = {
		{-0.5f, -0.02f}, {-0.3f, -0.42f}, {0.25f, -0.42f}, {0.52f, -0.02f}};
	static const float back[4][2] = {
		{-0.4f, -0.04f}, {-0.25f, -0.34f}, {-0.05f, -0.34f}, {-0.05f, -0.04f}};
	static const float front[4][2] = {
		{0.05f, -0.04f}, {0.05f, -0.34f}, {0.22f, -0.34f}, {0.4f, -0.04f}};

	(void)r;
	nn_paint_edged(s, nn_polygon(4, cabin, 0.06), s->ink);
	nn_paint_edged(s, nn_rectangle(0, 0.17, 0.93, 0.24, 0.12), s->ink);
	nn_paint(s, nn_polygon(4, cabin, 0.06), s->ink);
	nn_paint(s, nn_polygon(4, back, 0.02), glass);
	nn_paint(s, nn_polygon(4, front, 0.02), glass);
	nn_paint(s, nn_disc(0.84, 0.1, 0.07), white);
	nn_paint(s, nn_segment(-0.86, 0.22, 0.86, 0.22, 0.035), s->dark);
	car_wheel(s, -0.5, v[0], (int)v[1]);
	car_wheel(s, 0.52, v[0], (int)v[1]);
}

const struct nn_stimulus nn_car_stimulus = {
	"car",   "from the side, with two wheels", 0, 0.75, 0.48, car_params, NN_LEN(car_params),
	draw_car};

static const struct nn_stimulus_param house_params[] = {
	{"roof", 0.6, 0.35, 0.75, 0.45, 0.7, 0, NULL, "its height"},
	{"chimney", 1, 0, 1, 0, 1, 1, NULL, "1: has one"},
};

static void window_pane(struct nn_easel *s, double x, double y)
{
	nn_paint_edged(s, nn_rectangle(x, y, 0.15, 0.15, 0), glass);
	nn_paint(s, nn_segment(x, y - 0.15, x, y + 0.15, 0.04), s->dark);
	nn_paint(s, nn_segment(x - 0.15, y, x + 0.15, y, 0.04), s->dark);
}

static void draw_house(struct nn_easel *s, const double *v, struct nn_random *r)
{
	float roof[3][2] = {{-0.8f, -0.06f}, {0.8f, -0.06f}, {0, (float)(-0.1 - v[0])}};

	(void)r;
	if (v[1] != 0)
		nn_paint_edged(s, nn_rectangle(0.42, -0.45, 0.1, 0.25, 0), s->accent);
	nn_paint_edged(s, nn_rectangle(0, 0.33, 0.62, 0.4, 0), s->pale);
	nn_paint_edged(s, nn_polygon(3, (const float(*)[2])roof, 0.04), s->ink);
	nn_paint_edged(s, nn_rectangle(-0.28, 0.47, 0.14, 0.26, 0), wood);
	nn_paint(s, nn_disc(-0.2, 0.5, 0.03), white);
	window_pane(s, 0.26, 0.3);
}

const struct nn_stimulus nn_house_stimulus = {"house",
					      "walls, a pointed roof, a door and a window",
					      8,
					      0.65,
					      0.4,
					      house_params,
					      NN_LEN(house_params),
					      draw_house};
