/* SPDX-License-Identifier: ISC */
/* A part of the picture, smaller by some pixels, from anywhere. */
#include "../vis.h"

static int parse(struct nn_warp *w, const char *text)
{
	return nn_parse_int(text, 0, 4096, &w->width);
}

static void apply(const struct nn_warp *w, struct nn_random *r, struct nn_view *view)
{
	double y = (double)nn_random_below(r, w->width + 1);
	double x = (double)nn_random_below(r, w->width + 1);
	const double m[6] = {1, 0, x, 0, 1, y};

	nn_view_compose(view, m);
	view->width -= w->width;
	view->height -= w->width;
}

const struct nn_transform nn_transform_jitter = {
        .name = "jitter",
        .values = "N",
        .what = "a part that is N pixels smaller each way, from a place drawn",
        .parse = parse,
        .apply = apply,
};
