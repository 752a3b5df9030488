/* SPDX-License-Identifier: ISC */
/*
 * Butterflies of Fourier transforms, over many columns at once: plain loops over the columns, which
 * the compiler turns into vectors.  No sum is reordered, so that all instruction sets agree bit for
 * bit.
 */
#include <string.h>

#include "kernel.h"
#include "kernel/simd.h"

/* count columns: outputs 0 and 1, out apart, of inputs 0 and 1, in apart; w [2][2] twiddles */
static void radix2(const float *restrict xr, const float *restrict xi, int64_t in,
		   float *restrict yr, float *restrict yi, int64_t out, int64_t count,
		   const float *w)
{
	float wr = w[2], wi = w[3], tr, ti;
	int64_t q;

#pragma omp simd
	for (q = 0; q < count; q++) {
		tr = xr[q] - xr[q + in];
		ti = xi[q] - xi[q + in];
		yr[q] = xr[q] + xr[q + in];
		yi[q] = xi[q] + xi[q + in];
		yr[q + out] = tr * wr - ti * wi;
		yi[q + out] = tr * wi + ti * wr;
	}
}

static void radix4(const float *restrict xr, const float *restrict xi, int64_t in,
		   float *restrict yr, float *restrict yi, int64_t out, int64_t count,
		   const float *w)
{
	float s0r, s0i, s1r, s1i, s2r, s2i, s3r, s3i, tr, ti;
	float w1r = w[2], w1i = w[3], w2r = w[4], w2i = w[5], w3r = w[6], w3i = w[7];
	int64_t q;

#pragma omp simd /* outputs do not overlap */
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
		yr[q + out] = tr * w1r - ti * w1i;
		yi[q + out] = tr * w1i + ti * w1r;
		tr = s0r - s2r;
		ti = s0i - s2i;
		yr[q + 2 * out] = tr * w2r - ti * w2i;
		yi[q + 2 * out] = tr * w2i + ti * w2r;
		tr = s1r - s3i;
		ti = s1i + s3r;
		yr[q + 3 * out] = tr * w3r - ti * w3i;
		yi[q + 3 * out] = tr * w3i + ti * w3r;
	}
}

/* y += (cr + i ci) x */
static void add_turned(const float *restrict xr, const float *restrict xi, float *restrict yr,
		       float *restrict yi, int64_t count, float cr, float ci)
{
	int64_t q;

	for (q = 0; q < count; q++) {
		yr[q] += xr[q] * cr - xi[q] * ci;
		yi[q] += xr[q] * ci + xi[q] * cr;
	}
}

/* Any radix r, by its definition; roots [r][2] of 1. */
static void radix_any(int r, const float *xr, const float *xi, int64_t in, float *yr, float *yi,
		      int64_t out, int64_t count, const float *w, const float *roots)
{
	const float *u;
	int j, k;

	for (k = 0; k < r; k++) {
		memset(yr + k * out, 0, (size_t)count * sizeof *yr);
		memset(yi + k * out, 0, (size_t)count * sizeof *yi);
		for (j = 0; j < r; j++) {
			u = roots + 2 * (j * k % r);
			add_turned(xr + j * in, xi + j * in, yr + k * out, yi + k * out, count,
				   u[0] * w[2 * k] - u[1] * w[2 * k + 1],
				   u[0] * w[2 * k + 1] + u[1] * w[2 * k]);
		}
	}
}

static void fourier_stage(int r, int64_t length, int64_t stride, const float *xr, const float *xi,
			  float *yr, float *yi, const float *twiddle)
{
	int64_t m = length / r, p, a, b;
	const float *w;

	for (p = 0; p < m; p++) {
		a = p * stride;
		b = p * r * stride;
		w = twiddle + 2 * p * r;
		if (r == 4)
			radix4(xr + a, xi + a, m * stride, yr + b, yi + b, stride, stride, w);
		else if (r == 2)
			radix2(xr + a, xi + a, m * stride, yr + b, yi + b, stride, stride, w);
		else
			radix_any(r, xr + a, xi + a, m * stride, yr + b, yi + b, stride, stride, w,
				  twiddle + 2 * m * r);
	}
}

const struct nn_fourier_kernel NN_LOCAL(nn_fourier_kernel) = {.stage = fourier_stage};
