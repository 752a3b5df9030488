/* SPDX-License-Identifier: ISC */
/*
 * MaxPool, AveragePool, LpPool over x [n][c][d][h][w] with one to three spatial dimensions (those that
 * are missing are 1).  Threads share out rows forward and planes backward.
 */
#include <math.h>
#include <string.h>

#include "op.h"

struct pool {
	struct nn_window w; /* three dimensions, filled up in front */
	int64_t planes, in, out; /* and the numbers of a plane */
	int padding_counts;
	double p;
};

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

static struct pool *pool_new(struct nn_call *c, const struct nn_window *w)
{
	const struct nn_tensor *x = c->in[0];
	struct pool *p = nn_calloc(1, sizeof *p);

	c->param = p;
	p->w = *w;
	fill(&p->w);
	p->planes = x->dim[0] * x->dim[1];
	p->in = p->w.in[0] * p->w.in[1] * p->w.in[2];
	p->out = p->w.out[0] * p->w.out[1] * p->w.out[2];
	return p;
}

static int pool_shape(struct nn_call *c)
{
	int64_t dim[NN_DIMS];
	struct nn_window w;
	struct pool *p;
	int i;

	if (nn_want_inputs(c, 1, 1) < 0 || nn_window_read(c->attrs, c->in[0], NULL, &w) < 0)
		return -1;
	for (i = 0; i < w.ndim; i++)
		if (NN_MAX(w.pad_begin[i], w.pad_end[i]) > (w.kernel[i] - 1) * w.dilation[i])
			return nn_fail("attribute pads: a window could lie wholly in the padding");
	p = pool_new(c, &w);
	p->padding_counts = nn_attr_int(c->attrs, "count_include_pad", 0) != 0;
	p->p = (double)nn_attr_int(c->attrs, "p", 2);
	if (p->p < 1)
		return nn_fail("attribute p: %g", p->p);
	memcpy(dim, c->in[0]->dim, sizeof dim);
	for (i = 0; i < w.ndim; i++)
		dim[2 + i] = w.out[i];
	if (nn_out(c, 1, NN_I64, c->in[0]->ndim, dim) < 0)
		return -1;
	return nn_out(c, 0, c->in[0]->type, c->in[0]->ndim, dim);
}

static int float_pool_shape(struct nn_call *c)
{
	return nn_want_float(c, 0) < 0 ? -1 : pool_shape(c);
}

/* The kernel steps of window out that lie inside along dimension i: first to before end. */
static int64_t inside(const struct nn_window *w, int i, int64_t out, int64_t *first, int64_t *end)
{
	int64_t begin = out * w->stride[i] - w->pad_begin[i], d = w->dilation[i];

	*first = begin < 0 ? (-begin + d - 1) / d : 0;
	*end = NN_MAX(NN_MIN(w->kernel[i], (w->in[i] - begin + d - 1) / d), *first);
	return begin;
}

/* The windows whose kernel step e along the last dimension lies inside: first to before end. */
static void reach(const struct nn_window *w, int64_t e, int64_t *first, int64_t *end)
{
	int64_t at = e * w->dilation[2] - w->pad_begin[2], s = w->stride[2];

	*first = at < 0 ? NN_MIN((-at + s - 1) / s, w->out[2]) : 0;
	*end = at >= w->in[2] ? *first : NN_MIN((w->in[2] - 1 - at) / s + 1, w->out[2]);
	*end = NN_MAX(*end, *first);
}

/*
 * A row of windows is walked kernel step by kernel step, in order; a step is done for all the
 * windows first to before end that it reaches, of which the first finds it at a place in the plane.
 */
struct step {
	int64_t first, end, at, number; /* number: of the step within the kernel */
};

struct row {
	int64_t first[3], end[3], begin[2]; /* kernel steps inside; place of step 0 */
	int64_t now[3];                     /* the next step */
};

static void row_begin(const struct nn_window *w, int64_t out, struct row *r)
{
	int64_t far = w->pad_begin[2] - (w->out[2] - 1) * w->stride[2], d = w->dilation[2];

	r->begin[0] = inside(w, 0, out / w->out[1], &r->first[0], &r->end[0]);
	r->begin[1] = inside(w, 1, out % w->out[1], &r->first[1], &r->end[1]);
	r->first[2] = far > 0 ? (far + d - 1) / d : 0;
	r->end[2] = NN_MIN(w->kernel[2], (w->in[2] + w->pad_begin[2] + d - 1) / d);
	memcpy(r->now, r->first, sizeof r->now);
}

/* The next step of a row of windows that reaches any of them; 0 after the last. */
static int row_step(const struct nn_window *w, struct row *r, struct step *s)
{
	int64_t *now = r->now;

	for (; now[0] < r->end[0]; now[0]++, now[1] = r->first[1]) {
		for (; now[1] < r->end[1]; now[1]++, now[2] = r->first[2]) {
			while (now[2] < r->end[2]) {
				reach(w, now[2], &s->first, &s->end);
				s->number = (now[0] * w->kernel[1] + now[1]) * w->kernel[2] + now[2];
				s->at = ((r->begin[0] + now[0] * w->dilation[0]) * w->in[1] +
				         r->begin[1] + now[1] * w->dilation[1]) * w->in[2] +
				        s->first * w->stride[2] - w->pad_begin[2] +
				        now[2] * w->dilation[2];
				now[2]++;
				if (s->first < s->end)
					return 1;
			}
		}
	}
	return 0;
}

static void max_run(float *y, const float *x, int64_t step, int64_t n)
{
	int64_t i;

	for (i = 0; i < n; i++)
		y[i] = ((y[i] > x[i * step]) | (y[i] != y[i])) ? y[i] : x[i * step];
}

/* The place in the plane of each window's first maximum, for a row of windows. */
static void max_places(const struct nn_window *w, const struct nn_tensor *x, int64_t base,
                       int64_t out, int64_t *place)
{
	struct step s;
	struct row r;
	int64_t i, at;

	for (i = 0; i < w->out[2]; i++)
		place[i] = -1;
	for (row_begin(w, out, &r); row_step(w, &r, &s);)
		for (i = s.first, at = s.at; i < s.end; i++, at += w->stride[2])
			if (place[i] < 0 ||
			    nn_tensor_at(x, base + at) > nn_tensor_at(x, base + place[i]))
				place[i] = at;
}

/* The place as the standard tells it: within the whole tensor, columns first when storage is 1. */
static int64_t told(const struct nn_window *w, int64_t base, int64_t at, int column)
{
	int64_t x = at % w->in[2], y = at / w->in[2] % w->in[1], z = at / w->in[2] / w->in[1];

	return base + (column ? (x * w->in[1] + y) * w->in[0] + z : at);
}

/* Any type, and with the indices: place by place. */
static void max_slow(struct nn_call *c)
{
	const struct pool *p = c->param;
	int64_t plane, out, i, lines = p->w.out[0] * p->w.out[1], *place = c->scratch;
	struct nn_tensor *x = c->in[0], *y = c->out[0], *indices = c->nout > 1 ? c->out[1] : NULL;
	int column = nn_attr_int(c->attrs, "storage_order", 0) != 0;

	for (plane = 0; plane < p->planes; plane++)
		for (out = 0; out < lines; out++) {
			int64_t to = plane * p->out + out * p->w.out[2], base = plane * p->in;

			max_places(&p->w, x, base, out, place);
			for (i = 0; i < p->w.out[2]; i++) {
				if (y->type == NN_F32)
					((float *)y->data)[to + i] =
					        ((const float *)x->data)[base + place[i]];
				else
					nn_int_put(y, to + i, nn_int_at(x, base + place[i]));
				if (indices)
					nn_int_put(indices, to + i,
					           told(&p->w, base, place[i], column));
			}
		}
}

static int max_forward(struct nn_call *c)
{
	const struct pool *p = c->param;
	int64_t job, lines = p->w.out[0] * p->w.out[1];
	const float *x = c->in[0]->data;
	float *y = c->out[0]->data;

	if (c->in[0]->type != NN_F32 || (c->nout > 1 && c->out[1])) {
		max_slow(c);
		return 0;
	}
#pragma omp parallel for schedule(static) if (p->planes * p->in >= NN_PARALLEL)
	for (job = 0; job < p->planes * lines; job++) {
		float *to = y + job * p->w.out[2];
		const float *from = x + job / lines * p->in;
		struct step s;
		struct row r;
		int64_t i;

		for (i = 0; i < p->w.out[2]; i++)
			to[i] = -INFINITY;
		for (row_begin(&p->w, job % lines, &r); row_step(&p->w, &r, &s);)
			max_run(to + s.first, from + s.at, p->w.stride[2], s.end - s.first);
	}
	return 0;
}

/* A row's gradients go to the first place in each window that equals the maximum. */
static void max_scatter(const struct nn_window *w, const float *x, int64_t out, const float *y,
                        float *g, float *gx)
{
	struct step s;
	struct row r;
	int64_t i, at;

	for (row_begin(w, out, &r); row_step(w, &r, &s);)
		for (i = s.first, at = s.at; i < s.end; i++, at += w->stride[2]) {
			float take = x[at] == y[i] ? g[i] : 0;

			gx[at] += take;
			g[i] -= take;
		}
}

/* The gradients that arrived are used up: what has found its place is zero. */
static void max_backward(struct nn_call *c)
{
	const struct pool *p = c->param;
	int64_t plane, out, lines = p->w.out[0] * p->w.out[1];
	const float *x = c->in[0]->data, *y = c->out[0]->data;
	float *g = c->gout[0], *gx = c->gin[0];

	if (!gx)
		return;
#pragma omp parallel for schedule(static) private(out) if (p->planes * p->in >= NN_PARALLEL)
	for (plane = 0; plane < p->planes; plane++) {
		memset(gx + plane * p->in, 0, (size_t)p->in * sizeof *gx);
		for (out = 0; out < lines; out++)
			max_scatter(&p->w, x + plane * p->in, out,
			            y + plane * p->out + out * p->w.out[2],
			            g + plane * p->out + out * p->w.out[2], gx + plane * p->in);
	}
}

static int max_shape(struct nn_call *c)
{
	if (pool_shape(c) < 0)
		return -1;
	c->scratch_bytes = (size_t)((struct pool *)c->param)->w.out[2] * sizeof(int64_t);
	return 0;
}

const struct nn_op nn_op_MaxPool = {
	.name = "MaxPool",
	.shape = max_shape,
	.forward = max_forward,
	.backward = max_backward,
	.flags = NN_KEEP_IN | NN_KEEP_OUT,
};

/* AveragePool and LpPool: sums over a row of windows. */

static void add_run(float *y, const float *x, int64_t step, int64_t n)
{
	int64_t i;

	for (i = 0; i < n; i++)
		y[i] += x[i * step];
}

static void power_run(float *y, const float *x, int64_t step, int64_t n, float p)
{
	int64_t i;

	for (i = 0; i < n; i++)
		y[i] += p == 1 ? fabsf(x[i * step])
		      : p == 2 ? x[i * step] * x[i * step]
		               : powf(fabsf(x[i * step]), p);
}

/* How many elements, or places of the padding when it counts, window out has along dimension i. */
static int64_t places(const struct pool *p, int i, int64_t out)
{
	int64_t first, end, begin = inside(&p->w, i, out, &first, &end), d = p->w.dilation[i];

	if (p->padding_counts) /* the last window may reach beyond the padding: that does not count */
		return NN_MIN(p->w.kernel[i], (p->w.in[i] + p->w.pad_end[i] - begin + d - 1) / d);
	return end - first;
}

/* Divides a row of sums, or of gradients, by the windows' sizes. */
static void divide(const struct pool *p, int64_t out, float *y)
{
	int64_t i, rest = places(p, 0, out / p->w.out[1]) * places(p, 1, out % p->w.out[1]);

	for (i = 0; i < p->w.out[2]; i++)
		y[i] /= (float)(rest * places(p, 2, i));
}

static void sums(struct nn_call *c, int power)
{
	const struct pool *p = c->param;
	int64_t job, lines = p->w.out[0] * p->w.out[1];
	const float *x = c->in[0]->data;
	float *y = c->out[0]->data;

#pragma omp parallel for schedule(static) if (p->planes * p->in >= NN_PARALLEL)
	for (job = 0; job < p->planes * lines; job++) {
		float *to = y + job * p->w.out[2];
		const float *from = x + job / lines * p->in;
		struct step s;
		struct row r;
		int64_t i;

		memset(to, 0, (size_t)p->w.out[2] * sizeof *to);
		for (row_begin(&p->w, job % lines, &r); row_step(&p->w, &r, &s);)
			if (power)
				power_run(to + s.first, from + s.at, p->w.stride[2],
				          s.end - s.first, (float)p->p);
			else
				add_run(to + s.first, from + s.at, p->w.stride[2],
				        s.end - s.first);
		if (!power)
			divide(p, job % lines, to);
		for (i = 0; i < p->w.out[2] && power; i++)
			to[i] = powf(to[i], 1 / (float)p->p);
	}
}

static int average_forward(struct nn_call *c)
{
	sums(c, 0);
	return 0;
}

static void average_backward(struct nn_call *c)
{
	const struct pool *p = c->param;
	int64_t plane, out, lines = p->w.out[0] * p->w.out[1];
	float *g = c->gout[0], *gx = c->gin[0];

	if (!gx)
		return;
#pragma omp parallel for schedule(static) private(out) if (p->planes * p->in >= NN_PARALLEL)
	for (plane = 0; plane < p->planes; plane++) {
		memset(gx + plane * p->in, 0, (size_t)p->in * sizeof *gx);
		for (out = 0; out < lines; out++) {
			float *from = g + plane * p->out + out * p->w.out[2];
			float *to = gx + plane * p->in;
			struct step s;
			struct row r;
			int64_t i;

			divide(p, out, from);
			for (row_begin(&p->w, out, &r); row_step(&p->w, &r, &s);)
				for (i = s.first; i < s.end; i++)
					to[s.at + (i - s.first) * p->w.stride[2]] += from[i];
		}
	}
}

const struct nn_op nn_op_AveragePool = {
	.name = "AveragePool",
	.limits = "float only",
	.shape = float_pool_shape,
	.forward = average_forward,
	.backward = average_backward,
};

static int lp_forward(struct nn_call *c)
{
	sums(c, 1);
	return 0;
}

/* d y / d x = sign(x) (|x| / y)^(p-1) */
static void lp_backward(struct nn_call *c)
{
	const struct pool *p = c->param;
	int64_t plane, out, i, at, lines = p->w.out[0] * p->w.out[1];
	const float *x = c->in[0]->data, *y = c->out[0]->data, *g = c->gout[0];
	float *gx = c->gin[0];
	struct step s;
	struct row r;

	if (!gx)
		return;
	memset(gx, 0, (size_t)(p->planes * p->in) * sizeof *gx);
	for (plane = 0; plane < p->planes; plane++, x += p->in, gx += p->in)
		for (out = 0; out < lines; out++, y += p->w.out[2], g += p->w.out[2])
			for (row_begin(&p->w, out, &r); row_step(&p->w, &r, &s);)
				for (i = s.first, at = s.at; i < s.end; i++, at += p->w.stride[2])
					if (x[at] != 0)
						gx[at] += copysignf(powf(fabsf(x[at]) / y[i],
						                         (float)p->p - 1), x[at]) *
						          g[i];
}

const struct nn_op nn_op_LpPool = {
	.name = "LpPool",
	.limits = "float only",
	.shape = float_pool_shape,
	.forward = lp_forward,
	.backward = lp_backward,
	.flags = NN_KEEP_IN | NN_KEEP_OUT,
};
