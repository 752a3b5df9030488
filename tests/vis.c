/* SPDX-License-Identifier: ISC */
/* Parameterisations, transforms, objectives and the optimiser: gradients and Lucid's numbers. */
#include "vis.h"
#include "tap.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

static struct nn_random noise;

static float *draw(int64_t n)
{
	float *x = nn_calloc((size_t)n + 1, sizeof *x);
	int64_t i;

	for (i = 0; i < n; i++)
		x[i] = (float)nn_random_normal(&noise);
	return x;
}

static double dot(int64_t n, const float *a, const float *b)
{
	double sum = 0;
	int64_t i;

	for (i = 0; i < n; i++)
		sum += (double)a[i] * b[i];
	return sum;
}

/* largest difference of a and b, relative to the largest of b */
static double distance(int64_t n, const float *a, const float *b)
{
	double worst = 0, most = 1e-30;
	int64_t i;

	for (i = 0; i < n; i++) {
		worst = fmax(worst, fabs((double)a[i] - b[i]));
		most = fmax(most, fabs(b[i]));
	}
	return worst / most;
}

static void test_fourier(int64_t n)
{
	enum { BATCH = 3 };
	struct nn_fourier *f = nn_fourier_new(n);
	float *re = draw(n * BATCH), *im = draw(n * BATCH), *want = draw(2 * n * BATCH);
	float *scratch = draw((int64_t)nn_fourier_scratch(f, BATCH)), *have = draw(2 * n * BATCH);
	int64_t j, k, q;
	double a, sr, si;

	for (k = 0; k < n; k++)
		for (q = 0; q < BATCH; q++) {
			sr = si = 0;
			for (j = 0; j < n; j++) {
				a = -2 * PI * (double)(j * k % n) / (double)n;
				sr += re[j * BATCH + q] * cos(a) - im[j * BATCH + q] * sin(a);
				si += re[j * BATCH + q] * sin(a) + im[j * BATCH + q] * cos(a);
			}
			want[k * BATCH + q] = (float)sr;
			want[(n + k) * BATCH + q] = (float)si;
		}
	nn_fourier_run(f, BATCH, re, im, scratch);
	memcpy(have, re, (size_t)(n * BATCH) * sizeof *re);
	memcpy(have + n * BATCH, im, (size_t)(n * BATCH) * sizeof *im);
	a = distance(2 * n * BATCH, have, want);
	ok(a < 2e-6, "fourier of %d agrees with the definition: %g", (int)n, a);
	free(re);
	free(im);
	free(want);
	free(have);
	free(scratch);
	nn_fourier_free(f);
}

static void test_fourier2(int64_t h, int64_t w)
{
	struct nn_fourier2 *f = nn_fourier2_new(h, w);
	int64_t wf = w / 2 + 1, y, x, ky, kx, i;
	float *p = draw(h * w), *re = draw(h * wf), *im = draw(h * wf), *want = draw(h * wf);
	float *back = draw(h * w), *scratch = draw((int64_t)nn_fourier2_scratch(f));
	double d;

	nn_fourier2_forward(f, p, re, im, scratch);
	for (ky = 0; ky < h; ky++)
		for (kx = 0; kx < wf; kx++) {
			double sum = 0;

			for (y = 0; y < h; y++)
				for (x = 0; x < w; x++)
					sum += p[y * w + x] * cos(2 * PI *
								  ((double)(ky * y) / (double)h +
								   (double)(kx * x) / (double)w));
			want[ky * wf + kx] = (float)sum;
		}
	d = distance(h * wf, re, want);
	ok(d < 2e-6, "spectrum of %dx%d agrees with the definition: %g", (int)w, (int)h, d);
	nn_fourier2_inverse(f, re, im, back, scratch);
	for (i = 0; i < h * w; i++)
		back[i] /= (float)(h * w);
	d = distance(h * w, back, p);
	ok(d < 2e-6, "and the inverse gives the picture back: %g", d);
	free(p);
	free(re);
	free(im);
	free(want);
	free(back);
	free(scratch);
	nn_fourier2_free(f);
}

/* sum of weights times the picture of v */
static double weighed(const struct nn_medium *m, const float *v, const float *weight)
{
	int64_t n = 3 * m->width * m->height;
	float *x = nn_calloc((size_t)n, sizeof *x);
	double sum;

	nn_medium_forward(m, 1, v, x);
	sum = dot(n, x, weight);
	free(x);
	return sum;
}

static void test_medium(const char *text, int64_t w, int64_t h)
{
	struct nn_medium m;
	int64_t n = 3 * w * h, nv, i, k;
	float *v, *x, *g, *gv, *again, *weight;
	double d, worst = 0, most = 0;

	if (!ok(nn_medium_init(&m, text, w, h) == 0, "medium %s", text))
		return;
	nv = 3 * m.nvariables;
	v = draw(nv);
	x = draw(n);
	g = draw(n);
	gv = draw(nv);
	again = draw(n);
	weight = draw(n);
	nn_medium_forward(&m, 1, v, x);
	memcpy(g, weight, (size_t)n * sizeof *g);
	nn_medium_adjoint(&m, 1, x, g, gv);
	for (k = 0; k < 60; k++) {
		float step = 0.02f, keep;

		i = nn_random_below(&noise, nv);
		keep = v[i];
		v[i] = keep + step;
		d = weighed(&m, v, weight);
		v[i] = keep - step;
		d = (d - weighed(&m, v, weight)) / (2 * step);
		v[i] = keep;
		worst = fmax(worst, fabs(d - gv[i]));
		most = fmax(most, fabs(gv[i]));
	}
	ok(worst < 2e-3 * most, "%s %dx%d: gradient against differences: %g of %g", text, (int)w,
	   (int)h, worst, most);
	nn_medium_inverse(&m, x, v);
	nn_medium_forward(&m, 1, v, again);
	d = distance(n, again, x);
	ok(d < 1e-5, "%s %dx%d: variables of a picture give it back: %g", text, (int)w, (int)h, d);
	free(v);
	free(x);
	free(g);
	free(gv);
	free(again);
	free(weight);
	nn_medium_release(&m);
}

static double deviation(const float *x, int64_t n, double *mean)
{
	double sum = 0, squares = 0;
	int64_t i;

	for (i = 0; i < n; i++)
		sum += x[i];
	*mean = sum / (double)n;
	for (i = 0; i < n; i++)
		squares += (x[i] - *mean) * (x[i] - *mean);
	return squares / (double)n;
}

/* Lucid: the deviation inside a plane of its fft_image, and of the planes' means, at sd .01 */
static void test_deviation(int64_t size, double want)
{
	enum { PLANES = 30 };
	struct nn_medium m;
	float *v, *t, *scratch;
	double within = 0, means = 0, mean;
	int i;

	if (nn_medium_init(&m, "fft", size, size) < 0)
		return;
	v = draw(3 * m.nvariables);
	t = draw(size * size);
	scratch = draw((int64_t)m.scratch);
	for (i = 0; i < PLANES; i++) {
		nn_medium_start(&m, (uint64_t)i, "x", v);
		m.row->forward(&m, v, t, scratch);
		within += deviation(t, size * size, &mean) / PLANES;
		means += mean * mean / PLANES;
	}
	ok(fabs(sqrt(within) / want - 1) < 0.03, "fft %d: deviation %.5f, want %.5f", (int)size,
	   sqrt(within), want);
	ok(fabs(sqrt(means) / 0.0025 - 1) < 0.3, "fft %d: deviation of means %.5f, want .0025",
	   (int)size, sqrt(means));
	free(v);
	free(t);
	free(scratch);
	nn_medium_release(&m);
}

static void test_start(void)
{
	struct nn_medium m;
	float *v, *w, *x;
	double mean, variance = 0;
	int i;

	nn_medium_init(&m, "fft", 128, 128);
	v = draw(3 * m.nvariables);
	w = draw(3 * m.nvariables);
	x = draw(3 * 128 * 128);
	for (i = 0; i < 20; i++) {
		nn_medium_start(&m, (uint64_t)i, "x", v);
		nn_medium_forward(&m, 1, v, x);
		variance += deviation(x, 128 * 128, &mean) / 20;
	}
	/* before the sigmoid, whose slope is 1/4 */
	ok(fabs(4 * sqrt(variance) / 0.01113 - 1) < 0.05, "red deviates by %.5f, want .01113",
	   4 * sqrt(variance));
	nn_medium_start(&m, 1, "a", v);
	nn_medium_start(&m, 1, "b", w);
	ok(memcmp(v, w, 64) != 0, "another goal starts elsewhere");
	nn_medium_start(&m, 2, "a", w);
	ok(memcmp(v, w, 64) != 0, "another seed, too");
	free(v);
	free(w);
	free(x);
	nn_medium_release(&m);
}

static void test_sigmoid(void)
{
	float r, g, b, *const t[3] = {&r, &g, &b};
	double worst = 0, x;

	for (x = -100; x < 100; x += 0.0625) {
		r = g = b = (float)x;
		nn_colour_forward(0, 1, t);
		worst = fmax(worst, fabs(r - 1 / (1 + exp(-x))));
	}
	ok(worst < 2e-7, "sigmoid within %g", worst);
	r = g = b = NAN;
	nn_colour_forward(0, 1, t);
	ok(isnan(r), "sigmoid of NaN is NaN");
}

static void test_adam(void)
{
	float v = 1, m = 0, s = 0, g;
	double dv = 1, dm = 0, ds = 0;
	int t;

	for (t = 1; t <= 20; t++) {
		g = (float)cos(t);
		nn_adam(t, 0.05, 1, &g, &m, &s, &v);
		dm = .9 * dm + .1 * g;
		ds = .999 * ds + .001 * g * g;
		dv += .05 * sqrt(1 - pow(.999, t)) / (1 - pow(.9, t)) * dm / (sqrt(ds) + 1e-8);
	}
	ok(fabs(v - dv) < 1e-5, "20 steps of Adam: %g, want %g", v, dv);
}

static void test_objective(const struct nn_objective *row)
{
	enum { C = 4, H = 5, W = 6, N = C * H * W };
	float *a = draw(N), *g = nn_calloc(N, sizeof *g), *vector = draw(C), keep;
	struct nn_term t = {
		.row = row, .weight = 1, .channel = 2, .y = 1, .x = -2, .vector = vector};
	struct nn_map m = {a, C, H, W};
	double worst = 0, d;
	int i;

	g[7] = 1;
	row->evaluate(&t, &m, 3, g);
	g[7] -= 1;
	for (i = 0; i < N; i++) {
		keep = a[i];
		a[i] = keep + 0.01f;
		d = row->evaluate(&t, &m, 1, NULL);
		a[i] = keep - 0.01f;
		d = 3 * (d - row->evaluate(&t, &m, 1, NULL)) / 0.02;
		a[i] = keep;
		worst = fmax(worst, fabs(d - g[i]));
	}
	ok(worst < 1e-4 && dot(N, g, g) > 0, "%s: gradient, scaled and added: %g", row->name,
	   worst);
	free(a);
	free(g);
	free(vector);
}

static void test_values(void)
{
	float a[2][2][3] = {{{1, 2, 3}, {4, 5, 6}}, {{-1, 0, 1}, {2, 7, 0}}}, vector[2] = {2, -1};
	struct nn_term t = {.weight = 1, .channel = 1, .vector = vector};
	struct nn_map m = {&a[0][0][0], 2, 2, 3};

	ok(nn_objective_channel.evaluate(&t, &m, 1, NULL) == 1.5, "channel is the mean");
	ok(nn_objective_neuron.evaluate(&t, &m, 1, NULL) == 7, "neuron is at h/2, w/2");
	ok(fabs(nn_objective_deepdream.evaluate(&t, &m, 1, NULL) - 146 / 12.0) < 1e-12,
	   "deepdream is the mean square");
	ok(nn_objective_direction.evaluate(&t, &m, 1, NULL) == 5.5,
	   "direction is the product's mean");
}

int main(void)
{
	static const int64_t lengths[] = {1,  2,  3,  4,  5,  6,   7,   8,   9,   12,  15, 31,
					  32, 37, 49, 64, 97, 100, 127, 128, 150, 202, 211};
	static const int64_t sizes[][2] = {{1, 1}, {2, 1},   {1, 3}, {8, 8},
					   {9, 7}, {12, 10}, {7, 16}};
	size_t i;
	int r;

	nn_random_init(&noise, 1, 1);
	for (i = 0; i < NN_LEN(lengths); i++)
		test_fourier(lengths[i]);
	for (i = 0; i < NN_LEN(sizes); i++)
		test_fourier2(sizes[i][1], sizes[i][0]);
	for (r = 0; nn_parameterisations[r]; r++) {
		test_medium(nn_parameterisations[r]->name, 8, 8);
		test_medium(nn_parameterisations[r]->name, 9, 7);
	}
	test_medium("pixel,decorrelate=0", 6, 11);
	test_medium("fft,decay=0.5,sd=1", 10, 6);
	test_deviation(64, .01711);
	test_deviation(80, .01761);
	test_deviation(128, .01863);
	test_deviation(224, .01977);
	test_start();
	test_sigmoid();
	test_adam();
	for (r = 0; nn_objectives[r]; r++)
		test_objective(nn_objectives[r]);
	test_values();
	return done();
}
