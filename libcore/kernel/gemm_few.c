/* SPDX-License-Identifier: ISC */
/*
 * A matrix product of few rows of a, b not transposed: b is read row by row, some rows of a strip of
 * columns at a time, and the sums are kept beside.  As in a tile, these are sums of PANEL products.
 */
#include "gemm.h"

#define STRIP 512
#define DEEP (REGISTERS / 4)
#define ROWS 8 /* of a, whose sums are kept */

struct strip {
	const float *a, *b;   /* a [rows][...] from p on, b from p and the first column on */
	int64_t lda, ldb, ldc;
	int rows, deep;       /* of a; of b, at most DEEP, that are there */
	int begin, end;       /* of a block of k */
	int first;            /* c is written at the end, else added to */
	float *part, *c;      /* part [rows][STRIP] */
};

/* Two vectors of columns, or, with lanes, some of one. */
INLINE void strip_columns(const int deep, const struct strip *t, int64_t column, const int n,
                          range lanes)
{
	vec w[DEEP][2], acc[2], f;
	int i, r, j;

#pragma GCC unroll 8
	for (r = 0; r < deep; r++)
#pragma GCC unroll 2
		for (j = 0; j < n; j++) {
			const float *from = t->b + r * t->ldb + column + j * VL;

			w[r][j] = n == 1 ? v_load_range(from, lanes) : v_load(from);
			__builtin_prefetch(from + DEEP * t->ldb);
		}
	for (i = 0; i < t->rows; i++) {
		float *part = t->part + i * STRIP + column, *c = t->c + i * t->ldc + column;

#pragma GCC unroll 2
		for (j = 0; j < n; j++)
			acc[j] = t->begin ? v_zero() : v_load(part + j * VL);
#pragma GCC unroll 8
		for (r = 0; r < deep; r++) {
			f = v_set1(t->a[i * t->lda + r]);
#pragma GCC unroll 2
			for (j = 0; j < n; j++)
				acc[j] = v_fma(f, w[r][j], acc[j]);
		}
#pragma GCC unroll 2
		for (j = 0; j < n; j++)
			if (!t->end)
				v_store(part + j * VL, acc[j]);
			else if (n > 1)
				v_store(c + j * VL,
				        t->first ? acc[j] : v_add(v_load(c + j * VL), acc[j]));
			else
				v_store_range(c, lanes, t->first ? acc[j] :
				              v_add(v_load_range(c, lanes), acc[j]));
	}
}

INLINE void strip_rows(const int deep, const struct strip *t, int64_t columns)
{
	int64_t j;

	for (j = 0; j + 2 * VL <= columns; j += 2 * VL)
		strip_columns(deep, t, j, 2, v_range(0, VL));
	for (; j < columns; j += VL)
		strip_columns(deep, t, j, 1, v_range(0, (int)NN_MIN(VL, columns - j)));
}

/* Rows i.. of a, at most ROWS, against the strip from column j on. */
static void strip_run(const struct nn_gemm_shape *s, const float *a, int64_t lda, const float *b,
                      float *c, int accumulate, int64_t i, int64_t j)
{
	float part[ROWS * STRIP];
	struct strip t = {.lda = lda, .ldb = s->ldb, .ldc = s->ldc, .part = part};
	int64_t columns = NN_MIN(STRIP, s->n - j), p, end;

	t.rows = (int)NN_MIN(ROWS, s->m - i);
	t.c = c + i * s->ldc + j;
	for (p = 0; p < s->k; p += t.deep) {
		end = NN_MIN(p / PANEL * PANEL + PANEL, s->k);
		t.deep = (int)NN_MIN(DEEP, end - p);
		if (t.deep < DEEP)
			t.deep = 1;
		t.begin = p % PANEL == 0;
		t.end = p + t.deep == end;
		t.first = p < PANEL && !accumulate;
		t.a = a + i * lda + p;
		t.b = b + p * s->ldb + j;
		if (t.deep == DEEP)
			strip_rows(DEEP, &t, columns);
		else
			strip_rows(1, &t, columns);
	}
}

/* a [m][k] as rows, in scratch when it is stored transposed */
static const float *rows_of(const struct nn_gemm_shape *s, const float *a, float *scratch,
                            int64_t *lda)
{
	int64_t i, p;

	*lda = s->lda;
	if (!s->a_transposed)
		return a;
	for (i = 0; i < s->m; i++)
		for (p = 0; p < s->k; p++)
			scratch[i * s->k + p] = a[p * s->lda + i];
	*lda = s->k;
	return scratch;
}

void gemm_few(const struct nn_gemm_shape *s, const float *a, const float *b, float *c,
              int accumulate, float *scratch)
{
	int64_t strips = (s->n + STRIP - 1) / STRIP, lda, i, j;

	a = rows_of(s, a, scratch, &lda);
#pragma omp parallel for private(i) schedule(static) if (s->m * s->n * s->k >= WORTH_THREADS)
	for (j = 0; j < strips; j++)
		for (i = 0; i < s->m; i += ROWS)
			strip_run(s, a, lda, b, c, accumulate, i, j * STRIP);
}
