/* SPDX-License-Identifier: ISC */
/* The picture turned about its middle, its size kept. */
#include "../vis.h"

#include <math.h>

static int parse(struct nn_warp *w, const char *text)
{
	return nn_warp_values(w, text, -360, 360);
}

static void apply(const struct nn_warp *w, struct nn_random *r, struct nn_view *view)
{
	double angle = nn_warp_draw(w, r) * 3.14159265358979323846 / 180, c = cos(angle),
	       s = sin(angle);
	double x = (double)(view->width - 1) / 2, y = (double)(view->height - 1) / 2;

	/* rows go down, so a positive angle turns the picture counterclockwise */
	nn_view_compose(view, (const double[6]){c, -s, x - c * x + s * y, s, c, y - s * x - c * y});
}

const struct nn_transform nn_transform_rotate = {
	.name = "rotate",
	.values = "VALUES",
	.what = "turned counterclockwise about the middle, by degrees drawn",
	.parse = parse,
	.apply = apply,
};
