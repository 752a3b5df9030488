/* SPDX-License-Identifier: ISC */
/*
 * LRN, local response normalisation across channels (Krizhevsky 2012) of x [n][c][...]:
 * s = bias + alpha/size * sum of x^2 over size channels around, y = x / s^beta.
 * Threads share out strips of positions, which lie in the cache for all channels.
 */
#include <math.h>
#include <omp.h>
#include <string.h>

#include "op.h"

#define STRIP 64

struct lrn {
	int64_t n, channels, positions, before, after; /* channels of the window on either side */
	float alpha, beta, bias;                       /* alpha: divided by size */
};

static int lrn_shape(struct nn_call *c)
{
	int64_t size = nn_attr_int(c->attrs, "size", 0);
	const struct nn_tensor *x;
	struct lrn *p;
	int i;

	if (nn_want_inputs(c, 1, 1) < 0 || nn_want_float(c, 0) < 0)
		return -1;
	x = c->in[0];
	if (x->ndim < 2)
		return nn_fail("input 0: want 2 dimensions or more, have %d", x->ndim);
	if (size < 1 || size > INT32_MAX)
		return nn_fail("attribute size: %lld", (long long)size);
	c->param = p = nn_calloc(1, sizeof *p);
	p->n = x->dim[0];
	p->channels = x->dim[1];
	for (p->positions = 1, i = 2; i < x->ndim; i++)
		p->positions *= x->dim[i];
	p->before = NN_MIN((size - 1) / 2, p->channels);
	p->after = NN_MIN(size / 2, p->channels);
	p->alpha = (float)(nn_attr_float(c->attrs, "alpha", 1e-4) / (double)size);
	p->beta = (float)nn_attr_float(c->attrs, "beta", .75);
	p->bias = (float)nn_attr_float(c->attrs, "bias", 1);
	/* backward: of each thread a strip of s and one of what the neighbours share */
	if (c->gradient)
		c->scratch_bytes = (size_t)(nn_threads() * 2 * p->channels * STRIP) * sizeof(float);
	return nn_out_like(c, 0, x);
}

/* s of channel ch at width positions */
static void scale(const struct lrn *p, const float *x, int64_t ch, int64_t width, float *s)
{
	int64_t j, i, end = NN_MIN(ch + p->after + 1, p->channels);

	memset(s, 0, STRIP * sizeof *s);
	for (j = NN_MAX(ch - p->before, 0); j < end; j++)
		for (i = 0; i < width; i++)
			s[i] += x[j * p->positions + i] * x[j * p->positions + i];
	for (i = 0; i < width; i++)
		s[i] = p->bias + p->alpha * s[i];
}

/* r = s^-beta: by square roots for the exponent that networks use */
static void power(const struct lrn *p, const float *s, float *r)
{
	int64_t i;

	if (p->beta == .75f)
		for (i = 0; i < STRIP; i++)
			r[i] = 1 / (sqrtf(s[i]) * sqrtf(sqrtf(s[i])));
	else if (p->beta == .5f)
		for (i = 0; i < STRIP; i++)
			r[i] = 1 / sqrtf(s[i]);
	else
		for (i = 0; i < STRIP; i++)
			r[i] = powf(s[i], -p->beta);
}

static int lrn_forward(struct nn_call *c)
{
	const struct lrn *p = c->param;
	int64_t job, strips = (p->positions + STRIP - 1) / STRIP;

#pragma omp parallel for schedule(static)
	for (job = 0; job < p->n * strips; job++) {
		int64_t at = job / strips * p->channels * p->positions + job % strips * STRIP;
		int64_t width = NN_MIN(p->positions - job % strips * STRIP, STRIP), ch, i;
		const float *x = (const float *)c->in[0]->data + at;
		float *y = (float *)c->out[0]->data + at, s[STRIP], r[STRIP];

		for (ch = 0; ch < p->channels; ch++) {
			scale(p, x, ch, width, s);
			power(p, s, r);
			for (i = 0; i < width; i++)
				y[ch * p->positions + i] = x[ch * p->positions + i] * r[i];
		}
	}
	return 0;
}

/*
 * gx_j = g_j s_j^-beta - 2 alpha/size beta x_j sum over the i whose window has j of g_i x_i s_i^(-beta-1)
 * One strip: r [c][STRIP] gets s^-beta, t [c][STRIP] the terms of the sum.
 */
static void strip(const struct lrn *p, const float *x, const float *g, float *gx, int64_t width,
                  float *r, float *t)
{
	float s[STRIP] = {0}, total[STRIP];
	int64_t ch, i, j, end;

	for (ch = 0; ch < p->channels; ch++) {
		scale(p, x, ch, width, s);
		power(p, s, r + ch * STRIP);
		for (i = 0; i < width; i++)
			t[ch * STRIP + i] = g[ch * p->positions + i] * x[ch * p->positions + i] *
			                    r[ch * STRIP + i] / s[i];
	}
	for (ch = 0; ch < p->channels; ch++) {
		memset(total, 0, sizeof total);
		end = NN_MIN(ch + p->before + 1, p->channels);
		for (j = NN_MAX(ch - p->after, 0); j < end; j++)
			for (i = 0; i < width; i++)
				total[i] += t[j * STRIP + i];
		for (i = 0; i < width; i++)
			gx[ch * p->positions + i] =
			        g[ch * p->positions + i] * r[ch * STRIP + i] -
			        2 * p->alpha * p->beta * x[ch * p->positions + i] * total[i];
	}
}

static void lrn_backward(struct nn_call *c)
{
	const struct lrn *p = c->param;
	int64_t job, strips = (p->positions + STRIP - 1) / STRIP;

	if (!c->gin[0])
		return;
#pragma omp parallel for schedule(static)
	for (job = 0; job < p->n * strips; job++) {
		int64_t at = job / strips * p->channels * p->positions + job % strips * STRIP;
		int64_t width = NN_MIN(p->positions - job % strips * STRIP, STRIP);
		float *r = (float *)c->scratch + omp_get_thread_num() * 2 * p->channels * STRIP;

		strip(p, (const float *)c->in[0]->data + at, c->gout[0] + at, c->gin[0] + at,
		      width, r, r + p->channels * STRIP);
	}
}

const struct nn_op nn_op_LRN = {
	.name = "LRN",
	.shape = lrn_shape,
	.forward = lrn_forward,
	.backward = lrn_backward,
	.flags = NN_KEEP_IN,
};
