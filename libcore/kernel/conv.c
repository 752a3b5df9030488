/* SPDX-License-Identifier: ISC */
/*
 * Convolution: which algorithm for which shape.  The choice looks at one picture's shape and at the
 * instruction set, never at the batch or the threads: bits must not depend on those.
 */
#include <stdlib.h>
#include <string.h>

#include "conv.h"

/* the first that fits; the last does all */
static const struct conv_algorithm *const algorithms[] = {
	&conv_depthwise, &conv_winograd, &conv_direct, &conv_gemm,
};

static int able(const struct conv_algorithm *a, const struct nn_conv_shape *s, int backward)
{
	return !a->able || a->able(s, backward);
}

static const struct conv_algorithm *choose(const struct nn_conv_shape *s, int backward)
{
	const char *forced = getenv("NN_CONV");
	size_t i;

	for (i = 0; forced && i < NN_LEN(algorithms); i++)
		if (!strcmp(forced, algorithms[i]->name) && able(algorithms[i], s, backward))
			return algorithms[i];
	for (i = 0; i + 1 < NN_LEN(algorithms); i++)
		if (able(algorithms[i], s, backward) && algorithms[i]->fits(s, backward))
			break;
	return algorithms[i];
}

static int packing(const struct nn_conv_shape *s, int backward)
{
	return choose(s, backward)->packing;
}

static size_t packed_bytes(const struct nn_conv_shape *s, int backward)
{
	return choose(s, backward)->packed_bytes(s, backward);
}

static void pack(const struct nn_conv_shape *s, int backward, const float *w, const float *scale,
                 void *packed)
{
	choose(s, backward)->pack(s, backward, w, scale, packed);
}

static size_t scratch_bytes(const struct nn_conv_shape *s, int backward)
{
	return choose(s, backward)->scratch_bytes(s, backward);
}

static void forward(const struct nn_conv_shape *s, const float *x, const void *packed,
                    const float *bias, int relu, float *y, void *scratch)
{
	choose(s, 0)->run(s, 0, x, packed, bias, relu, y, scratch);
}

static void backward(const struct nn_conv_shape *s, const float *dy, const void *packed, float *dx,
                     void *scratch)
{
	choose(s, 1)->run(s, 1, dy, packed, NULL, 0, dx, scratch);
}

static const char *algorithm(const struct nn_conv_shape *s, int is_backward)
{
	return choose(s, is_backward)->name;
}

extern const struct nn_conv_kernel NN_LOCAL(nn_conv_kernel);
const struct nn_conv_kernel NN_LOCAL(nn_conv_kernel) = {
	.packing = packing, .packed_bytes = packed_bytes, .pack = pack,
	.scratch_bytes = scratch_bytes, .forward = forward, .backward = backward,
	.algorithm = algorithm,
};
