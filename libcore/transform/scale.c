/* SPDX-License-Identifier: ISC */
/* The picture at a size drawn, sides rounded down. */
#include "../vis.h"

static int parse(struct nn_warp *w, const char *text)
{
	return nn_warp_values(w, text, 0.01, 100);
}

static void apply(const struct nn_warp *w, struct nn_random *r, struct nn_view *view)
{
	/* a little more, so that 1.1 * 150 is 165 although 1.1 is not quite 1.1 */
	double s = nn_warp_draw(w, r) + 1e-9;
	int64_t width = (int64_t)(s * (double)view->width),
		height = (int64_t)(s * (double)view->height);
	double fx, fy;

	if (width < 1 || height < 1) { /* the caller refuses */
		view->width = width;
		view->height = height;
		return;
	}
	/* edges meet edges: a pixel's centre is half a pixel from its edge */
	fx = (double)view->width / (double)width;
	fy = (double)view->height / (double)height;
	nn_view_compose(view, (const double[6]){fx, 0, fx / 2 - 0.5, 0, fy, fy / 2 - 0.5});
	view->width = width;
	view->height = height;
}

const struct nn_transform nn_transform_scale = {
	.name = "scale",
	.values = "VALUES",
	.what = "larger by a factor drawn",
	.parse = parse,
	.apply = apply,
};
