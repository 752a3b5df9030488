/* SPDX-License-Identifier: ISC */
/*
 * Floor 5, image: painting shapes on a float picture, anti-aliased: what stimuli are made with.
 *
 * A shape is a signed distance, negative inside; a pixel is covered as far as the distance at its
 * centre says, half of it on the outline.  That is exact for a straight outline along the pixels
 * and very near for all others, and it needs no random subpixels.
 *
 * Coordinates: x to the right, y down, 1 is half of the picture's shorter side and (0, 0) its
 * centre, until nn_easel_move() changes what the numbers mean.  Angles are degrees, anticlockwise
 * as seen.
 */
#ifndef NN_EASEL_H
#define NN_EASEL_H

#include "base.h"

struct nn_easel {
	int width, height;
	float *pixel; /* [3][h][w], the caller's */
	float *mask;  /* [h][w], how much of each pixel was painted on; NULL: nobody asks */
	/* where (0, 0) is and what x and y are, in pixels */
	float origin[2], across[2], down[2], unit; /* unit: length of both axes */
	float edge; /* width of the dark line around nn_paint_edged() */
	float ink[3], dark[3], pale[3], accent[3]; /* the palette, RGB, made from ink */
};

/* The whole picture, untransformed; mask may be NULL. Neither is cleared. */
void nn_easel_init(struct nn_easel *c, int width, int height, float *pixel, float *mask);
/* The same picture seen from (x, y), turned by angle and with units scale times as long. */
struct nn_easel nn_easel_move(const struct nn_easel *c, double x, double y, double angle,
			      double scale);
void nn_easel_flip(struct nn_easel *c); /* x to the left from here on */
/* Sets the palette from an ink: dark and pale are of its hue, accent of the opposite one. */
void nn_easel_palette(struct nn_easel *c, double hue, double saturation, double light);
/* Hue in degrees, saturation and light 0..1 (HSL) to RGB. */
void nn_hsl(double hue, double saturation, double light, float rgb[3]);

enum nn_shape_kind {
	NN_PLANE,   /* y < 0 */
	NN_DISC,    /* radius a */
	NN_ELLIPSE, /* half axes a, b; the distance is a close guess */
	NN_BOX,     /* half sides a, b */
	NN_SEGMENT, /* from (x, y) to (a, b) */
	NN_ARC,     /* radius a, from angle b to angle c */
	NN_POLYGON, /* n points */
	NN_SPIRAL,  /* r = b * turns, 0 <= turns <= a (Archimedes), starting at angle c */
	NN_STRIPES, /* across x: period a, each b wide, the first around x */
	NN_CHECKER, /* squares of side a, one corner at (x, y) */
	NN_DOTS     /* square lattice of period a, radius b */
};

struct nn_shape {
	enum nn_shape_kind kind;
	float x, y; /* centre */
	float a, b, c;
	int n;
	const float (*point)[2]; /* borrowed */
	float line;              /* > 0: only a line as wide as this along the outline */
	float grow;              /* > 0: made larger all around, which rounds the corners */
};

struct nn_shape nn_disc(double x, double y, double r);
struct nn_shape nn_ring(double x, double y, double r, double width);
struct nn_shape nn_ellipse(double x, double y, double a, double b);
struct nn_shape nn_rectangle(double x, double y, double a, double b, double rounding);
struct nn_shape nn_segment(double x, double y, double x1, double y1, double width);
struct nn_shape nn_arc(double x, double y, double r, double from, double to, double width);
struct nn_shape nn_polygon(int n, const float (*point)[2], double rounding);

/* The signed distance of (x, y) from the shape. */
float nn_shape_distance(const struct nn_shape *s, float x, float y);

void nn_paint(struct nn_easel *c, struct nn_shape s, const float rgb[3]);
/* The same with a dark line of the easel's edge around it. */
void nn_paint_edged(struct nn_easel *c, struct nn_shape s, const float rgb[3]);
/* Only where within is, too. */
void nn_paint_within(struct nn_easel *c, struct nn_shape s, const struct nn_shape *within,
		     const float rgb[3]);
/* Where s is, softened over a band of the width soft, a share weight(x, y, data) of the colour. */
void nn_paint_field(struct nn_easel *c, struct nn_shape s, double soft, const float rgb[3],
		    float (*weight)(float x, float y, const void *data), const void *data);

/* Blurs the picture with a Gaussian of a deviation in pixels; the edges are repeated. */
void nn_easel_blur(struct nn_easel *c, double deviation);

#endif
