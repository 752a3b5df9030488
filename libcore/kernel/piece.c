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

static int64_t phases_h(const struct nn_conv_shape *s)
{
	return s->stride_h;
}

static int64_t phases_w(const struct nn_conv_shape *s)
{
	return s->stride_w;
}

static void make_forward(const struct nn_conv_shape *s, struct piece *p)
{
	*p = (struct piece){
		.ci = s->ci / s->groups, .co = s->co / s->groups, .ih = s->h, .iw = s->w,
		.gh = s->oh, .gw = s->ow, .step_h = s->stride_h, .step_w = s->stride_w,
		.row = -s->pad_top, .row_step = s->dilation_h, .rows = s->kh,
		.col = -s->pad_left, .col_step = s->dilation_w, .cols = s->kw,
		.oh = s->oh, .ow = s->ow, .y_row_step = 1, .y_col_step = 1,
		.phases_h = 1, .phases_w = 1, .tile = tile_rows(s->co / s->groups),
	};
}

static void make_phase(const struct nn_conv_shape *s, int64_t ry, int64_t rx, struct piece *p)
{
	struct phase v = phase_v(s, ry), h = phase_h(s, rx);

	*p = (struct piece){
		.ci = s->co / s->groups, .co = s->ci / s->groups, .ih = s->oh, .iw = s->ow,
		.gh = (s->h - ry + s->stride_h - 1) / s->stride_h,
		.gw = (s->w - rx + s->stride_w - 1) / s->stride_w, .step_h = 1, .step_w = 1,
		.row = v.out, .row_step = v.out_step, .rows = v.taps,
		.col = h.out, .col_step = h.out_step, .cols = h.taps,
		.oh = s->h, .ow = s->w, .y_row = ry, .y_row_step = s->stride_h,
		.y_col = rx, .y_col_step = s->stride_w, .phases_h = 1, .phases_w = 1,
		.tile = tile_rows(s->ci / s->groups),
	};
}

/* The taps of all phases along a dimension: first and count. */
static void span(struct phase (*of)(const struct nn_conv_shape *, int64_t),
                 const struct nn_conv_shape *s, int64_t phases, int64_t *first, int64_t *count)
{
	int64_t i, low = INT64_MAX, high = INT64_MIN;
	struct phase p;

	for (i = 0; i < phases; i++) {
		p = of(s, i);
		if (p.taps) {
			low = NN_MIN(low, p.out);
			high = NN_MAX(high, p.out + p.taps);
		}
	}
	*first = low;
	*count = high - low;
}

static void make_merged(const struct nn_conv_shape *s, struct piece *p)
{
	make_phase(s, 0, 0, p);
	p->phases_h = phases_h(s);
	p->phases_w = phases_w(s);
	p->co *= p->phases_h * p->phases_w;
	p->tile = tile_rows(p->co);
	p->row_step = p->col_step = 1;
	span(phase_v, s, p->phases_h, &p->row, &p->rows);
	span(phase_h, s, p->phases_w, &p->col, &p->cols);
}

/* Time of a piece for each vector of its grid and input channel, in half cycles, about. */
static int64_t cost(const struct piece *p)
{
	int64_t rows = (p->co + p->tile - 1) / p->tile * p->tile;

	return piece_taps(p) * (rows + 4);
}

static int merges(const struct nn_conv_shape *s)
{
	int64_t apart = 0, i;
	struct piece p;

	/* large strides leave phases without taps, and cannot pay */
	if (s->x_blocks || (s->stride_h == 1 && s->stride_w == 1) || s->dilation_h != 1 || s->dilation_w != 1 ||
	    s->ci / s->groups > 8 || s->kh < s->stride_h || s->kw < s->stride_w)
		return 0;
	for (i = 0; i < phases_h(s) * phases_w(s); i++) {
		make_phase(s, i / phases_w(s), i % phases_w(s), &p);
		apart += cost(&p);
	}
	make_merged(s, &p);
	return cost(&p) <= apart;
}

int64_t piece_count(const struct nn_conv_shape *s, int backward)
{
	return !backward || merges(s) ? 1 : phases_h(s) * phases_w(s);
}

/*
 * Input channels of a block: so many that their taps times a tile of pixels fit in the first cache;
 * whole vectors of them, when they lie in blocks, and one when they are transposed to rows.
 */
static int64_t block_of(const struct piece *p, int in_blocks, int to_rows)
{
	int64_t channels = PIECE_PANEL / NN_MAX(piece_taps(p), 1);
	int64_t block = !in_blocks ? NN_MAX(channels, 4) : to_rows ? VL : NN_MAX(channels / VL, 1) * VL;

	return NN_MIN(block, NN_MAX(p->ci, 1));
}

static void make(const struct nn_conv_shape *s, int backward, int64_t i, struct piece *p)
{
	int64_t j, packed = 0;

	if (!backward) {
		make_forward(s, p);
		return;
	}
	if (merges(s)) {
		make_merged(s, p);
		return;
	}
	for (j = 0; j <= i; j++) {
		make_phase(s, j / phases_w(s), j % phases_w(s), p);
		p->packed = packed;
		packed += piece_packed(p);
	}
}

void piece_make(const struct nn_conv_shape *s, int backward, int64_t i, struct piece *p)
{
	make(s, backward, i, p);
	p->block = block_of(p, backward ? s->y_blocks : s->x_blocks, backward && !s->x_blocks);
}

/* Tap t of a piece along a dimension as a tap of the phase, or -1. */
static int64_t tap(const struct phase *h, int64_t first, int64_t step, int64_t t)
{
	int64_t at = first + t * step - h->out;

	return !h->taps || at < 0 || at % h->out_step || at / h->out_step >= h->taps
	               ? -1 : h->first + at / h->out_step * h->step;
}

/* Tap (ty, tx) of phase number phase in a kernel, or -1. */
static int64_t phase_tap(const struct nn_conv_shape *s, const struct piece *p, int64_t phase,
                         int64_t ty, int64_t tx)
{
	struct phase v = phase_v(s, phase / phases_w(s)), h = phase_h(s, phase % phases_w(s));
	int64_t ky = tap(&v, p->row, p->row_step, ty), kx = tap(&h, p->col, p->col_step, tx);

	return ky < 0 || kx < 0 ? -1 : ky * s->kw + kx;
}

int64_t piece_tap(const struct nn_conv_shape *s, int backward, const struct piece *p, int64_t i,
                  int64_t ty, int64_t tx)
{
	return backward ? phase_tap(s, p, i, ty, tx) : ty * s->kw + tx;
}

struct piece_source piece_source(const struct nn_conv_shape *s, int backward, int64_t g,
                                 const float *w)
{
	int64_t ci = s->ci / s->groups, co = s->co / s->groups, area = s->kh * s->kw;

	return (struct piece_source){w + g * co * ci * area, backward ? area : ci * area,
	                             backward ? ci * area : area};
}

float piece_weight(const struct nn_conv_shape *s, int backward, const struct piece *p, int64_t i,
                   int64_t g, const float *w, int64_t o, int64_t c, int64_t ty, int64_t tx)
{
	struct piece_source from = piece_source(s, backward, g, w);
	int64_t channels = p->co / (p->phases_h * p->phases_w);
	int64_t at = piece_tap(s, backward, p, channels < p->co ? o / channels : i, ty, tx);

	return at < 0 ? 0 : from.w[o % channels * from.row + c * from.channel + at];
}

/* The tile of rows from o on, of one channel and tap. */
static void pack_tap(const struct nn_conv_shape *s, int backward, const struct piece *p, int64_t i,
                     int64_t g, const float *w, const float *scale, const int64_t at[4], float *to)
{
	int64_t o = at[0], c = at[1], ty = at[2], tx = at[3], r, out;

	for (r = o; r < o + p->tile; r++, to++) {
		out = g * (s->co / s->groups) + (backward ? c : r);
		*to = r < p->co ? piece_weight(s, backward, p, i, g, w, r, c, ty, tx) : 0;
		if (scale && r < p->co)
			*to *= scale[out];
	}
}

/* w of group g and piece number i */
static void pack(const struct nn_conv_shape *s, int backward, const struct piece *p, int64_t i,
                 int64_t g, const float *w, const float *scale, float *to)
{
	int64_t block = p->block, o, b, tap, c;

	for (o = 0; o < p->co; o += p->tile)
		for (b = 0; b < p->ci; b += block)
			for (tap = 0; tap < piece_taps(p); tap++)
				for (c = b; c < NN_MIN(b + block, p->ci); c++, to += p->tile) {
					const int64_t at[4] = {o, c, tap / p->cols, tap % p->cols};

					pack_tap(s, backward, p, i, g, w, scale, at, to);
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
	int64_t channels = p->co / (p->phases_h * p->phases_w), phase = o / channels;
	int64_t y = p->y_row + phase / p->phases_w + gy * p->y_row_step;
	int64_t x = p->y_col + phase % p->phases_w + gx * p->y_col_step;
	float *d = out + (o % channels * p->oh + y) * p->ow + x;

	if (y >= p->oh || x >= p->ow)
		return;
	n = NN_MIN(n, (p->ow - x - 1) / p->y_col_step + 1);
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
