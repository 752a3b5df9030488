/* SPDX-License-Identifier: ISC */
/* The middle of the picture at a size given, with grey around it where it is too small. */
#include "../vis.h"

static int parse(struct nn_warp *w, const char *text)
{
	int width, height;

	if (nn_parse_size(text, &width, &height) < 0)
		return -1;
	w->width = width;
	w->height = height;
	return 0;
}

static int64_t half(int64_t n)
{
	return n < 0 ? -((1 - n) / 2) : n / 2; /* rounded down */
}

static void apply(const struct nn_warp *w, struct nn_random *r, struct nn_view *view)
{
	double x = (double)half(view->width - w->width), y = (double)half(view->height - w->height);

	(void)r;
	nn_view_compose(view, (const double[6]){1, 0, x, 0, 1, y});
	view->width = w->width;
	view->height = w->height;
}

const struct nn_transform nn_transform_crop = {
        .name = "crop",
        .values = "WxH",
        .what = "the middle at this size, with grey around what is too small",
        .parse = parse,
        .apply = apply,
};
