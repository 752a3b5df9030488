/* SPDX-License-Identifier: ISC */
/*
 * Convolution on blocks of channels, without a window matrix.  A task makes some rows of the grid
 * of outputs, all of their channels or some groups of vectors.  It copies what these see of the
 * input to strips (strip.h), one for each block of input channels, from which every tap reads
 * pixels, shifted. Of a 1x1 convolution the input itself is the strip.  When the strips of all
 * channels fit in the second cache, the task goes from group to group, through the weights as they
 * lie; else from block to block, with one strip.
 *
 * With few input channels the input has its channels in rows, not in blocks, and so has the strip.
 */
#include <omp.h>
#include <string.h>

#include "conv.h"
#include "direct.h"
#include "stripe.h"

/* packing: [group of vectors][block of channels][ty][tx][c][vector][VL] */

static void pack_group(const struct nn_conv_shape *s, int backward, const struct direct *g,
		       int64_t piece, int64_t group, int64_t v0, const float *w, const float *scale,
		       float *to)
{
	const struct piece *p = &g->p;
	int64_t lanes = NN_MIN(g->width, g->vectors - v0) * VL, first = v0 * VL;
	int64_t given = NN_MIN(lanes, p->co - first), b, tap, at, c, o,
		out = group * (s->co / s->groups);
	struct piece_source from = piece_source(s, backward, group, w);

	for (b = 0; b < p->ci; b += g->block)
		for (tap = 0; tap < piece_taps(p); tap++) {
			at = piece_tap(s, backward, piece, tap / p->cols, tap % p->cols);
			for (c = b; c < NN_MIN(b + g->block, p->ci); c++, to += lanes) {
				const float *source =
					from.w + c * from.channel + first * from.row + at;

				for (o = 0; o < lanes; o++)
					to[o] = o < given && at >= 0 ? source[o * from.row] : 0;
				for (o = 0; scale && o < given; o++)
					to[o] *= scale[out + (backward ? c : first + o)];
			}
		}
}

static int64_t packed_floats(const struct direct *g)
{
	return g->vectors * VL * g->p.ci * piece_taps(&g->p);
}

static size_t packed_bytes(const struct nn_conv_shape *s, int backward)
{
	struct direct g;
	int64_t i, floats = 0;

	for (i = 0; i < piece_count(s, backward); i++) {
		direct_make(s, backward, i, &g);
		floats += packed_floats(&g);
	}
	return (size_t)(floats * s->groups) * sizeof(float);
}

static void pack(const struct nn_conv_shape *s, int backward, const float *w, const float *scale,
		 void *packed)
{
	struct direct g;
	float *to = packed;
	int64_t i, j, count, per;

	for (i = 0; i < piece_count(s, backward); i++, to += s->groups * packed_floats(&g)) {
		direct_make(s, backward, i, &g);
		count = (g.vectors + g.width - 1) / g.width;
		per = g.width * VL * g.p.ci * piece_taps(&g.p);
#pragma omp parallel for schedule(static)
		for (j = 0; j < s->groups * count; j++)
			pack_group(s, backward, &g, i, j / count, j % count * g.width, w, scale,
				   to + j / count * packed_floats(&g) + j % count * per);
	}
}

/* running */

struct task {
	const struct direct *g;
	const float *in, *gate, *weights, *bias; /* of the group */
	float *out;
	int64_t line, lines, pixel, pixels;
	int64_t vector, vectors;
	int relu;
	float *strip;
	int32_t *at, *at_last; /* in a strip of a whole block, and of the last one */
};

/* Is the input itself the strip? */
static int in_place(const struct task *t)
{
	return t->g->pointwise && !t->gate;
}

/* Asks for some pixels of planes blocks of channels, side by side. */
INLINE void ask_for(const float *in, int64_t planes, int64_t plane, int64_t pixels)
{
	int64_t i, x;

	for (i = 0; i < planes; i++, in += plane)
		for (x = 0; x < pixels * VL; x += NN_ALIGN / (int64_t)sizeof *in)
			__builtin_prefetch(in + x, 0, 2);
}

/* What will be read in its turn, and is asked for now. */
struct ahead {
	const float *w;
	int64_t weights; /* floats */
	int64_t planes;  /* blocks of channels of the input, after those of now */
};

/* One group of vectors, v0 on, of all the task's pixels, for the channels of a block. */
static void group_run(const struct task *t, int64_t v0, int width, const float *in,
		      const struct ahead *next, struct stripe *s)
{
	const struct direct *g = t->g;
	const struct piece *p = &g->p;
	int64_t unit = g->strip.unit, pitch = p->step_h * g->strip.parts * g->strip.part * unit;
	int64_t count = stripe_count(width, t->pixels), line, i, x0, x1;
	float *out;

	for (line = 0; line < t->lines; line++) {
		out = t->out + v0 * p->oh * p->ow * VL +
		      (g->pointwise
			       ? t->pixel
			       : (p->y_row + (t->line + line) * p->y_row_step) * p->ow + p->y_col) *
			      VL;
		for (i = 0; i < count; i++) {
			x0 = i * t->pixels / count;
			x1 = (i + 1) * t->pixels / count;
			s->in = in + line * pitch + x0 * unit;
			s->out = out + x0 * s->step;
			if (next->planes)
				ask_for(s->in + g->block / VL * g->input.plane, next->planes,
					g->input.plane, x1 - x0);
			if (next->weights)
				stripe_ask(next->w, line * count + i, t->lines * count,
					   next->weights);
			stripe_run(width, (int)(x1 - x0), s);
		}
	}
}

/* The weights of the group of vectors from v on, for the channels from c on. */
static const float *panel(const struct task *t, int64_t v, int64_t c)
{
	const struct direct *g = t->g;
	int64_t width = NN_MIN(g->width, g->vectors - v);

	return t->weights + (v * g->p.ci + c * width) * piece_taps(&g->p) * VL;
}

/* Channels of block number b. */
static int64_t channels_of(const struct direct *g, int64_t b)
{
	return NN_MIN(g->block, g->p.ci - b * g->block);
}

static float *strip_of(const struct task *t, int64_t b)
{
	return t->strip + (t->g->whole ? b * t->g->strip.floats : 0);
}

static void block_fill(const struct task *t, int64_t b)
{
	const struct direct *g = t->g;
	int64_t c = b * g->block, channels = channels_of(g, b),
		at = (c / VL * g->length + t->pixel) * VL;

	if (in_place(t) || !channels)
		return;
	if (g->pointwise)
		strip_fill_flat(&g->strip, t->in + at, t->gate + at, g->input.plane, t->pixels,
				channels, strip_of(t, b));
	else
		strip_fill(&g->strip, &g->p, t->in, t->gate, t->line, t->lines, c, channels,
			   strip_of(t, b));
}

/* Group v of block b, and what comes next: group next_v of block next_b, unless that is past the
 * last. */
static void panel_run(const struct task *t, int64_t v, int64_t b, int64_t next_v, int64_t next_b)
{
	const struct direct *g = t->g;
	const struct piece *p = &g->p;
	int64_t width = NN_MIN(g->width, g->vectors - v), taps = piece_taps(p), lanes, i;
	int last = b == g->blocks - 1;
	struct stripe s = {
		.pitch = g->strip.unit, .step = p->y_col_step * VL, .plane = p->oh * p->ow * VL};
	struct ahead next = {NULL, 0, 0};
	float bias[STRIPE_VECTORS * VL];

	s.k = channels_of(g, b) * taps;
	s.at = last ? t->at_last : t->at;
	s.w = panel(t, v, b * g->block);
	s.first = b == 0;
	s.relu = t->relu && last;
	if (t->bias && last) {
		lanes = NN_MIN(width * VL, p->co - v * VL);
		for (i = 0; i < width * VL; i++)
			bias[i] = i < lanes ? t->bias[v * VL + i] : 0;
		s.bias = bias;
	}
	if (next_b < g->blocks && next_v < t->vector + t->vectors) {
		next.w = panel(t, next_v, next_b * g->block);
		next.weights =
			NN_MIN(g->width, g->vectors - next_v) * VL * channels_of(g, next_b) * taps;
	}
	if (in_place(t) && v == t->vector && !last)
		next.planes = (channels_of(g, b + 1) + VL - 1) / VL;
	group_run(t, v, (int)width,
		  in_place(t) ? t->in + (b * g->block / VL * g->length + t->pixel) * VL
			      : strip_of(t, b),
		  &next, &s);
}

static void task_run(const struct task *t)
{
	const struct direct *g = t->g;
	int64_t end = t->vector + t->vectors, b, v;

	strip_table(in_place(t) ? &g->input : &g->strip, &g->p, g->block, t->at);
	strip_table(in_place(t) ? &g->input : &g->strip, &g->p, channels_of(g, g->blocks - 1),
		    t->at_last);
	if (in_place(t) || g->whole) {
		for (b = 0; b < g->blocks; b++)
			block_fill(t, b);
		for (v = t->vector; v < end; v += g->width)
			for (b = 0; b < g->blocks; b++)
				if (b + 1 < g->blocks)
					panel_run(t, v, b, v, b + 1);
				else
					panel_run(t, v, b, v + g->width, 0);
		return;
	}
	for (b = 0; b < g->blocks; b++) {
		block_fill(t, b);
		for (v = t->vector; v < end; v += g->width)
			if (v + g->width < end)
				panel_run(t, v, b, v + g->width, b);
			else
				panel_run(t, v, b, t->vector, b + 1);
	}
}

static size_t thread_bytes(const struct direct *g)
{
	return nn_round_up((size_t)(g->whole ? g->blocks : 1) * (size_t)g->strip.floats *
					   sizeof(float) +
				   2 * g->table,
			   NN_ALIGN);
}

static void run_piece(const struct direct *g, const float *in, const float *gate,
		      const float *packed, const float *bias, int relu, float *out, char *scratch)
{
	size_t bytes = thread_bytes(g);
	int64_t each, count, i;
	struct direct_share h;

	if (g->lines < 1 || g->length < 1)
		return;
	h = direct_share_out(g);
	each = h.down * h.across * h.deep;
	count = g->n * g->groups * each;
#pragma omp parallel for schedule(dynamic) if (count > 1)
	for (i = 0; i < count; i++) {
		char *mine = scratch + (size_t)omp_get_thread_num() * bytes;
		int64_t item = i / each, group = item % g->groups, j = i % each;
		struct task t = {.g = g, .relu = relu};

		t.in = in + item * g->in_item;
		t.gate = gate ? gate + item * g->in_item : NULL;
		t.out = out + item * g->out_item;
		t.weights = packed + group * packed_floats(g);
		t.bias = bias ? bias + group * g->p.co : NULL;
		t.vector = j % h.deep * h.vectors;
		t.vectors = NN_MIN(h.vectors, g->vectors - t.vector);
		t.line = j / h.deep / h.across * h.lines;
		t.lines = NN_MIN(h.lines, g->lines - t.line);
		t.pixel = j / h.deep % h.across * h.pixels;
		t.pixels = NN_MIN(h.pixels, g->length - t.pixel);
		t.at = (int32_t *)(void *)mine;
		t.at_last = (int32_t *)(void *)(mine + g->table);
		t.strip = (float *)(void *)(mine + 2 * g->table);
		task_run(&t);
	}
}

static void run(const struct nn_conv_shape *s, int backward, const float *in, const float *gate,
		const void *packed, const float *bias, int relu, float *out, void *scratch)
{
	const float *weights = packed;
	struct direct g;
	int64_t i;

	for (i = 0; i < piece_count(s, backward); i++) {
		direct_make(s, backward, i, &g);
		run_piece(&g, in, gate, weights, bias, relu, out, scratch);
		weights += s->groups * packed_floats(&g);
	}
}

static size_t scratch_bytes(const struct nn_conv_shape *s, int backward)
{
	struct direct g;
	size_t most = 0;
	int64_t i;

	for (i = 0; i < piece_count(s, backward); i++) {
		direct_make(s, backward, i, &g);
		most = NN_MAX(most, thread_bytes(&g));
	}
	return (size_t)nn_threads() * most;
}

static int able(const struct nn_conv_shape *s, int backward)
{
	struct direct g;
	int64_t i;

	if (!s->y_blocks || (backward && !s->x_blocks) || s->n < 1 || s->oh < 1 || s->ow < 1 ||
	    s->h < 1 || s->w < 1 || (!s->x_blocks && s->groups > 1) ||
	    (s->groups > 1 && (s->ci / s->groups % VL || s->co / s->groups % VL)))
		return 0;
	for (i = 0; i < piece_count(s, backward); i++) {
		direct_make(s, backward, i, &g);
		if (g.strip.floats > 4 * DIRECT_STRIP || g.in_item >= INT32_MAX ||
		    g.table > 1 << 20)
			return 0;
	}
	return 1;
}

static int packing(const struct nn_conv_shape *s, int backward)
{
	struct direct g;

	direct_make(s, backward, 0, &g);
	return 2 + (int)g.width - 1;
}

const struct conv_algorithm conv_direct = {
	.name = "direct",
	.gates = 1,
	.packing = packing,
	.able = able,
	.packed_bytes = packed_bytes,
	.pack = pack,
	.scratch_bytes = scratch_bytes,
	.run = run,
};
