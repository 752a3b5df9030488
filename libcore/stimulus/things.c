/* SPDX-License-Identifier: ISC */
/* Objects that are made: chessboard, clock, die, key, ladder, wheel; and the eye and the face. */
#include "stimulus.h"

#include <math.h>

#define TURN 6.283185307179586

static const float black[3] = {0.05f, 0.05f, 0.06f}, white[3] = {0.97f, 0.97f, 0.95f};

static const struct nn_stimulus_param chessboard_params[] = {
	{"squares", 4, 3, 8, 3, 6, 1, NULL, "along a side"},
};

static void draw_chessboard(struct nn_easel *s, const double *v, struct nn_random *r)
{
	struct nn_shape inside = nn_rectangle(0, 0, 0.62, 0.62, 0);
	struct nn_shape squares = {
		.kind = NN_CHECKER, .x = -0.62f, .y = -0.62f, .a = (float)(1.24 / v[0])};

	(void)r;
	nn_paint_edged(s, nn_rectangle(0, 0, 0.7, 0.7, 0.03), s->dark);
	nn_paint(s, inside, s->pale);
	nn_paint_within(s, squares, &inside, s->ink);
}

const struct nn_stimulus nn_chessboard_stimulus = {"chessboard",
						   "a framed board of squares",
						   20,
						   0.6,
						   0.3,
						   chessboard_params,
						   NN_LEN(chessboard_params),
						   draw_chessboard};

static const struct nn_stimulus_param clock_params[] = {
	{"hour", 10, 0, 12, 0, 12, 0, NULL, "where the short hand is"},
	{"minute", 10, 0, 60, 0, 60, 0, NULL, "where the long hand is"},
};

static void draw_clock(struct nn_easel *s, const double *v, struct nn_random *r)
{
	double a;
	int i;

	(void)r;
	nn_paint_edged(s, nn_disc(0, 0, 0.95), s->ink);
	nn_paint(s, nn_disc(0, 0, 0.78), white);
	for (i = 0; i < 12; i++) {
		a = TURN * i / 12;
		nn_paint(s,
			 nn_segment(0.62 * sin(a), 0.62 * cos(a), 0.7 * sin(a), 0.7 * cos(a), 0.07),
			 black);
	}
	a = TURN * v[0] / 12;
	nn_paint(s, nn_segment(0, 0, 0.34 * sin(a), -0.34 * cos(a), 0.13), black);
	a = TURN * v[1] / 60;
	nn_paint(s, nn_segment(0, 0, 0.56 * sin(a), -0.56 * cos(a), 0.08), black);
	nn_paint(s, nn_disc(0, 0, 0.09), s->ink);
}

const struct nn_stimulus nn_clock_stimulus = {"clock",
					      "a round dial with marks and two hands",
					      210,
					      0.5,
					      0.4,
					      clock_params,
					      NN_LEN(clock_params),
					      draw_clock};

static const struct nn_stimulus_param die_params[] = {
	{"pips", 5, 1, 6, 2, 6, 1, NULL, "on the face"},
};

static void draw_die(struct nn_easel *s, const double *v, struct nn_random *r)
{
	/* per number of pips: which of the nine places, row by row */
	static const int places[7] = {0, 0020, 0104, 0124, 0505, 0525, 0555};
	int i, n = (int)v[0];

	(void)r;
	nn_paint_edged(s, nn_rectangle(0, 0, 0.7, 0.7, 0.16), s->ink);
	for (i = 0; i < 9; i++)
		if (places[n] >> i & 1)
			nn_paint(s, nn_disc((i % 3 - 1) * 0.38, (i / 3 - 1) * 0.38, 0.135),
				 s->ink[0] + s->ink[1] + s->ink[2] > 1.4f ? black : white);
}

const struct nn_stimulus nn_die_stimulus = {
	"die",      "a rounded square with pips", 45,      0.3, 0.88,
	die_params, NN_LEN(die_params),           draw_die};

static const struct nn_stimulus_param eye_params[] = {
	{"gaze", 0, -1, 1, -0.7, 0.7, 0, NULL, "left to right"},
	{"lashes", 5, 0, 9, 3, 7, 1, NULL, "above"},
};

static void draw_eye(struct nn_easel *s, const double *v, struct nn_random *r)
{
	struct nn_shape top = nn_disc(0, 0.62, 1.12), low = nn_disc(0, -0.62, 1.12);
	struct nn_shape top_edge = nn_disc(0, 0.62, 1.12 + 0.05 + s->edge);
	struct nn_shape low_edge = nn_disc(0, -0.62, 1.12 + 0.05 + s->edge);
	double x = 0.22 * v[0], a;
	int i;

	(void)r;
	for (i = 0; i < (int)v[1]; i++) {
		a = v[1] > 1 ? -0.6 + 1.2 * i / (v[1] - 1) : 0;
		nn_paint(s,
			 nn_segment(1.1 * sin(a), 0.62 - 1.1 * cos(a), 1.42 * sin(a),
				    0.62 - 1.42 * cos(a), 0.07),
			 s->dark);
	}
	nn_paint_within(s, top_edge, &low_edge, s->dark);
	nn_paint_within(s, top, &low, white);
	{
		struct nn_shape iris = nn_disc(x, 0, 0.41);

		nn_paint_within(s, iris, &top, s->ink);
	}
	nn_paint(s, nn_disc(x, 0, 0.2), black);
	nn_paint(s, nn_disc(x + 0.14, -0.14, 0.08), white);
}

const struct nn_stimulus nn_eye_stimulus = {"eye",
					    "an iris between two lids, with lashes",
					    205,
					    0.7,
					    0.45,
					    eye_params,
					    NN_LEN(eye_params),
					    draw_eye};

static const struct nn_stimulus_param face_params[] = {
	{"smile", 0.7, -1, 1, -1, 1, 0, NULL, "-1: the mouth's corners down"},
	{"eyes", 0.13, 0.06, 0.2, 0.09, 0.16, 0, NULL, "their radius"},
};

static void draw_face(struct nn_easel *s, const double *v, struct nn_random *r)
{
	double bend = fabs(v[0]) < 0.15 ? 0.15 : fabs(v[0]), radius = 0.42 / bend, half = 52 * bend;
	double middle = v[0] < 0 ? 90 : -90;
	int side;

	(void)r;
	nn_paint_edged(s, nn_disc(0, 0, 0.93), s->ink);
	for (side = -1; side <= 1; side += 2) {
		nn_paint_edged(s, nn_disc(side * 0.34, -0.25, v[1] * 1.5), white);
		nn_paint(s, nn_disc(side * 0.34, -0.25, v[1]), black);
	}
	nn_paint(s, nn_segment(0, -0.1, 0, 0.12, 0.09), s->dark);
	nn_paint(s,
		 nn_arc(0, v[0] < 0 ? 0.36 + radius : 0.55 - radius, radius, middle - half,
			middle + half, 0.1),
		 s->dark);
}

const struct nn_stimulus nn_face_stimulus = {"face",
					     "a disc with eyes, nose and mouth",
					     40,
					     0.75,
					     0.65,
					     face_params,
					     NN_LEN(face_params),
					     draw_face};

static const struct nn_stimulus_param key_params[] = {
	{"teeth", 2, 1, 4, 2, 3, 1, NULL, "of the bit"},
};

static void key_shape(struct nn_easel *s, const double *v, double more, const float rgb[3])
{
	double x;
	int i;

	nn_paint(s, nn_ring(-0.58, 0, 0.28, 0.15 + more), rgb);
	nn_paint(s, nn_rectangle(0.33, 0, 0.62 + more / 2, 0.075 + more / 2, 0), rgb);
	for (i = 0; i < (int)v[0]; i++) {
		x = 0.87 - 0.2 * i;
		nn_paint(
			s,
			nn_rectangle(x, 0.17, 0.065 + more / 2, (i % 2 ? 0.13 : 0.2) + more / 2, 0),
			rgb);
	}
}

static void draw_key(struct nn_easel *s, const double *v, struct nn_random *r)
{
	(void)r;
	key_shape(s, v, 2 * s->edge, s->dark);
	key_shape(s, v, 0, s->ink);
}

const struct nn_stimulus nn_key_stimulus = {
	"key",      "a ring, a shaft and teeth", 44,      0.6, 0.55,
	key_params, NN_LEN(key_params),          draw_key};

static const struct nn_stimulus_param ladder_params[] = {
	{"rungs", 5, 3, 8, 4, 7, 1, NULL, "between the rails"},
	{"width", 0.36, 0.25, 0.5, 0.3, 0.45, 0, NULL, "half of it"},
};

static void ladder_shape(struct nn_easel *s, const double *v, double more, const float rgb[3])
{
	double y;
	int i;

	for (i = 0; i < (int)v[0]; i++) {
		y = -0.72 + 1.44 * i / (v[0] - 1);
		nn_paint(s, nn_segment(-v[1], y, v[1], y, 0.1 + more), rgb);
	}
	nn_paint(s, nn_segment(-v[1], -0.87, -v[1], 0.87, 0.14 + more), rgb);
	nn_paint(s, nn_segment(v[1], -0.87, v[1], 0.87, 0.14 + more), rgb);
}

static void draw_ladder(struct nn_easel *s, const double *v, struct nn_random *r)
{
	(void)r;
	ladder_shape(s, v, 2 * s->edge, s->dark);
	ladder_shape(s, v, 0, s->ink);
}

const struct nn_stimulus nn_ladder_stimulus = {
	"ladder",      "two rails and rungs", 30,         0.55, 0.5,
	ladder_params, NN_LEN(ladder_params), draw_ladder};

static const struct nn_stimulus_param wheel_params[] = {
	{"spokes", 8, 3, 16, 5, 12, 1, NULL, "from the hub to the rim"},
	{"rim", 0.18, 0.08, 0.3, 0.13, 0.24, 0, NULL, "its width"},
};

static void draw_wheel(struct nn_easel *s, const double *v, struct nn_random *r)
{
	double a, radius = 0.94 - v[1] / 2;
	int i;

	(void)r;
	for (i = 0; i < (int)v[0]; i++) {
		a = TURN * i / v[0];
		nn_paint_edged(s, nn_segment(0, 0, radius * sin(a), radius * cos(a), 0.08), s->ink);
	}
	nn_paint_edged(s, nn_ring(0, 0, radius, v[1]), s->ink);
	nn_paint_edged(s, nn_disc(0, 0, 0.19), s->ink);
	nn_paint(s, nn_disc(0, 0, 0.08), s->dark);
}

const struct nn_stimulus nn_wheel_stimulus = {
	"wheel",      "a rim with spokes and a hub", 28,        0.5, 0.4,
	wheel_params, NN_LEN(wheel_params),          draw_wheel};
