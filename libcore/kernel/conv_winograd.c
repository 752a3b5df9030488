/* SPDX-License-Identifier: ISC */
/*
 * 3x3 and 5x5 convolution, stride 1, on blocks of channels, by Winograd's F(4x4, 3x3) and
 * F(2x2, 5x5): tiles of 6x6 inputs give 4x4 or 2x2 outputs with 36 products for each pair of
 * channels where there were 144 or 100 (Lavin, Gray 2016).  Small pictures of many channels take
 * F(2x2, 3x3), 16 products where there were 36, on tiles of 4x4: there, reading the transformed
 * weights is what takes time.  With points that are roots of 2, rounding errors are smaller than
 * with whole numbers: about 1e-6 of the largest value, which tests/kernel.c prints.  For each place
 * xi of a tile, the sum over input channels is a matrix product:
 *
 *   v [xi][block of c][tile][VL]        transformed input of a chunk of tiles
 *   u [group][xi][c][vector][VL]        transformed weights, packed; a group is some vectors
 *   m [xi][vector][tile][VL]            products of a task: a group and some tiles of the chunk
 *
 * Transforms work on vectors of channels, so that no number has to change its lane.  Where u is
 * small enough to stay in a second cache, each thread goes through chunks of its own; else all
 * threads share a large one, so that u is read a few times only.
 */
#include <omp.h>
#include <string.h>

#include "conv.h"
#include "piece.h"
#include "stripe.h"
#include "winograd.h"

#define PANEL 64 /* input channels between reading m again */

/* input */

INLINE vec gated(const float *in, const float *gate, int64_t at)
{
	return gate ? v_pass(v_load(gate + at), v_load(in + at)) : v_load(in + at);
}

/* The tile at (y, x) of a block's plane to v; inside: all of it lies in the plane. */
INLINE void input_tile(const int tile, const int inside, const struct piece *p, const float *in,
		       const float *gate, int64_t y, int64_t x, float *v, int64_t v_xi)
{
	vec half[6][6], d[6];
	int i, j;

#pragma GCC unroll 6
	for (j = 0; j < tile; j++) {
#pragma GCC unroll 6
		for (i = 0; i < tile; i++)
			d[i] = inside || (y + i >= 0 && y + i < p->ih && x + j >= 0 &&
					  x + j < p->iw)
				       ? gated(in, gate, ((y + i) * p->iw + x + j) * VL)
				       : v_zero();
		winograd_input(tile, d);
#pragma GCC unroll 6
		for (i = 0; i < tile; i++)
			half[i][j] = d[i];
	}
#pragma GCC unroll 6
	for (i = 0; i < tile; i++) {
		winograd_input(tile, half[i]);
#pragma GCC unroll 6
		for (j = 0; j < tile; j++)
			v_store(v + (i * tile + j) * v_xi, half[i][j]);
	}
}

/* Where tile number t of all is: the picture, its row and column there. */
static void tile_find(const struct winograd *g, int64_t t, int64_t *n, int64_t *y, int64_t *x)
{
	*n = t / (g->tiles_h * g->tiles_w);
	*y = t / g->tiles_w % g->tiles_h * g->outputs;
	*x = t % g->tiles_w * g->outputs;
}

/* Tiles t0..t1 of one block of channels to v, the chunk's beginning at tile c0. */
static void input_run(const struct winograd *g, const float *in, const float *gate, int64_t group,
		      int64_t block, int64_t t0, int64_t t1, int64_t c0, float *v)
{
	const struct piece *p = &g->p;
	int64_t t, n, y, x;

	for (t = t0; t < t1; t++) {
		float *to = v + block * g->v_plane + (t - c0) * VL;
		const float *plane, *over;
		int64_t from;

		tile_find(g, t, &n, &y, &x);
		from = (n * g->groups + group) * g->in_item + block * p->ih * p->iw * VL;
		plane = in + from;
		over = gate ? gate + from : NULL;
		y += p->row;
		x += p->col;
		if (g->tile == 4)
			input_tile(4, 0, p, plane, over, y, x, to, g->v_xi);
		else if (y >= 0 && x >= 0 && y + 6 <= p->ih && x + 6 <= p->iw)
			input_tile(6, 1, p, plane, over, y, x, to, g->v_xi);
		else
			input_tile(6, 0, p, plane, over, y, x, to, g->v_xi);
	}
}

/* products and output */

struct task {
	const struct winograd *g;
	int64_t chunk;         /* its first tile */
	int64_t tile, tiles;   /* of the chunk */
	int64_t vector, width; /* first vector and number of them */
	const float *v, *u, *bias;
	const int32_t *at;
	float *out, *m;
	int relu;
};

static void products(const struct task *t)
{
	const struct winograd *g = t->g;
	int64_t ci = g->p.ci, k, i, xi, x0, x1;
	int64_t count = stripe_count((int)t->width, t->tiles);
	struct stripe s = {.pitch = VL, .at = t->at, .step = VL, .plane = g->task_tiles * VL};

	for (xi = 0; xi < g->points; xi++)
		for (k = 0; k < ci; k += PANEL) {
			s.k = NN_MIN(PANEL, ci - k);
			s.w = t->u + (g->points * t->vector * ci + (xi * ci + k) * t->width) * VL;
			s.first = k == 0;
			for (i = 0; i < count; i++) {
				stripe_ask(s.w + s.k * t->width * VL, i, count,
					   s.k * t->width * VL);
				x0 = i * t->tiles / count;
				x1 = (i + 1) * t->tiles / count;
				s.in = t->v + xi * g->v_xi + k / VL * g->v_plane +
				       (t->tile + x0) * VL;
				s.out = t->m + xi * g->m_xi + x0 * VL;
				stripe_run((int)t->width, (int)(x1 - x0), &s);
			}
		}
}

INLINE void output_tile(const int side, const int outputs, const struct task *t, int64_t vector,
			int64_t tile)
{
	const struct piece *p = &t->g->p;
	int64_t o = (t->vector + vector) * VL, n, y, x, r, i;
	const float *m = t->m + (vector * t->g->task_tiles + tile) * VL;
	float pixels[16 * VL] __attribute__((aligned(NN_ALIGN)));
	vec bias = t->bias ? v_load_range(t->bias + o, v_range(0, (int)NN_MIN(VL, p->co - o)))
			   : v_zero();
	float *out;

	tile_find(t->g, t->chunk + t->tile + tile, &n, &y, &x);
	out = t->out + n * t->g->groups * t->g->out_item + (o * p->oh + y * VL) * p->ow + x * VL;
	if (y + outputs <= p->oh && x + outputs <= p->ow) {
		winograd_output(side, outputs, m, t->g->m_xi, bias, t->relu, out, p->ow * VL);
		return;
	}
	winograd_output(side, outputs, m, t->g->m_xi, bias, t->relu, pixels, outputs * VL);
	for (r = 0; r < NN_MIN(outputs, p->oh - y); r++)
		for (i = 0; i < NN_MIN(outputs, p->ow - x); i++)
			v_store(out + (r * p->ow + i) * VL,
				v_load(pixels + (outputs * r + i) * VL));
}

static void task_run(const struct task *t)
{
	int64_t vector, tile;

	products(t);
	for (vector = 0; vector < t->width; vector++)
		for (tile = 0; tile < t->tiles; tile++)
			if (t->g->tile == 4)
				output_tile(4, 2, t, vector, tile);
			else if (t->g->outputs == 2)
				output_tile(6, 2, t, vector, tile);
			else
				output_tile(6, 4, t, vector, tile);
}

/* running */

static size_t v_floats(const struct winograd *g)
{
	return nn_round_up((size_t)(g->points * g->v_xi), NN_ALIGN);
}

static size_t m_floats(const struct winograd *g)
{
	return nn_round_up((size_t)(g->points * g->m_xi), NN_ALIGN);
}

static size_t scratch_bytes(const struct nn_conv_shape *s, int backward)
{
	size_t threads = (size_t)nn_threads();
	struct winograd g;

	winograd_make(s, backward, &g);
	return ((g.own ? threads : 1) * v_floats(&g) + threads * m_floats(&g)) * sizeof(float) +
	       nn_round_up(PANEL * sizeof(int32_t), NN_ALIGN);
}

/* Tiles of a task: many for the sake of u, but so that all threads have some. */
static int64_t task_tiles(const struct winograd *g)
{
	int64_t threads = nn_threads(), parts;

	parts = (g->chunk + g->task_tiles - 1) / g->task_tiles;
	while (parts * g->o_groups % threads && parts * g->o_groups < 4 * threads &&
	       g->chunk / (parts + 1) >= 4)
		parts++;
	return (g->chunk + parts - 1) / parts;
}

/* Group i of output channels, for tiles of the chunk. */
static void group_run(struct task *t, int64_t i, int64_t tile, int64_t tiles)
{
	t->vector = winograd_vector(t->g, i);
	t->width = winograd_vector(t->g, i + 1) - t->vector;
	t->tile = tile;
	t->tiles = tiles;
	task_run(t);
}

/* By each thread: its share of the chunks that are a thread's own. */
static void run_own(struct task *t, const float *in, const float *gate, int64_t group, float *v)
{
	const struct winograd *g = t->g;
	int64_t chunks = (g->tiles + g->chunk - 1) / g->chunk, threads = nn_threads(), i, j;

	chunks = NN_MIN((chunks + threads - 1) / threads * threads, g->tiles);
#pragma omp for schedule(dynamic)
	for (i = 0; i < chunks; i++) {
		int64_t t0 = i * g->tiles / chunks, t1 = (i + 1) * g->tiles / chunks;

		t->chunk = t0;
		for (j = 0; j < g->blocks; j++)
			input_run(g, in, gate, group, j, t0, t1, t0, v);
		for (j = 0; j < g->o_groups; j++)
			group_run(t, j, 0, t1 - t0);
	}
}

static void run_shared(struct task *t, const float *in, const float *gate, int64_t group, float *v)
{
	const struct winograd *g = t->g;
	int64_t each = task_tiles(g), t0, t1, parts, i, row = g->tiles_w, rows;

	for (t0 = 0; t0 < g->tiles; t0 = t1) {
		t1 = NN_MIN(t0 + g->chunk, g->tiles);
		rows = (t1 - t0 + row - 1) / row;
#pragma omp for schedule(static)
		for (i = 0; i < g->blocks * rows; i++)
			input_run(g, in, gate, group, i / rows, t0 + i % rows * row,
				  NN_MIN(t0 + (i % rows + 1) * row, t1), t0, v);
		t->chunk = t0;
		parts = (t1 - t0 + each - 1) / each;
#pragma omp for schedule(dynamic)
		for (i = 0; i < parts * g->o_groups; i++)
			group_run(t, i / parts, i % parts * each,
				  NN_MIN(each, t1 - t0 - i % parts * each));
	}
}

static void run(const struct nn_conv_shape *s, int backward, const float *in, const float *gate,
		const void *packed, const float *bias, int relu, float *out, void *scratch)
{
	size_t threads = (size_t)nn_threads();
	struct winograd g;
	float *m;
	int32_t *at;
	int64_t i;

	winograd_make(s, backward, &g);
	m = (float *)scratch + (g.own ? threads : 1) * v_floats(&g);
	at = (int32_t *)(void *)(m + threads * m_floats(&g));
	for (i = 0; i < PANEL; i++)
		at[i] = (int32_t)(i / VL * g.v_plane + i % VL);
#pragma omp parallel
	{
		size_t me = (size_t)omp_get_thread_num();
		struct task t = {.g = &g, .relu = relu, .at = at, .m = m + me * m_floats(&g)};
		float *v = (float *)scratch + (g.own ? me : 0) * v_floats(&g);
		int64_t group;

		t.v = v;
		for (group = 0; group < g.groups; group++) {
			t.u = (const float *)packed + group * g.packed;
			t.bias = bias ? bias + group * g.p.co : NULL;
			t.out = out + group * g.out_item;
			if (g.own)
				run_own(&t, in, gate, group, v);
			else
				run_shared(&t, in, gate, group, v);
		}
	}
}

static int able(const struct nn_conv_shape *s, int backward)
{
	(void)backward;
	return s->x_blocks && s->y_blocks && (s->kh == 3 || s->kh == 5) && s->kw == s->kh &&
	       s->stride_h == 1 && s->stride_w == 1 && s->dilation_h == 1 && s->dilation_w == 1 &&
	       s->n > 0 && s->oh > 0 && s->ow > 0 && s->h > 0 && s->w > 0 && s->w < 1 << 20 &&
	       s->ci >= s->groups && s->co >= s->groups &&
	       (s->groups == 1 || (s->ci / s->groups % VL == 0 && s->co / s->groups % VL == 0));
}

static int packing(const struct nn_conv_shape *s, int backward)
{
	struct winograd g;

	winograd_make(s, backward, &g);
	return g.tile == 4 ? 10 : 1;
}

const struct conv_algorithm conv_winograd = {
	.name = "winograd",
	.gates = 1,
	.packing = packing,
	.able = able,
	.fits = winograd_fits,
	.packed_bytes = winograd_packed,
	.pack = winograd_pack,
	.scratch_bytes = scratch_bytes,
	.run = run,
};
