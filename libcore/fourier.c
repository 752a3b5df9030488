/* SPDX-License-Identifier: ISC */
/*
 * Fourier transforms of any length, over many columns at once: Stockham's self-sorting form with
 * radices 4, 2, 3, 5 and other small primes; lengths with a large prime as a convolution (Bluestein
 * 1970).
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

static void run_stockham(const struct nn_fourier *f, int64_t batch, float *re, float *im,
			 float *scratch)
{
	float *x[2] = {re, im}, *y[2] = {scratch, scratch + f->n * batch}, *swap;
	int64_t length = f->n, stride = batch;
	int i, j;

	for (i = 0; i < f->factors; i++) {
		nn_kernels()->fourier->stage(f->factor[i], length, stride, x[0], x[1], y[0], y[1],
					     f->twiddle[i]);
		length /= f->factor[i];
		stride *= f->factor[i];
		for (j = 0; j < 2; j++) {
			swap = x[j];
			x[j] = y[j];
			y[j] = swap;
		}
	}
	if (x[0] != re) {
		memcpy(re, x[0], (size_t)(f->n * batch) * sizeof *re);
		memcpy(im, x[1], (size_t)(f->n * batch) * sizeof *im);
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
