/* SPDX-License-Identifier: ISC */
/*
 * The gradient to few input channels, which lie in rows: of a first layer, to the picture.
 *
 * Few channels would leave most lanes of a vector of them empty, so that here the lanes are pixels:
 * a block of the gradient that arrives is transposed to a strip, [channel][row][pixel] with borders
 * of zeros, and tiles of rows o, of phases and channels, by pixels are made of it, for all taps.
 */
#include <omp.h>
#include <string.h>

#include "block.h"
#include "conv.h"
#include "piece.h"
#include "tile.h"

#define STRIP 10240 /* floats of a strip, about: it has to stay in the first cache */
#define WIDTH 128   /* pixels of a task, at most */

struct geometry {
	struct piece p;
	int64_t lines, across, vectors; /* of the grid for a task, tasks beside each other, vectors each */
	int64_t pitch, plane, block;    /* floats of a row, of a channel, of the strip */
	int64_t rows, sums;             /* rows o in tiles; floats */
	size_t table;                   /* bytes */
};

static void geometry_make(const struct nn_conv_shape *s, int64_t piece, struct geometry *g)
{
	struct piece *p = &g->p;
	int64_t all, beside, rows;

	piece_make(s, 1, piece, p);
	all = (p->gw + VL - 1) / VL;
	beside = tile_vectors(p->tile);
	g->across = NN_MAX((all * VL + WIDTH - 1) / WIDTH, 1);
	g->vectors = (all + g->across - 1) / g->across;
	g->vectors = NN_MIN((g->vectors + beside - 1) / beside * beside, all);
	g->across = g->vectors ? (all + g->vectors - 1) / g->vectors : 0;
	g->pitch = g->vectors * VL + (p->cols - 1) * p->col_step;
	g->pitch = (g->pitch + VL - 1) / VL * VL;
	rows = NN_MAX(STRIP / (VL * g->pitch), 1);
	g->lines = NN_MIN(NN_MAX(rows - (p->rows - 1) * p->row_step, 2), 8);
	g->plane = (g->lines + (p->rows - 1) * p->row_step) * g->pitch;
	g->block = VL * g->plane;
	g->rows = (p->co + p->tile - 1) / p->tile * p->tile;
	g->sums = g->rows * g->lines * g->vectors * VL;
	g->table = nn_round_up((size_t)(p->block * piece_taps(p)) * sizeof(int32_t), NN_ALIGN);
}

struct task {
	const struct geometry *g;
	const float *in, *gate, *weights; /* in, gate: of a picture */
	float *out;
	int64_t line, lines, pixel, vectors;
	float *strip, *sums;
	int32_t *at;
};

/* Rows of a strip, of the block of channels number b. */
static void strip_fill(const struct task *t, int64_t b)
{
	const struct geometry *g = t->g;
	const struct piece *p = &g->p;
	int64_t rows = t->lines + (p->rows - 1) * p->row_step, r, y, x, i, at, low, high;
	vec square[VL];

	for (r = 0; r < rows; r++) {
		int64_t from = (b * p->ih + t->line + p->row + r) * p->iw;

		y = t->line + p->row + r;
		for (x = 0; x < g->pitch; x += VL) {
			at = t->pixel + p->col + x;
			low = y < 0 || y >= p->ih ? VL : at < 0 ? NN_MIN(-at, VL) : 0;
			high = NN_MIN(p->iw - at, VL);
			for (i = 0; i < VL; i++) {
				int64_t place = (from + at + i) * VL;

				square[i] = i < low || i >= high ? v_zero() :
				            t->gate ? v_pass(v_load(t->gate + place), v_load(t->in + place))
				                    : v_load(t->in + place);
			}
			if (low < high)
				transpose(square);
			for (i = 0; i < VL; i++)
				v_store(t->strip + i * g->plane + r * g->pitch + x, square[i]);
		}
	}
}

/* Where row k = (ty, tx, c) of a block is in the strip. */
static void table_make(const struct geometry *g, int64_t channels, int32_t *at)
{
	int64_t ty, tx, c;

	for (ty = 0; ty < g->p.rows; ty++)
		for (tx = 0; tx < g->p.cols; tx++)
			for (c = 0; c < channels; c++)
				*at++ = (int32_t)(c * g->plane + ty * g->p.row_step * g->pitch +
				                  tx * g->p.col_step);
}

/* All tiles of the task for the channels from c on, to the sums [o][line][pixel]. */
static void tiles_run(const struct task *t, int64_t c, int64_t channels)
{
	const struct geometry *g = t->g;
	const struct piece *p = &g->p;
	int64_t o, line, v, v1, most = tile_vectors(p->tile), ldc = g->lines * g->vectors * VL;
	struct tile_out out = {.ldc = ldc, .first = c == 0, .rows = p->tile};
	const float *b[MOST_VECTORS];
	int j;

	for (o = 0; o < g->rows; o += p->tile)
		for (line = 0; line < t->lines; line++)
			for (v = 0; v < t->vectors; v = v1) {
				v1 = NN_MIN(v + most, t->vectors);
				for (j = 0; j < v1 - v; j++)
					b[j] = t->strip + line * g->pitch + (v + j) * VL;
				tile_place(&out,
				           t->sums + o * ldc + (line * g->vectors + v) * VL,
				           (int)(v1 - v) * VL);
				tile_direct(p->tile, channels * piece_taps(p),
				            t->weights + (o * p->ci + c * p->tile) * piece_taps(p), b,
				            t->at, &out);
			}
}

static void task_run(const struct task *t)
{
	const struct geometry *g = t->g;
	const struct piece *p = &g->p;
	int64_t c = 0, channels, made = 0, o, line;

	memset(t->sums, 0, (size_t)g->sums * sizeof *t->sums);
	for (c = 0; c < p->ci && piece_taps(p); c += VL) {
		channels = NN_MIN(VL, p->ci - c);
		if (channels != made)
			table_make(g, channels, t->at);
		made = channels;
		strip_fill(t, c / VL);
		tiles_run(t, c, channels);
	}
	for (o = 0; o < p->co; o++)
		for (line = 0; line < t->lines; line++)
			piece_place(p, o, t->line + line, t->pixel,
			            t->sums + (o * g->lines + line) * g->vectors * VL,
			            NN_MIN(t->vectors * VL, p->gw - t->pixel), t->out);
}

static size_t thread_bytes(const struct geometry *g)
{
	return nn_round_up((size_t)(g->block + g->sums) * sizeof(float) + g->table, NN_ALIGN);
}

static void run(const struct nn_conv_shape *s, int backward, const float *in, const float *gate,
                const void *packed, const float *bias, int relu, float *out, void *scratch)
{
	int64_t piece, i, down, count;
	struct geometry g;

	(void)backward;
	(void)bias;
	(void)relu;
	for (piece = 0; piece < piece_count(s, 1); piece++) {
		geometry_make(s, piece, &g);
		down = (g.p.gh + g.lines - 1) / g.lines;
		count = s->n * down * g.across;
#pragma omp parallel for schedule(dynamic)
		for (i = 0; i < count; i++) {
			char *mine = (char *)scratch + (size_t)omp_get_thread_num() * thread_bytes(&g);
			int64_t n = i / g.across / down, item = (g.p.ci + VL - 1) / VL * VL * g.p.ih * g.p.iw;
			struct task t = {.g = &g, .in = in + n * item, .weights = packed};

			t.gate = gate ? gate + n * item : NULL;
			t.weights += g.p.packed;
			t.out = out + n * s->ci * s->h * s->w;
			t.line = i / g.across % down * g.lines;
			t.lines = NN_MIN(g.lines, g.p.gh - t.line);
			t.pixel = i % g.across * g.vectors * VL;
			t.vectors = NN_MIN(g.vectors, (g.p.gw - t.pixel + VL - 1) / VL);
			t.at = (int32_t *)(void *)mine;
			t.strip = (float *)(void *)(mine + g.table);
			t.sums = t.strip + g.block;
			task_run(&t);
		}
	}
}

static size_t scratch_bytes(const struct nn_conv_shape *s, int backward)
{
	struct geometry g;
	size_t most = 0;
	int64_t i;

	(void)backward;
	for (i = 0; i < piece_count(s, 1); i++) {
		geometry_make(s, i, &g);
		most = NN_MAX(most, thread_bytes(&g));
	}
	return (size_t)nn_threads() * most;
}

static int able(const struct nn_conv_shape *s, int backward)
{
	struct geometry g;
	int64_t i;

	if (!backward || s->x_blocks || !s->y_blocks || s->groups != 1 || s->n < 1 || s->h < 1 ||
	    s->w < 1 || s->oh < 1 || s->ow < 1)
		return 0;
	for (i = 0; i < piece_count(s, 1); i++) {
		geometry_make(s, i, &g);
		if (g.block + g.sums > 1 << 20 || g.table > 1 << 20)
			return 0;
	}
	return 1;
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
	return 7;
}

const struct conv_algorithm conv_few = {
	.name = "few", .packing = packing, .gates = 1, .able = able, .fits = fits,
	.packed_bytes = piece_packed_bytes, .pack = piece_pack_all, .scratch_bytes = scratch_bytes,
	.run = run,
};
