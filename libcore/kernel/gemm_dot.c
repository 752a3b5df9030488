/* SPDX-License-Identifier: ISC */
/*
 * A matrix product with b transposed, as the weights of a Linear layer are kept: rows of a and b are
 * multiplied lane by lane along k, and the lanes are summed at the end.  b, which may be hundreds of
 * megabytes, is read once, where it lies, for eight rows of a.
 */
#include "gemm.h"

#include "block.h"

/* Tiles of sums: rows of a and of b, for many of a and for few; rows of a that a group has at most. */
#if REGISTERS > 16
#define DOT_M 8
#define DOT_N 3
#define DOT_FEW 4
#define DOT_ROWS 8
#else
#define DOT_M 3
#define DOT_N 4
#define DOT_FEW 3
#define DOT_ROWS 9
#endif
#define GROUP (VL > 8 ? 48 : 24) /* rows of b that a task takes */
/*
 * So much of k is taken of each row of the group in turn: of a b from memory little, what comes next
 * being fetched meanwhile; else what the first cache holds of a.
 */
#define DOT_LENGTH(s) ((s)->m <= DOT_ROWS && (s)->n * (s)->k > 1 << 20 ? 128 : 512)

/* The lanes of each of VL vectors, summed: halves are added as long as there are any. */
INLINE vec lane_sums(const vec *of)
{
	vec v[VL];
	int i, half;

#pragma GCC unroll 16
	for (i = 0; i < VL; i++)
		v[i] = of[i];
	transpose(v);
#pragma GCC unroll 4
	for (half = VL / 2; half > 0; half /= 2)
#pragma GCC unroll 8
		for (i = 0; i < half; i++)
			v[i] = v_add(v[i], v[i + half]);
	return v[0];
}

/*
 * sums [m][GROUP] of m rows of a, packed as [k / VL][m][VL], against rows of b from b on, of which
 * n are there (others are the last one again); p0 to before p1 of k.
 */
INLINE void dot_tile(const int m, const int n, const float *a, const float *b, int64_t ldb,
                     int64_t there, int64_t p0, int64_t p1, vec *sums)
{
	vec acc[DOT_M][4], bv[4], av;
	const float *br[4];
	int64_t p;
	int i, j;

#pragma GCC unroll 4
	for (j = 0; j < n; j++) {
		br[j] = b + NN_MIN(j, there - 1) * ldb;
#pragma GCC unroll 8
		for (i = 0; i < m; i++)
			acc[i][j] = sums[i * GROUP + j];
	}
	a += p0 * m;
	for (p = p0; p + VL <= p1; p += VL, a += m * VL) {
#pragma GCC unroll 4
		for (j = 0; j < n; j++) {
			bv[j] = v_load(br[j] + p);
			if (m > 1)
				__builtin_prefetch(br[j] + p + p1 - p0);
		}
#pragma GCC unroll 8
		for (i = 0; i < m; i++) {
			av = v_load(a + i * VL);
#pragma GCC unroll 4
			for (j = 0; j < n; j++)
				acc[i][j] = v_fma(av, bv[j], acc[i][j]);
		}
	}
	if (p < p1) {
		range rest = v_range(0, (int)(p1 - p));

#pragma GCC unroll 4
		for (j = 0; j < n; j++)
			bv[j] = v_load_range(br[j] + p, rest);
#pragma GCC unroll 8
		for (i = 0; i < m; i++) {
			av = v_load(a + i * VL);
#pragma GCC unroll 4
			for (j = 0; j < n; j++)
				acc[i][j] = v_fma(av, bv[j], acc[i][j]);
		}
	}
#pragma GCC unroll 8
	for (i = 0; i < m; i++)
#pragma GCC unroll 4
		for (j = 0; j < n; j++)
			sums[i * GROUP + j] = acc[i][j];
}

/* Rows of a that are packed together. */
static int64_t dot_rows(const struct nn_gemm_shape *s)
{
	return s->m == 1 ? 1 : s->m <= DOT_FEW ? DOT_FEW : DOT_M;
}

static int64_t dot_length(const struct nn_gemm_shape *s)
{
	return (s->k + VL - 1) / VL * VL;
}

/* a to [row tile][k / VL][dot_rows][VL], zeros past its end */
static void dot_pack(const struct nn_gemm_shape *s, const float *a, float *packed)
{
	int64_t rows = dot_rows(s), length = dot_length(s), i, p;
	int64_t of_row = s->a_transposed ? 1 : s->lda, of_k = s->a_transposed ? s->lda : 1;

#pragma omp parallel for private(p) schedule(static) if (s->m * s->k >= WORTH_THREADS)
	for (i = 0; i < (s->m + rows - 1) / rows * rows; i++) {
		float *to = packed + i / rows * rows * length + i % rows * VL;
		const float *from = a + i * of_row;
		int64_t there = i < s->m ? s->k : 0;
		int l;

		for (p = 0; p < length; p += VL, to += rows * VL)
			if (of_k == 1 && p + VL <= there)
				v_store(to, v_load(from + p));
			else
				for (l = 0; l < VL; l++)
					to[l] = p + l < there ? from[(p + l) * of_k] : 0;
	}
}

/* At most DOT_ROWS rows of a, packed, against the group of rows of b from j0 on. */
static void dot_group(const struct nn_gemm_shape *s, const float *packed, const float *b,
                      int64_t i0, int64_t j0, float *c, int accumulate)
{
	vec sums[DOT_ROWS][GROUP];
	int64_t rows = NN_MIN(DOT_ROWS, s->m - i0), columns = NN_MIN(GROUP, s->n - j0);
	int64_t length = s->m == 1 ? s->k : DOT_LENGTH(s), tile = dot_rows(s), p, end, i, j;
	float *to;
	vec v;

	memset(sums, 0, (size_t)((rows + tile - 1) / tile * tile) * sizeof *sums);
	packed += i0 * dot_length(s);
	b += j0 * s->ldb;
	for (p = 0; p < s->k; p = end) {
		end = NN_MIN(p + length, s->k);
		for (j = 0; j < columns; j += tile == DOT_M ? DOT_N : 4) {
			const float *from = b + j * s->ldb;

			if (tile == 1)
				dot_tile(1, 4, packed, from, s->ldb, columns - j, p, end, &sums[0][j]);
			else if (tile < DOT_M)
				dot_tile(DOT_FEW, 4, packed, from, s->ldb, columns - j, p, end,
				         &sums[0][j]);
			else
				for (i = 0; i < rows; i += DOT_M)
					dot_tile(DOT_M, DOT_N, packed + i * dot_length(s), from,
					         s->ldb, columns - j, p, end, &sums[i][j]);
		}
	}
	for (i = 0; i < rows; i++)
		for (j = 0; j < columns; j += VL) {
			range lanes = v_range(0, (int)NN_MIN(VL, columns - j));

			to = c + (i0 + i) * s->ldc + j0 + j;
			v = lane_sums(&sums[i][j]);
			v_store_range(to, lanes, accumulate ? v_add(v_load_range(to, lanes), v) : v);
		}
}

void gemm_dot(const struct nn_gemm_shape *s, const float *a, const float *b, float *c,
              int accumulate, float *packed)
{
	int64_t groups = (s->n + GROUP - 1) / GROUP, j, i;

	dot_pack(s, a, packed);
#pragma omp parallel for private(i) schedule(static) if (s->m * s->n * s->k >= WORTH_THREADS)
	for (j = 0; j < groups; j++)
		for (i = 0; i < s->m; i += DOT_ROWS)
			dot_group(s, packed, b, i, j * GROUP, c, accumulate);
}

int64_t gemm_dot_floats(const struct nn_gemm_shape *s)
{
	return (s->m + DOT_M - 1) / DOT_M * DOT_M * dot_length(s);
}
