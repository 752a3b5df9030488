/* SPDX-License-Identifier: ISC */
/*
 * Convolution without a window matrix: some rows of the input are copied to a strip with its
 * borders of zeros, once, and every tap reads vectors of pixels from there, shifted.  A stride
 * along a row is undone by the copy, which sorts columns by their rest.  For wide rows, few
 * outputs, and strides. Weights are packed as for conv_gemm.c.
 */
#include <omp.h>

#include "conv.h"
#include "piece.h"
#include "tile.h"

#define STRIP 196608 /* floats of a strip, at most: it has to stay in the second cache */
#define NEAR 6144    /* floats of the strip that a tile reads, about: in the first */
#define ROWS 8       /* of the grid, for a task */

struct geometry {
	int64_t grid_rows;     /* of a task */
	int64_t vectors;       /* for a row of the grid */
	int64_t rows;          /* of the strip */
	int64_t parts,
		part; /* a row: columns by their rest, parts of them, and the length of each */
	int64_t plane;         /* floats of a channel in the strip */
	int64_t channels;      /* in the strip at a time */
	int64_t chunks;        /* vectors to copy for a row */
	int64_t sums;          /* floats for results that are not written in place */
};

/* A vector of a strip's row: whence, whither. */
struct chunk {
	int64_t x;
	int at;
	range lanes;
};

struct work {
	const struct piece *p;
	const struct geometry *g;
	const float *in, *weights, *bias;
	float *out;
	int64_t gy, grid_rows; /* rows of the grid */
	int64_t row, rows;     /* rows o */
	int relu;
	float *strip, *sums;
	struct chunk *chunk;
	int32_t *at;
};

static void set_rows(const struct piece *p, struct geometry *g, int64_t rows)
{
	g->grid_rows = rows;
	g->rows = (rows - 1) * p->step_h + (p->rows - 1) * p->row_step + 1;
	g->plane = g->rows * g->parts * g->part;
}

/* Returns 0 when the strip would be too large. */
static int geometry_make(const struct piece *p, struct geometry *g)
{
	int in_place = piece_in_place(p), one_pass = p->co <= p->tile;

	if (p->gw < 1 || p->gh < 1 || piece_taps(p) < 1 || p->ci < 1)
		return 0;
	g->vectors = (p->gw + VL - 1) / VL;
	g->parts = p->cols == 1 ? 1 : p->step_w;
	g->part = g->vectors * VL + (p->cols - 1) * p->col_step / p->step_w;
	g->chunks = (g->part + VL - 1) / VL * g->parts;
	if (g->parts * g->part > STRIP || p->rows * p->row_step > STRIP)
		return 0;
	set_rows(p, g, NN_MIN(ROWS, p->gh));
	g->channels = p->ci;
	if (in_place && !one_pass)
		g->channels = NN_MIN(NN_MAX(NEAR / (p->rows * (NR + 1) * VL), 1), p->ci);
	if (g->channels < p->ci) /* whole blocks */
		g->channels =
			NN_MIN(NN_MAX(g->channels / piece_block(p), 1) * piece_block(p), p->ci);
	while (g->grid_rows > 1 && g->channels * g->plane > STRIP)
		set_rows(p, g, g->grid_rows / 2);
	g->sums = in_place ? 0 : p->co * g->grid_rows * g->vectors * VL;
	return g->channels * g->plane <= STRIP && g->sums <= STRIP;
}

static void chunks_make(const struct work *w)
{
	const struct piece *p = w->p;
	const struct geometry *g = w->g;
	struct chunk *c = w->chunk;
	int64_t part, at, low, high;

	for (part = 0; part < g->parts; part++)
		for (at = 0; at < g->part; at += VL, c++) {
			int64_t most = NN_MIN(VL, g->part - at);

			c->x = p->col + at * p->step_w + part;
			c->at = (int)(part * g->part + at);
			low = c->x < 0 ? (-c->x + p->step_w - 1) / p->step_w : 0;
			high = c->x < p->iw ? (p->iw - c->x - 1) / p->step_w + 1 : 0;
			high = NN_MIN(high, most);
			low = NN_MIN(low, high);
			c->lanes = v_range((int)low, (int)high);
		}
}

/* Channels c0..c1 of the input to the strip. */
static void strip_fill(const struct work *w, int64_t c0, int64_t c1)
{
	const struct piece *p = w->p;
	const struct geometry *g = w->g;
	int64_t c, r, y, i, pitch = g->parts * g->part, rows;
	float *d = w->strip;

	rows = (w->grid_rows - 1) * p->step_h + (p->rows - 1) * p->row_step + 1;
	for (c = c0; c < c1; c++, d += g->plane)
		for (r = 0; r < rows; r++) {
			const float *in;

			y = w->gy * p->step_h + p->row + r;
			if (y < 0 || y >= p->ih) {
				for (i = 0; i < g->chunks; i++)
					v_store(d + r * pitch + w->chunk[i].at, v_zero());
				continue;
			}
			in = w->in + (c * p->ih + y) * p->iw;
			for (i = 0; i < g->chunks; i++)
				v_store(d + r * pitch + w->chunk[i].at,
					p->step_w == 1
						? v_load_range(in + w->chunk[i].x,
							       w->chunk[i].lanes)
						: v_load_step(in + w->chunk[i].x, (int)p->step_w,
							      w->chunk[i].lanes));
		}
}

/* Where row k = (block, ty, tx, c) is in a strip of so many channels, from a pixel's place. */
static void places_make(const struct work *w, int64_t channels)
{
	const struct piece *p = w->p;
	const struct geometry *g = w->g;
	int64_t block = piece_block(p), pitch = g->parts * g->part, b, c, ty, tx, x;
	int32_t *at = w->at;

	for (b = 0; b < channels; b += block)
		for (ty = 0; ty < p->rows; ty++)
			for (tx = 0; tx < p->cols; tx++)
				for (c = b; c < NN_MIN(b + block, channels); c++) {
					x = tx * p->col_step;
					*at++ = (int32_t)(c * g->plane + ty * p->row_step * pitch +
					                  x % p->step_w * g->part + x / p->step_w);
				}
}

/* Vectors v0..v1 of the task's grid rows, with all its rows o. */
static void tiles_run(const struct work *w, int64_t v0, int64_t v1, int64_t c0, int64_t c1)
{
	const struct piece *p = w->p;
	const struct geometry *g = w->g;
	int64_t k = p->ci * piece_taps(p), taps = piece_taps(p), i, v, row, column;
	const float *b[MOST_VECTORS];
	int64_t block = piece_block(p), b0, b1;
	struct tile_out o = {.vectors = (int)(v1 - v0)};
	float *c[MOST_VECTORS];
	int j;

	o.ldc = g->sums ? g->grid_rows * g->vectors * VL : p->oh * p->ow;
	for (v = v0; v < v1; v++) {
		row = v / g->vectors;
		column = v % g->vectors * VL;
		b[v - v0] = w->strip + row * p->step_h * g->parts * g->part + column;
		c[v - v0] = g->sums ? w->sums + v * VL : w->out + (w->gy + row) * p->ow + column;
		o.columns[v - v0] = (int)NN_MIN(VL, p->gw - column);
	}
	for (i = 0; i < w->rows; i += p->tile) {
		for (j = 0; j < o.vectors; j++)
			o.c[j] = c[j] + (g->sums ? i : w->row + i) * o.ldc;
		o.rows = (int)NN_MIN(p->tile, w->rows - i);
		for (b0 = c0; b0 < c1; b0 = b1) {
			b1 = NN_MIN(b0 + block, c1);
			o.first = b0 == 0;
			o.relu = w->relu && b1 == p->ci;
			o.bias = w->bias && b1 == p->ci ? w->bias + w->row + i : NULL;
			tile_direct(p->tile, (b1 - b0) * taps,
			            w->weights + (w->row + i) * k + b0 * taps * p->tile, b,
			            w->at + (b0 - c0) * taps, &o);
		}
	}
}

static void work_run(const struct work *w)
{
	const struct piece *p = w->p;
	const struct geometry *g = w->g;
	int64_t vectors = w->grid_rows * g->vectors, most = tile_vectors(p->tile), c0, c1, i, r;
	int64_t channels = 0;
	int64_t groups = (vectors + most - 1) / most;

	chunks_make(w);
	for (c0 = 0; c0 < p->ci; c0 = c1) {
		c1 = NN_MIN(c0 + g->channels, p->ci);
		strip_fill(w, c0, c1);
		if (channels != c1 - c0)
			places_make(w, channels = c1 - c0);
		for (i = 0; i < groups; i++)
			tiles_run(w, i * vectors / groups, (i + 1) * vectors / groups, c0, c1);
	}
	for (i = 0; g->sums && i < w->rows; i++)
		for (r = 0; r < w->grid_rows; r++)
			piece_place(p, w->row + i, w->gy + r, 0,
				    w->sums + (i * g->grid_rows + r) * g->vectors * VL, p->gw,
				    w->out);
}

static size_t strip_bytes(const struct geometry *g)
{
	return nn_round_up((size_t)(g->channels * g->plane + 2 * VL) * sizeof(float), NN_ALIGN);
}

static size_t sums_bytes(const struct geometry *g)
{
	return nn_round_up((size_t)g->sums * sizeof(float), NN_ALIGN);
}

static size_t chunk_bytes(const struct geometry *g)
{
	return nn_round_up((size_t)g->chunks * sizeof(struct chunk), NN_ALIGN);
}

static size_t work_bytes(const struct piece *p, const struct geometry *g)
{
	return strip_bytes(g) + sums_bytes(g) + chunk_bytes(g) +
	       nn_round_up((size_t)(g->channels * piece_taps(p)) * sizeof(int32_t), NN_ALIGN);
}

static size_t thread_bytes(const struct nn_conv_shape *s, int backward)
{
	struct geometry g;
	struct piece p;
	size_t most = 0;
	int64_t i;

	for (i = 0; i < piece_count(s, backward); i++) {
		piece_make(s, backward, i, &p);
		if (geometry_make(&p, &g))
			most = NN_MAX(most, work_bytes(&p, &g));
	}
	return most;
}

static size_t scratch_bytes(const struct nn_conv_shape *s, int backward)
{
	return (size_t)nn_threads() * thread_bytes(s, backward);
}

static void run_piece(const struct nn_conv_shape *s, const struct piece *p, size_t group_packed,
                      const float *in, const float *packed, const float *bias, int relu, float *out,
                      char *scratch, size_t bytes)
{
	struct geometry geo;
	int64_t channels = p->co / (p->phases_h * p->phases_w), strips, rows, blocks, count, i;

	geometry_make(p, &geo);
	strips = (p->gh + geo.grid_rows - 1) / geo.grid_rows;
	rows = piece_task_rows(p, s->n * s->groups * strips);
	blocks = (p->co + rows - 1) / rows;
	count = s->n * s->groups * blocks * strips;
#pragma omp parallel for schedule(dynamic)
	for (i = 0; i < count; i++) {
		char *mine = scratch + (size_t)omp_get_thread_num() * bytes;
		int64_t item = i / strips / blocks, group = item % s->groups;
		struct work w = {.p = p, .g = &geo, .relu = relu};

		w.gy = i % strips * geo.grid_rows;
		w.grid_rows = NN_MIN(geo.grid_rows, p->gh - w.gy);
		w.row = i / strips % blocks * rows;
		w.rows = NN_MIN(rows, p->co - w.row);
		w.in = in + item * p->ci * p->ih * p->iw;
		w.out = out + item * channels * p->oh * p->ow;
		w.weights = packed + (size_t)group * group_packed + p->packed;
		w.bias = bias ? bias + group * p->co : NULL;
		w.strip = (float *)(void *)mine;
		w.sums = (float *)(void *)(mine + strip_bytes(&geo));
		w.chunk = (struct chunk *)(void *)(mine + strip_bytes(&geo) + sums_bytes(&geo));
		w.at = (int32_t *)(void *)((char *)w.chunk + chunk_bytes(&geo));
		work_run(&w);
	}
}

static void run(const struct nn_conv_shape *s, int backward, const float *in, const void *packed,
                const float *bias, int relu, float *out, void *scratch)
{
	size_t bytes = thread_bytes(s, backward), group = piece_group(s, backward);
	struct piece p;
	int64_t i;

	for (i = 0; i < piece_count(s, backward); i++) {
		piece_make(s, backward, i, &p);
		run_piece(s, &p, group, in, packed, bias, relu, out, scratch, bytes);
	}
}

static int able(const struct nn_conv_shape *s, int backward)
{
	struct geometry g;
	struct piece p;
	int64_t i;

	for (i = 0; i < piece_count(s, backward); i++) {
		piece_make(s, backward, i, &p);
		if (!geometry_make(&p, &g))
			return 0;
	}
	return 1;
}

/* Cycles, about: against packing a window matrix. */
static int fits(const struct nn_conv_shape *s, int backward)
{
	double here = 0, there = 0, rows, k, vectors, fetch;
	struct geometry g;
	struct piece p;
	int64_t i;

	for (i = 0; i < piece_count(s, backward); i++) {
		piece_make(s, backward, i, &p);
		if (!geometry_make(&p, &g))
			return 0;
		fetch = p.step_w == 1 ? 5 : p.step_w == 2 ? 12 : 25;
		rows = (double)((p.co + p.tile - 1) / p.tile * p.tile) / 2;
		k = (double)(p.ci * piece_taps(&p));
		vectors = (double)((p.gh * p.gw + VL - 1) / VL);
		there += k * vectors * (rows + fetch);
		here += k * (double)(p.gh * g.vectors) * (rows + .5) +
			(double)(p.ci * g.rows * g.chunks) * fetch * (double)p.gh /
				(double)g.grid_rows;
	}
	return here < there;
}

const struct conv_algorithm conv_direct = {
	.name = "direct",
	.packing = 0,
	.able = able,
	.fits = fits,
	.packed_bytes = piece_packed_bytes,
	.pack = piece_pack_all,
	.scratch_bytes = scratch_bytes,
	.run = run,
};
