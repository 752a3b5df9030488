/* SPDX-License-Identifier: ISC */
/* What Winograd's algorithm does to a shape, and its weights: see conv_winograd.c. */
#include "winograd.h"
#include "stripe.h"

#define CHUNK 1048576 /* floats of a shared v, about */
#define SMALL 163840  /* floats of u that stay in the second cache */
#define OWN 24        /* tiles of a chunk then */

/*
 * Cycles of one picture, about: products, and what of the weights' reading does not hide behind
 * them, from the second cache, the third, or memory; taps sums for each of count outputs.
 */
static double cycles(double taps, double count, double ci, double co)
{
	double weights = taps * ci * co, products = weights * count / (2 * VL) / .9;
	double reading = weights * 4 / (weights < 131072 ? 40 : weights < 2097152 ? 20 : 10);

	return NN_MAX(products, reading) + .3 * NN_MIN(products, reading);
}

static int64_t tiles_of(const struct piece *p, int64_t outputs)
{
	return ((p->gh + outputs - 1) / outputs) * ((p->gw + outputs - 1) / outputs);
}

/* The side of a tile that takes least time, and that time; of the whole layer, for the same bits. */
static int best_tile(const struct nn_conv_shape *s, int backward, double *time)
{
	double ci, co, large, small, t;
	struct piece p;

	piece_make(s->whole ? s->whole : s, backward, 0, &p);
	ci = (double)p.ci;
	co = (double)((p.co + VL - 1) / VL * VL);
	large = (double)tiles_of(&p, 7 - s->kh);
	small = (double)tiles_of(&p, 2);
	*time = cycles(36, large, ci, co) + large * (ci + co) / VL * 90;
	t = cycles(16, small, ci, co) + small * (ci + co) / VL * 40;
	if (s->kh != 3 || *time <= t)
		return 6;
	*time = t;
	return 4;
}

void winograd_make(const struct nn_conv_shape *s, int backward, struct winograd *g)
{
	struct piece *p = &g->p;

	piece_make(s, backward, 0, p);
	g->tile = best_tile(s, backward, &g->time);
	g->points = g->tile * g->tile;
	g->n = s->n;
	g->groups = s->groups;
	g->blocks = (p->ci + VL - 1) / VL;
	g->in_item = g->blocks * VL * p->ih * p->iw;
	g->outputs = g->tile + 1 - (int)s->kh;
	g->tiles_h = (p->gh + g->outputs - 1) / g->outputs;
	g->tiles_w = (p->gw + g->outputs - 1) / g->outputs;
	g->tiles = g->n * g->tiles_h * g->tiles_w;
	g->vectors = (p->co + VL - 1) / VL;
	g->packed = g->points * p->ci * g->vectors * VL;
	g->own = g->packed <= SMALL;
	g->chunk = g->own ? OWN : NN_MAX(CHUNK / (g->points * g->blocks * VL), 1);
	g->chunk = NN_MIN(g->chunk, g->tiles);
	g->v_plane = g->chunk * VL;
	g->v_xi = g->blocks * g->v_plane + 2 * VL;
	g->out_item = g->vectors * VL * p->oh * p->ow;
	g->o_groups = (g->vectors + STRIPE_VECTORS - 1) / STRIPE_VECTORS;
	if (g->o_groups % 2 && g->o_groups < g->vectors)
		g->o_groups++; /* two threads have as many */
	g->task_tiles = NN_MIN(NN_MAX(p->ci / 2, 48), g->chunk);
	g->m_xi = g->task_tiles * STRIPE_VECTORS * VL + 2 * VL;
}

int64_t winograd_vector(const struct winograd *g, int64_t i)
{
	return i * g->vectors / g->o_groups;
}

int winograd_fits(const struct nn_conv_shape *s, int backward)
{
	struct winograd g;

	winograd_make(s, backward, &g);
	return g.time < cycles((double)(s->kh * s->kw), (double)(g.p.gh * g.p.gw), (double)g.p.ci,
			       (double)(g.vectors * VL));
}

/* packing */

/* A vector of rows o, of all channels. */
static void pack_vector(const struct nn_conv_shape *s, int backward, const struct winograd *g,
			int64_t group, int64_t vector, const float *w, const float *scale, float *u)
{
	int64_t i = 0, o, c, tap, xi, at[25], taps = s->kh * s->kw, first = vector * VL;
	int64_t out = group * (s->co / s->groups);
	int64_t given = NN_MIN(VL, g->p.co - first), v0, width;
	struct piece_source from = piece_source(s, backward, group, w);
	double in[25][VL] = {{0}};
	float t[WINOGRAD_POINTS][VL];

	while (winograd_vector(g, i + 1) <= vector)
		i++;
	v0 = winograd_vector(g, i);
	width = (winograd_vector(g, i + 1) - v0) * VL;
	u += g->points * v0 * VL * g->p.ci + (vector - v0) * VL;
	for (tap = 0; tap < taps; tap++)
		at[tap] = piece_tap(s, backward, 0, tap / s->kw, tap % s->kw);
	for (c = 0; c < g->p.ci; c++) {
		const float *source = from.w + first * from.row + c * from.channel;

		for (o = 0; o < given; o++)
			for (tap = 0; tap < taps; tap++)
				in[tap][o] = source[o * from.row + at[tap]] *
					     (scale ? scale[out + (backward ? c : first + o)] : 1);
		if (g->tile == 4)
			winograd_weights(4, 3, in, t);
		else if (s->kh == 3)
			winograd_weights(6, 3, in, t);
		else
			winograd_weights(6, 5, in, t);
		for (xi = 0; xi < g->points; xi++)
			memcpy(u + (xi * g->p.ci + c) * width, t[xi], sizeof t[xi]);
	}
}

void winograd_pack(const struct nn_conv_shape *s, int backward, const float *w, const float *scale,
		   void *packed)
{
	struct winograd g;
	int64_t i;

	winograd_make(s, backward, &g);
#pragma omp parallel for schedule(static)
	for (i = 0; i < g.groups * g.vectors; i++)
		pack_vector(s, backward, &g, i / g.vectors, i % g.vectors, w, scale,
			    (float *)packed + i / g.vectors * g.packed);
}

size_t winograd_packed(const struct nn_conv_shape *s, int backward)
{
	struct winograd g;

	winograd_make(s, backward, &g);
	return (size_t)(g.groups * g.packed) * sizeof(float);
}
