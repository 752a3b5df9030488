/* SPDX-License-Identifier: ISC */
/*
 * Fourier transforms of any length, over many columns at once: Stockham's self-sorting form with
 * radices 4, 2, 3, 5 and other small primes; lengths with a large prime as a convolution (Bluestein
 * 1970).  The inner loops run over columns, so that they become vector instructions.
 */
#include "vis.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846
#define MOST_PRIME 31 /* above, Bluestein's way is the shorter */
#define MOST_FACTORS 64

struct nn_fourier {
	int64_t n;
	int factors, factor[MOST_FACTORS];
	float *twiddle[MOST_FACTORS]; /* of each stage [m][radix][2], and the radix roots of 1 */
	/* Bluestein: chirp [n][2], the spectrum of its inverse [inner->n][2], a transform of 2^k */
	struct nn_fourier *inner;
	float *chirp, *spectrum;
};

/* exp(-2 pi i k / n), k taken modulo n first: exact for any size of k */
static void root(int64_t k, int64_t n, float w[2])
{
	double angle = -2 * PI * (double)(k % n) / (double)n;

	w[0] = (float)cos(angle);
	w[1] = (float)sin(angle);
}

/* Splits n into factors; 0 when a prime is too large. */
static int factorise(struct nn_fourier *f, int64_t n)
{
	int p;

	for (; n % 4 == 0; n /= 4)
		f->factor[f->factors++] = 4;
	for (p = 2; p <= MOST_PRIME; p++)
		for (; n % p == 0; n /= p)
			f->factor[f->factors++] = p;
	return n == 1;
}

static void make_twiddles(struct nn_fourier *f)
{
	int64_t length = f->n, m, p;
	int i, k, r;

	for (i = 0; i < f->factors; i++, length = m) {
		r = f->factor[i];
		m = length / r;
		f->twiddle[i] = nn_calloc((size_t)((m + 1) * r) * 2, sizeof(float));
		for (p = 0; p < m; p++)
			for (k = 0; k < r; k++)
				root(p * k, length, f->twiddle[i] + 2 * (p * r + k));
		for (k = 0; k < r; k++)
			root(k, r, f->twiddle[i] + 2 * (m * r + k));
	}
}

static void make_bluestein(struct nn_fourier *f)
{
	int64_t k, size = 1, n = f->n;
	float *re, *im, *scratch;

	while (size < 2 * n - 1)
		size *= 2;
	f->inner = nn_fourier_new(size);
	f->chirp = nn_calloc((size_t)n * 2, sizeof(float));
	f->spectrum = nn_calloc((size_t)size * 2, sizeof(float));
	re = nn_calloc((size_t)size, sizeof *re);
	im = nn_calloc((size_t)size, sizeof *im);
	for (k = 0; k < n; k++) {
		root(k * k % (2 * n), 2 * n, f->chirp + 2 * k);
		re[k] = re[(size - k) % size] = f->chirp[2 * k];
		im[k] = im[(size - k) % size] = -f->chirp[2 * k + 1];
	}
	scratch = nn_calloc(nn_fourier_scratch(f->inner, 1), sizeof *scratch);
	nn_fourier_run(f->inner, 1, re, im, scratch);
	for (k = 0; k < size; k++) {
		f->spectrum[2 * k] = re[k] / (float)size;
		f->spectrum[2 * k + 1] = im[k] / (float)size;
	}
	free(scratch);
	free(re);
	free(im);
}

struct nn_fourier *nn_fourier_new(int64_t n)
{
	struct nn_fourier *f = nn_calloc(1, sizeof *f);

	assert(n > 0);
	f->n = n;
	if (factorise(f, n)) {
		make_twiddles(f);
	} else {
		f->factors = 0;
		make_bluestein(f);
	}
	return f;
}

void nn_fourier_free(struct nn_fourier *f)
{
	int i;

	if (!f)
		return;
	for (i = 0; i < f->factors; i++)
		free(f->twiddle[i]);
	nn_fourier_free(f->inner);
	free(f->chirp);
	free(f->spectrum);
	free(f);
}

size_t nn_fourier_scratch(const struct nn_fourier *f, int64_t batch)
{
	if (f->inner)
		return (size_t)(2 * f->inner->n * batch) + nn_fourier_scratch(f->inner, batch);
	return (size_t)(2 * f->n * batch);
}

/*
 * One butterfly over q columns: inputs x[j * in], j < radix, outputs y[k * out], multiplied by the
 * twiddle w[k].  a is an array of columns that starts at the real and imaginary parts.
 */
struct columns {
	float *re, *im;
};

static void radix2(struct columns x, int64_t in, struct columns y, int64_t out, int64_t count,
                   const float *w)
{
	const float *restrict ar = x.re, *restrict ai = x.im;
	const float *restrict br = x.re + in, *restrict bi = x.im + in;
	float *restrict cr = y.re, *restrict ci = y.im;
	float *restrict dr = y.re + out, *restrict di = y.im + out;
	float wr = w[2], wi = w[3], tr, ti;
	int64_t q;

	for (q = 0; q < count; q++) {
		tr = ar[q] - br[q];
		ti = ai[q] - bi[q];
		cr[q] = ar[q] + br[q];
		ci[q] = ai[q] + bi[q];
		dr[q] = tr * wr - ti * wi;
		di[q] = tr * wi + ti * wr;
	}
}

static void radix4(struct columns x, int64_t in, struct columns y, int64_t out, int64_t count,
                   const float *w)
{
	const float *restrict xr = x.re, *restrict xi = x.im;
	float *restrict yr = y.re, *restrict yi = y.im;
	float s0r, s0i, s1r, s1i, s2r, s2i, s3r, s3i, tr, ti;
	int64_t q;

	for (q = 0; q < count; q++) {
		s0r = xr[q] + xr[q + 2 * in];
		s0i = xi[q] + xi[q + 2 * in];
		s1r = xr[q] - xr[q + 2 * in];
		s1i = xi[q] - xi[q + 2 * in];
		s2r = xr[q + in] + xr[q + 3 * in];
		s2i = xi[q + in] + xi[q + 3 * in];
		s3r = xr[q + in] - xr[q + 3 * in];
		s3i = xi[q + in] - xi[q + 3 * in];
		yr[q] = s0r + s2r;
		yi[q] = s0i + s2i;
		tr = s1r + s3i; /* minus i times s3 */
		ti = s1i - s3r;
		yr[q + out] = tr * w[2] - ti * w[3];
		yi[q + out] = tr * w[3] + ti * w[2];
		tr = s0r - s2r;
		ti = s0i - s2i;
		yr[q + 2 * out] = tr * w[4] - ti * w[5];
		yi[q + 2 * out] = tr * w[5] + ti * w[4];
		tr = s1r - s3i;
		ti = s1i + s3r;
		yr[q + 3 * out] = tr * w[6] - ti * w[7];
		yi[q + 3 * out] = tr * w[7] + ti * w[6];
	}
}

/* Any radix r, by its definition, with the roots of 1. */
static void radix_any(int r, struct columns x, int64_t in, struct columns y, int64_t out,
                      int64_t count, const float *w, const float *roots)
{
	const float *u;
	float *restrict yr, *restrict yi, cr, ci;
	const float *restrict xr, *restrict xi;
	int64_t q;
	int j, k;

	for (k = 0; k < r; k++) {
		yr = y.re + k * out;
		yi = y.im + k * out;
		memset(yr, 0, (size_t)count * sizeof *yr);
		memset(yi, 0, (size_t)count * sizeof *yi);
		for (j = 0; j < r; j++) {
			u = roots + 2 * (j * k % r);
			cr = u[0] * w[2 * k] - u[1] * w[2 * k + 1];
			ci = u[0] * w[2 * k + 1] + u[1] * w[2 * k];
			xr = x.re + j * in;
			xi = x.im + j * in;
			for (q = 0; q < count; q++) {
				yr[q] += xr[q] * cr - xi[q] * ci;
				yi[q] += xr[q] * ci + xi[q] * cr;
			}
		}
	}
}

/* x to y: a stage of radix r, over length points left and stride columns. */
static void stage(int r, int64_t length, int64_t stride, struct columns x, struct columns y,
                  const float *twiddle)
{
	int64_t m = length / r, p;
	struct columns a, b;

	for (p = 0; p < m; p++) {
		a.re = x.re + p * stride;
		a.im = x.im + p * stride;
		b.re = y.re + p * r * stride;
		b.im = y.im + p * r * stride;
		if (r == 4)
			radix4(a, m * stride, b, stride, stride, twiddle + 2 * p * r);
		else if (r == 2)
			radix2(a, m * stride, b, stride, stride, twiddle + 2 * p * r);
		else
			radix_any(r, a, m * stride, b, stride, stride, twiddle + 2 * p * r,
			          twiddle + 2 * m * r);
	}
}

static void run_stockham(const struct nn_fourier *f, int64_t batch, float *re, float *im,
                         float *scratch)
{
	struct columns x = {re, im}, y = {scratch, scratch + f->n * batch}, swap;
	int64_t length = f->n, stride = batch;
	int i;

	for (i = 0; i < f->factors; i++) {
		stage(f->factor[i], length, stride, x, y, f->twiddle[i]);
		length /= f->factor[i];
		stride *= f->factor[i];
		swap = x;
		x = y;
		y = swap;
	}
	if (x.re != re) {
		memcpy(re, x.re, (size_t)(f->n * batch) * sizeof *re);
		memcpy(im, x.im, (size_t)(f->n * batch) * sizeof *im);
	}
}

/* x [n][batch] = y times w [n][2]; x may be y */
static void multiply(int64_t n, int64_t batch, const float *w, const float *yr, const float *yi,
                     float *xr, float *xi)
{
	int64_t k, q, i;
	float r;

	for (k = 0; k < n; k++)
		for (q = 0; q < batch; q++) {
			i = k * batch + q;
			r = yr[i] * w[2 * k] - yi[i] * w[2 * k + 1];
			xi[i] = yr[i] * w[2 * k + 1] + yi[i] * w[2 * k];
			xr[i] = r;
		}
}

static void run_bluestein(const struct nn_fourier *f, int64_t batch, float *re, float *im,
                          float *scratch)
{
	int64_t size = f->inner->n, used = f->n * batch, all = size * batch;
	float *ar = scratch, *ai = ar + all, *rest = ai + all;

	multiply(f->n, batch, f->chirp, re, im, ar, ai);
	memset(ar + used, 0, (size_t)(all - used) * sizeof *ar);
	memset(ai + used, 0, (size_t)(all - used) * sizeof *ai);
	nn_fourier_run(f->inner, batch, ar, ai, rest);
	multiply(size, batch, f->spectrum, ar, ai, ar, ai);
	nn_fourier_run(f->inner, batch, ai, ar, rest); /* real and imaginary exchanged: inverse */
	multiply(f->n, batch, f->chirp, ar, ai, re, im);
}

void nn_fourier_run(const struct nn_fourier *f, int64_t batch, float *re, float *im, float *scratch)
{
	if (f->inner)
		run_bluestein(f, batch, re, im, scratch);
	else
		run_stockham(f, batch, re, im, scratch);
}
