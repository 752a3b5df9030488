/* SPDX-License-Identifier: ISC */
/* A frame of grey. */
#include "../vis.h"

static int parse(struct nn_warp *w, const char *text)
{
	return nn_parse_int(text, 0, 4096, &w->width);
}

static void apply(const struct nn_warp *w, struct nn_random *r, struct nn_view *view)
{
	const double m[6] = {1, 0, -(double)w->width, 0, 1, -(double)w->width};

	(void)r;
	nn_view_compose(view, m);
	view->width += 2 * w->width;
	view->height += 2 * w->width;
}

const struct nn_transform nn_transform_pad = {
        .name = "pad",
        .values = "N",
        .what = "a frame of grey, N pixels wide",
        .parse = parse,
        .apply = apply,
};
