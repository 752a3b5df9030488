/* SPDX-License-Identifier: ISC */
/*
 * One vocabulary of vectors, for the instruction set that the including file is compiled for.
 *
 * vec holds VL floats.  A range holds lanes [low, high): loads under it give 0 elsewhere and do not
 * touch memory there, stores leave the rest alone.  v_fma(a, b, c) = a b + c, rounded once where
 * the instruction set can (not in portable), in every lane alike.  v_load_step takes p[0], p[step],
 * ... v_even(a, b) is the even lanes of a, then those of b.  v_larger(a, b) is a where a > b or a is
 * not a number, else b.
 *
 * v_pass(y, a) is a where y > 0, else 0.
 * A mask holds any lanes: v_equal(a, b) those where a = b.  v_add_at(m, a, b) is a + b there and a
 * elsewhere, v_clear_at(m, a) is 0 there and a elsewhere.
 *
 * REGISTERS is how many vectors the registers hold, STRIPE_MOST how many pixels a stripe.h of 1, 2, 3
 * and 4 vectors has at most, so that its sums are among them.
 *
 * MR x NR is the tile of accumulators, rows x vectors, that the registers hold; with HAVE_TILES,
 * also 12 x 2 and 4 x 6.
 */
#ifndef NN_SIMD_H
#define NN_SIMD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* NN_LOCAL(name) is name_avx2 and so on: external names of a file compiled several times. */
#define NN_LOCAL(name) NN_LOCAL2(name, NN_ISA)
#define NN_LOCAL2(name, isa) NN_LOCAL3(name, isa)
#define NN_LOCAL3(name, isa) name##_##isa

#define INLINE static inline __attribute__((always_inline, unused))

#if defined(NN_ISA_avx512) || defined(NN_ISA_neon)
#define REGISTERS 32
#define STRIPE_MOST 14, 14, 9, 6
#else
#define REGISTERS 16
#define STRIPE_MOST 12, 6, 4, 2
#endif

#if defined(NN_ISA_avx512)

#include <immintrin.h>
#define VL 16
#define MR 8
#define NR 3
#define HAVE_TILES 1
typedef __m512 vec;
typedef __mmask16 range;
typedef __mmask16 mask;

INLINE vec v_zero(void) { return _mm512_setzero_ps(); }
INLINE vec v_set1(float a) { return _mm512_set1_ps(a); }
INLINE vec v_load(const float *p) { return _mm512_loadu_ps(p); }
INLINE void v_store(float *p, vec a) { _mm512_storeu_ps(p, a); }
INLINE vec v_add(vec a, vec b) { return _mm512_add_ps(a, b); }
INLINE vec v_sub(vec a, vec b) { return _mm512_sub_ps(a, b); }
INLINE vec v_mul(vec a, vec b) { return _mm512_mul_ps(a, b); }
INLINE vec v_max(vec a, vec b) { return _mm512_max_ps(a, b); }
INLINE vec v_min(vec a, vec b) { return _mm512_min_ps(a, b); }
INLINE vec v_fma(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }
INLINE vec v_div(vec a, vec b) { return _mm512_div_ps(a, b); }
INLINE vec v_sqrt(vec a) { return _mm512_sqrt_ps(a); }
INLINE vec v_larger(vec a, vec b)
{
	return _mm512_mask_max_ps(a, _mm512_cmp_ps_mask(a, a, _CMP_ORD_Q), a, b);
}
INLINE mask v_equal(vec a, vec b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
INLINE vec v_pass(vec y, vec a)
{
	return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(y, v_zero(), _CMP_GT_OQ), a);
}
INLINE vec v_add_at(mask m, vec a, vec b) { return _mm512_mask_add_ps(a, m, a, b); }
INLINE vec v_clear_at(mask m, vec a) { return _mm512_mask_mov_ps(a, m, v_zero()); }
INLINE range v_range(int low, int high)
{
	return (range)((1u << high) - (1u << low));
}
INLINE vec v_load_range(const float *p, range r) { return _mm512_maskz_loadu_ps(r, p); }
INLINE void v_store_range(float *p, range r, vec a) { _mm512_mask_storeu_ps(p, r, a); }
INLINE vec v_even(vec a, vec b)
{
	const __m512i at =
		_mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);

	return _mm512_permutex2var_ps(a, at, b);
}
INLINE vec v_odd(vec a, vec b)
{
	const __m512i at =
		_mm512_set_epi32(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);

	return _mm512_permutex2var_ps(a, at, b);
}
/* bit i of r to bit 2 i */
INLINE uint32_t v_spread(uint32_t r)
{
	r = (r | r << 8) & 0x00ff00ff;
	r = (r | r << 4) & 0x0f0f0f0f;
	r = (r | r << 2) & 0x33333333;
	return (r | r << 1) & 0x55555555;
}
INLINE vec v_load_2(const float *p, uint32_t lanes)
{
	return v_even(v_load_range(p, (range)lanes), v_load_range(p + VL, (range)(lanes >> VL)));
}
INLINE vec v_load_step(const float *p, int step, range r)
{
	__m512i at;
	uint32_t even;

	if (step == 2)
		return v_load_2(p, v_spread(r));
	if (step == 4) {
		even = v_spread(r);
		return v_even(v_load_2(p, v_spread(even & 0xffff)),
		              v_load_2(p + 2 * VL, v_spread(even >> VL)));
	}
	at = _mm512_mullo_epi32(
		_mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
		_mm512_set1_epi32(step));
	return _mm512_mask_i32gather_ps(v_zero(), r, at, p, 4);
}

#elif defined(NN_ISA_avx2)

#include <immintrin.h>
#define VL 8
#define MR 4
#define NR 3
#define HAVE_TILES 0
typedef __m256 vec;
typedef __m256 mask;
typedef struct {
	int low, high;
} range;

static const int32_t lanes_of[24] = {0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1,
                                     0, 0, 0, 0, 0, 0, 0, 0};

INLINE vec v_zero(void) { return _mm256_setzero_ps(); }
INLINE vec v_set1(float a) { return _mm256_set1_ps(a); }
INLINE vec v_load(const float *p) { return _mm256_loadu_ps(p); }
INLINE void v_store(float *p, vec a) { _mm256_storeu_ps(p, a); }
INLINE vec v_add(vec a, vec b) { return _mm256_add_ps(a, b); }
INLINE vec v_sub(vec a, vec b) { return _mm256_sub_ps(a, b); }
INLINE vec v_mul(vec a, vec b) { return _mm256_mul_ps(a, b); }
INLINE vec v_max(vec a, vec b) { return _mm256_max_ps(a, b); }
INLINE vec v_min(vec a, vec b) { return _mm256_min_ps(a, b); }
INLINE vec v_fma(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }
INLINE vec v_div(vec a, vec b) { return _mm256_div_ps(a, b); }
INLINE vec v_sqrt(vec a) { return _mm256_sqrt_ps(a); }
INLINE vec v_larger(vec a, vec b)
{
	return _mm256_blendv_ps(_mm256_max_ps(a, b), a, _mm256_cmp_ps(a, a, _CMP_UNORD_Q));
}
INLINE mask v_equal(vec a, vec b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
INLINE vec v_pass(vec y, vec a)
{
	return _mm256_and_ps(_mm256_cmp_ps(y, v_zero(), _CMP_GT_OQ), a);
}
INLINE vec v_add_at(mask m, vec a, vec b)
{
	return _mm256_blendv_ps(a, _mm256_add_ps(a, b), m);
}
INLINE vec v_clear_at(mask m, vec a) { return _mm256_andnot_ps(m, a); }
INLINE range v_range(int low, int high)
{
	range r = {low, high};
	return r;
}
INLINE __m256i v_lanes(range r)
{
	__m256i from = _mm256_loadu_si256((const __m256i *)(const void *)(lanes_of + 8 - r.low));
	__m256i to = _mm256_loadu_si256((const __m256i *)(const void *)(lanes_of + 16 - r.high));
	return _mm256_and_si256(from, to);
}
INLINE vec v_load_range(const float *p, range r) { return _mm256_maskload_ps(p, v_lanes(r)); }
INLINE void v_store_range(float *p, range r, vec a) { _mm256_maskstore_ps(p, v_lanes(r), a); }
INLINE vec v_unzip(vec both)
{
	return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(both), 0xd8));
}
INLINE vec v_even(vec a, vec b) { return v_unzip(_mm256_shuffle_ps(a, b, 0x88)); }
INLINE vec v_odd(vec a, vec b) { return v_unzip(_mm256_shuffle_ps(a, b, 0xdd)); }
INLINE vec v_load_step(const float *p, int step, range r)
{
	float t[VL] = {0};
	int i;

	if (step == 2 && r.low == 0 && r.high == VL) {
		range most = {0, VL - 1};

		return v_even(v_load(p), v_load_range(p + VL, most));
	}
	for (i = r.low; i < r.high; i++)
		t[i] = p[(ptrdiff_t)i * step];
	return v_load(t);
}

#else /* vectors of four */

#define VL 4
typedef struct {
	int low, high;
} range;

#if defined(NN_ISA_neon)

#include <arm_neon.h>
#define MR 8
#define NR 3
#define HAVE_TILES 1
typedef float32x4_t vec;
typedef uint32x4_t mask;

INLINE vec v_zero(void) { return vdupq_n_f32(0); }
INLINE vec v_set1(float a) { return vdupq_n_f32(a); }
INLINE vec v_load(const float *p) { return vld1q_f32(p); }
INLINE void v_store(float *p, vec a) { vst1q_f32(p, a); }
INLINE vec v_add(vec a, vec b) { return vaddq_f32(a, b); }
INLINE vec v_sub(vec a, vec b) { return vsubq_f32(a, b); }
INLINE vec v_mul(vec a, vec b) { return vmulq_f32(a, b); }
INLINE vec v_max(vec a, vec b) { return vmaxq_f32(a, b); }
INLINE vec v_min(vec a, vec b) { return vminq_f32(a, b); }
INLINE vec v_fma(vec a, vec b, vec c) { return vfmaq_f32(c, a, b); }
INLINE vec v_div(vec a, vec b) { return vdivq_f32(a, b); }
INLINE vec v_sqrt(vec a) { return vsqrtq_f32(a); }
INLINE vec v_larger(vec a, vec b)
{
	return vbslq_f32(vornq_u32(vcgtq_f32(a, b), vceqq_f32(a, a)), a, b);
}
INLINE mask v_equal(vec a, vec b) { return vceqq_f32(a, b); }
INLINE vec v_pass(vec y, vec a)
{
	return vreinterpretq_f32_u32(vandq_u32(vcgtzq_f32(y), vreinterpretq_u32_f32(a)));
}
INLINE vec v_add_at(mask m, vec a, vec b) { return vbslq_f32(m, vaddq_f32(a, b), a); }
INLINE vec v_clear_at(mask m, vec a)
{
	return vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(a), m));
}
INLINE vec v_even(vec a, vec b) { return vuzp1q_f32(a, b); }
INLINE vec v_odd(vec a, vec b) { return vuzp2q_f32(a, b); }

#else

#define MR 4
#define NR 2
#define HAVE_TILES 0
typedef float vec __attribute__((vector_size(16)));
typedef int32_t mask __attribute__((vector_size(16)));
typedef float unaligned_vec __attribute__((vector_size(16), aligned(4), may_alias));

INLINE vec v_set1(float a) { return (vec){a, a, a, a}; }
INLINE vec v_zero(void) { return v_set1(0); }
INLINE vec v_load(const float *p) { return *(const unaligned_vec *)p; }
INLINE void v_store(float *p, vec a) { *(unaligned_vec *)p = a; }
INLINE vec v_add(vec a, vec b) { return a + b; }
INLINE vec v_sub(vec a, vec b) { return a - b; }
INLINE vec v_mul(vec a, vec b) { return a * b; }
INLINE vec v_pick(vec a, vec b, mask take_a)
{
	return (vec)(((mask)a & take_a) | ((mask)b & ~take_a));
}
INLINE vec v_max(vec a, vec b) { return v_pick(a, b, a > b); }
INLINE vec v_min(vec a, vec b) { return v_pick(a, b, a < b); }
INLINE vec v_fma(vec a, vec b, vec c) { return a * b + c; }
INLINE vec v_div(vec a, vec b) { return a / b; }
INLINE vec v_sqrt(vec a)
{
	return (vec){__builtin_sqrtf(a[0]), __builtin_sqrtf(a[1]), __builtin_sqrtf(a[2]),
	             __builtin_sqrtf(a[3])};
}
INLINE vec v_larger(vec a, vec b) { return v_pick(a, b, (a > b) | (a != a)); }
INLINE mask v_equal(vec a, vec b) { return a == b; }
INLINE vec v_pass(vec y, vec a) { return v_pick(a, v_zero(), y > v_zero()); }
INLINE vec v_add_at(mask m, vec a, vec b) { return v_pick(a + b, a, m); }
INLINE vec v_clear_at(mask m, vec a) { return (vec)((mask)a & ~m); }
INLINE vec v_even(vec a, vec b) { return __builtin_shufflevector(a, b, 0, 2, 4, 6); }
INLINE vec v_odd(vec a, vec b) { return __builtin_shufflevector(a, b, 1, 3, 5, 7); }

#endif

INLINE range v_range(int low, int high)
{
	range r = {low, high};
	return r;
}
INLINE vec v_load_range(const float *p, range r)
{
	float t[VL] = {0};
	int i;

	if (r.low == 0 && r.high == VL)
		return v_load(p);
	for (i = r.low; i < r.high; i++)
		t[i] = p[i];
	return v_load(t);
}
INLINE void v_store_range(float *p, range r, vec a)
{
	float t[VL];
	int i;

	v_store(t, a);
	for (i = r.low; i < r.high; i++)
		p[i] = t[i];
}
INLINE vec v_load_step(const float *p, int step, range r)
{
	float t[VL] = {0};
	int i;

	for (i = r.low; i < r.high; i++)
		t[i] = p[(ptrdiff_t)i * step];
	return v_load(t);
}

#endif
#endif
