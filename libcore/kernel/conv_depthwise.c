/* SPDX-License-Identifier: ISC */
/*
 * Depthwise convolution on blocks of channels: every channel by itself, so that moving numbers is
 * the cost.  Some pixels of a row of outputs are made at once; where their windows overlap, a pixel
 * of the input is loaded once for a row of taps.
 *
 *   packed [piece][block][tap][VL]
 */
#include "conv.h"
#include "piece.h"

#define PIXELS 8 /* at once */

struct line {
	const struct piece *p;
	const float *in; /* of the block */
	const float *weights;
	vec bias;
	int relu;
	int64_t top, bottom; /* taps' rows that lie in the input */
	float *out;          /* pixel 0 of the line */
};

INLINE void finish(const struct line *l, int64_t gx, vec sum)
{
	sum = v_add(sum, l->bias);
	v_store(l->out + gx * l->p->y_col_step * VL, l->relu ? v_max(v_zero(), sum) : sum);
}

/* PIXELS outputs from gx on, whose windows lie inside along the row; cols and step are constants.
 */
INLINE void several(const struct line *l, int64_t gy, int64_t gx, const int cols, const int step)
{
	const struct piece *p = l->p;
	vec sum[PIXELS], w;
	int64_t ty;
	int j, tx;

#pragma GCC unroll 8
	for (j = 0; j < PIXELS; j++)
		sum[j] = v_zero();
	for (ty = l->top; ty < l->bottom; ty++) {
		const float *in = l->in + ((gy * p->step_h + p->row + ty * p->row_step) * p->iw +
					   gx * step + p->col) *
						  VL;

#pragma GCC unroll 5
		for (tx = 0; tx < cols; tx++) {
			w = v_load(l->weights + (ty * cols + tx) * VL);
#pragma GCC unroll 8
			for (j = 0; j < PIXELS; j++)
				sum[j] = v_fma(v_load(in + (j * step + tx) * VL), w, sum[j]);
		}
	}
#pragma GCC unroll 8
	for (j = 0; j < PIXELS; j++)
		finish(l, gx + j, sum[j]);
}

/* One output, at a border: each row of taps is a sum of its own, so that none waits for another. */
static void one(const struct line *l, int64_t gy, int64_t gx)
{
	const struct piece *p = l->p;
	int64_t x = gx * p->step_w + p->col, step = p->col_step, ty, tx;
	int64_t first = x < 0 ? (-x + step - 1) / step : 0;
	int64_t end = x < p->iw ? NN_MIN((p->iw - x - 1) / step + 1, p->cols) : 0;
	vec sum = v_zero(), row;

	for (ty = l->top; ty < l->bottom; ty++) {
		const float *w = l->weights + ty * p->cols * VL;
		const float *in =
			l->in + ((gy * p->step_h + p->row + ty * p->row_step) * p->iw + x) * VL;

		row = v_zero();
		for (tx = first; tx < end; tx++)
			row = v_fma(v_load(in + tx * step * VL), v_load(w + tx * VL), row);
		sum = v_add(sum, row);
	}
	finish(l, gx, sum);
}

/* Those with windows inside, as many as there are in PIXELS. Returns the next output. */
static int64_t inside(const struct line *l, int64_t gy, int64_t gx, int64_t end)
{
	const struct piece *p = l->p;

	if (p->col_step != 1)
		return gx;
#define CASE(c, s)                                                                                 \
	if (p->cols == c && p->step_w == s)                                                        \
		for (; gx + PIXELS <= end; gx += PIXELS)                                           \
	several(l, gy, gx, c, s)
	CASE(1, 1);
	else CASE(2, 1);
	else CASE(3, 1);
	else CASE(5, 1);
	else CASE(3, 2);
	else CASE(5, 2);
#undef CASE
	return gx;
}

static void line_run(const struct line *l, int64_t gy)
{
	const struct piece *p = l->p;
	int64_t gx = 0, next, first, end;

	/* outputs first..end have their windows inside */
	first = p->col < 0 ? (-p->col + p->step_w - 1) / p->step_w : 0;
	end = p->iw - 1 - p->col - (p->cols - 1) * p->col_step;
	end = end < 0 ? 0 : NN_MIN(end / p->step_w + 1, p->gw);
	while (gx < p->gw) {
		next = gx >= first ? inside(l, gy, gx, end) : gx;
		for (gx = next; gx < (next < first ? NN_MIN(first, p->gw) : p->gw); gx++)
			one(l, gy, gx);
	}
}

/* One block of channels of one picture and piece. */
static void plane_run(const struct piece *p, const float *in, const float *weights, vec bias,
		      int relu, float *out)
{
	struct line l = {.p = p, .in = in, .weights = weights, .bias = bias, .relu = relu};
	int64_t gy, y;

	for (gy = 0; gy < p->gh; gy++) {
		y = gy * p->step_h + p->row;
		for (l.top = 0; l.top < p->rows && y + l.top * p->row_step < 0;)
			l.top++;
		for (l.bottom = p->rows;
		     l.bottom > l.top && y + (l.bottom - 1) * p->row_step >= p->ih;)
			l.bottom--;
		l.out = out + ((p->y_row + gy * p->y_row_step) * p->ow + p->y_col) * VL;
		line_run(&l, gy);
	}
}

static int64_t blocks_of(const struct nn_conv_shape *s)
{
	return (s->groups + VL - 1) / VL;
}

static size_t packed_bytes(const struct nn_conv_shape *s, int backward)
{
	int64_t i, taps = 0;
	struct piece p;

	for (i = 0; i < piece_count(s, backward); i++) {
		piece_make(s, backward, i, &p);
		taps += piece_taps(&p);
	}
	return (size_t)(taps * blocks_of(s) * VL) * sizeof(float);
}

static void pack(const struct nn_conv_shape *s, int backward, const float *w, const float *scale,
		 void *packed)
{
	float *to = packed;
	int64_t i, c, tap, at;
	struct piece p;

	for (i = 0; i < piece_count(s, backward); i++) {
		piece_make(s, backward, i, &p);
		for (c = 0; c < blocks_of(s) * VL; c++)
			for (tap = 0; tap < piece_taps(&p); tap++) {
				at = piece_tap(s, backward, i, tap / p.cols, tap % p.cols);
				to[(c / VL * piece_taps(&p) + tap) * VL + c % VL] =
					c < s->groups
						? w[c * s->kh * s->kw + at] * (scale ? scale[c] : 1)
						: 0;
			}
		to += piece_taps(&p) * blocks_of(s) * VL;
	}
}

static void run(const struct nn_conv_shape *s, int backward, const float *in, const float *gate,
		const void *packed, const float *bias, int relu, float *out, void *scratch)
{
	int64_t blocks = blocks_of(s), i;

	(void)gate;
	(void)scratch;
#pragma omp parallel for schedule(static)
	for (i = 0; i < s->n * blocks; i++) {
		int64_t first = i % blocks * VL, j;
		int lanes = (int)NN_MIN(VL, s->groups - first);
		vec b = bias ? v_load_range(bias + first, v_range(0, lanes)) : v_zero();
		const float *weights = packed;
		struct piece p;

		for (j = 0; j < piece_count(s, backward); j++) {
			piece_make(s, backward, j, &p);
			plane_run(&p, in + i * p.ih * p.iw * VL,
				  weights + i % blocks * piece_taps(&p) * VL, b, relu,
				  out + i * p.oh * p.ow * VL);
			weights += piece_taps(&p) * blocks * VL;
		}
	}
}

static size_t scratch_bytes(const struct nn_conv_shape *s, int backward)
{
	(void)s;
	(void)backward;
	return 0;
}

static int able(const struct nn_conv_shape *s, int backward)
{
	(void)backward;
	return s->x_blocks && s->y_blocks && s->groups > 1 && s->ci == s->groups &&
	       s->co == s->groups && s->n > 0 && s->h > 0 && s->w > 0 && s->oh > 0 && s->ow > 0;
}

static int fits(const struct nn_conv_shape *s, int backward)
{
	(void)s;
	(void)backward;
	return 1;
}

static int packing(const struct nn_conv_shape *s, int backward)
{
	(void)s;
	(void)backward;
	return 6;
}

const struct conv_algorithm conv_depthwise = {
	.name = "depthwise",
	.packing = packing,
	.able = able,
	.fits = fits,
	.packed_bytes = packed_bytes,
	.pack = pack,
	.scratch_bytes = scratch_bytes,
	.run = run,
};
