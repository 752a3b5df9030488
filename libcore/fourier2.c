/* SPDX-License-Identifier: ISC */
/* Real pictures to and from half spectra: rows as real transforms, columns as complex ones. */
#include "vis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846

/*
 * Rows of even width are done as complex ones of half the width, even pixels the real and odd ones
 * the imaginary part; rows of odd width as complex ones of the whole width.
 */
struct nn_fourier2 {
	int64_t h, w, wf, row; /* row: length of the transform along rows */
	struct nn_fourier *along_h, *along_row;
	float *turn; /* [row][2]: exp(-2 pi i k / w) */
};

struct nn_fourier2 *nn_fourier2_new(int64_t h, int64_t w)
{
	struct nn_fourier2 *f = nn_calloc(1, sizeof *f);
	int64_t k;

	f->h = h;
	f->w = w;
	f->wf = w / 2 + 1;
	f->row = w % 2 ? w : w / 2;
	f->along_h = nn_fourier_new(h);
	f->along_row = nn_fourier_new(f->row);
	f->turn = nn_calloc((size_t)f->row * 2, sizeof *f->turn);
	for (k = 0; k < f->row; k++) {
		f->turn[2 * k] = (float)cos(2 * PI * (double)k / (double)w);
		f->turn[2 * k + 1] = (float)-sin(2 * PI * (double)k / (double)w);
	}
	return f;
}

void nn_fourier2_free(struct nn_fourier2 *f)
{
	if (!f)
		return;
	nn_fourier_free(f->along_h);
	nn_fourier_free(f->along_row);
	free(f->turn);
	free(f);
}

/* rows as columns [row][h], a half spectrum likewise, and what the complex transforms need */
size_t nn_fourier2_scratch(const struct nn_fourier2 *f)
{
	size_t a = nn_fourier_scratch(f->along_h, f->wf),
	       b = nn_fourier_scratch(f->along_row, f->h);

	return (size_t)(2 * f->row * f->h + 2 * f->wf * f->h) + NN_MAX(a, b);
}

/* Rows are turned into columns, and back, so many at a time: then they stay in the cache. */
#define SIDE 16

/* y [n][m] = x [m][n] */
static void transpose(int64_t m, int64_t n, const float *x, float *y)
{
	int64_t i, j, i0;

	for (i0 = 0; i0 < m; i0 += SIDE)
		for (j = 0; j < n; j++)
			for (i = i0; i < NN_MIN(i0 + SIDE, m); i++)
				y[j * m + i] = x[i * n + j];
}

/* Rows of x into z [row][h]: pairs of pixels as complex numbers, or pixels as real ones. */
static void load_rows(const struct nn_fourier2 *f, const float *x, float *zr, float *zi)
{
	int64_t y, y0, k, step = f->w % 2 ? 1 : 2;
	const float *p;

	for (y0 = 0; y0 < f->h; y0 += SIDE)
		for (k = 0; k < f->row; k++)
			for (y = y0; y < NN_MIN(y0 + SIDE, f->h); y++) {
				p = x + y * f->w + k * step;
				zr[k * f->h + y] = p[0];
				zi[k * f->h + y] = step == 2 ? p[1] : 0;
			}
}

static void store_rows(const struct nn_fourier2 *f, const float *zr, const float *zi, float *x)
{
	int64_t y, y0, k, step = f->w % 2 ? 1 : 2;
	float *p;

	for (y0 = 0; y0 < f->h; y0 += SIDE)
		for (k = 0; k < f->row; k++)
			for (y = y0; y < NN_MIN(y0 + SIDE, f->h); y++) {
				p = x + y * f->w + k * step;
				p[0] = zr[k * f->h + y];
				if (step == 2)
					p[1] = zi[k * f->h + y];
			}
}

/*
 * Even width: spectrum s [wf][h] of the rows from z [row][h], the transform of pairs:
 * s_k = (z_k + conj z_-k) / 2 - i turn_k (z_k - conj z_-k) / 2.
 */
static void split_pairs(const struct nn_fourier2 *f, const float *zr, const float *zi, float *sr,
			float *si)
{
	int64_t h = f->h, k, y;
	const float *ar, *ai, *br, *bi;
	float c, s, er, ei, dr, di;

	for (k = 0; k < f->wf; k++) {
		ar = zr + k % f->row * h;
		ai = zi + k % f->row * h;
		br = zr + (f->row - k) % f->row * h;
		bi = zi + (f->row - k) % f->row * h;
		c = k < f->row ? f->turn[2 * k] : -1;
		s = k < f->row ? f->turn[2 * k + 1] : 0;
		for (y = 0; y < h; y++) {
			er = ar[y] + br[y];
			ei = ai[y] - bi[y];
			dr = ai[y] + bi[y]; /* minus i times the difference */
			di = br[y] - ar[y];
			sr[k * h + y] = 0.5f * (er + c * dr - s * di);
			si[k * h + y] = 0.5f * (ei + c * di + s * dr);
		}
	}
}

/*
 * And back, for the sum over all w frequencies: z_k = (s_k + conj s_-k) + i conj(turn_k) (s_k -
 * conj s_-k), conjugated, since a conjugated forward transform is the inverse.  The imaginary parts
 * of s_0 and s_(w/2) do not count.
 */
static void join_pairs(const struct nn_fourier2 *f, const float *sr, const float *si, float *zr,
		       float *zi)
{
	int64_t h = f->h, k, y;
	const float *ar, *ai, *br, *bi;
	float c, s, dr, di, er, ei, keep;

	for (k = 0; k < f->row; k++) {
		ar = sr + k * h;
		ai = si + k * h;
		br = sr + (f->row - k) * h;
		bi = si + (f->row - k) * h;
		c = f->turn[2 * k];
		s = f->turn[2 * k + 1];
		keep = k ? 1 : 0;
		for (y = 0; y < h; y++) {
			er = ar[y] + br[y];
			ei = keep * (ai[y] - bi[y]);
			dr = ar[y] - br[y];
			di = keep * (ai[y] + bi[y]);
			/* i (c - i s) (dr + i di) = (s dr - c di) + i (c dr + s di) */
			zr[k * h + y] = er + s * dr - c * di;
			zi[k * h + y] = -(ei + c * dr + s * di);
		}
	}
}

/* Odd width: the other half of the spectrum is the conjugate of this one. */
static void unfold(const struct nn_fourier2 *f, const float *sr, const float *si, float *zr,
		   float *zi)
{
	int64_t h = f->h, k, y;

	for (k = 0; k < f->wf; k++)
		for (y = 0; y < h; y++) {
			/* conjugated, as in join_pairs */
			zr[k * h + y] = sr[k * h + y];
			zi[k * h + y] = k ? -si[k * h + y] : 0;
			if (k) {
				zr[(f->w - k) * h + y] = sr[k * h + y];
				zi[(f->w - k) * h + y] = si[k * h + y];
			}
		}
}

struct work {
	float *zr, *zi, *sr, *si, *rest;
};

static struct work divide(const struct nn_fourier2 *f, float *scratch)
{
	struct work k;

	k.zr = scratch;
	k.zi = k.zr + f->row * f->h;
	k.sr = k.zi + f->row * f->h;
	k.si = k.sr + f->wf * f->h;
	k.rest = k.si + f->wf * f->h;
	return k;
}

void nn_fourier2_forward(const struct nn_fourier2 *f, const float *x, float *re, float *im,
			 float *scratch)
{
	struct work k = divide(f, scratch);

	load_rows(f, x, k.zr, k.zi);
	nn_fourier_run(f->along_row, f->h, k.zr, k.zi, k.rest);
	if (f->w % 2) {
		transpose(f->wf, f->h, k.zr, re);
		transpose(f->wf, f->h, k.zi, im);
	} else {
		split_pairs(f, k.zr, k.zi, k.sr, k.si);
		transpose(f->wf, f->h, k.sr, re);
		transpose(f->wf, f->h, k.si, im);
	}
	nn_fourier_run(f->along_h, f->wf, re, im, k.rest);
}

void nn_fourier2_inverse(const struct nn_fourier2 *f, float *re, float *im, float *x,
			 float *scratch)
{
	struct work k = divide(f, scratch);
	int64_t i;

	/* real and imaginary parts exchanged, before and after: the inverse transform */
	nn_fourier_run(f->along_h, f->wf, im, re, k.rest);
	transpose(f->h, f->wf, re, k.sr);
	transpose(f->h, f->wf, im, k.si);
	if (f->w % 2)
		unfold(f, k.sr, k.si, k.zr, k.zi);
	else
		join_pairs(f, k.sr, k.si, k.zr, k.zi);
	nn_fourier_run(f->along_row, f->h, k.zr, k.zi, k.rest);
	for (i = 0; i < f->row * f->h; i++)
		k.zi[i] = -k.zi[i];
	store_rows(f, k.zr, k.zi, x);
}
