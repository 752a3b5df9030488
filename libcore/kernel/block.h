/* SPDX-License-Identifier: ISC */
#ifndef NN_BLOCK_H
#define NN_BLOCK_H

#include "simd.h"

/* Transposes VL vectors. */
INLINE void transpose(vec *v)
{
	vec t[VL];
	int step, i;

#pragma GCC unroll 4
	for (step = 1; step < VL; step *= 2) {
#pragma GCC unroll 8
		for (i = 0; i < VL / 2; i++) {
			t[i] = v_even(v[2 * i], v[2 * i + 1]);
			t[i + VL / 2] = v_odd(v[2 * i], v[2 * i + 1]);
		}
#pragma GCC unroll 16
		for (i = 0; i < VL; i++)
			v[i] = t[i];
	}
}

#endif
