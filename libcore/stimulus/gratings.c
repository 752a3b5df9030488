/* SPDX-License-Identifier: ISC */
/* What repeats: grating, plaid, rings, stripes, checker, dots, bricks. Seen in the unit disc, or
 * everywhere. */
#include "stimulus.h"

#include <math.h>

#define RADIANS 0.017453292519943295f
#define WINDOW                                                                                     \
	{                                                                                          \
		"window", 1, 0, 2, 0, 2, 1, "full disc soft", "what part of it is seen"            \
	}
#define OTHER                                                                                      \
	{"hue2", 0, -360, 720, 0, 360, 0, NULL, "hue of the other colour"},                        \
		{"saturation2", 0, 0, 1, 0, 1, 0, NULL, "its saturation"},                         \
	{                                                                                          \
		"light2", 0, 0, 1, 0, 0.4, 0, NULL, "its light"                                    \
	}

struct wave {
	float frequency, phase, contrast;
};

/* the window's shape, and over which width its edge is soft */
static struct nn_shape window(double kind, double *soft)
{
	*soft = kind == 2 ? 0.7 : 0;
	return nn_disc(0, 0, kind == 0 ? 1e4 : kind == 1 ? 1 : 0.65);
}

static void other(const double *v, float rgb[3])
{
	nn_hsl(v[0], v[1], v[2], rgb);
}

static float grating_weight(float x, float y, const void *data)
{
	const struct wave *w = data;

	(void)y;
	return 0.5f + 0.5f * w->contrast * cosf(6.2831853f * w->frequency * x + w->phase);
}

static float plaid_weight(float x, float y, const void *data)
{
	return (grating_weight(x, 0, data) + grating_weight(y, 0, data)) / 2;
}

static float rings_weight(float x, float y, const void *data)
{
	return grating_weight(sqrtf(x * x + y * y), 0, data);
}

/* v: frequency, phase, contrast, window, other colour */
static void waves(struct nn_easel *s, const double *v,
		  float (*weight)(float x, float y, const void *data))
{
	struct wave w = {(float)v[0], (float)v[1] * RADIANS, (float)v[2]};
	double soft;
	struct nn_shape where = window(v[3], &soft);
	float rgb[3];

	other(v + 4, rgb);
	nn_paint_field(s, where, soft, rgb, NULL, NULL);
	nn_paint_field(s, where, soft, s->ink, weight, &w);
}

#define PERIODS {"frequency", 3, 0.05, 100, 1, 8, 0, NULL, "periods in a unit"}
#define PHASE {"phase", 0, -360, 360, 0, 360, 0, NULL, "degrees; 0: most ink in the centre"}
#define CONTRAST {"contrast", 1, 0, 1, 0.3, 1, 0, NULL, "1: from one colour to the other"}

static const struct nn_stimulus_param wave_params[] = {PERIODS, PHASE, CONTRAST, WINDOW, OTHER};

static void draw_grating(struct nn_easel *s, const double *v, struct nn_random *r)
{
	(void)r;
	waves(s, v, grating_weight);
}

static void draw_plaid(struct nn_easel *s, const double *v, struct nn_random *r)
{
	(void)r;
	waves(s, v, plaid_weight);
}

static void draw_rings(struct nn_easel *s, const double *v, struct nn_random *r)
{
	(void)r;
	waves(s, v, rings_weight);
}

const struct nn_stimulus nn_grating_stimulus = {
	"grating",
	"a sine wave between two colours, bars upright at angle 0",
	0,
	0,
	1,
	wave_params,
	NN_LEN(wave_params),
	draw_grating};
const struct nn_stimulus nn_plaid_stimulus = {
	"plaid",   "the mean of two gratings that cross", 0, 0, 1, wave_params, NN_LEN(wave_params),
	draw_plaid};
const struct nn_stimulus nn_rings_stimulus = {
	"rings",   "a sine wave along the radius", 0, 0, 1, wave_params, NN_LEN(wave_params),
	draw_rings};

/* v: window, other colour: the ground of what follows */
static struct nn_shape lay(struct nn_easel *s, const double *v)
{
	struct nn_shape where = nn_disc(0, 0, v[0] == 0 ? 1e4 : 1);
	float rgb[3];

	other(v + 1, rgb);
	nn_paint(s, where, rgb);
	return where;
}

#define LAID {"window", 1, 0, 1, 0, 1, 1, "full disc", "what part of it is seen"}, OTHER

static const struct nn_stimulus_param stripes_params[] = {
	LAID,
	{"period", 0.3, 0.01, 20, 0.12, 0.6, 0, NULL, "from stripe to stripe"},
	{"duty", 0.5, 0.01, 0.99, 0.2, 0.8, 0, NULL, "share of the ink"},
};

static void draw_stripes(struct nn_easel *s, const double *v, struct nn_random *r)
{
	struct nn_shape where = lay(s, v);
	struct nn_shape stripes = {.kind = NN_STRIPES, .a = (float)v[4], .b = (float)(v[4] * v[5])};

	(void)r;
	nn_paint_within(s, stripes, &where, s->ink);
}

const struct nn_stimulus nn_stripes_stimulus = {"stripes",
						"bars with sharp edges, upright at angle 0",
						0,
						0,
						1,
						stripes_params,
						NN_LEN(stripes_params),
						draw_stripes};

static const struct nn_stimulus_param checker_params[] = {
	LAID,
	{"side", 0.25, 0.01, 20, 0.1, 0.5, 0, NULL, "of a square"},
};

static void draw_checker(struct nn_easel *s, const double *v, struct nn_random *r)
{
	struct nn_shape where = lay(s, v), squares = {.kind = NN_CHECKER, .a = (float)v[4]};

	(void)r;
	nn_paint_within(s, squares, &where, s->ink);
}

const struct nn_stimulus nn_checker_stimulus = {
	"checker",      "squares of two colours", 0,           0, 1,
	checker_params, NN_LEN(checker_params),   draw_checker};

static const struct nn_stimulus_param dots_params[] = {
	LAID,
	{"period", 0.3, 0.01, 20, 0.15, 0.6, 0, NULL, "from dot to dot"},
	{"size", 0.5, 0.05, 1, 0.3, 0.9, 0, NULL, "of a dot, in periods"},
};

static void draw_dots(struct nn_easel *s, const double *v, struct nn_random *r)
{
	struct nn_shape where = lay(s, v);
	struct nn_shape dots = {.kind = NN_DOTS, .a = (float)v[4], .b = (float)(v[4] * v[5] / 2)};

	(void)r;
	nn_paint_within(s, dots, &where, s->ink);
}

const struct nn_stimulus nn_dots_stimulus = {
	"dots", "a square lattice of discs", 0, 0, 1, dots_params, NN_LEN(dots_params), draw_dots};

static const struct nn_stimulus_param bricks_params[] = {
	LAID,
	{"course", 0.25, 0.02, 20, 0.15, 0.4, 0, NULL, "height of a course"},
	{"joint", 0.15, 0.02, 0.9, 0.08, 0.25, 0, NULL, "width of the joints, in courses"},
};

/* the joints are of the other colour, the bricks of the ink; odd courses are half a brick aside */
static float brick_weight(float x, float y, const void *data)
{
	const float *b = data; /* course, joint, softness: a pixel */
	float row = floorf(y / b[0]), u, v, d;

	u = x - ((int)row & 1 ? b[0] : 0);
	u = fabsf(u - 2 * b[0] * roundf(u / (2 * b[0])));
	v = y - row * b[0];
	v = NN_MIN(v, b[0] - v);
	d = (NN_MIN(u, v) - b[1] / 2) / b[2] + 0.5f;
	return d < 0 ? 0 : d > 1 ? 1 : d;
}

static void draw_bricks(struct nn_easel *s, const double *v, struct nn_random *r)
{
	struct nn_shape where = lay(s, v);
	float brick[3] = {(float)v[4], (float)(v[4] * v[5]), 1 / s->unit};

	(void)r;
	nn_paint_field(s, where, 0, s->ink, brick_weight, brick);
}

const struct nn_stimulus nn_bricks_stimulus = {"bricks",
					       "a wall of bricks two courses long",
					       10,
					       0.6,
					       0.45,
					       bricks_params,
					       NN_LEN(bricks_params),
					       draw_bricks};
