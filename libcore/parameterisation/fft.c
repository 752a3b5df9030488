/* SPDX-License-Identifier: ISC */
/*
 * A picture as its spectrum, each frequency scaled as in photographs, where a frequency f has an
 * energy like 1/f: a step of the optimiser then moves all of them alike (Lucid, fft_image).
 * Variables: real parts [h][w/2 + 1], then imaginary parts.
 */
#include "../vis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DECAY 0 /* the key */

struct fft {
	struct nn_fourier2 *fourier;
	float *scale; /* [h][wf]: from variable to spectrum, with 1 / (h w) of the inverse transform
		       */
};

/* cycles per pixel of the i-th of n frequencies */
static double frequency(int64_t i, int64_t n)
{
	return (double)(i <= (n - 1) / 2 ? i : i - n) / (double)n;
}

static void init(struct nn_medium *m)
{
	struct fft *s = nn_alloc(sizeof *s);
	int64_t h = m->height, w = m->width, wf = w / 2 + 1, y, x;
	double f, least = 1 / (double)NN_MAX(w, h);

	s->fourier = nn_fourier2_new(h, w);
	s->scale = nn_calloc((size_t)(h * wf), sizeof *s->scale);
	for (y = 0; y < h; y++)
		for (x = 0; x < wf; x++) {
			f = hypot(frequency(y, h), (double)x / (double)w);
			/* 1/4 is Lucid's; it makes the first pictures faint */
			s->scale[y * wf + x] = (float)(pow(NN_MAX(f, least), -m->value[DECAY]) /
						       sqrt((double)(w * h)) / 4);
		}
	m->state = s;
	m->nvariables = 2 * h * wf;
	m->scratch = (size_t)m->nvariables + nn_fourier2_scratch(s->fourier);
}

static void release(struct nn_medium *m)
{
	struct fft *s = m->state;

	nn_fourier2_free(s->fourier);
	free(s->scale);
	free(s);
}

static void forward(const struct nn_medium *m, const float *v, float *t, float *scratch)
{
	const struct fft *s = m->state;
	int64_t half = m->nvariables / 2, i;
	float *re = scratch, *im = re + half;

	for (i = 0; i < half; i++) {
		re[i] = v[i] * s->scale[i];
		im[i] = v[half + i] * s->scale[i];
	}
	nn_fourier2_inverse(s->fourier, re, im, t, im + half);
}

/* A column stands for itself and its mirror, except the first and, in an even width, the last. */
static int is_twice(const struct nn_medium *m, int64_t x)
{
	return x > 0 && 2 * x != m->width;
}

static void adjoint(const struct nn_medium *m, const float *g, float *gv, float *scratch)
{
	const struct fft *s = m->state;
	int64_t half = m->nvariables / 2, wf = m->width / 2 + 1, y, x, i;
	float k;

	nn_fourier2_forward(s->fourier, g, gv, gv + half, scratch);
	for (y = 0; y < m->height; y++)
		for (x = 0; x < wf; x++) {
			i = y * wf + x;
			k = s->scale[i] * (is_twice(m, x) ? 2 : 1);
			gv[i] *= k;
			gv[half + i] *= k;
		}
}

static void inverse(const struct nn_medium *m, const float *t, float *v, float *scratch)
{
	const struct fft *s = m->state;
	int64_t half = m->nvariables / 2, i;
	double n = (double)(m->width * m->height);

	nn_fourier2_forward(s->fourier, t, v, v + half, scratch);
	for (i = 0; i < half; i++) {
		v[i] = (float)(v[i] / (n * s->scale[i]));
		v[half + i] = (float)(v[half + i] / (n * s->scale[i]));
	}
}

const struct nn_parameterisation nn_parameterisation_fft = {
	.name = "fft",
	.what = "the spectrum, frequencies scaled as in photographs",
	.key = {{"decay", "energy of frequency f like f to minus this", 1, -4, 4}},
	.init = init,
	.release = release,
	.forward = forward,
	.adjoint = adjoint,
	.inverse = inverse,
};
