/* SPDX-License-Identifier: ISC */
/* The runs of pooling: one step of the kernel for a row of windows. */
#include "kernel.h"
#include "kernel/simd.h"

INLINE float larger(float a, float b)
{
	return ((a > b) | (a != a)) ? a : b;
}

/* The step is spelled out where the compiler then makes vectors. */
static void pool_max(float *restrict y, const float *restrict x, int64_t step, int64_t n)
{
	int64_t i;

	if (step == 1)
		for (i = 0; i < n; i++)
			y[i] = larger(y[i], x[i]);
	else if (step == 2)
		for (i = 0; i < n; i++)
			y[i] = larger(y[i], x[2 * i]);
	else
		for (i = 0; i < n; i++)
			y[i] = larger(y[i], x[i * step]);
}

static void pool_add(float *restrict y, const float *restrict x, int64_t step, int64_t n)
{
	int64_t i;

	if (step == 1)
		for (i = 0; i < n; i++)
			y[i] += x[i];
	else if (step == 2)
		for (i = 0; i < n; i++)
			y[i] += x[2 * i];
	else
		for (i = 0; i < n; i++)
			y[i] += x[i * step];
}

INLINE void find(const float *restrict x, int64_t step, const float *restrict y, int32_t at,
                 int32_t *restrict place, int64_t n)
{
	int64_t i;

	for (i = 0; i < n; i++)
		place[i] = ((place[i] < 0) & (x[i * step] == y[i])) ? at + (int32_t)(i * step)
		                                                     : place[i];
}

static void pool_find(const float *x, int64_t step, const float *y, int32_t at, int32_t *place,
                      int64_t n)
{
	if (step == 1)
		find(x, 1, y, at, place, n);
	else if (step == 2)
		find(x, 2, y, at, place, n);
	else
		find(x, step, y, at, place, n);
}

extern const struct nn_pool_kernel NN_LOCAL(nn_pool_kernel);
const struct nn_pool_kernel NN_LOCAL(nn_pool_kernel) = {
	.max = pool_max,
	.add = pool_add,
	.find = pool_find,
};
