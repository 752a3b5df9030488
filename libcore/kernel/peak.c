/* SPDX-License-Identifier: ISC */
/* What the machine could do at most: multiply-adds between registers, and reading memory. */
#include "kernel.h"
#include "simd.h"

#define CHAINS 12 /* enough to hide the latency of a multiply-add in two units */

static double multiply_add(int64_t rounds)
{
	vec acc[CHAINS], a = v_set1(.999f), b = v_set1(1e-3f);
	float out[VL];
	int64_t r;
	int i;

#pragma GCC unroll 12
	for (i = 0; i < CHAINS; i++)
		acc[i] = v_set1((float)i);
	for (r = 0; r < rounds; r++) {
#pragma GCC unroll 12
		for (i = 0; i < CHAINS; i++)
			acc[i] = v_fma(acc[i], a, b);
	}
#pragma GCC unroll 12
	for (i = 1; i < CHAINS; i++)
		acc[0] = v_add(acc[0], acc[i]);
	v_store(out, acc[0]);
	/* the sum is used, so that the loop is not left out: it is far from -1 */
	return out[0] == -1 ? 0 : 2.0 * CHAINS * VL * (double)rounds;
}

static float read_memory(const float *x, int64_t n)
{
	vec sum[4] = {v_zero(), v_zero(), v_zero(), v_zero()};
	float out[VL];
	int64_t i;
	int j;

	for (i = 0; i + 4 * VL <= n; i += 4 * VL)
#pragma GCC unroll 4
		for (j = 0; j < 4; j++)
			sum[j] = v_add(sum[j], v_load(x + i + j * VL));
	v_store(out, v_add(v_add(sum[0], sum[1]), v_add(sum[2], sum[3])));
	return out[0];
}

extern const struct nn_peak_kernel NN_LOCAL(nn_peak_kernel);
const struct nn_peak_kernel NN_LOCAL(nn_peak_kernel) = {
	.multiply_add = multiply_add, .read_memory = read_memory,
};
