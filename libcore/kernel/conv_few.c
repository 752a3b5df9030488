/* SPDX-License-Identifier: ISC */
/*
 * The gradient to few input channels, which lie in rows: of a first layer, to the picture.
 *
 * For a row of outputs after the other, what arrives is transposed, so that the lanes are pixels;
 * the product with the weights, as the matrix [(channel, ky, kx)][output channel] that they are,
 * gives what each output sends to each place of its window, with nothing computed in vain; and that
 * is added to the rows of a buffer, in which columns are sorted by their rest when divided by the
 * stride.  A task makes some rows of the gradient, of all that reaches them, in one order: two
 * tasks may make the same product, but none waits for another.
 */
#include <omp.h>
#include <string.h>

#include "block.h"
#include "conv.h"
#include "tile.h"

#define BUFFER 131072 /* floats of a buffer, at most, about */
#define PANEL 128     /* output channels of a sum */

struct geometry {
	const struct nn_conv_shape *s;
	int64_t rows; /* of the matrix: (channel, ky, kx) */
	int tile;
	int64_t pixels;       /* of a row of outputs, in whole vectors */
	int64_t low, part;    /* the first column of a part of the buffer, and its length */
	int64_t lines, tasks; /* of a picture */
	int64_t depth;        /* output channels, in whole blocks */
	int64_t input, product, buffer; /* floats of a thread's scratch */
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Column 0 of tap kx: its part, and its place there. */
static int64_t place(const struct nn_conv_shape *s, int64_t kx, int64_t *part)
{
	int64_t x = kx * s->dilation_w - s->pad_left, at = floor_div(x, s->stride_w);

	*part = x - at * s->stride_w;
	return at;
}

/* Half cycles of a tile for one k: products, loads, or sums to wait for. */
static int64_t cost(int64_t rows, int64_t vectors)
{
	return NN_MAX(NN_MAX(rows * vectors, rows + vectors), 8);
}

/* The rows of a tile that take least time. */
static int best_tile(int64_t rows, int64_t vectors)
{
	static const int tiles[] = {12, MR, 4};
	int64_t best = 0, count, longer, t;
	int i, tile = MR;

	for (i = 0; i < 3; i++) {
		if (!HAVE_TILES && tiles[i] != MR)
			continue;
		count = (vectors + tile_vectors(tiles[i]) - 1) / tile_vectors(tiles[i]);
		longer = vectors % count;
		t = longer * cost(tiles[i], vectors / count + 1) +
		    (count - longer) * cost(tiles[i], vectors / count);
		t *= (rows + tiles[i] - 1) / tiles[i];
		if (!best || t < best) {
			best = t;
			tile = tiles[i];
		}
	}
	return tile;
}

static void geometry_make(const struct nn_conv_shape *s, struct geometry *g)
{
	int64_t high, part, line;

	memset(g, 0, sizeof *g);
	g->s = s;
	g->rows = s->ci * s->kh * s->kw;
	g->pixels = (s->ow + VL - 1) / VL * VL;
	g->tile = best_tile(g->rows, g->pixels / VL);
	g->low = NN_MIN(place(s, 0, &part), 0);
	high = NN_MAX(place(s, s->kw - 1, &part) + g->pixels,
		      (s->w + s->stride_w - 1) / s->stride_w);
	g->part = (high - g->low + VL - 1) / VL * VL;
	line = s->ci * s->stride_w * g->part;
	g->tasks = NN_MAX((nn_threads() + s->n - 1) / NN_MAX(s->n, 1),
			  (s->h * line + BUFFER - 1) / BUFFER);
	g->lines = (s->h + g->tasks - 1) / g->tasks;
	g->tasks = (s->h + g->lines - 1) / g->lines;
	g->depth = (s->co + VL - 1) / VL * VL;
	g->input = g->depth * g->pixels;
	g->product = g->tile * g->pixels;
	g->buffer = g->lines * line;
}

/* packing: [tile of rows][output channel][row of the tile] */

static size_t packed_bytes(const struct nn_conv_shape *s, int backward)
{
	struct geometry g;

	(void)backward;
	geometry_make(s, &g);
	return (size_t)((g.rows + g.tile - 1) / g.tile * g.tile * s->co) * sizeof(float);
}

static void pack(const struct nn_conv_shape *s, int backward, const float *w, const float *scale,
		 void *packed)
{
	float *to = packed;
	struct geometry g;
	int64_t r, o, i;

	(void)backward;
	geometry_make(s, &g);
	for (r = 0; r < g.rows; r += g.tile)
		for (o = 0; o < s->co; o++)
			for (i = r; i < r + g.tile; i++)
				*to++ = i < g.rows ? w[o * g.rows + i] * (scale ? scale[o] : 1) : 0;
}

/* Where a row of the matrix belongs: rows and columns of the buffer from output (0, 0)'s on. */
struct goal {
	int64_t line, at;
};

struct task {
	const struct geometry *g;
	const struct goal *goal;          /* [rows] */
	const float *in, *gate, *weights; /* in, gate: of a picture */
	int64_t line, lines;              /* of the gradient */
	float *input, *product, *buffer;
};

/* Row oy of outputs to input [output channel][pixel]. */
static void transpose_row(const struct task *t, int64_t oy)
{
	const struct nn_conv_shape *s = t->g->s;
	int64_t o, x, at, next = s->ow * VL; /* a row ahead: it is asked for now */
	vec square[VL];
	int i, n;

	for (o = 0; o < t->g->depth; o += VL)
		for (x = 0; x < t->g->pixels; x += VL) {
			at = (o * s->oh + oy * VL) * s->ow + x * VL;
			n = (int)NN_MIN(VL, s->ow - x);
			for (i = 0; i < VL; i++) {
				__builtin_prefetch(t->in + at + next + i * VL);
				square[i] = i < n ? v_load(t->in + at + i * VL) : v_zero();
			}
			for (i = 0; t->gate && i < n; i++) {
				__builtin_prefetch(t->gate + at + next + i * VL);
				square[i] = v_pass(v_load(t->gate + at + i * VL), square[i]);
			}
			transpose(square);
			for (i = 0; i < VL; i++)
				v_store(t->input + (o + i) * t->g->pixels + x, square[i]);
		}
}

/* product [row of a tile][pixel], for the tile from row r on */
static void multiply(const struct task *t, int64_t r)
{
	const struct geometry *g = t->g;
	int64_t vectors = g->pixels / VL, most = tile_vectors(g->tile), k, i, x, x1;
	int64_t count = (vectors + most - 1) / most;
	struct tile_out out = {.ldc = g->pixels, .rows = g->tile};

	for (k = 0; k < g->s->co; k += PANEL)
		for (i = 0; i < count; i++) {
			x = i * vectors / count * VL;
			x1 = (i + 1) * vectors / count * VL;
			tile_place(&out, t->product + x, (int)(x1 - x));
			out.first = k == 0;
			tile_multiply(g->tile, NN_MIN(PANEL, g->s->co - k),
				      t->weights + r * g->s->co + k * g->tile, g->tile,
				      t->input + k * g->pixels + x, g->pixels, &out);
		}
}

static void goals_make(const struct geometry *g, struct goal *goal)
{
	const struct nn_conv_shape *s = g->s;
	int64_t i, c, part, at;

	for (i = 0; i < g->rows; i++) {
		c = i / (s->kh * s->kw);
		at = place(s, i % s->kw, &part);
		goal[i].line = i / s->kw % s->kh * s->dilation_h - s->pad_top;
		goal[i].at = (c * g->lines * s->stride_w + part) * g->part + at - g->low;
	}
}

/* The product of row oy, from row r on, to where it belongs in the buffer. */
static void gather(const struct task *t, int64_t oy, int64_t r)
{
	const struct geometry *g = t->g;
	int64_t end = NN_MIN(r + g->tile, g->rows), line = g->s->stride_w * g->part, i, y, x;

	for (i = r; i < end; i++) {
		const float *from = t->product + (i - r) * g->pixels;
		float *to;

		y = oy * g->s->stride_h + t->goal[i].line - t->line;
		if (y < 0 || y >= t->lines)
			continue;
		to = t->buffer + y * line + t->goal[i].at;
		for (x = 0; x < g->pixels; x += VL)
			v_store(to + x, v_add(v_load(to + x), v_load(from + x)));
	}
}

/* The buffer's columns in order, to dx of a picture. */
static void write_lines(const struct task *t, float *dx)
{
	const struct geometry *g = t->g;
	const struct nn_conv_shape *s = g->s;
	int64_t c, y, part, i, x;

	for (c = 0; c < s->ci; c++)
		for (y = 0; y < t->lines; y++)
			for (part = 0; part < s->stride_w; part++) {
				const float *from =
					t->buffer - g->low +
					((c * g->lines + y) * s->stride_w + part) * g->part;
				float *to = dx + (c * s->h + t->line + y) * s->w;

				if (s->stride_w == 1) {
					memcpy(to, from, (size_t)s->w * sizeof *to);
					continue;
				}
				for (i = 0, x = part; x < s->w; i++, x += s->stride_w)
					to[x] = from[i];
			}
}

static void task_run(const struct task *t, float *dx)
{
	const struct geometry *g = t->g;
	const struct nn_conv_shape *s = g->s;
	int64_t oy, r, y;

	memset(t->buffer, 0, (size_t)g->buffer * sizeof *t->buffer);
	for (oy = 0; oy < s->oh; oy++) {
		y = oy * s->stride_h - s->pad_top;
		if (y >= t->line + t->lines || y + (s->kh - 1) * s->dilation_h < t->line)
			continue;
		transpose_row(t, oy);
		for (r = 0; r < g->rows; r += g->tile) {
			multiply(t, r);
			gather(t, oy, r);
		}
	}
	write_lines(t, dx);
}

static size_t goal_bytes(const struct nn_conv_shape *s)
{
	return nn_round_up((size_t)(s->ci * s->kh * s->kw) * sizeof(struct goal), NN_ALIGN);
}

static size_t thread_floats(const struct geometry *g)
{
	return nn_round_up((size_t)(g->input + g->product + g->buffer), NN_ALIGN);
}

static void run(const struct nn_conv_shape *s, int backward, const float *in, const float *gate,
		const void *packed, const float *bias, int relu, float *out, void *scratch)
{
	struct goal *goal = scratch;
	float *rest = (float *)(void *)((char *)scratch + goal_bytes(s));
	struct geometry g;
	int64_t i, item = s->oh * s->ow;

	(void)backward;
	(void)bias;
	(void)relu;
	geometry_make(s, &g);
	item *= g.depth;
	goals_make(&g, goal);
#pragma omp parallel for schedule(dynamic)
	for (i = 0; i < s->n * g.tasks; i++) {
		int64_t n = i / g.tasks;
		struct task t = {.g = &g, .goal = goal, .in = in + n * item, .weights = packed};

		t.gate = gate ? gate + n * item : NULL;
		t.line = i % g.tasks * g.lines;
		t.lines = NN_MIN(g.lines, s->h - t.line);
		t.input = rest + (size_t)omp_get_thread_num() * thread_floats(&g);
		t.product = t.input + g.input;
		t.buffer = t.product + g.product;
		task_run(&t, out + n * s->ci * s->h * s->w);
	}
}

static size_t scratch_bytes(const struct nn_conv_shape *s, int backward)
{
	struct geometry g;

	(void)backward;
	geometry_make(s, &g);
	return goal_bytes(s) + (size_t)nn_threads() * thread_floats(&g) * sizeof(float);
}

static int able(const struct nn_conv_shape *s, int backward)
{
	struct geometry g;

	if (!backward || s->x_blocks || !s->y_blocks || s->groups != 1 || s->n < 1 || s->h < 1 ||
	    s->w < 1 || s->oh < 1 || s->ow < 1 || s->kh < 1 || s->kw < 1)
		return 0;
	geometry_make(s, &g);
	return g.input + g.product + g.buffer < 1 << 23;
}

static int fits(const struct nn_conv_shape *s, int backward)
{
	(void)s;
	(void)backward;
	return 1;
}

/* The tile depends on the width of the picture. */
static int packing(const struct nn_conv_shape *s, int backward)
{
	struct geometry g;

	(void)backward;
	geometry_make(s, &g);
	return g.tile == 12 ? 7 : g.tile == MR ? 8 : 9;
}

const struct conv_algorithm conv_few = {
	.name = "few",
	.packing = packing,
	.gates = 1,
	.able = able,
	.fits = fits,
	.packed_bytes = packed_bytes,
	.pack = pack,
	.scratch_bytes = scratch_bytes,
	.run = run,
};
