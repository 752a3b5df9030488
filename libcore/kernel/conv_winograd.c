/* SPDX-License-Identifier: ISC */
/*
 * 3x3 convolution, stride 1, by Winograd's F(4x4, 3x3): tiles of 6x6 inputs give 4x4 outputs with
 * 36 products for each pair of channels where there were 144 (Lavin, Gray 2016).  The interpolation
 * points are 0, +-sqrt(1/2), +-sqrt(2) and infinity, with which rounding errors are smaller than
 * with whole numbers.  For each of the 36 places xi, the sum over input channels is a matrix
 * product:
 *
 *   v [tile block][xi][c][TILES]    transformed input, lanes along tiles
 *   u [xi][o group][c][o]           transformed weights, packed
 *   m [xi][tile][o]                 products, lanes along output channels
 */
#include <math.h>
#include <omp.h>

#include "conv.h"
#include "piece.h"
#include "tile.h"
#include "winograd.h"

#define TILES (VL > MR ? VL : MR) /* of a block */
#define BLOCKS 4                  /* of a task, at most */
#define WIDTH (NR * VL)           /* output channels of a task */
#define CHUNK 1048576             /* floats of v, about */
#define PANEL 128                 /* input channels between reading m again */

struct geometry {
	struct piece p;
	int64_t n, groups;
	int64_t tiles_h, tiles_w;   /* of a picture */
	int64_t rows, chunk_rows;   /* of tiles, in all pictures; at a time */
	int64_t blocks;             /* of TILES, in a chunk */
	int64_t vectors, o_groups;  /* of output channels */
	int64_t packed;             /* floats of u for a group of the convolution */
	int64_t z;                  /* floats of a buffer of rows */
};

static void geometry_make(const struct nn_conv_shape *s, int backward, struct geometry *g)
{
	struct piece *p = &g->p;
	int64_t rows, r;

	piece_make(s, backward, 0, p);
	g->n = s->n;
	g->groups = s->groups;
	g->tiles_h = (p->gh + 3) / 4;
	g->tiles_w = (p->gw + 3) / 4;
	g->rows = g->n * g->tiles_h;
	rows = CHUNK / (WINOGRAD_POINTS * (p->ci + 1) * g->tiles_w);
	rows = NN_MAX(NN_MIN(rows, g->rows), 1);
	for (r = rows; rows < g->rows && r > rows / 2 && r * g->tiles_w % TILES;)
		r--;
	g->chunk_rows = r > rows / 2 ? r : rows;
	g->blocks = (g->chunk_rows * g->tiles_w + TILES - 1) / TILES;
	g->vectors = (p->co + VL - 1) / VL;
	g->o_groups = (g->vectors + NR - 1) / NR;
	g->packed = WINOGRAD_POINTS * p->ci * g->vectors * VL;
	g->z = g->blocks * TILES * 4 + 2 * VL + 4;
}

/* Vectors of output channels of group i. */
static int64_t first_vector(const struct geometry *g, int64_t i)
{
	return i * g->vectors / g->o_groups;
}

/* packing */

static void pack_channel(const struct nn_conv_shape *s, int backward, const struct geometry *g,
                         int64_t group, int64_t c, const float *w, const float *scale, float *u)
{
	int64_t o, i, xi, v0, width, per_xi = g->p.ci * g->vectors * VL, out;
	float taps[9], t[WINOGRAD_POINTS];

	for (i = 0; i < g->o_groups; i++) {
		v0 = first_vector(g, i);
		width = (first_vector(g, i + 1) - v0) * VL;
		for (o = 0; o < width; o++) {
			int64_t row = v0 * VL + o, tap;

			for (tap = 0; tap < 9; tap++)
				taps[tap] = row >= g->p.co ? 0 :
				            piece_weight(s, backward, &g->p, 0, group, w, row, c, tap / 3,
				                         tap % 3);
			out = group * (s->co / s->groups) + (backward ? c : row);
			for (xi = 0; scale && row < g->p.co && xi < 9; xi++)
				taps[xi] *= scale[out];
			winograd_weights(taps, t);
			for (xi = 0; xi < WINOGRAD_POINTS; xi++)
				u[xi * per_xi + v0 * VL * g->p.ci + c * width + o] = t[xi];
		}
	}
}

static void pack(const struct nn_conv_shape *s, int backward, const float *w, const float *scale,
                 void *packed)
{
	struct geometry g;
	int64_t i;

	geometry_make(s, backward, &g);
#pragma omp parallel for schedule(static)
	for (i = 0; i < g.groups * g.p.ci; i++)
		pack_channel(s, backward, &g, i / g.p.ci, i % g.p.ci, w, scale,
		             (float *)packed + i / g.p.ci * g.packed);
}

static size_t packed_bytes(const struct nn_conv_shape *s, int backward)
{
	struct geometry g;

	geometry_make(s, backward, &g);
	return (size_t)(g.groups * g.packed) * sizeof(float);
}

/* input */

/*
 * The columns' transform of a row of tiles to z[i][at + x], and to z[6 + i][at + x - 4] once more,
 * so that the last two inputs of a tile are found as if they were the first two of the next.
 */
static void rows_transform(const struct geometry *g, const float *plane, int64_t y0, int64_t at,
                           float *z)
{
	const struct piece *p = &g->p;
	int64_t length = 4 * g->tiles_w + 2, x, x0, low, high, y;
	vec d[6];
	int i;

	for (x = 0; x < length; x += VL) {
		range lanes;

		x0 = p->col + x;
		low = NN_MIN(NN_MAX(-x0, 0), VL);
		high = NN_MAX(NN_MIN(NN_MIN(p->iw - x0, length - x), VL), low);
		lanes = v_range((int)low, (int)high);
		for (i = 0; i < 6; i++) {
			y = y0 + i;
			d[i] = y < 0 || y >= p->ih ? v_zero()
						   : v_load_range(plane + y * p->iw + x0, lanes);
		}
		winograd_input(d);
		for (i = 0; i < 6; i++) {
			v_store(z + i * g->z + at + x, d[i]);
			if (x)
				v_store(z + (6 + i) * g->z + at + x - 4, d[i]);
			else if (VL > 4)
				v_store_range(z + (6 + i) * g->z + at - 4, v_range(4, VL), d[i]);
		}
	}
}

/* The first n of inputs 0, 1, 2, 3 of VL tiles, four apart. */
INLINE void split(const float *z, const int n, vec *d)
{
	vec a = v_load(z), b = v_load(z + VL), c = v_load(z + 2 * VL), e = v_load(z + 3 * VL);
	vec even_0 = v_even(a, b), even_1 = v_even(c, e), odd_0 = v_odd(a, b), odd_1 = v_odd(c, e);

	d[0] = v_even(even_0, even_1);
	d[1] = v_even(odd_0, odd_1);
	if (n > 2) {
		d[2] = v_odd(even_0, even_1);
		d[3] = v_odd(odd_0, odd_1);
	}
}

/* Channel c of the tile rows r0..r1 of a chunk to v. */
static void input_run(const struct geometry *g, const float *in, int64_t group, int64_t c,
                      int64_t r0, int64_t r1, float *z, float *v)
{
	const struct piece *p = &g->p;
	int64_t r, t, end = (r1 - r0) * g->tiles_w, stride = (p->ci + 1) * TILES;
	vec d[6];
	int i, j;

	for (r = r0; r < r1; r++)
		rows_transform(
			g, in + ((r / g->tiles_h * g->groups + group) * p->ci + c) * p->ih * p->iw,
			r % g->tiles_h * 4 + p->row, (r - r0) * g->tiles_w * 4, z);
	for (i = 0; i < 12; i++)
		for (t = 4 * end; t < g->z; t++)
			z[i * g->z + t] = 0;
	for (t = 0; t < end; t += VL) {
		float *to = v + (t / TILES * WINOGRAD_POINTS * (p->ci + 1) + c) * TILES + t % TILES;

		for (i = 0; i < 6; i++) {
			split(z + i * g->z + 4 * t, 4, d);
			split(z + (6 + i) * g->z + 4 * t, 2, d + 4);
			winograd_input(d);
			for (j = 0; j < 6; j++)
				v_store(to + (i * 6 + j) * stride, d[j]);
		}
	}
}

/* products and output */

struct task {
	const struct geometry *g;
	int64_t r0;            /* first row of tiles of the chunk */
	int64_t tile, tiles;   /* of the chunk */
	int64_t vector, width; /* first vector and number of output channels */
	const float *v, *u;
	const float *bias;
	float *out;
	int relu;
	float *m;
};

static int64_t m_stride(void)
{
	return BLOCKS * TILES * WIDTH + VL;
}

static void products(const struct task *t)
{
	int64_t ci = t->g->p.ci, per_xi = ci * t->g->vectors * VL, k, k1, i, xi, at;
	struct tile_out o = {.ldc = t->width};
	const float *v, *u;

	for (xi = 0; xi < WINOGRAD_POINTS; xi++)
		for (k = 0; k < ci; k = k1) {
			k1 = NN_MIN(k + PANEL, ci);
			u = t->u + xi * per_xi + t->vector * VL * ci + k * t->width;
			o.first = k == 0;
			for (i = 0; i < t->tiles; i += MR) {
				at = t->tile + i;
				v = t->v + ((at / TILES * WINOGRAD_POINTS + xi) * (ci + 1) + k) * TILES;
				tile_place(&o, t->m + xi * m_stride() + i * t->width, (int)t->width);
				o.rows = (int)NN_MIN(MR, t->tiles - i);
				tile_multiply(MR, k1 - k, v + at % TILES, TILES, u, t->width, &o);
			}
		}
}

/* One row of pixels [x][channel] of the output to places [channel][x]. */
static void store_row(const float *row, float *out, int64_t plane, int64_t channels, int pixels)
{
	range lanes = v_range(0, pixels);
	vec v[VL];
	int i;

#pragma GCC unroll 16
	for (i = 0; i < VL; i++)
		v[i] = v_load(row + i * VL);
	transpose(v);
#pragma GCC unroll 16
	for (i = 0; i < VL; i++) {
		if (i >= channels)
			break;
		if (pixels == VL)
			v_store(out + i * plane, v[i]);
		else
			v_store_range(out + i * plane, lanes, v[i]);
	}
}

/* VL channels from o on, of up to VL / 4 tiles in a row. */
static void output_tiles(const struct task *t, int64_t o, int64_t tile, int64_t tiles)
{
	const struct piece *p = &t->g->p;
	int64_t at = t->tile + tile, row = t->r0 + at / t->g->tiles_w, i, r, plane = p->oh * p->ow;
	int64_t y = row % t->g->tiles_h * 4, x = at % t->g->tiles_w * 4, n = row / t->g->tiles_h;
	int64_t channels = NN_MIN(VL, p->co - o);
	float pixels[4 * VL * VL] __attribute__((aligned(NN_ALIGN)));
	vec bias = t->bias ? v_load_range(t->bias + o, v_range(0, (int)channels)) : v_zero();

	for (i = 0; i < tiles; i++)
		winograd_output(t->m + (tile + i) * t->width + o - t->vector * VL, m_stride(), bias,
				t->relu, pixels + i * 4 * VL, VL * VL);
	for (r = 0; r < 4 && y + r < p->oh; r++)
		store_row(pixels + r * VL * VL,
			  t->out + (n * t->g->groups * p->co + o) * plane + (y + r) * p->ow + x,
			  plane, channels, (int)NN_MIN(4 * tiles, p->ow - x));
}

static void task_run(const struct task *t)
{
	int64_t o, tile, tiles, left;

	products(t);
	for (o = t->vector * VL; o < t->vector * VL + t->width; o += VL)
		for (tile = 0; tile < t->tiles; tile += tiles) {
			left = t->g->tiles_w - (t->tile + tile) % t->g->tiles_w; /* in its row */
			tiles = NN_MIN(NN_MIN(VL / 4, left), t->tiles - tile);
			output_tiles(t, o, tile, tiles);
		}
}

/* running */

static size_t v_floats(const struct geometry *g)
{
	return nn_round_up((size_t)(g->blocks * WINOGRAD_POINTS * (g->p.ci + 1) * TILES), NN_ALIGN);
}

static size_t thread_floats(const struct geometry *g)
{
	return nn_round_up((size_t)NN_MAX(12 * g->z, WINOGRAD_POINTS * m_stride()), NN_ALIGN);
}

static size_t scratch_bytes(const struct nn_conv_shape *s, int backward)
{
	struct geometry g;

	geometry_make(s, backward, &g);
	return (v_floats(&g) + (size_t)nn_threads() * thread_floats(&g)) * sizeof(float);
}

/* Blocks of a task: many for the sake of u, but so that all threads have some. */
static int64_t task_blocks(const struct geometry *g)
{
	int64_t n = BLOCKS;

	while (n > 1 && (g->blocks + n - 1) / n * g->o_groups < 4 * nn_threads())
		n--;
	return n;
}

static void run(const struct nn_conv_shape *s, int backward, const float *in, const void *packed,
                const float *bias, int relu, float *out, void *scratch)
{
	struct geometry g;
	int64_t group, r0, r1, i, each, count, tiles;

	geometry_make(s, backward, &g);
	each = task_blocks(&g);
#pragma omp parallel private(group, r0, r1, i, count, tiles)
	{
		float *v = scratch;
		float *mine = v + v_floats(&g) + (size_t)omp_get_thread_num() * thread_floats(&g);

		for (group = 0; group < g.groups; group++)
			for (r0 = 0; r0 < g.rows; r0 = r1) {
				r1 = NN_MIN(r0 + g.chunk_rows, g.rows);
				tiles = (r1 - r0) * g.tiles_w;
#pragma omp for schedule(static)
				for (i = 0; i < g.p.ci; i++)
					input_run(&g, in, group, i, r0, r1, mine, v);
				count = (tiles + each * TILES - 1) / (each * TILES) * g.o_groups;
#pragma omp for schedule(dynamic)
				for (i = 0; i < count; i++) {
					int64_t o = i % g.o_groups,
						tile = i / g.o_groups * each * TILES;
					struct task t = {.g = &g,
							 .r0 = r0,
							 .tile = tile,
							 .v = v,
							 .relu = relu,
							 .m = mine};

					t.tiles = NN_MIN(each * TILES, tiles - tile);
					t.vector = first_vector(&g, o);
					t.width = (first_vector(&g, o + 1) - t.vector) * VL;
					t.u = (const float *)packed + group * g.packed;
					t.bias = bias ? bias + group * g.p.co : NULL;
					t.out = out + group * g.p.co * g.p.oh * g.p.ow;
					task_run(&t);
				}
			}
	}
}

static int able(const struct nn_conv_shape *s, int backward)
{
	(void)backward;
	return s->kh == 3 && s->kw == 3 && s->stride_h == 1 && s->stride_w == 1 &&
	       s->dilation_h == 1 && s->dilation_w == 1 && s->oh > 0 && s->ow > 0 && s->h > 0 &&
	       s->w > 0 && s->ci >= s->groups && s->co >= s->groups;
}

/* Cycles for one picture, about, against a product over all nine taps. */
static int fits(const struct nn_conv_shape *s, int backward)
{
	double tiles, ci, co, rows, here, there;
	struct geometry g;

	geometry_make(s, backward, &g);
	tiles = (double)(g.tiles_h * g.tiles_w);
	ci = (double)g.p.ci;
	co = (double)(g.vectors * VL);
	here = WINOGRAD_POINTS * ci * co * NN_MAX(tiles + MR / 2., MR) / (2 * VL) +
	       (tiles * ci + tiles * co) * 400 / VL + WINOGRAD_POINTS * ci * co * 4 / 16;
	rows = (double)((g.p.co + g.p.tile - 1) / g.p.tile * g.p.tile);
	there = 9 * ci * rows * (double)(g.p.gh * g.p.gw) / (2 * VL) / .8;
	return here < there;
}

const struct conv_algorithm conv_winograd = {
	.name = "winograd", .packing = 1, .able = able, .fits = fits, .packed_bytes = packed_bytes,
	.pack = pack, .scratch_bytes = scratch_bytes, .run = run,
};
