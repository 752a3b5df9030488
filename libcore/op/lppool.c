/* SPDX-License-Identifier: ISC */
/* LpPool: y = (sum of |x|^p over the window)^(1/p). */
#include <math.h>
#include <string.h>

#include "op/pool.h"

static int lp_shape(struct nn_call *c)
{
	return nn_want_inputs(c, 1, 1) < 0 || nn_want_float(c, 0) < 0 ? -1 : nn_pool_shape(c);
}

static void power_run(float *y, const float *x, int64_t step, int64_t n, float p)
{
	int64_t i;

	for (i = 0; i < n; i++)
		y[i] += p == 1 ? fabsf(x[i * step])
		      : p == 2 ? x[i * step] * x[i * step]
		               : powf(fabsf(x[i * step]), p);
}

static int lp_forward(struct nn_call *c)
{
	const struct nn_pool *p = c->param;
	int64_t job;
	const float *x = c->in[0]->data;
	float *y = c->out[0]->data;

#pragma omp parallel for schedule(static) if (p->planes * p->in >= NN_PARALLEL)
	for (job = 0; job < p->planes * p->lines; job++) {
		float *to = y + job * p->w.out[2];
		struct nn_pool_span s;
		struct nn_pool_row r;
		int64_t i;

		memset(to, 0, (size_t)p->w.out[2] * sizeof *to);
		for (nn_pool_row(&r, p, job % p->lines); nn_pool_step(&r, &s);)
			power_run(to + s.first, x + job / p->lines * p->in + s.begin,
				  p->w.stride[2], s.end - s.first, (float)p->p);
		for (i = 0; i < p->w.out[2]; i++)
			to[i] = powf(to[i], 1 / (float)p->p);
	}
	return 0;
}

/* d y / d x = sign(x) (|x| / y)^(p-1) */
static void lp_backward(struct nn_call *c)
{
	const struct nn_pool *p = c->param;
	int64_t plane, line, i, at;
	const float *x = c->in[0]->data, *y = c->out[0]->data, *g = c->gout[0];
	float *gx = c->gin[0];
	struct nn_pool_span s;
	struct nn_pool_row r;

	if (!gx)
		return;
	memset(gx, 0, (size_t)(p->planes * p->in) * sizeof *gx);
	for (plane = 0; plane < p->planes; plane++, x += p->in, gx += p->in)
		for (line = 0; line < p->lines; line++, y += p->w.out[2], g += p->w.out[2])
			for (nn_pool_row(&r, p, line); nn_pool_step(&r, &s);)
				for (i = s.first, at = s.begin; i < s.end;
				     i++, at += p->w.stride[2])
					if (x[at] != 0)
						gx[at] += copysignf(powf(fabsf(x[at]) / y[i],
						                         (float)p->p - 1), x[at]) *
						          g[i];
}

const struct nn_op nn_op_LpPool = {
	.name = "LpPool",
	.limits = "float only",
	.shape = lp_shape,
	.forward = lp_forward,
	.backward = lp_backward,
	.narrow = nn_narrow_same,
	.flags = NN_KEEP_IN | NN_KEEP_OUT,
};
