/* SPDX-License-Identifier: ISC */
/*
 * The matrix product.  With b transposed, as the weights of a Linear layer are kept, rows of a and
 * b are multiplied lane by lane along k and the lanes are summed at the end: b, which may be
 * hundreds of megabytes, is read once, where it lies.  Otherwise b runs through panels as in
 * conv_gemm.c.
 */
#include <omp.h>

#include "kernel.h"
#include "tile.h"

#define WIDTH (NR * VL)
#define PANEL 192
#if MR > 4
#define DOT_M 6
#else
#define DOT_M 3
#endif
#define DOT_N 4

static float sum(vec v)
{
	float t[VL];
	int i, half;

	v_store(t, v);
	for (half = VL / 2; half > 0; half /= 2)
		for (i = 0; i < half; i++)
			t[i] += t[i + half];
	return t[0];
}

/* rows i..i+m of a against rows j..j+DOT_N of b; rows past the end are the last one again */
INLINE void dot_tile(const int m, const struct nn_gemm_shape *s, const float *a, int64_t lda,
                     const float *b, float *c, int64_t i0, int64_t j0, int accumulate)
{
	vec acc[DOT_M][DOT_N], av[DOT_M], bv;
	const float *ar[DOT_M], *br[DOT_N];
	int64_t p;
	int i, j;

	for (i = 0; i < m; i++)
		ar[i] = a + NN_MIN(i0 + i, s->m - 1) * lda;
	for (j = 0; j < DOT_N; j++)
		br[j] = b + NN_MIN(j0 + j, s->n - 1) * s->ldb;
#pragma GCC unroll 8
	for (i = 0; i < m; i++)
#pragma GCC unroll 4
		for (j = 0; j < DOT_N; j++)
			acc[i][j] = v_zero();
	for (p = 0; p + VL <= s->k; p += VL) {
#pragma GCC unroll 8
		for (i = 0; i < m; i++)
			av[i] = v_load(ar[i] + p);
#pragma GCC unroll 4
		for (j = 0; j < DOT_N; j++) {
			bv = v_load(br[j] + p);
#pragma GCC unroll 8
			for (i = 0; i < m; i++)
				acc[i][j] = v_fma(av[i], bv, acc[i][j]);
		}
	}
	if (p < s->k) {
		range rest = v_range(0, (int)(s->k - p));

#pragma GCC unroll 8
		for (i = 0; i < m; i++)
			av[i] = v_load_range(ar[i] + p, rest);
#pragma GCC unroll 4
		for (j = 0; j < DOT_N; j++) {
			bv = v_load_range(br[j] + p, rest);
#pragma GCC unroll 8
			for (i = 0; i < m; i++)
				acc[i][j] = v_fma(av[i], bv, acc[i][j]);
		}
	}
#pragma GCC unroll 8
	for (i = 0; i < m; i++)
#pragma GCC unroll 4
		for (j = 0; j < DOT_N; j++)
			if (i0 + i < s->m && j0 + j < s->n) {
				float *d = c + (i0 + i) * s->ldc + j0 + j, v = sum(acc[i][j]);

				*d = accumulate ? *d + v : v;
			}
}

static void run_dot(const struct nn_gemm_shape *s, const float *a, const float *b, float *c,
                    int accumulate, float *scratch)
{
	int64_t lda = s->lda, tiles = (s->n + DOT_N - 1) / DOT_N, j, i, p;

	if (s->a_transposed) {
		for (i = 0; i < s->m; i++)
			for (p = 0; p < s->k; p++)
				scratch[i * s->k + p] = a[p * lda + i];
		a = scratch;
		lda = s->k;
	}
#pragma omp parallel for private(i) schedule(static)
	for (j = 0; j < tiles; j++)
		for (i = 0; i < s->m; i += DOT_M)
			if (s->m - i == 1)
				dot_tile(1, s, a, lda, b, c, i, j * DOT_N, accumulate);
			else
				dot_tile(DOT_M, s, a, lda, b, c, i, j * DOT_N, accumulate);
}

/* a to [row tile][k][MR] */
static void pack_a(const struct nn_gemm_shape *s, const float *a, float *packed)
{
	int64_t of_row = s->a_transposed ? 1 : s->lda, of_k = s->a_transposed ? s->lda : 1, t, p, i;

#pragma omp parallel for private(p, i) schedule(static)
	for (t = 0; t < (s->m + MR - 1) / MR; t++)
		for (p = 0; p < s->k; p++)
			for (i = 0; i < MR; i++)
				packed[(t * s->k + p) * MR + i] =
				        t * MR + i < s->m ? a[(t * MR + i) * of_row + p * of_k] : 0;
}

/* Row tiles first..end against the columns from j0 on. */
static void panel_run(const struct nn_gemm_shape *s, const float *packed, const float *b, float *c,
                      int accumulate, int64_t first, int64_t end, int64_t j0, float *panel)
{
	struct tile_out o = {.ldc = s->ldc};
	int64_t k0 = 0, k1, p, t;
	int columns = (int)NN_MIN(WIDTH, s->n - j0), width = (columns + VL - 1) / VL * VL, j;

	do {
		k1 = NN_MIN(k0 + PANEL, s->k);
		for (p = k0; p < k1; p++)
			for (j = 0; j < width; j += VL)
				v_store(panel + (p - k0) * width + j,
				        v_load_range(b + p * s->ldb + j0 + j,
				                     v_range(0, NN_MIN(VL, columns - j))));
		o.first = k0 == 0 && !accumulate;
		for (t = first; t < end; t++) {
			tile_place(&o, c + t * MR * s->ldc + j0, columns);
			o.rows = (int)NN_MIN(MR, s->m - t * MR);
			tile_multiply(MR, k1 - k0, packed + (t * s->k + k0) * MR, MR, panel, width,
				      &o);
		}
		k0 = k1;
	} while (k0 < s->k);
}

static size_t packed_floats(const struct nn_gemm_shape *s)
{
	return nn_round_up((size_t)((s->m + MR - 1) / MR * MR * s->k), NN_ALIGN);
}

static void run_panels(const struct nn_gemm_shape *s, const float *a, const float *b, float *c,
                       int accumulate, float *scratch)
{
	int64_t rows = (s->m + MR - 1) / MR, columns = (s->n + WIDTH - 1) / WIDTH;
	int64_t want = NN_MAX(4 * nn_threads() / NN_MAX(columns, 1), 1);
	int64_t blocks = NN_MAX(NN_MIN(want, rows), 1), i;

	pack_a(s, a, scratch);
#pragma omp parallel for schedule(dynamic)
	for (i = 0; i < blocks * columns; i++) {
		float *panel =
			scratch + packed_floats(s) + (size_t)omp_get_thread_num() * PANEL * WIDTH;
		int64_t block = i / columns;

		panel_run(s, scratch, b, c, accumulate, block * rows / blocks,
			  (block + 1) * rows / blocks, i % columns * WIDTH, panel);
	}
}

static size_t scratch_bytes(const struct nn_gemm_shape *s)
{
	if (s->b_transposed)
		return s->a_transposed ? (size_t)(s->m * s->k) * sizeof(float) : 0;
	return (packed_floats(s) + (size_t)nn_threads() * PANEL * WIDTH) * sizeof(float);
}

static void run(const struct nn_gemm_shape *s, const float *a, const float *b, float *c,
                int accumulate, void *scratch)
{
	if (s->m <= 0 || s->n <= 0)
		return;
	if (s->b_transposed)
		run_dot(s, a, b, c, accumulate, scratch);
	else
		run_panels(s, a, b, c, accumulate, scratch);
}

extern const struct nn_gemm_kernel NN_LOCAL(nn_gemm_kernel);
const struct nn_gemm_kernel NN_LOCAL(nn_gemm_kernel) = {
	.scratch_bytes = scratch_bytes, .run = run,
};
