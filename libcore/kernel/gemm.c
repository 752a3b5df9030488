/* SPDX-License-Identifier: ISC */
/*
 * The matrix product.  b runs through panels as in conv_gemm.c, unless it is transposed or there are
 * few rows of a.
 */
#include <omp.h>

#include "gemm.h"
#include "tile.h"

#define WIDTH (NR * VL)
#define FEW_ROWS 32

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
		return (size_t)gemm_dot_floats(s) * sizeof(float);
	return (packed_floats(s) + (size_t)nn_threads() * PANEL * WIDTH) * sizeof(float);
}

static void run(const struct nn_gemm_shape *s, const float *a, const float *b, float *c,
                int accumulate, void *scratch)
{
	if (s->m <= 0 || s->n <= 0)
		return;
	if (s->b_transposed)
		gemm_dot(s, a, b, c, accumulate, scratch);
	else if (s->m <= FEW_ROWS && s->k > 0)
		gemm_few(s, a, b, c, accumulate, scratch);
	else
		run_panels(s, a, b, c, accumulate, scratch);
}

extern const struct nn_gemm_kernel NN_LOCAL(nn_gemm_kernel);
const struct nn_gemm_kernel NN_LOCAL(nn_gemm_kernel) = {
	.scratch_bytes = scratch_bytes, .run = run,
};
