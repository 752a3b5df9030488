/* SPDX-License-Identifier: ISC */
/*
 * Pooling of blocks of channels.  Forward, the rows of a window are taken together into column [w],
 * then what lies beside each other there.  Backward, each thread owns rows of gx and looks at all
 * windows that reach them, in order: so a sum is the same whoever takes it.
 */
#include <math.h>
#include <omp.h>

#include "kernel.h"
#include "kernel/simd.h"

#define BUSY 16384 /* numbers that are worth waking threads for */

/* forward: by the larger, or by sums */

INLINE vec begin(int sum, vec a)
{
	return sum ? v_add(v_zero(), a) : a;
}

INLINE vec take(int sum, vec a, vec b)
{
	return sum ? v_add(a, b) : v_larger(a, b);
}

INLINE void rows_together(int sum, const float *x, int64_t rows, int64_t step, int64_t w,
                          float *column)
{
	int64_t i, r;

	for (i = 0; i < w * VL; i += VL) {
		vec v = begin(sum, v_load(x + i));

#pragma GCC unroll 3
		for (r = 1; r < rows; r++)
			v = take(sum, v, v_load(x + r * step + i));
		v_store(column + i, v);
	}
}

/* Windows from to before end, which have taps first to before last inside. */
INLINE void beside(int sum, const struct nn_pool_shape *s, const float *column, int64_t from,
                   int64_t end, int64_t first, int64_t last, int64_t stride, int64_t dilation,
                   float rows, float *y)
{
	int64_t at = s->column[from].begin, i, e;

	for (i = from; i < end; i++, at += stride) {
		vec v = begin(sum, v_load(column + (at + first * dilation) * VL));

#pragma GCC unroll 3
		for (e = first + 1; e < last; e++)
			v = take(sum, v, v_load(column + (at + e * dilation) * VL));
		if (sum)
			v = v_div(v, v_set1(rows * (float)s->column[i].count));
		v_store(y + i * VL, v);
	}
}

/* A row of windows; those from s->inner[0] to before s->inner[1] lie inside wholly. */
INLINE void row_of_windows(int sum, const struct nn_pool_shape *s, const float *x, int64_t line,
                           float *column, float *y)
{
	const struct nn_pool_span *r = &s->row[line], *c;
	int64_t step = s->dilation_h * s->w * VL, low = s->inner[0], high = s->inner[1], i;
	float rows = (float)r->count;

	x += r->begin * s->w * VL + r->first * step;
	if (r->end - r->first == 2)
		rows_together(sum, x, 2, step, s->w, column);
	else if (r->end - r->first == 3)
		rows_together(sum, x, 3, step, s->w, column);
	else
		rows_together(sum, x, r->end - r->first, step, s->w, column);
	for (i = 0; i < s->ow; i = i + 1 == low ? high : i + 1)
		if (i < low || i >= high) {
			c = &s->column[i];
			beside(sum, s, column, i, i + 1, c->first, c->end, 0, s->dilation_w, rows,
			       y);
		}
	if (low == high)
		return;
	if (s->kw == 3 && s->stride_w == 2 && s->dilation_w == 1)
		beside(sum, s, column, low, high, 0, 3, 2, 1, rows, y);
	else if (s->kw == 3 && s->stride_w == 1 && s->dilation_w == 1)
		beside(sum, s, column, low, high, 0, 3, 1, 1, rows, y);
	else if (s->kw == 2 && s->stride_w == 2 && s->dilation_w == 1)
		beside(sum, s, column, low, high, 0, 2, 2, 1, rows, y);
	else
		beside(sum, s, column, low, high, 0, s->kw, s->stride_w, s->dilation_w, rows, y);
}

static void max_row(const struct nn_pool_shape *s, const float *x, int64_t line, float *column,
                    float *y)
{
	row_of_windows(0, s, x, line, column, y);
}

static void average_row(const struct nn_pool_shape *s, const float *x, int64_t line, float *column,
                        float *y)
{
	row_of_windows(1, s, x, line, column, y);
}

static void forward(const struct nn_pool_shape *s, const float *x, float *y, float *scratch,
                    void (*row)(const struct nn_pool_shape *s, const float *x, int64_t line,
                                float *column, float *y))
{
	int64_t in = s->h * s->w * VL, i;

#pragma omp parallel for schedule(static) if (s->planes * in >= BUSY)
	for (i = 0; i < s->planes * s->oh; i++)
		row(s, x + i / s->oh * in, i % s->oh,
		    scratch + omp_get_thread_num() * s->w * VL, y + i * s->ow * VL);
}

static void blockpool_max(const struct nn_pool_shape *s, const float *x, float *y, float *scratch)
{
	forward(s, x, y, scratch, max_row);
}

static void blockpool_average(const struct nn_pool_shape *s, const float *x, float *y,
                              float *scratch)
{
	forward(s, x, y, scratch, average_row);
}

/* backward */

/* What a thread does for a plane: its rows low to before high of gx. */
struct strip {
	const struct nn_pool_shape *s;
	const float *x, *y, *g; /* of the plane */
	float *gx, *buffer;
	int64_t low, high;
};

/* Taps of a row of windows: rows first to before end, of which own to before own_end are the strip's. */
struct taps {
	int64_t first, end, own, own_end;
};

/*
 * Window by window, the first tap, row by row, that equals the maximum claims its gradient: from,
 * y and g are at the first window, of which e0 to before e1 of each row are inside.
 */
INLINE void claim(const struct strip *p, int64_t from, const float *y, const float *g,
                  int64_t windows, int64_t stride, int64_t dilation, struct taps b, int64_t e0,
                  int64_t e1)
{
	int64_t step = p->s->dilation_h * p->s->w * VL, i, r, e;
	const float *x = p->x;
	float *gx = p->gx;

	for (i = 0; i < windows; i++) {
		vec max = v_load(y + i * VL), rest = v_load(g + i * VL);

#pragma GCC unroll 3
		for (r = b.first; r < b.end; r++)
#pragma GCC unroll 3
			for (e = e0; e < e1; e++) {
				int64_t at = from + (i * stride + e * dilation) * VL + r * step;
				mask here = v_equal(v_load(x + at), max);

				if (r >= b.own && r < b.own_end)
					v_store(gx + at, v_add_at(here, v_load(gx + at), rest));
				rest = v_clear_at(here, rest);
			}
	}
}

static void claim_line(const struct strip *p, int64_t line, struct taps b)
{
	const struct nn_pool_shape *s = p->s;
	const struct nn_pool_span *c;
	int64_t row = s->row[line].begin * s->w, i, at, n;
	const float *y = p->y + line * s->ow * VL, *g = p->g + line * s->ow * VL;
	int whole = b.own == 0 && b.own_end == s->kh && s->kh == s->kw && s->dilation_w == 1;

	for (i = 0; i < s->ow; i += n, y += n * VL, g += n * VL) {
		struct taps three = {0, 3, 0, 3}, two = {0, 2, 0, 2};

		c = &s->column[i];
		at = (row + c->begin) * VL;
		n = i == s->inner[0] && i < s->inner[1] ? s->inner[1] - i : 1;
		if (whole && n > 1 && s->kh == 3 && s->stride_w == 2)
			claim(p, at, y, g, n, 2, 1, three, 0, 3);
		else if (whole && n > 1 && s->kh == 3 && s->stride_w == 1)
			claim(p, at, y, g, n, 1, 1, three, 0, 3);
		else if (whole && n > 1 && s->kh == 2 && s->stride_w == 2)
			claim(p, at, y, g, n, 2, 1, two, 0, 2);
		else
			claim(p, at, y, g, n, s->stride_w, s->dilation_w, b, c->first, c->end);
	}
}

/* Adds v to a window's taps beside each other. */
INLINE void add_beside(float *to, vec v, int64_t taps, int64_t dilation)
{
	int64_t e;

#pragma GCC unroll 3
	for (e = 0; e < taps; e++, to += dilation * VL)
		v_store(to, v_add(v_load(to), v));
}

/* A row's shares of the gradient beside each other, the last window first, then to each row. */
static void share_line(const struct strip *p, int64_t line, struct taps b)
{
	const struct nn_pool_shape *s = p->s;
	int64_t width = s->w * VL, step = s->dilation_h * width, dilation = s->dilation_w, i, r;
	const float *g = p->g + line * s->ow * VL;
	float *buffer = p->buffer, *to = p->gx + (s->row[line].begin * width + b.own * step);

	for (i = 0; i < width; i += VL)
		v_store(buffer + i, v_zero());
	for (i = s->ow; i-- > 0;) {
		const struct nn_pool_span c = s->column[i];
		float *at = buffer + (c.begin + c.first * dilation) * VL;
		vec v = v_div(v_load(g + i * VL), v_set1((float)(s->row[line].count * c.count)));

		if (c.end - c.first == 3)
			add_beside(at, v, 3, dilation);
		else
			add_beside(at, v, c.end - c.first, dilation);
	}
	for (r = b.own; r < b.own_end; r++, to += step)
		for (i = 0; i < width; i += VL)
			v_store(to + i, v_add(v_load(to + i), v_load(buffer + i)));
}

/* Zeros rows to before end; returns the first that is not. */
static int64_t clear(const struct strip *p, int64_t row, int64_t end)
{
	int64_t i;

	for (i = row * p->s->w * VL; i < end * p->s->w * VL; i += VL)
		v_store(p->gx + i, v_zero());
	return NN_MAX(row, end);
}

/* All lines that reach the strip, whose rows are cleared just before, when they come to the cache. */
static void do_strip(const struct strip *p,
                     void (*line)(const struct strip *p, int64_t line, struct taps b))
{
	int64_t d = p->s->dilation_h, cleared = p->low, i;

	for (i = 0; i < p->s->oh; i++) {
		const struct nn_pool_span *r = &p->s->row[i];
		struct taps b = {r->first, r->end, r->first, r->end};

		while (b.own < b.own_end && r->begin + b.own * d < p->low)
			b.own++;
		while (b.own < b.own_end && r->begin + (b.own_end - 1) * d >= p->high)
			b.own_end--;
		if (b.own == b.own_end)
			continue;
		cleared = clear(p, cleared, r->begin + (b.own_end - 1) * d + 1);
		line(p, i, b);
	}
	clear(p, cleared, p->high);
}

static void backward(const struct nn_pool_shape *s, const float *x, const float *y, const float *g,
                     float *gx, float *scratch,
                     void (*line)(const struct strip *p, int64_t line, struct taps b))
{
	int64_t in = s->h * s->w * VL, out = s->oh * s->ow * VL, rows = s->planes * s->h;

#pragma omp parallel if (rows * s->w * VL >= BUSY)
	{
		int64_t mine = omp_get_thread_num(), threads = omp_get_num_threads();
		int64_t at = rows * mine / threads, end = rows * (mine + 1) / threads, n;

		for (; at < end; at += n) {
			int64_t plane = at / s->h, low = at % s->h;
			struct strip p = {
				.s = s, .x = x + plane * in, .y = y + plane * out,
				.g = g + plane * out, .gx = gx + plane * in,
				.buffer = scratch ? scratch + mine * s->w * VL : NULL,
				.low = low, .high = NN_MIN(s->h, low + end - at),
			};

			n = p.high - low;
			do_strip(&p, line);
		}
	}
}

static void blockpool_max_backward(const struct nn_pool_shape *s, const float *x, const float *y,
                                   const float *g, float *gx)
{
	backward(s, x, y, g, gx, NULL, claim_line);
}

static void blockpool_average_backward(const struct nn_pool_shape *s, const float *g, float *gx,
                                       float *scratch)
{
	backward(s, g, g, g, gx, scratch, share_line);
}

/* of whole planes */

/* In the order of nn_sum(): by sixteen, then those, then the rest. */
static void global_average(int64_t planes, int64_t size, const float *x, float *y)
{
	int64_t p;

#pragma omp parallel for schedule(static) if (planes * size * VL >= BUSY)
	for (p = 0; p < planes; p++) {
		const float *from = x + p * size * VL;
		vec part[16], total = v_zero();
		int64_t i = 0;
		int j;

		for (j = 0; j < 16; j++)
			part[j] = v_zero();
		for (; i + 16 <= size; i += 16)
#pragma GCC unroll 16
			for (j = 0; j < 16; j++)
				part[j] = v_add(part[j], v_load(from + (i + j) * VL));
		for (j = 0; j < 16; j++)
			total = v_add(total, part[j]);
		for (; i < size; i++)
			total = v_add(total, v_load(from + i * VL));
		v_store(y + p * VL, v_div(total, v_set1((float)size)));
	}
}

static void global_average_backward(int64_t planes, int64_t size, const float *g, float *gx)
{
	int64_t p, i;

#pragma omp parallel for schedule(static) private(i) if (planes * size * VL >= BUSY)
	for (p = 0; p < planes; p++) {
		vec v = v_div(v_load(g + p * VL), v_set1((float)size));

		for (i = 0; i < size; i++)
			v_store(gx + (p * size + i) * VL, v);
	}
}

/* The first of the largest; what is not a number counts as larger. */
INLINE vec largest(const float *x, int64_t size)
{
	vec best = v_load(x);
	int64_t i;

	for (i = 1; i < size; i++)
		best = v_larger(v_load(x + i * VL), best);
	return best;
}

static void global_max(int64_t planes, int64_t size, const float *x, float *y)
{
	int64_t p;

#pragma omp parallel for schedule(static) if (planes * size * VL >= BUSY)
	for (p = 0; p < planes; p++)
		v_store(y + p * VL, largest(x + p * size * VL, size));
}

/* Where the maximum is not a number, the gradient goes to the first that is none. */
static void global_max_backward(int64_t planes, int64_t size, const float *x, const float *g,
                                float *gx)
{
	int64_t p, i;

#pragma omp parallel for schedule(static) private(i) if (planes * size * VL >= BUSY)
	for (p = 0; p < planes; p++) {
		vec best = largest(x + p * size * VL, size), rest = v_load(g + p * VL);
		vec none = v_clear_at(v_equal(best, best), rest), v; /* of those without a number */

		rest = v_add_at(v_equal(best, best), v_zero(), rest);
		for (i = p * size * VL; i < (p + 1) * size * VL; i += VL) {
			mask here = v_equal(v_load(x + i), best);
			mask number = v_equal(v_load(x + i), v_load(x + i));

			v = v_add_at(here, v_clear_at(number, none), rest);
			v_store(gx + i, v);
			none = v_add_at(number, v_zero(), none);
			rest = v_clear_at(here, rest);
		}
	}
}

extern const struct nn_blockpool_kernel NN_LOCAL(nn_blockpool_kernel);
const struct nn_blockpool_kernel NN_LOCAL(nn_blockpool_kernel) = {
	.max = blockpool_max,
	.max_backward = blockpool_max_backward,
	.average = blockpool_average,
	.average_backward = blockpool_average_backward,
	.global_average = global_average,
	.global_average_backward = global_average_backward,
	.global_max = global_max,
	.global_max_backward = global_max_backward,
};
