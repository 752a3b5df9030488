/* SPDX-License-Identifier: ISC */
/* The algorithms of a convolution, each in a file of its own; conv.c chooses. */
#ifndef NN_CONV_H
#define NN_CONV_H

#include "kernel.h"
#include "simd.h"

struct conv_algorithm {
	const char *name;
	/*
	 * The number of its layout; no two algorithms have one in common: 0 gemm, 1 winograd,
	 * 2..5 direct, 6 depthwise, 7..9 few, 10 winograd with small tiles.
	 */
	int (*packing)(const struct nn_conv_shape *s, int backward);
	int (*able)(const struct nn_conv_shape *s, int backward); /* can it do s? */
	int (*fits)(const struct nn_conv_shape *s, int backward); /* is it the best, if able? */
	size_t (*packed_bytes)(const struct nn_conv_shape *s, int backward);
	void (*pack)(const struct nn_conv_shape *s, int backward, const float *w,
		     const float *scale, void *packed);
	size_t (*scratch_bytes)(const struct nn_conv_shape *s, int backward);
	/*
	 * in, out: x and y, or dy and dx with neither bias nor relu.  gate, when not NULL: only those
	 * numbers of in count where gate is positive; given to an algorithm that gates, only.
	 */
	int gates;
	void (*run)(const struct nn_conv_shape *s, int backward, const float *in, const float *gate,
		    const void *packed, const float *bias, int relu, float *out, void *scratch);
};

#define conv_gemm NN_LOCAL(nn_conv_gemm)
#define conv_depthwise NN_LOCAL(nn_conv_depthwise)
#define conv_direct NN_LOCAL(nn_conv_direct)
#define conv_few NN_LOCAL(nn_conv_few)
#define conv_winograd NN_LOCAL(nn_conv_winograd)
extern const struct conv_algorithm conv_gemm;
extern const struct conv_algorithm conv_depthwise;
extern const struct conv_algorithm conv_direct;
extern const struct conv_algorithm conv_few;
extern const struct conv_algorithm conv_winograd;

#endif
