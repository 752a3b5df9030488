/* SPDX-License-Identifier: ISC */
/*
 * Convolution on blocks of channels, without a window matrix.  A task makes some rows of the grid of
 * outputs, all of their channels or some groups of vectors.  It copies the rows of the input that
 * these see to strips with borders of zeros, one for each block of input channels, from which every
 * tap reads pixels, shifted; a stride along a row is undone by the copy, which sorts columns by their
 * rest.  Of a 1x1 convolution the input itself is the strip.  When the strips of all channels fit in
 * the second cache, the task goes from group to group, through the weights as they lie; else from
 * block to block, with one strip.
 *
 * With few input channels the input has its channels in rows, not in blocks, and so has the strip.
 */
#include <omp.h>
#include <string.h>

#include "conv.h"
#include "piece.h"
#include "stripe.h"

#define PIXELS 192      /* of a task, about */
#define STRIP 262144    /* floats of a strip, at most */
#define WHOLE 98304     /* of all strips, to have them at once */

struct geometry {
	struct piece p;
	int rows_in;            /* channels of the input lie in rows, not in blocks */
	int64_t n, groups;
	int64_t in_item, out_item; /* floats of a group's channels of one picture */
	int64_t vectors, width; /* of output channels, and of them at a time */
	int64_t block;          /* input channels at a time */
	int pointwise;          /* the input is the strip */
	int64_t lines, length;  /* rows of the grid; a pointwise one is all one row */
	int64_t task_lines;     /* of a task, and ... */
	int64_t task_length;    /* ... pixels of each */
	/* the strip: [channel or block of channels][row][part][pixel] */
	int unit;               /* floats of a pixel */
	int64_t parts, part;    /* columns by their rest; pixels of each part */
	int64_t strip_rows, plane;
	int64_t strip;          /* floats */
	int64_t blocks;         /* of input channels, g->block each but the last */
	int whole;              /* the strips of all blocks are there at once */
	size_t table;           /* bytes */
};

static int64_t strip_rows(const struct piece *p, int64_t lines)
{
	return (lines - 1) * p->step_h + (p->rows - 1) * p->row_step + 1;
}

static void set_strip(struct geometry *g, int64_t lines)
{
	g->task_lines = lines;
	g->strip_rows = strip_rows(&g->p, lines);
	g->plane = g->strip_rows * g->parts * g->part * g->unit;
	g->strip = (g->block + g->unit - 1) / g->unit * g->plane;
}

static void geometry_strip(struct geometry *g)
{
	const struct piece *p = &g->p;
	int64_t lines = NN_MIN(NN_MAX(PIXELS / NN_MAX(p->gw, 1), 1), NN_MAX(p->gh, 1));

	g->lines = p->gh;
	g->length = g->task_length = p->gw;
	g->parts = p->cols == 1 ? 1 : p->step_w;
	g->part = p->gw + (p->cols - 1) * p->col_step / p->step_w;
	set_strip(g, lines);
	while (lines > 1 && g->strip > STRIP)
		set_strip(g, --lines);
}

static void geometry_pointwise(struct geometry *g)
{
	int64_t stripes;

	g->lines = g->task_lines = 1;
	g->length = g->p.gh * g->p.gw;
	stripes = stripe_count((int)g->width, g->length);
	stripes = NN_MAX((stripes * PIXELS + g->length - 1) / NN_MAX(g->length, 1), 1);
	g->task_length = stripes * stripe_most((int)g->width);
	g->plane = g->block / VL * g->length * VL; /* to the next block of channels */
	/* when it has to be copied after all, to be gated */
	g->unit = VL;
	g->parts = 1;
	g->part = g->task_length;
	g->strip = g->task_length * ((g->block + VL - 1) / VL) * VL;
}

static void geometry_make(const struct nn_conv_shape *s, int backward, int64_t piece,
                          struct geometry *g)
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
	g->unit = g->rows_in ? 1 : VL;
	g->block = p->block;
	g->pointwise = !g->rows_in && piece_taps(p) == 1 && p->step_h == 1 &&
	               p->step_w == 1 && p->row == 0 && p->col == 0 && p->ih == p->gh &&
	               p->iw == p->gw && piece_in_place(p);
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
	g->whole = g->strip * g->blocks <= WHOLE;
}

/* packing: [group of vectors][block of channels][ty][tx][c][vector][VL] */

static void pack_group(const struct nn_conv_shape *s, int backward, const struct geometry *g,
                       int64_t piece, int64_t group, int64_t v0, const float *w,
                       const float *scale, float *to)
{
	const struct piece *p = &g->p;
	int64_t lanes = NN_MIN(g->width, g->vectors - v0) * VL, first = v0 * VL;
	int64_t given = NN_MIN(lanes, p->co - first), b, tap, at, c, o, out = group * (s->co / s->groups);
	struct piece_source from = piece_source(s, backward, group, w);

	for (b = 0; b < p->ci; b += g->block)
		for (tap = 0; tap < piece_taps(p); tap++) {
			at = piece_tap(s, backward, piece, tap / p->cols, tap % p->cols);
			for (c = b; c < NN_MIN(b + g->block, p->ci); c++, to += lanes) {
				const float *source = from.w + c * from.channel + first * from.row + at;

				for (o = 0; o < lanes; o++)
					to[o] = o < given && at >= 0 ? source[o * from.row] : 0;
				for (o = 0; scale && o < given; o++)
					to[o] *= scale[out + (backward ? c : first + o)];
			}
		}
}

static int64_t packed_floats(const struct geometry *g)
{
	return g->vectors * VL * g->p.ci * piece_taps(&g->p);
}

static size_t packed_bytes(const struct nn_conv_shape *s, int backward)
{
	struct geometry g;
	int64_t i, floats = 0;

	for (i = 0; i < piece_count(s, backward); i++) {
		geometry_make(s, backward, i, &g);
		floats += packed_floats(&g);
	}
	return (size_t)(floats * s->groups) * sizeof(float);
}

static void pack(const struct nn_conv_shape *s, int backward, const float *w, const float *scale,
                 void *packed)
{
	struct geometry g;
	float *to = packed;
	int64_t i, j, count, per;

	for (i = 0; i < piece_count(s, backward); i++, to += s->groups * packed_floats(&g)) {
		geometry_make(s, backward, i, &g);
		count = (g.vectors + g.width - 1) / g.width;
		per = g.width * VL * g.p.ci * piece_taps(&g.p);
#pragma omp parallel for schedule(static)
		for (j = 0; j < s->groups * count; j++)
			pack_group(s, backward, &g, i, j / count, j % count * g.width, w, scale,
			           to + j / count * packed_floats(&g) + j % count * per);
	}
}

/* the strip */

/*
 * A row of n pixels, step apart, from column x of a row of iw pixels, zeros outside; where gate, when
 * not NULL, is not positive, too (of blocks only).
 */
INLINE void copy_row(const int unit, const float *in, const float *gate, int64_t iw, int64_t x,
                     int64_t step, int64_t n, float *to)
{
	int64_t low = x < 0 ? NN_MIN((-x + step - 1) / step, n) : 0, i;
	int64_t high = x < iw ? NN_MAX(NN_MIN((iw - x - 1) / step + 1, n), low) : low;

	for (i = 0; i < low * unit; i++)
		to[i] = 0;
	for (i = high * unit; i < n * unit; i++)
		to[i] = 0;
	in += (x + low * step) * unit;
	to += low * unit;
	n = high - low;
	if (gate) {
		gate += (x + low * step) * unit;
		for (i = 0; i < n; i++)
			v_store(to + i * VL, v_pass(v_load(gate + i * step * VL),
			                            v_load(in + i * step * VL)));
	} else if (step == 1 && unit == VL)
		for (i = 0; i < n; i++)
			v_store(to + i * VL, v_load(in + i * VL));
	else if (step == 1)
		memcpy(to, in, (size_t)n * sizeof *to);
	else if (unit == VL)
		for (i = 0; i < n; i++)
			v_store(to + i * VL, v_load(in + i * step * VL));
	else
		for (i = 0; i < n; i++)
			to[i] = in[i * step];
}

struct task {
	const struct geometry *g;
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

/* Channels from c on of a pointwise one, gated, to the strip. */
static void strip_gate(const struct task *t, int64_t c, int64_t channels, float *strip)
{
	const struct geometry *g = t->g;
	int64_t i, at;

	for (i = 0; i < (channels + VL - 1) / VL; i++) {
		at = ((c / VL + i) * g->length + t->pixel) * VL;
		copy_row(VL, t->in + at, t->gate + at, t->pixels, 0, 1, t->pixels,
		         strip + i * g->part * VL);
	}
}

/* Channels from c on to the strip. */
static void strip_fill(const struct task *t, int64_t c, int64_t channels, float *strip)
{
	const struct geometry *g = t->g;
	const struct piece *p = &g->p;
	int64_t planes = (channels + g->unit - 1) / g->unit, rows = strip_rows(p, t->lines), i, r, y, x;
	int64_t pitch = g->parts * g->part * g->unit;

	for (i = 0; i < planes; i++)
		for (r = 0; r < rows; r++) {
			float *to = strip + i * g->plane + r * pitch;
			const float *in, *gate;
			int64_t row;

			y = t->line * p->step_h + p->row + r;
			if (y < 0 || y >= p->ih) {
				memset(to, 0, (size_t)pitch * sizeof *to);
				continue;
			}
			row = ((c / g->unit + i) * p->ih + y) * p->iw * g->unit;
			in = t->in + row;
			gate = t->gate ? t->gate + row : NULL;
			for (x = 0; x < g->parts; x++, to += g->part * g->unit)
				if (g->unit == 1)
					copy_row(1, in, NULL, p->iw, p->col + x, p->step_w, g->part, to);
				else
					copy_row(VL, in, gate, p->iw, p->col + x, p->step_w, g->part, to);
		}
}

/* Where row k = (ty, tx, c) is in a strip of so many channels, from a pixel's place. */
static void table_make(const struct task *t, int64_t channels, int32_t *at)
{
	const struct geometry *g = t->g;
	const struct piece *p = &g->p;
	int64_t plane = !g->pointwise ? g->plane : (in_place(t) ? g->length : g->part) * VL;
	int64_t ty, tx, c, x, row;

	for (ty = 0; ty < p->rows; ty++)
		for (tx = 0; tx < p->cols; tx++)
			for (c = 0; c < channels; c++) {
				x = tx * p->col_step;
				row = ty * p->row_step * g->parts + x % p->step_w;
				*at++ = (int32_t)(c / g->unit * plane + c % g->unit +
				                  (g->pointwise ? 0 : row * g->part + x / p->step_w) *
				                          g->unit);
			}
}

/* running */

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
	const struct geometry *g = t->g;
	const struct piece *p = &g->p;
	int64_t pitch = g->pointwise ? 0 : p->step_h * g->parts * g->part * g->unit;
	int64_t count = stripe_count(width, t->pixels), line, i, x0, x1;
	float *out;

	for (line = 0; line < t->lines; line++) {
		out = t->out + v0 * p->oh * p->ow * VL +
		      (g->pointwise ? t->pixel
		                    : (p->y_row + (t->line + line) * p->y_row_step) * p->ow +
		                              p->y_col) * VL;
		for (i = 0; i < count; i++) {
			x0 = i * t->pixels / count;
			x1 = (i + 1) * t->pixels / count;
			s->in = in + line * pitch + x0 * g->unit;
			s->out = out + x0 * s->step;
			if (next->planes)
				ask_for(s->in + g->plane, next->planes, g->length * VL, x1 - x0);
			if (next->weights)
				stripe_ask(next->w, line * count + i, t->lines * count, next->weights);
			stripe_run(width, (int)(x1 - x0), s);
		}
	}
}

/* The weights of the group of vectors from v on, for the channels from c on. */
static const float *panel(const struct task *t, int64_t v, int64_t c)
{
	const struct geometry *g = t->g;
	int64_t width = NN_MIN(g->width, g->vectors - v);

	return t->weights + (v * g->p.ci + c * width) * piece_taps(&g->p) * VL;
}

/* Channels of block number b. */
static int64_t channels_of(const struct geometry *g, int64_t b)
{
	return NN_MIN(g->block, g->p.ci - b * g->block);
}

static float *strip_of(const struct task *t, int64_t b)
{
	return t->strip + (t->g->whole ? b * t->g->strip : 0);
}

static void block_fill(const struct task *t, int64_t b)
{
	int64_t c = b * t->g->block, channels = channels_of(t->g, b);

	if (in_place(t))
		return;
	if (t->g->pointwise)
		strip_gate(t, c, channels, strip_of(t, b));
	else if (channels)
		strip_fill(t, c, channels, strip_of(t, b));
}

/* Group v of block b, and what comes next: group next_v of block next_b, unless that is past the last. */
static void panel_run(const struct task *t, int64_t v, int64_t b, int64_t next_v, int64_t next_b)
{
	const struct geometry *g = t->g;
	const struct piece *p = &g->p;
	int64_t width = NN_MIN(g->width, g->vectors - v), taps = piece_taps(p), lanes, i;
	int last = b == g->blocks - 1;
	struct stripe s = {.pitch = g->unit, .step = p->y_col_step * VL, .plane = p->oh * p->ow * VL};
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
		next.weights = NN_MIN(g->width, g->vectors - next_v) * VL * channels_of(g, next_b) * taps;
	}
	if (in_place(t) && v == t->vector && !last)
		next.planes = (channels_of(g, b + 1) + VL - 1) / VL;
	group_run(t, v, (int)width,
	          in_place(t) ? t->in + (b * g->block / VL * g->length + t->pixel) * VL
	                      : strip_of(t, b), &next, &s);
}

static void task_run(const struct task *t)
{
	const struct geometry *g = t->g;
	int64_t end = t->vector + t->vectors, b, v;

	table_make(t, g->block, t->at);
	table_make(t, channels_of(g, g->blocks - 1), t->at_last);
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

/* How a run is shared out: tasks per picture and group. */
struct share {
	int64_t lines, pixels, vectors; /* of a task */
	int64_t down, across, deep;     /* tasks along each */
};

static struct share share_out(const struct geometry *g)
{
	struct share h = {g->task_lines, g->task_length, g->vectors, 0, 0, 1};
	int64_t want = 4 * nn_threads(), groups = (g->vectors + g->width - 1) / g->width;

	for (;;) {
		h.down = (g->lines + h.lines - 1) / h.lines;
		h.across = (g->length + h.pixels - 1) / h.pixels;
		if (g->n * g->groups * h.down * h.across >= want)
			break;
		if (h.lines * h.pixels > 64 && h.lines > 1)
			h.lines = (h.lines + 1) / 2;
		else if (h.lines * h.pixels > 64 && g->pointwise)
			h.pixels = (h.pixels + 1) / 2;
		else
			break;
	}
	h.deep = NN_MIN(groups, (want + g->n * g->groups * h.down * h.across - 1) /
	                        NN_MAX(g->n * g->groups * h.down * h.across, 1));
	h.vectors = (groups + h.deep - 1) / h.deep * g->width;
	h.deep = (g->vectors + h.vectors - 1) / h.vectors;
	return h;
}

static size_t thread_bytes(const struct geometry *g)
{
	return nn_round_up((size_t)(g->whole ? g->blocks : 1) * (size_t)g->strip * sizeof(float) +
	                   2 * g->table, NN_ALIGN);
}

static void run_piece(const struct geometry *g, const float *in, const float *gate,
                      const float *packed, const float *bias, int relu, float *out, char *scratch)
{
	size_t bytes = thread_bytes(g);
	int64_t each, count, i;
	struct share h;

	if (g->lines < 1 || g->length < 1)
		return;
	h = share_out(g);
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
	struct geometry g;
	int64_t i;

	for (i = 0; i < piece_count(s, backward); i++) {
		geometry_make(s, backward, i, &g);
		run_piece(&g, in, gate, weights, bias, relu, out, scratch);
		weights += s->groups * packed_floats(&g);
	}
}

static size_t scratch_bytes(const struct nn_conv_shape *s, int backward)
{
	struct geometry g;
	size_t most = 0;
	int64_t i;

	for (i = 0; i < piece_count(s, backward); i++) {
		geometry_make(s, backward, i, &g);
		most = NN_MAX(most, thread_bytes(&g));
	}
	return (size_t)nn_threads() * most;
}

static int able(const struct nn_conv_shape *s, int backward)
{
	struct geometry g;
	int64_t i;

	if (!s->y_blocks || (backward && !s->x_blocks) || s->n < 1 || s->oh < 1 || s->ow < 1 || s->h < 1 || s->w < 1 ||
	    (!s->x_blocks && s->groups > 1) ||
	    (s->groups > 1 && (s->ci / s->groups % VL || s->co / s->groups % VL)))
		return 0;
	for (i = 0; i < piece_count(s, backward); i++) {
		geometry_make(s, backward, i, &g);
		if (g.strip > 4 * STRIP || g.in_item >= INT32_MAX ||
		    g.table > 1 << 20)
			return 0;
	}
	return 1;
}

static int packing(const struct nn_conv_shape *s, int backward)
{
	struct geometry g;

	geometry_make(s, backward, 0, &g);
	return 2 + (int)g.width - 1;
}

const struct conv_algorithm conv_direct = {
	.name = "direct", .gates = 1, .packing = packing, .able = able,
	.packed_bytes = packed_bytes, .pack = pack, .scratch_bytes = scratch_bytes, .run = run,
};
