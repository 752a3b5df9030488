/* SPDX-License-Identifier: ISC */
/*
 * Convolution as a matrix product of packed weights [o][k] and a window matrix [k][pixel], of which
 * only a panel, some hundred k by one tile of pixels, exists at a time, in the thread's own
 * scratch. One panel is used for all rows o, so packing it costs little.
 */
#include <omp.h>

#include "conv.h"
#include "piece.h"
#include "tile.h"

#define WIDTH (MOST_VECTORS * VL) /* most pixels of a tile */
#define PAGE 1024 /* floats */
#define AHEAD 16 /* channels between asking for memory and reading it */

/* How a run of up to VL pixels of a panel's row is fetched from a plane. */
struct fetch {
	int64_t from; /* offset in the plane of the first lane, even if that is outside */
	int at;       /* pixel of the tile */
	range lanes;  /* those inside of the plane */
};

struct task {
	const struct piece *p;
	const float *in, *weights, *bias; /* of the group */
	float *out;
	int64_t row; /* rows o of the task */
	int rows;
	int64_t pixel;
	int pixels;
	int relu;
	/* the thread's scratch */
	float *panel, *sums;
	struct fetch *fetch;
};

static size_t panel_bytes(const struct piece *p)
{
	return nn_round_up(((size_t)(p->block * piece_taps(p)) * WIDTH + VL) * sizeof(float),
			   NN_ALIGN);
}

static size_t fetch_bytes(const struct piece *p)
{
	return nn_round_up((size_t)piece_taps(p) * WIDTH * sizeof(struct fetch), NN_ALIGN);
}

static size_t sums_bytes(const struct piece *p)
{
	return piece_in_place(p) ? 0 : (size_t)NN_MIN(p->co, PIECE_ROWS) * WIDTH * sizeof(float);
}

static int64_t bounded(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

/* Fills t->fetch for one tile: the same for all channels. Returns how many there are. */
static int64_t fetch_make(struct task *t)
{
	const struct piece *p = t->p;
	int64_t ty, tx, n = 0;

	for (ty = 0; ty < p->rows; ty++)
		for (tx = 0; tx < p->cols; tx++) {
			int at = 0;

			while (at < t->pixels) {
				int64_t gy = (t->pixel + at) / p->gw, gx = (t->pixel + at) % p->gw;
				int len = (int)NN_MIN(NN_MIN(p->gw - gx, t->pixels - at), VL);
				int64_t y = gy * p->step_h + p->row + ty * p->row_step;
				int64_t x = gx * p->step_w + p->col + tx * p->col_step;
				int64_t low = x < 0 ? (-x + p->step_w - 1) / p->step_w : 0;
				int64_t high = x < p->iw ? (p->iw - x - 1) / p->step_w + 1 : 0;
				struct fetch *f = t->fetch + n++;

				if (y < 0 || y >= p->ih)
					high = 0;
				high = bounded(high, 0, len);
				low = bounded(low, 0, high);
				f->from = y * p->iw + x;
				f->at = at;
				f->lanes = v_range((int)low, (int)high);
				at += len;
			}
		}
	return n;
}

/*
 * Packs channels c0..c1 of the window matrix: rows of width floats, (ty, tx, c).  What the channels
 * ahead will read is asked for in time: their planes lie far apart, which no prefetcher foresees.
 */
static void panel_pack(const struct task *t, int64_t nfetch, int64_t c0, int64_t c1, int width)
{
	const struct piece *p = t->p;
	int64_t taps = piece_taps(p), per_tap = nfetch / NN_MAX(taps, 1), plane = p->ih * p->iw, c,
		i, j;
	int64_t step = p->step_w;
	float *d = t->panel;

	for (i = 0; i < taps; i++) {
		const struct fetch *f = t->fetch + i * per_tap;

		for (c = c0; c < c1; c++, d += width) {
			const float *in = t->in + c * plane;

			if (i % p->cols == 0)
				for (j = 0; j < per_tap; j++)
					__builtin_prefetch(in + f[j].from + AHEAD * plane);
			if (step == 1)
				for (j = 0; j < per_tap; j++)
					v_store(d + f[j].at,
						v_load_range(in + f[j].from, f[j].lanes));
			else
				for (j = 0; j < per_tap; j++)
					v_store(d + f[j].at,
						v_load_step(in + f[j].from, (int)step, f[j].lanes));
		}
	}
}

/* The sums to the places that the piece tells. */
static void place(const struct task *t)
{
	int64_t gy, gx;
	int i, j, n;

	for (i = 0; i < t->rows; i++)
		for (j = 0; j < t->pixels; j += n) {
			gy = (t->pixel + j) / t->p->gw;
			gx = (t->pixel + j) % t->p->gw;
			n = (int)NN_MIN(t->pixels - j, t->p->gw - gx);
			piece_place(t->p, t->row + i, gy, gx, t->sums + (int64_t)i * WIDTH + j, n,
				    t->out);
		}
}

/*
 * Is the window matrix the input itself, for whole vectors of pixels?  Then it is read in place,
 * unless it is read many times and the planes lie pages apart, where they would drive one another
 * from the first cache.
 */
static int pointwise(const struct task *t)
{
	const struct piece *p = t->p;

	if (p->ih * p->iw % PAGE == 0 && t->rows > 8 * p->tile)
		return 0;
	return piece_taps(p) == 1 && p->step_h == 1 && p->step_w == 1 && p->row == 0 &&
	       p->col == 0 && p->ih == p->gh && p->iw == p->gw && t->pixels % VL == 0;
}

static void task_run(struct task *t)
{
	const struct piece *p = t->p;
	int64_t k = p->ci * piece_taps(p), step = p->block, c = 0, c1;
	int width = (t->pixels + VL - 1) / VL * VL, direct = piece_in_place(p), in_place, i;
	int64_t nfetch, plane = p->ih * p->iw;
	int64_t o0 = t->row;
	struct tile_out o;

	in_place = pointwise(t);
	nfetch = in_place ? 0 : fetch_make(t);
	o.ldc = direct ? p->oh * p->ow : WIDTH;
	do {
		c1 = k ? NN_MIN(c + step, p->ci) : p->ci;
		if (!in_place)
			panel_pack(t, nfetch, c, c1, width);
		o.first = c == 0;
		o.relu = t->relu && c1 == p->ci;
		for (i = 0; i < t->rows; i += p->tile) {
			tile_place(&o,
				   direct ? t->out + (o0 + i) * o.ldc + t->pixel
					  : t->sums + i * o.ldc,
				   t->pixels);
			o.rows = NN_MIN(p->tile, t->rows - i);
			o.bias = t->bias && c1 == p->ci ? t->bias + o0 + i : NULL;
			tile_multiply(p->tile, (c1 - c) * piece_taps(p),
				      t->weights + (o0 + i) * k + c * piece_taps(p) * p->tile,
				      p->tile, in_place ? t->in + c * plane + t->pixel : t->panel,
				      in_place ? plane : width, &o);
		}
		c = c1;
	} while (c < p->ci);
	if (!direct)
		place(t);
}

static void run_piece(const struct nn_conv_shape *s, const struct piece *p, size_t group_packed,
                      const float *in, const float *packed, const float *bias, int relu, float *out,
                      char *scratch, size_t thread_bytes)
{
	int64_t vectors = (p->gh * p->gw + VL - 1) / VL, most = tile_vectors(p->tile);
	int64_t tiles = (vectors + most - 1) / most;
	int64_t rows = piece_task_rows(p, s->n * s->groups * tiles),
		blocks = (p->co + rows - 1) / rows;
	int64_t count = s->n * s->groups * blocks * tiles, i;

#pragma omp parallel for schedule(dynamic)
	for (i = 0; i < count; i++) {
		char *mine = scratch + (size_t)omp_get_thread_num() * thread_bytes;
		int64_t item = i / tiles / blocks, g = item % s->groups, tile_no = i % tiles;
		int64_t end = NN_MIN((tile_no + 1) * vectors / tiles * VL, p->gh * p->gw);
		struct task t;

		t.p = p;
		t.in = in + item * p->ci * p->ih * p->iw;
		t.out = out + item * p->co * p->oh * p->ow;
		t.weights = packed + (size_t)g * group_packed + p->packed;
		t.bias = bias ? bias + g * p->co : NULL;
		t.row = i / tiles % blocks * rows;
		t.rows = (int)NN_MIN(rows, p->co - t.row);
		t.pixel = tile_no * vectors / tiles * VL;
		t.pixels = (int)(end - t.pixel);
		t.relu = relu;
		t.panel = (float *)(void *)mine;
		t.fetch = (struct fetch *)(void *)(mine + panel_bytes(p));
		t.sums = (float *)(void *)(mine + panel_bytes(p) + fetch_bytes(p));
		task_run(&t);
	}
}

static size_t thread_bytes(const struct nn_conv_shape *s, int backward)
{
	size_t most = 0, bytes;
	struct piece p;
	int64_t i;

	for (i = 0; i < piece_count(s, backward); i++) {
		piece_make(s, backward, i, &p);
		bytes = panel_bytes(&p) + fetch_bytes(&p) + sums_bytes(&p);
		most = NN_MAX(most, bytes);
	}
	return nn_round_up(most, NN_ALIGN);
}

static size_t scratch_bytes(const struct nn_conv_shape *s, int backward)
{
	return (size_t)nn_threads() * thread_bytes(s, backward);
}

static void run(const struct nn_conv_shape *s, int backward, const float *in, const float *gate,
                const void *packed, const float *bias, int relu, float *out, void *scratch)
{
	size_t bytes = thread_bytes(s, backward), group = piece_group(s, backward);
	struct piece p;
	int64_t i;

	(void)gate;
	for (i = 0; i < piece_count(s, backward); i++) {
		piece_make(s, backward, i, &p);
		run_piece(s, &p, group, in, packed, bias, relu, out, scratch, bytes);
	}
}

static int packing(const struct nn_conv_shape *s, int backward)
{
	(void)s;
	(void)backward;
	return 0;
}

const struct conv_algorithm conv_gemm = {
	.name = "gemm", .packing = packing, .packed_bytes = piece_packed_bytes,
	.pack = piece_pack_all,
	.scratch_bytes = scratch_bytes, .run = run,
};
