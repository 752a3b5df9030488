/* SPDX-License-Identifier: ISC */
/* A picture as its pixels. */
#include "../vis.h"

#include <string.h>

static void init(struct nn_canvas *c)
{
	c->nvariables = c->width * c->height;
}

static void copy(const struct nn_canvas *c, const float *from, float *to, float *scratch)
{
	(void)scratch;
	memcpy(to, from, (size_t)c->nvariables * sizeof *to);
}

const struct nn_parameterisation nn_parameterisation_pixel = {
        .name = "pixel",
        .what = "each pixel by itself",
        .init = init,
        .forward = copy,
        .adjoint = copy,
        .inverse = copy,
};
