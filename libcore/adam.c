/* SPDX-License-Identifier: ISC */
/* The optimiser. */
#include "vis.h"

#include <math.h>

void nn_adam(int64_t t, double rate, int64_t n, const float *g, float *m, float *s, float *v)
{
	const float b1 = 0.9f, b2 = 0.999f, epsilon = 1e-8f;
	float step = (float)(rate * sqrt(1 - pow(0.999, (double)t)) / (1 - pow(0.9, (double)t)));
	int64_t i;

#pragma omp parallel for schedule(static)
	for (i = 0; i < n; i++) {
		m[i] = b1 * m[i] + (1 - b1) * g[i];
		s[i] = b2 * s[i] + (1 - b2) * g[i] * g[i];
		v[i] += step * m[i] / (sqrtf(s[i]) + epsilon);
	}
}
