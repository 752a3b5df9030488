/* SPDX-License-Identifier: ISC */
/*
 * What the rows Conv and ConvTranspose share: a convolution with one to three spatial dimensions on
 * top of the kernel for two.
 *
 * With three, an output slice [co][oh][ow] is a convolution in two dimensions over kd input slices
 * side by side as channels, ci kd of them, which is how w [co][ci][kd][kh][kw] lies in memory
 * already.
 */
#ifndef NN_OP_CONV_H
#define NN_OP_CONV_H

#include "op.h"

struct nn_slices {
	struct nn_conv_shape s; /* of one slice, or of all when flat; s.ci counts kd */
	int flat;               /* no third dimension */
	int64_t n, ci, d, od, kd, stride_d, dilation_d, pad_front;
};

/* For x [n][ci][w->in...], w [co][ci/groups][w->kernel...], y [n][co][w->out...]. */
void nn_slices_init(struct nn_slices *c, int64_t n, int64_t ci, int64_t co, int64_t groups,
                    const struct nn_window *w);
size_t nn_slices_scratch(const struct nn_slices *c, int backward);
/* y = conv(x) + bias, relu; packed as nn_kernels()->conv packs for c->s. */
void nn_slices_forward(const struct nn_slices *c, const float *x, const void *packed,
                       const float *bias, int relu, float *y, void *scratch);
/* dx = gradient; y, when not NULL (and c is flat): dy counts only where that is positive */
void nn_slices_backward(const struct nn_slices *c, float *dy, const float *y, const void *packed,
                        float *dx, void *scratch);

/* The param of a call. */
struct nn_conv {
	struct nn_slices c;
	int transposed;   /* x of the operator is y of c */
	int constant;     /* the weights are: packed once */
	int scaled;       /* a factor per channel was absorbed */
	int64_t channels; /* of the output */
	struct nn_conv_shape whole; /* of a narrowed one: what it is a part of */
	float values[];   /* scale, shift, bias [channels] each */
};

/*
 * The packed weights for a direction of the kernel: made when first needed and kept by the node, or
 * made in scratch, each time, when the weights are computed.
 */
const void *nn_conv_packed(struct nn_call *c, int backward);
/* The sum of all that is added to a channel, or NULL. */
const float *nn_conv_bias(struct nn_call *c);
/*
 * Absorbs a BatchNormalization or a product with constants per channel (one of them), sums with
 * constants per channel, and then a Relu.
 */
int nn_conv_fuse(struct nn_call *c, const struct nn_call *next);

#endif
