/* SPDX-License-Identifier: ISC */
/* Windows of pooling, and AveragePool.  Threads share out rows forward and planes backward. */
#include <omp.h>
#include <string.h>

#include "op/pool.h"

#define MOST (1 << 24) /* windows, and kernel steps, along a dimension */

/* The window with spatial dimensions moved to the back and ones in front. */
static void fill(struct nn_window *w)
{
	int i, gap = 3 - w->ndim;

	for (i = 2; i >= 0; i--) {
		int from = i - gap;

		w->kernel[i] = from < 0 ? 1 : w->kernel[from];
		w->stride[i] = from < 0 ? 1 : w->stride[from];
		w->dilation[i] = from < 0 ? 1 : w->dilation[from];
		w->pad_begin[i] = from < 0 ? 0 : w->pad_begin[from];
		w->pad_end[i] = from < 0 ? 0 : w->pad_end[from];
		w->in[i] = from < 0 ? 1 : w->in[from];
		w->out[i] = from < 0 ? 1 : w->out[from];
	}
}

/*
 * The kernel steps of window out that lie inside along dimension i, and how many count, or how many
 * with padding; what the last window has beyond the padding does not count.
 */
static struct nn_pool_span inside(const struct nn_window *w, int i, int64_t out, int padding_counts)
{
	int64_t begin = out * w->stride[i] - w->pad_begin[i], d = w->dilation[i], count;
	int64_t first = begin < 0 ? (-begin + d - 1) / d : 0;
	int64_t end = NN_MIN(w->kernel[i], (w->in[i] - begin + d - 1) / d);

	end = NN_MAX(end, first);
	count = NN_MIN(w->kernel[i], (w->in[i] + w->pad_end[i] - begin + d - 1) / d);
	return (struct nn_pool_span){first, end, begin, padding_counts ? count : end - first};
}

/* The windows that step e along the last dimension reaches. */
static struct nn_pool_span reach(const struct nn_window *w, int64_t e)
{
	int64_t at = e * w->dilation[2] - w->pad_begin[2], s = w->stride[2];
	int64_t first = at < 0 ? NN_MIN((-at + s - 1) / s, w->out[2]) : 0;
	int64_t end = at >= w->in[2] ? first : NN_MIN((w->in[2] - 1 - at) / s + 1, w->out[2]);

	return (struct nn_pool_span){first, NN_MAX(end, first), first * s + at, 0};
}

static void make_tables(struct nn_pool *p)
{
	struct nn_pool_span *t = p->table;
	int64_t i;
	int d;

	for (d = 0; d < 3; d++) {
		p->inside[d] = t;
		for (i = 0; i < p->w.out[d]; i++)
			*t++ = inside(&p->w, d, i, p->padding_counts);
	}
	p->reach = t;
	for (i = 0; i < p->steps; i++)
		*t++ = reach(&p->w, i);
}

static struct nn_pool *pool_new(struct nn_call *c, struct nn_window *w)
{
	int64_t d, n;
	struct nn_pool *p;

	fill(w);
	d = w->dilation[2];
	n = NN_MIN(w->kernel[2], (w->in[2] + w->pad_begin[2] + d - 1) / d);
	p = nn_calloc(1, sizeof *p + (size_t)(w->out[0] + w->out[1] + w->out[2] + n) *
	                                     sizeof *p->table);
	c->param = p;
	p->w = *w;
	p->steps = n;
	p->planes = c->in[0]->dim[0] * c->in[0]->dim[1];
	p->in = w->in[0] * w->in[1] * w->in[2];
	p->out = w->out[0] * w->out[1] * w->out[2];
	p->lines = w->out[0] * w->out[1];
	p->padding_counts = nn_attr_int(c->attrs, "count_include_pad", 0) != 0;
	make_tables(p);
	return p;
}

int nn_pool_shape(struct nn_call *c)
{
	int64_t dim[NN_DIMS], plane = 1, power = nn_attr_int(c->attrs, "p", 2);
	struct nn_window w;
	struct nn_pool *p;
	int i;

	if (nn_want_inputs(c, 1, 1) < 0 || nn_window_read(c->attrs, c->in[0], NULL, &w) < 0)
		return -1;
	memcpy(dim, c->in[0]->dim, sizeof dim);
	for (i = 0; i < w.ndim; i++) {
		if (NN_MAX(w.pad_begin[i], w.pad_end[i]) > (w.kernel[i] - 1) * w.dilation[i])
			return nn_fail("attribute pads: a window could lie wholly in the padding");
		if (w.out[i] > MOST || w.kernel[i] > MOST || w.in[i] > MOST ||
		    (plane *= w.in[i]) > INT32_MAX)
			return nn_fail("attribute kernel_shape: %lld over %lld is too large",
			               (long long)w.kernel[i], (long long)w.in[i]);
		dim[2 + i] = w.out[i];
	}
	if (power < 1 || power > MOST)
		return nn_fail("attribute p: %lld", (long long)power);
	p = pool_new(c, &w);
	p->p = (int)power;
	if (nn_out(c, 1, NN_I64, c->in[0]->ndim, dim) < 0)
		return -1;
	return nn_out(c, 0, c->in[0]->type, c->in[0]->ndim, dim);
}

unsigned nn_pool_blocks(struct nn_call *c)
{
	struct nn_pool *p = c->param;
	struct nn_pool_shape *s = &p->block;
	int64_t dim[5], i;
	int d;

	if (c->nout > 1 && c->out[1])
		return 0;
	for (d = 1; d < 3; d++)
		for (i = 0; i < p->w.out[d]; i++)
			if (p->inside[d][i].first == p->inside[d][i].end)
				return 0;
	nn_blocks_shape(c->in[0], dim);
	*s = (struct nn_pool_shape){
		.planes = dim[0] * dim[1],
		.h = p->w.in[1], .w = p->w.in[2], .oh = p->w.out[1], .ow = p->w.out[2],
		.kh = p->w.kernel[1], .kw = p->w.kernel[2], .stride_w = p->w.stride[2],
		.dilation_h = p->w.dilation[1], .dilation_w = p->w.dilation[2],
		.row = p->inside[1], .column = p->inside[2],
	};
	while (s->inner[0] < s->ow && s->column[s->inner[0]].begin < 0)
		s->inner[0]++;
	s->inner[1] = s->inner[0];
	while (s->inner[1] < s->ow && s->column[s->inner[1]].end == s->kw)
		s->inner[1]++;
	p->in_blocks = 1;
	c->scratch_bytes = (size_t)(nn_threads() * s->w * dim[4]) * sizeof(float);
	return NN_BLOCKS_IN | NN_BLOCKS_OUT;
}

void nn_pool_row(struct nn_pool_row *r, const struct nn_pool *p, int64_t line)
{
	r->p = p;
	r->depth = &p->inside[0][line / p->w.out[1]];
	r->height = &p->inside[1][line % p->w.out[1]];
	r->a = r->depth->first;
	r->b = r->height->first;
	r->e = 0;
}

/* Where the row of a plane begins that steps a and b of a row of windows see. */
static int64_t seen(const struct nn_pool_row *r, int64_t a, int64_t b)
{
	const struct nn_window *w = &r->p->w;

	return ((r->depth->begin + a * w->dilation[0]) * w->in[1] + r->height->begin +
	        b * w->dilation[1]) * w->in[2];
}

int nn_pool_step(struct nn_pool_row *r, struct nn_pool_span *s)
{
	for (; r->a < r->depth->end; r->a++, r->b = r->height->first)
		for (; r->b < r->height->end; r->b++, r->e = 0)
			while (r->e < r->p->steps) {
				*s = r->p->reach[r->e++];
				s->begin += seen(r, r->a, r->b);
				if (s->first < s->end)
					return 1;
			}
	return 0;
}

int64_t nn_pool_jobs(const struct nn_pool *p)
{
	return p->planes * ((p->lines + NN_POOL_LINES - 1) / NN_POOL_LINES);
}

static void fill_with(float *y, int64_t n, float start)
{
	int64_t i;

	for (i = 0; i < n; i++)
		y[i] = start;
}

/*
 * Step by step for all rows of the block, and not row by row: a row that was just written is not
 * read at once at another offset, for which a processor has to wait.
 */
int64_t nn_pool_block(const struct nn_pool *p, int64_t job, const float *x, float *column, float *y,
                      float start, void (*take)(float *y, const float *x, int64_t step, int64_t n),
                      int64_t *first)
{
	int64_t blocks = (p->lines + NN_POOL_LINES - 1) / NN_POOL_LINES, plane = job / blocks;
	int64_t width = p->w.in[2], out = p->w.out[2], lines, line, a, b, e;
	struct nn_pool_row r;

	*first = job % blocks * NN_POOL_LINES;
	lines = NN_MIN(p->lines - *first, NN_POOL_LINES);
	x += plane * p->in;
	y += plane * p->out + *first * out;
	fill_with(column, lines * width, start);
	fill_with(y, lines * out, start);
	for (line = 0; line < lines; line++) {
		nn_pool_row(&r, p, *first + line);
		for (a = r.depth->first; a < r.depth->end; a++)
			for (b = r.height->first; b < r.height->end; b++)
				take(column + line * width, x + seen(&r, a, b), 1, width);
	}
	for (e = 0; e < p->steps; e++) {
		const struct nn_pool_span *s = &p->reach[e];

		for (line = 0; line < lines; line++)
			take(y + line * out + s->first, column + line * width + s->begin,
			     p->w.stride[2], s->end - s->first);
	}
	return lines;
}

/* Divides a row of sums, or of gradients, by the windows' sizes. */
static void divide(const struct nn_pool *p, int64_t out, float *y)
{
	int64_t rest = p->inside[0][out / p->w.out[1]].count *
	               p->inside[1][out % p->w.out[1]].count, i;

	for (i = 0; i < p->w.out[2]; i++)
		y[i] /= (float)(rest * p->inside[2][i].count);
}

static int average_forward(struct nn_call *c)
{
	const struct nn_pool_kernel *k = nn_kernels()->pool;
	const struct nn_pool *p = c->param;
	int64_t job;
	const float *x = c->in[0]->data;
	float *y = c->out[0]->data;

	if (p->in_blocks) {
		nn_kernels()->blockpool->average(&p->block, x, y, c->scratch);
		return 0;
	}
#pragma omp parallel for schedule(static) if (p->planes * p->in >= NN_PARALLEL)
	for (job = 0; job < nn_pool_jobs(p); job++) {
		float *column = (float *)c->scratch +
		                omp_get_thread_num() * NN_POOL_LINES * p->w.in[2];
		int64_t first, line, lines = nn_pool_block(p, job, x, column, y, 0, k->add, &first);
		int64_t plane = job / (nn_pool_jobs(p) / p->planes);

		for (line = first; line < first + lines; line++)
			divide(p, line, y + plane * p->out + line * p->w.out[2]);
	}
	return 0;
}

static int average_shape(struct nn_call *c)
{
	if (nn_want_inputs(c, 1, 1) < 0 || nn_want_float(c, 0) < 0 || nn_pool_shape(c) < 0)
		return -1;
	c->scratch_bytes = (size_t)nn_threads() * NN_POOL_LINES *
	                   (size_t)((struct nn_pool *)c->param)->w.in[2] * sizeof(float);
	return 0;
}

/* Along the width into row [w.in[2]], and from there to each row of gx that the windows see. */
static void share(const struct nn_pool *p, int64_t line, const float *g, float *row, float *gx)
{
	int64_t width = p->w.in[2], stride = p->w.stride[2], a, b, e, i;
	struct nn_pool_row r;

	memset(row, 0, (size_t)width * sizeof *row);
	for (e = 0; e < p->steps; e++) {
		const struct nn_pool_span *s = &p->reach[e];

		for (i = s->first; i < s->end; i++)
			row[s->begin + (i - s->first) * stride] += g[i];
	}
	nn_pool_row(&r, p, line);
	for (a = r.depth->first; a < r.depth->end; a++)
		for (b = r.height->first; b < r.height->end; b++) {
			float *to = gx + seen(&r, a, b);

			for (i = 0; i < width; i++)
				to[i] += row[i];
		}
}

static void average_backward(struct nn_call *c)
{
	const struct nn_pool *p = c->param;
	int64_t plane, line;
	float *g = c->gout[0], *gx = c->gin[0];

	if (!gx)
		return;
	if (p->in_blocks) {
		nn_kernels()->blockpool->average_backward(&p->block, g, gx, c->scratch);
		return;
	}
#pragma omp parallel for schedule(static) private(line) if (p->planes * p->in >= NN_PARALLEL)
	for (plane = 0; plane < p->planes; plane++) {
		float *row = (float *)c->scratch + omp_get_thread_num() * p->w.in[2];

		memset(gx + plane * p->in, 0, (size_t)p->in * sizeof *gx);
		for (line = 0; line < p->lines; line++) {
			float *from = g + plane * p->out + line * p->w.out[2];

			divide(p, line, from);
			share(p, line, from, row, gx + plane * p->in);
		}
	}
}

const struct nn_op nn_op_AveragePool = {
	.name = "AveragePool",
	.limits = "float only",
	.shape = average_shape,
	.forward = average_forward,
	.backward = average_backward,
	.narrow = nn_narrow_same,
	.blocks = nn_pool_blocks,
};
