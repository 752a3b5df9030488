/* SPDX-License-Identifier: ISC */
/*
 * Signed distances of the shapes.  Most are geometry; that of the ellipse is f / |grad f| of
 * f = |p / axes|, and the spiral's that to the nearest turn along the radius, corrected for the
 * slope.
 */
#include "easel.h"

#include <math.h>

#define RADIANS 0.017453292519943295f

struct nn_shape nn_disc(double x, double y, double r)
{
	return (struct nn_shape){.kind = NN_DISC, .x = (float)x, .y = (float)y, .a = (float)r};
}

struct nn_shape nn_ring(double x, double y, double r, double width)
{
	struct nn_shape s = nn_disc(x, y, r);

	s.line = (float)width;
	return s;
}

struct nn_shape nn_ellipse(double x, double y, double a, double b)
{
	return (struct nn_shape){
		.kind = NN_ELLIPSE, .x = (float)x, .y = (float)y, .a = (float)a, .b = (float)b};
}

struct nn_shape nn_rectangle(double x, double y, double a, double b, double rounding)
{
	return (struct nn_shape){.kind = NN_BOX,
				 .x = (float)x,
				 .y = (float)y,
				 .a = (float)(a - rounding),
				 .b = (float)(b - rounding),
				 .grow = (float)rounding};
}

struct nn_shape nn_segment(double x, double y, double x1, double y1, double width)
{
	return (struct nn_shape){.kind = NN_SEGMENT,
				 .x = (float)x,
				 .y = (float)y,
				 .a = (float)x1,
				 .b = (float)y1,
				 .grow = (float)(width / 2)};
}

struct nn_shape nn_arc(double x, double y, double r, double from, double to, double width)
{
	return (struct nn_shape){.kind = NN_ARC,
				 .x = (float)x,
				 .y = (float)y,
				 .a = (float)r,
				 .b = (float)from,
				 .c = (float)to,
				 .grow = (float)(width / 2)};
}

struct nn_shape nn_polygon(int n, const float (*point)[2], double rounding)
{
	return (struct nn_shape){
		.kind = NN_POLYGON, .n = n, .point = point, .grow = (float)rounding};
}

static float segment(float x, float y, float x1, float y1)
{
	float square = x1 * x1 + y1 * y1, t = square > 0 ? (x * x1 + y * y1) / square : 0;

	t = t < 0 ? 0 : t > 1 ? 1 : t;
	x -= t * x1;
	y -= t * y1;
	return sqrtf(x * x + y * y);
}

static float ellipse(float x, float y, float a, float b)
{
	float u = x / a, v = y / b, f = sqrtf(u * u + v * v), du = u / a, dv = v / b;
	float slope = sqrtf(du * du + dv * dv);

	return slope > 0 ? f * (f - 1) / slope : -NN_MIN(a, b);
}

static float box(float x, float y, float a, float b)
{
	float dx = fabsf(x) - a, dy = fabsf(y) - b, ox = NN_MAX(dx, 0), oy = NN_MAX(dy, 0);

	return sqrtf(ox * ox + oy * oy) + NN_MIN(NN_MAX(dx, dy), 0);
}

static float arc(float x, float y, float r, float from, float to)
{
	float middle = (from + to) / 2 * RADIANS, half = fabsf(to - from) / 2 * RADIANS;
	/* turned so that the arc lies around the x axis, and folded onto its upper half */
	float u = x * cosf(middle) - y * sinf(middle),
	      v = fabsf(x * sinf(middle) + y * cosf(middle));

	if (half >= 3.1415926f || atan2f(v, u) <= half)
		return fabsf(sqrtf(x * x + y * y) - r);
	u -= r * cosf(half);
	v -= r * sinf(half);
	return sqrtf(u * u + v * v);
}

/* inside by counting the edges that a ray to the right crosses */
static float polygon(const struct nn_shape *s, float x, float y)
{
	float best = INFINITY, d;
	int i, j, inside = 0;

	for (i = 0, j = s->n - 1; i < s->n; j = i++) {
		const float *p = s->point[i], *q = s->point[j];

		d = segment(x - p[0], y - p[1], q[0] - p[0], q[1] - p[1]);
		best = NN_MIN(best, d);
		if ((p[1] > y) != (q[1] > y) &&
		    x < p[0] + (y - p[1]) / (q[1] - p[1]) * (q[0] - p[0]))
			inside = !inside;
	}
	return inside ? -best : best;
}

static float spiral(float x, float y, float turns, float pitch, float start)
{
	float r = sqrtf(x * x + y * y), part, t, slope;

	part = (atan2f(-y, x) / RADIANS - start) / 360;
	part -= floorf(part); /* of a turn, at this angle */
	t = part + roundf(r / pitch - part);
	if (t > turns)
		t -= ceilf(t - turns);
	if (t < 0)
		return r;
	slope = pitch / (6.2831853f * NN_MAX(t * pitch, 0.1f * pitch));
	return fabsf(r - t * pitch) / sqrtf(1 + slope * slope);
}

static float fold(float x, float period)
{
	return x - period * roundf(x / period);
}

float nn_shape_distance(const struct nn_shape *s, float x, float y)
{
	float u = x - s->x, v = y - s->y, d = 0;

	switch (s->kind) {
	case NN_PLANE:
		d = v;
		break;
	case NN_DISC:
		d = sqrtf(u * u + v * v) - s->a;
		break;
	case NN_ELLIPSE:
		d = ellipse(u, v, s->a, s->b);
		break;
	case NN_BOX:
		d = box(u, v, s->a, s->b);
		break;
	case NN_SEGMENT:
		d = segment(u, v, s->a - s->x, s->b - s->y);
		break;
	case NN_ARC:
		d = arc(u, v, s->a, s->b, s->c);
		break;
	case NN_POLYGON:
		d = polygon(s, x, y);
		break;
	case NN_SPIRAL:
		d = spiral(u, v, s->a, s->b, s->c);
		break;
	case NN_STRIPES:
		d = fabsf(fold(u, s->a)) - s->b / 2;
		break;
	case NN_CHECKER: {
		float across = s->a / 2 - fabsf(fold(u - s->a / 2, s->a));
		float down = s->a / 2 - fabsf(fold(v - s->a / 2, s->a));
		int odd = (int)(floorf(u / s->a) + floorf(v / s->a)) & 1;

		d = NN_MIN(across, down);
		d = odd ? d : -d;
		break;
	}
	case NN_DOTS:
		u = fold(u, s->a);
		v = fold(v, s->a);
		d = sqrtf(u * u + v * v) - s->b;
		break;
	}
	if (s->line > 0)
		d = fabsf(d) - s->line / 2;
	return d - s->grow;
}
