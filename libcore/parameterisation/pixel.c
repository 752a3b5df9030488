/* SPDX-License-Identifier: ISC */
/* A picture as its pixels. */
#include "../vis.h"

#include <string.h>

static void init(struct nn_medium *m)
{
	m->nvariables = m->width * m->height;
}

static void copy(const struct nn_medium *m, const float *from, float *to, float *scratch)
{
	(void)scratch;
	memcpy(to, from, (size_t)m->nvariables * sizeof *to);
}

const struct nn_parameterisation nn_parameterisation_pixel = {
        .name = "pixel",
        .what = "each pixel by itself",
        .init = init,
        .forward = copy,
        .adjoint = copy,
        .inverse = copy,
};
