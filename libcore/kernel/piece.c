/* SPDX-License-Identifier: ISC */
#include "piece.h"
#include "tile.h"

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
	int64_t k, low = -1, next = -1;

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
	p.first = low + (p.taps - 1) * p.step;
	p.out = floor_div(phase + pad - p.first * dilation, stride);
	p.out_step = next < 0 ? 1 : p.step * dilation / stride;
	p.step = -p.step;
	return p;
}

static struct phase phase_v(const struct nn_conv_shape *s, int64_t ry)
{
	return phase_of(ry, s->kh, s->stride_h, s->dilation_h, s->pad_top);
}

static struct phase phase_h(const struct nn_conv_shape *s, int64_t rx)
{
	return phase_of(rx, s->kw, s->stride_w, s->dilation_w, s->pad_left);
}

static void make_forward(const struct nn_conv_shape *s, struct piece *p)
{
	*p = (struct piece){
		.ci = s->ci / s->groups,
		.co = s->co / s->groups,
		.ih = s->h,
		.iw = s->w,
		.gh = s->oh,
		.gw = s->ow,
		.step_h = s->stride_h,
		.step_w = s->stride_w,
		.row = -s->pad_top,
		.row_step = s->dilation_h,
		.rows = s->kh,
		.col = -s->pad_left,
		.col_step = s->dilation_w,
		.cols = s->kw,
		.oh = s->oh,
		.ow = s->ow,
		.y_row_step = 1,
		.y_col_step = 1,
		.tile = tile_rows(s->co / s->groups),
	};
}

static void make_phase(const struct nn_conv_shape *s, int64_t ry, int64_t rx, struct piece *p)
{
	struct phase v = phase_v(s, ry), h = phase_h(s, rx);

	*p = (struct piece){
		.ci = s->co / s->groups,
		.co = s->ci / s->groups,
		.ih = s->oh,
		.iw = s->ow,
		.gh = (s->h - ry + s->stride_h - 1) / s->stride_h,
		.gw = (s->w - rx + s->stride_w - 1) / s->stride_w,
		.step_h = 1,
		.step_w = 1,
		.row = v.out,
		.row_step = v.out_step,
		.rows = v.taps,
		.col = h.out,
		.col_step = h.out_step,
		.cols = h.taps,
		.oh = s->h,
		.ow = s->w,
		.y_row = ry,
		.y_row_step = s->stride_h,
		.y_col = rx,
		.y_col_step = s->stride_w,
		.tile = tile_rows(s->ci / s->groups),
	};
}

int64_t piece_count(const struct nn_conv_shape *s, int backward)
{
	return backward ? s->stride_h * s->stride_w : 1;
}

/*
 * Input channels of a block: so many that their taps times a tile of pixels fit in the first cache;
 * whole vectors of them, when they lie in blocks, and of those two or more for a window.
 */
static int64_t block_of(const struct piece *p, int in_blocks)
{
	int64_t taps = NN_MAX(piece_taps(p), 1), block;

	if (in_blocks)
		block = NN_MAX((taps > 1 ? PIECE_WINDOW : PIECE_PANEL) / taps / VL, 1) * VL;
	else
		block = NN_MAX(PIECE_PANEL / taps, 4);
	return NN_MIN(block, NN_MAX(p->ci, 1));
}

static void make(const struct nn_conv_shape *s, int backward, int64_t i, struct piece *p)
{
	int64_t j, packed = 0;

	if (!backward) {
		make_forward(s, p);
		return;
	}
	for (j = 0; j <= i; j++) {
		make_phase(s, j / s->stride_w, j % s->stride_w, p);
		p->packed = packed;
		packed += piece_packed(p);
	}
}

void piece_make(const struct nn_conv_shape *s, int backward, int64_t i, struct piece *p)
{
	make(s, backward, i, p);
	p->block = block_of(p, backward ? s->y_blocks : s->x_blocks);
}

int64_t piece_tap(const struct nn_conv_shape *s, int backward, int64_t i, int64_t ty, int64_t tx)
{
	struct phase v, h;

	if (!backward)
		return ty * s->kw + tx;
	v = phase_v(s, i / s->stride_w);
	h = phase_h(s, i % s->stride_w);
	return (v.first + ty * v.step) * s->kw + h.first + tx * h.step;
}

struct piece_source piece_source(const struct nn_conv_shape *s, int backward, int64_t g,
				 const float *w)
{
	int64_t ci = s->ci / s->groups, co = s->co / s->groups, area = s->kh * s->kw;

	return (struct piece_source){w + g * co * ci * area, backward ? area : ci * area,
				     backward ? ci * area : area};
}

/* w of group g and piece number i */
static void pack(const struct nn_conv_shape *s, int backward, const struct piece *p, int64_t i,
		 int64_t g, const float *w, const float *scale, float *to)
{
	struct piece_source from = piece_source(s, backward, g, w);
	int64_t out = g * (s->co / s->groups), o, b, tap, c, at, r;

	for (o = 0; o < p->co; o += p->tile)
		for (b = 0; b < p->ci; b += p->block)
			for (tap = 0; tap < piece_taps(p); tap++) {
				at = piece_tap(s, backward, i, tap / p->cols, tap % p->cols);
				for (c = b; c < NN_MIN(b + p->block, p->ci); c++)
					for (r = o; r < o + p->tile; r++, to++) {
						*to = 0;
						if (r >= p->co)
							continue;
						*to = from.w[r * from.row + c * from.channel + at];
						if (scale)
							*to *= scale[out + (backward ? c : r)];
					}
			}
}

size_t piece_group(const struct nn_conv_shape *s, int backward)
{
	struct piece p;

	piece_make(s, backward, piece_count(s, backward) - 1, &p);
	return (size_t)(p.packed + piece_packed(&p));
}

size_t piece_packed_bytes(const struct nn_conv_shape *s, int backward)
{
	return (size_t)s->groups * piece_group(s, backward) * sizeof(float);
}

void piece_pack_all(const struct nn_conv_shape *s, int backward, const float *w, const float *scale,
		    void *packed)
{
	int64_t pieces = piece_count(s, backward), count = s->groups * pieces, i;
	size_t group = piece_group(s, backward);

#pragma omp parallel for schedule(dynamic)
	for (i = 0; i < count; i++) {
		struct piece p;

		piece_make(s, backward, i % pieces, &p);
		pack(s, backward, &p, i % pieces, i / pieces, w, scale,
		     (float *)packed + (size_t)(i / pieces) * group + p.packed);
	}
}

/* d[0], d[step], ... = s[0], s[1], ... */
INLINE void spread(float *d, int64_t step, const float *s, int64_t n)
{
	int64_t i;

	for (i = 0; i < n; i++)
		d[i * step] = s[i];
}

void piece_place(const struct piece *p, int64_t o, int64_t gy, int64_t gx, const float *sums,
		 int64_t n, float *out)
{
	int64_t y = p->y_row + gy * p->y_row_step, x = p->y_col + gx * p->y_col_step;
	float *d = out + (o * p->oh + y) * p->ow + x;

	if (p->y_col_step == 2)
		spread(d, 2, sums, n);
	else
		spread(d, p->y_col_step, sums, n);
}

int64_t piece_task_rows(const struct piece *p, int64_t others)
{
	int64_t tiles = (p->co + p->tile - 1) / p->tile, most = NN_MIN(tiles, PIECE_ROWS / p->tile),
		want;

	want = 4 * nn_threads() / NN_MAX(others, 1);
	return NN_MAX(NN_MIN(most, tiles / NN_MAX(want, 1)), 1) * p->tile;
}
