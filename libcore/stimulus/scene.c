/* SPDX-License-Identifier: ISC */
/* The random scene: one or two objects somewhere on a ground, and the camera's faults. */
#include "stimulus.h"

#include <math.h>
#include <string.h>

#define NN_STIMULUS(name)
#define NN_STIMULUS_OBJECT(name) " " #name
static const char class_names[] = "any"
#include "stimulus.def"
	;
#undef NN_STIMULUS
#undef NN_STIMULUS_OBJECT
#define CLASSES 24

enum { OBJECTS, CLASS, CLASS2, SCALE, TURN, TYPICAL, OCCLUSION, GROUND, CLUTTER, BLUR, NOISE };

static const struct nn_stimulus_param params[] = {
	[OBJECTS] = {"objects", 1, 0, 2, 1, 1, 1, NULL, "how many"},
	[CLASS] = {"class", 0, 0, CLASSES, 0, 0, 1, class_names, "of the first object"},
	[CLASS2] = {"class2", 0, 0, CLASSES, 0, 0, 1, class_names,
		    "of the second; never the first's"},
	[SCALE] = {"scale", 0.65, 0.1, 1, 0.42, 0.88, 0, NULL, "radius; of two objects 0.6 of it"},
	[TURN] = {"turn", 25, 0, 180, 25, 25, 0, NULL, "most degrees that objects are turned by"},
	[TYPICAL] = {"typical", 0.7, 0, 1, 0.7, 0.7, 0, NULL, "how often of their class's colour"},
	[OCCLUSION] = {"occlusion", 0.25, 0, 1, 0.25, 0.25, 0, NULL,
		       "how often something lies on one"},
	[GROUND] = {"ground", 2, 0, 3, 0, 3, 1, "plain gradient noise patches", "what is behind"},
	[CLUTTER] = {"clutter", 0.2, 0, 1, 0, 0.6, 0, NULL, "small pieces on the ground"},
	[BLUR] = {"blur", 0, 0, 50, 0, 0.8, 0, NULL, "deviation of a Gaussian, pixels"},
	[NOISE] = {"noise", 0, 0, 1, 0, 0.05, 0, NULL, "deviation of noise on each number"},
};

static double even(struct nn_random *r, double low, double high)
{
	return low + nn_random_uniform(r) * (high - low);
}

static double clip(double v)
{
	return v < 0 ? 0 : v > 1 ? 1 : v;
}

/* the mean colour of the square that the object will cover */
static void mean_colour(const struct nn_easel *s, const double *v, float rgb[3])
{
	double cx = s->origin[0] + v[NN_X] * s->unit, cy = s->origin[1] + v[NN_Y] * s->unit;
	double half = v[NN_SCALE] * s->unit * 0.8;
	int x0 = (int)NN_MAX(cx - half, 0), x1 = (int)NN_MIN(cx + half, s->width - 1.0);
	int y0 = (int)NN_MAX(cy - half, 0), y1 = (int)NN_MIN(cy + half, s->height - 1.0);
	size_t plane = (size_t)s->width * (size_t)s->height;
	double sum[3] = {0};
	int x, y, k, n = 0;

	for (y = y0; y <= y1; y += 2)
		for (x = x0; x <= x1; x += 2, n++)
			for (k = 0; k < 3; k++)
				sum[k] += s->pixel[(size_t)k * plane +
						   (size_t)y * (size_t)s->width + (size_t)x];
	for (k = 0; k < 3; k++)
		rgb[k] = n ? (float)(sum[k] / n) : 0.5f;
}

/* An ink near the typical one, or any, that stands out from the ground where it can. */
static void choose_ink(const struct nn_easel *s, struct nn_choice *c, double typical,
		       struct nn_random *r)
{
	const struct nn_stimulus *f = c->family;
	int tries, near = nn_random_uniform(r) < typical;
	float ground[3], rgb[3];
	double d = 0;

	mean_colour(s, c->value, ground);
	for (tries = 0; tries < 8 && d < 0.35; tries++) {
		if (near) {
			c->value[NN_HUE] = f->hue + even(r, -15, 15);
			c->value[NN_SATURATION] = clip(f->saturation + even(r, -0.15, 0.1));
			c->value[NN_LIGHT] = clip(f->light + even(r, -0.1, 0.1));
		} else {
			c->value[NN_HUE] = even(r, 0, 360);
			c->value[NN_SATURATION] = even(r, 0.1, 1);
			c->value[NN_LIGHT] = even(r, 0.25, 0.8);
		}
		nn_hsl(c->value[NN_HUE], c->value[NN_SATURATION], c->value[NN_LIGHT], rgb);
		d = sqrt(pow(rgb[0] - ground[0], 2) + pow(rgb[1] - ground[1], 2) +
			 pow(rgb[2] - ground[2], 2));
	}
}

/* A bar or a disc over a part of the object that leaves most of it to be seen. */
static void occlude(struct nn_easel *s, const struct nn_choice *c, struct nn_random *r)
{
	const double *v = c->value;
	double a = even(r, 0, 360), away = v[NN_SCALE] * even(r, 0.45, 1), radius;
	struct nn_easel at = nn_easel_move(s, v[NN_X], v[NN_Y], a, 1);
	float rgb[3];

	nn_hsl(even(r, 0, 360), even(r, 0, 0.7), even(r, 0.15, 0.85), rgb);
	radius = v[NN_SCALE] * even(r, 0.2, 0.4);
	if (nn_random_below(r, 2))
		nn_paint(&at, nn_disc(away, 0, radius), rgb);
	else
		nn_paint(&at, nn_rectangle(away, 0, radius * 0.4, 3, 0), rgb);
}

/* Where object i of n lies: anywhere inside, or on two sides of the centre. */
static void place(const struct nn_easel *s, struct nn_choice *c, double scale, int i, int n,
		  double axis, struct nn_random *r)
{
	double wide = (double)s->width / NN_MIN(s->width, s->height);
	double high = (double)s->height / NN_MIN(s->width, s->height);
	double *v = c->value, room;

	v[NN_SCALE] = n > 1 ? scale * 0.6 : scale;
	if (n > 1) {
		room = 0.5 / NN_MAX(fabs(cos(axis)), fabs(sin(axis)));
		v[NN_X] = (i ? -1 : 1) * room * wide * cos(axis) + even(r, -0.06, 0.06);
		v[NN_Y] = (i ? -1 : 1) * room * high * sin(axis) + even(r, -0.06, 0.06);
		return;
	}
	room = NN_MAX(wide - 0.92 * scale, 0);
	v[NN_X] = even(r, -room, room);
	room = NN_MAX(high - 0.92 * scale, 0);
	v[NN_Y] = even(r, -room, room);
}

static int choose_class(const double *v, int i, int first, struct nn_random *r)
{
	int want = (int)v[i ? CLASS2 : CLASS] - 1, k;

	if (want >= 0)
		return want;
	if (i == 0)
		return (int)nn_random_below(r, CLASSES);
	k = (int)nn_random_below(r, CLASSES - 1);
	return k < first ? k : k + 1;
}

int nn_scene_paint(struct nn_easel *s, const struct nn_choice *c, struct nn_random *r,
		   struct nn_scene_object object[NN_SCENE_OBJECTS])
{
	const double *v = c->value;
	struct nn_ground g = {(int)v[GROUND], even(r, 0, 360), even(r, 0, 0.55),
			      even(r, 0.12, 0.88), v[CLUTTER]};
	int i, first = 0, n = (int)v[OBJECTS];
	double axis = even(r, 0, 6.283185307179586);

	nn_ground_paint(s, &g, r);
	for (i = 0; i < n; i++) {
		struct nn_choice *o = &object[i].choice;
		int class = choose_class(v, i, first, r);

		nn_choice_init(o, nn_classes[class]);
		nn_choice_draw(o, r);
		place(s, o, v[SCALE], i, n, axis, r);
		o->value[NN_ANGLE] = even(r, -v[TURN], v[TURN]);
		o->value[NN_GROUND] = o->value[NN_CLUTTER] = o->value[NN_BLUR] =
			o->value[NN_NOISE] = 0;
		choose_ink(s, o, v[TYPICAL], r);
		nn_choice_paint(s, o, r, object[i].box);
		if (nn_random_uniform(r) < v[OCCLUSION])
			occlude(s, o, r);
		first = class;
	}
	nn_stimulus_finish(s, v[BLUR], v[NOISE], r);
	return n;
}

const struct nn_stimulus nn_scene_stimulus = {
	"scene",
	"objects drawn at random on a ground, with labels and boxes",
	0,
	0,
	0,
	params,
	NN_LEN(params),
	NULL};
