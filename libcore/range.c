/* SPDX-License-Identifier: ISC */
/* The range of values that a picture of them shows. */
#include "image.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The bin of 65536 where the *rest-th largest value is; *rest becomes its rank in that bin. */
static uint32_t top_bin(const int64_t *count, int64_t *rest)
{
	uint32_t i = 65535;

	while (i > 0 && count[i] < *rest)
		*rest -= count[i--];
	return i;
}

/*
 * The magnitude that one in a thousand of the values exceeds at most: a single outlier would leave
 * nothing else to see.  The bits of non-negative floats order as the numbers do, so two histograms
 * of 16 bits find it exactly.
 */
static double usual(const float *x, int64_t n, int64_t finite)
{
	int64_t *count = nn_calloc(65536, sizeof *count), i, rest = finite / 1000 + 1;
	uint32_t bits, high;
	float v;

	for (i = 0; i < n; i++) {
		v = fabsf(x[i]);
		memcpy(&bits, &v, sizeof bits);
		count[bits >> 16] += isfinite(v) != 0;
	}
	high = top_bin(count, &rest);
	memset(count, 0, 65536 * sizeof *count);
	for (i = 0; i < n; i++) {
		v = fabsf(x[i]);
		memcpy(&bits, &v, sizeof bits);
		count[bits & 65535] += bits >> 16 == high;
	}
	bits = high << 16 | top_bin(count, &rest);
	memcpy(&v, &bits, sizeof v);
	free(count);
	return v;
}

void nn_range_find(struct nn_range *r, const float *x, int64_t n)
{
	float least = 0, most = 0;
	int64_t i;

	r->odd = 0;
	for (i = 0; i < n; i++) {
		if (!isfinite(x[i])) {
			r->odd++;
			continue;
		}
		least = NN_MIN(least, x[i]);
		most = NN_MAX(most, x[i]);
	}
	r->least = least;
	r->most = most;
	r->usual = usual(x, n, n - r->odd);
	if (r->usual == 0) /* nearly all are 0 */
		r->usual = NN_MAX(most, -least);
}
