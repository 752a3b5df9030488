/* SPDX-License-Identifier: ISC */
/*
 * Convolution: which algorithm for which shape.  The choice looks at one picture's shape and at the
 * instruction set, never at the batch or the threads: bits must not depend on those.
 */
#include <stdlib.h>
#include <string.h>

#include "conv.h"

/* On blocks of channels: the first that fits; the last does all that can be done so. */
static const struct conv_algorithm *const algorithms[] = {
	&conv_depthwise, &conv_few, &conv_winograd, &conv_direct,
};

static const struct conv_algorithm *choose(const struct nn_conv_shape *s, int backward)
{
	const char *forced = getenv("NN_CONV");
	struct nn_conv_shape whole;
	size_t i;

	if (!s->y_blocks)
		return &conv_gemm;
	if (s->whole) {
		whole = *s->whole;
		whole.x_blocks = s->x_blocks;
		whole.y_blocks = s->y_blocks;
		s = &whole;
	}
	for (i = 0; forced && i < NN_LEN(algorithms); i++)
		if (!strcmp(forced, algorithms[i]->name) && algorithms[i]->able(s, backward))
			return algorithms[i];
	for (i = 0; i + 1 < NN_LEN(algorithms); i++)
		if (algorithms[i]->able(s, backward) && algorithms[i]->fits(s, backward))
			break;
	return algorithms[i];
}

static int blocks(const struct nn_conv_shape *shape)
{
	const char *forced = getenv("NN_CONV");
	struct nn_conv_shape s = shape->whole ? *shape->whole : *shape;
	int i, way;

	s.y_blocks = 1;
	s.x_blocks = s.ci > 4 || s.ci >= VL || s.groups > 1;
	if (forced && !strcmp(forced, conv_gemm.name))
		return 0;
	for (way = 0; way < 2; way++) {
		for (i = 0; i < (int)NN_LEN(algorithms); i++)
			if (algorithms[i]->able(&s, way))
				break;
		if (i == (int)NN_LEN(algorithms))
			return 0;
	}
	return 1 + s.x_blocks;
}

static int packing(const struct nn_conv_shape *s, int backward)
{
	return choose(s, backward)->packing(s, backward);
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
	choose(s, 0)->run(s, 0, x, NULL, packed, bias, relu, y, scratch);
}

static void gate_all(float *dy, const float *y, int64_t n)
{
	int64_t i, count = n / VL;

#pragma omp parallel for schedule(static) if (n >= 16384)
	for (i = 0; i < count; i++)
		v_store(dy + i * VL, v_pass(v_load(y + i * VL), v_load(dy + i * VL)));
	for (i = count * VL; i < n; i++)
		dy[i] = y[i] > 0 ? dy[i] : 0;
}

static void backward(const struct nn_conv_shape *s, float *dy, const float *y, const void *packed,
                     float *dx, void *scratch)
{
	const struct conv_algorithm *a = choose(s, 1);
	int64_t co = s->y_blocks ? (s->co + VL - 1) / VL * VL : s->co;

	if (y && !a->gates) {
		gate_all(dy, y, s->n * co * s->oh * s->ow);
		y = NULL;
	}
	a->run(s, 1, dy, y, packed, NULL, 0, dx, scratch);
}

static const char *algorithm(const struct nn_conv_shape *s, int is_backward)
{
	return choose(s, is_backward)->name;
}

extern const struct nn_conv_kernel NN_LOCAL(nn_conv_kernel);
const struct nn_conv_kernel NN_LOCAL(nn_conv_kernel) = {
	.packing = packing, .packed_bytes = packed_bytes, .pack = pack,
	.scratch_bytes = scratch_bytes, .forward = forward, .backward = backward,
	.algorithm = algorithm, .blocks = blocks,
};
