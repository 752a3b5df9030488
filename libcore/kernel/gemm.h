/* SPDX-License-Identifier: ISC */
/* What the matrix product does for the forms of a and b. */
#ifndef NN_GEMM_H
#define NN_GEMM_H

#include "kernel.h"
#include "simd.h"

#define PANEL 192           /* of k: the sums of so many products are added */
#define WORTH_THREADS 65536       /* products */

/* b transposed; scratch of gemm_dot_floats(s) */
#define gemm_dot_floats NN_LOCAL(nn_gemm_dot_floats)
int64_t gemm_dot_floats(const struct nn_gemm_shape *s);
#define gemm_dot NN_LOCAL(nn_gemm_dot)
void gemm_dot(const struct nn_gemm_shape *s, const float *a, const float *b, float *c,
              int accumulate, float *scratch);
/* b not transposed, few rows of a; scratch of m * k floats */
#define gemm_few NN_LOCAL(nn_gemm_few)
void gemm_few(const struct nn_gemm_shape *s, const float *a, const float *b, float *c,
              int accumulate, float *scratch);

#endif
