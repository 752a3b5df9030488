/* SPDX-License-Identifier: ISC */
/*
 * A piece: what every convolution is made of, forward or backward.
 *
 *   out[o][gy][gx] = sum over c, ty, tx of
 *       w[o][c][ty][tx] in[c][gy step_h + row + ty row_step][gx step_w + col + tx col_step]
 *
 * with zeros outside of in.  Forward is one piece.  Backward to the input is a piece for each phase
 * of the stride: the pixels of dx whose row and column leave the same rest when divided by the
 * stride are made by the same taps of w, from a dense window of dy.  No number is added to memory
 * that another has to read: there is no scatter.
 */
#ifndef NN_PIECE_H
#define NN_PIECE_H

#include "kernel.h"
#include "simd.h"

struct piece {
	int64_t ci, co; /* of one group */
	int64_t ih, iw; /* of a plane of in */
	int64_t gh, gw; /* grid of outputs */
	int64_t step_h, step_w;
	int64_t row, row_step, rows, col, col_step, cols; /* taps: rows x cols */
	/* output (gy, gx) goes to y[o][y_row + gy y_row_step][y_col + gx y_col_step], oh x ow */
	int64_t oh, ow, y_row, y_row_step, y_col, y_col_step;
	/* tap (ty, tx) is w[...][w_row + ty w_row_step][w_col + tx w_col_step] */
	int64_t w_row, w_row_step, w_col, w_col_step;
	int64_t packed; /* floats of a group's packed weights before this piece */
};

/* Pieces of a shape, and piece i of them. */
INLINE int64_t piece_count(const struct nn_conv_shape *s, int backward)
{
	return backward ? NN_MIN(s->stride_h, s->h) * NN_MIN(s->stride_w, s->w) : 1;
}

/*
 * Backward along one dimension, for the inputs i = phase, phase + stride, ...: those taps k
 * contribute for which (i + pad - k dilation) is a multiple of the stride.
 */
struct phase {
	int64_t taps, first, step; /* k = first + t step, t = 0.. taps-1, in order of rising out */
	int64_t out, out_step;     /* out index for the grid's index 0 and t = 0; per t */
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static struct phase phase_of(int64_t phase, int64_t kernel, int64_t stride, int64_t dilation,
                             int64_t pad)
{
	struct phase p = {0, 0, 1, 0, 1};
	int64_t k, low = -1, next = -1, last = -1;

	for (k = 0; k < kernel && k <= 2 * stride; k++) {
		if ((phase + pad - k * dilation) % stride)
			continue;
		if (low < 0)
			low = k;
		else if (next < 0)
			next = k;
	}
	if (low < 0)
		return p;
	p.step = next < 0 ? 1 : next - low;
	p.taps = next < 0 ? 1 : (kernel - 1 - low) / p.step + 1;
	last = low + (p.taps - 1) * p.step;
	p.out = floor_div(phase + pad - last * dilation, stride);
	p.out_step = p.step * dilation / stride;
	p.first = last;
	p.step = -p.step;
	return p;
}

static void piece_forward(const struct nn_conv_shape *s, struct piece *p)
{
	*p = (struct piece){
		.ci = s->ci / s->groups, .co = s->co / s->groups, .ih = s->h, .iw = s->w,
		.gh = s->oh, .gw = s->ow, .step_h = s->stride_h, .step_w = s->stride_w,
		.row = -s->pad_top, .row_step = s->dilation_h, .rows = s->kh,
		.col = -s->pad_left, .col_step = s->dilation_w, .cols = s->kw,
		.oh = s->oh, .ow = s->ow, .y_row_step = 1, .y_col_step = 1,
		.w_row_step = 1, .w_col_step = 1,
	};
}

static void piece_backward(const struct nn_conv_shape *s, int64_t ry, int64_t rx, struct piece *p)
{
	struct phase v = phase_of(ry, s->kh, s->stride_h, s->dilation_h, s->pad_top);
	struct phase h = phase_of(rx, s->kw, s->stride_w, s->dilation_w, s->pad_left);

	*p = (struct piece){
		.ci = s->co / s->groups, .co = s->ci / s->groups, .ih = s->oh, .iw = s->ow,
		.gh = (s->h - ry + s->stride_h - 1) / s->stride_h,
		.gw = (s->w - rx + s->stride_w - 1) / s->stride_w, .step_h = 1, .step_w = 1,
		.row = v.out, .row_step = v.out_step, .rows = v.taps,
		.col = h.out, .col_step = h.out_step, .cols = h.taps,
		.oh = s->h, .ow = s->w, .y_row = ry, .y_row_step = s->stride_h,
		.y_col = rx, .y_col_step = s->stride_w,
		.w_row = v.first, .w_row_step = v.step, .w_col = h.first, .w_col_step = h.step,
	};
	if (p->gh < 0)
		p->gh = 0;
	if (p->gw < 0)
		p->gw = 0;
}

INLINE int64_t piece_packed(const struct piece *p)
{
	return (p->co + MR - 1) / MR * MR * p->ci * p->rows * p->cols;
}

/* Piece i, with its place among the packed weights. */
static void piece_make(const struct nn_conv_shape *s, int backward, int64_t i, struct piece *p)
{
	int64_t columns = NN_MIN(s->stride_w, s->w), j, packed = 0;

	if (!backward) {
		piece_forward(s, p);
		return;
	}
	for (j = 0; j <= i; j++) {
		piece_backward(s, j / columns, j % columns, p);
		p->packed = packed;
		packed += piece_packed(p);
	}
}

#endif
