/* SPDX-License-Identifier: ISC */
#include "direct.h"
#include "stripe.h"

#define PIXELS 192  /* of a task, about */
#define WHOLE 98304 /* floats of all strips, to have them at once */
#define MANY 98304  /* weights that a second cache has no room for beside the strips */

static void geometry_strip(struct direct *g)
{
	const struct piece *p = &g->p;

	g->lines = p->gh;
	g->length = g->task_length = p->gw;
	g->task_lines = NN_MIN(NN_MAX(PIXELS / NN_MAX(p->gw, 1), 1), NN_MAX(p->gh, 1));
	strip_make(&g->strip, p, g->rows_in ? 1 : VL, g->task_lines, g->block);
	while (g->task_lines > 1 && g->strip.floats > DIRECT_STRIP)
		strip_make(&g->strip, p, g->strip.unit, --g->task_lines, g->block);
}

/* All pixels are one row. */
static void geometry_pointwise(struct direct *g)
{
	int64_t stripes, blocks = (g->block + VL - 1) / VL;

	g->lines = g->task_lines = 1;
	g->length = g->p.gh * g->p.gw;
	stripes = stripe_count((int)g->width, g->length);
	stripes = NN_MAX((stripes * PIXELS + g->length - 1) / NN_MAX(g->length, 1), 1);
	g->task_length = stripes * stripe_most((int)g->width);
	g->input =
		(struct strip){.unit = VL, .parts = 1, .part = g->length, .plane = g->length * VL};
	g->strip = (struct strip){.unit = VL, .parts = 1, .part = g->task_length};
	g->strip.plane = g->task_length * VL;
	g->strip.floats = blocks * g->strip.plane;
}

void direct_make(const struct nn_conv_shape *s, int backward, int64_t piece, struct direct *g)
{
	struct piece *p = &g->p;
	int64_t longest;

	memset(g, 0, sizeof *g);
	piece_make(s, backward, piece, p);
	g->n = s->n;
	g->groups = s->groups;
	g->rows_in = !(backward ? s->y_blocks : s->x_blocks);
	g->in_item = (g->rows_in ? p->ci : (p->ci + VL - 1) / VL * VL) * p->ih * p->iw;
	g->out_item = (p->co + VL - 1) / VL * VL * p->oh * p->ow;
	if (!piece_taps(p))
		p->ci = 0;
	g->vectors = (p->co + VL - 1) / VL;
	g->block = p->block;
	g->pointwise = !g->rows_in && piece_taps(p) == 1 && p->step_h == 1 && p->step_w == 1 &&
		       p->row == 0 && p->col == 0 && p->ih == p->gh && p->iw == p->gw &&
		       piece_in_place(p);
	/* the same for all pieces */
	longest = backward ? (s->w + s->stride_w - 1) / s->stride_w : s->ow;
	g->width = stripe_width(g->vectors, g->pointwise ? p->gh * p->gw : longest);
	if (g->pointwise)
		geometry_pointwise(g);
	else
		geometry_strip(g);
	g->table = nn_round_up((size_t)(g->block * NN_MAX(piece_taps(p), 1)) * sizeof(int32_t),
			       NN_ALIGN);
	g->blocks = NN_MAX((p->ci + g->block - 1) / g->block, 1);
	g->whole = g->strip.floats * g->blocks <= WHOLE;
}

static int64_t ceiling(int64_t a, int64_t b)
{
	return (a + b - 1) / b;
}

/* Halves the rows, or else the pixels of a row, of tasks that are not small. */
static int halve(const struct direct *g, struct direct_share *h)
{
	if (h->lines * h->pixels <= 64 || (h->lines == 1 && !g->pointwise))
		return 0;
	if (h->lines > 1)
		h->lines = (h->lines + 1) / 2;
	else
		h->pixels = (h->pixels + 1) / 2;
	return 1;
}

static int64_t tasks_of(const struct direct *g, const struct direct_share *h)
{
	return g->n * g->groups * h->down * h->across * h->deep;
}

/*
 * Groups of output channels are shared out first when the weights are many, and for each pixel,
 * too: each task reads the weights of its groups, and makes strips of its own, which are quick to
 * make when they are read for many taps.  Else tasks get pixels, and groups only when these are too
 * few.
 */
struct direct_share direct_share_out(const struct direct *g)
{
	struct direct_share h = {g->task_lines, g->task_length, g->vectors, 1, 1, 1};
	int64_t groups = ceiling(g->vectors, g->width), threads = nn_threads(), want = 4 * threads;
	int64_t taps = piece_taps(&g->p), weights = g->vectors * VL * taps;

	if (weights > 2 * g->lines * g->length && weights * g->p.ci >= MANY &&
	    (g->pointwise || taps > 1) && g->n * g->groups < want)
		h.deep = NN_MIN(groups, ceiling(want, g->n * g->groups));
	for (;;) {
		h.down = ceiling(g->lines, h.lines);
		h.across = ceiling(g->length, h.pixels);
		if (tasks_of(g, &h) >= want || (h.deep > 1 && tasks_of(g, &h) % threads == 0) ||
		    !halve(g, &h))
			break;
	}
	if (tasks_of(g, &h) < want)
		h.deep = NN_MIN(groups, ceiling(h.deep * want, tasks_of(g, &h)));
	h.vectors = ceiling(groups, h.deep) * g->width;
	h.deep = ceiling(g->vectors, h.vectors);
	return h;
}
