/* SPDX-License-Identifier: ISC */
/* Seeded random numbers: xoshiro256** with splitmix64 (prng.di.unimi.it). */
#include "base.h"

#include <assert.h>
#include <math.h>

static uint64_t splitmix(uint64_t *x)
{
	uint64_t z = *x += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

void nn_random_init(struct nn_random *r, uint64_t seed, uint64_t stream)
{
	uint64_t x = seed, y;
	int i;

	/* both numbers pass through the mixer, so that (1, 2) and (2, 1) have nothing in common */
	y = splitmix(&x) + stream;
	x = splitmix(&y);
	for (i = 0; i < 4; i++)
		r->state[i] = splitmix(&x);
}

static uint64_t rotate(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

uint64_t nn_random_bits(struct nn_random *r)
{
	uint64_t *s = r->state, result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

double nn_random_uniform(struct nn_random *r)
{
	return (double)(nn_random_bits(r) >> 11) * 0x1p-53;
}

int64_t nn_random_below(struct nn_random *r, int64_t n)
{
	uint64_t bits, range = (uint64_t)n, fair;

	assert(n > 0);
	fair = UINT64_MAX - UINT64_MAX % range; /* what lies at or above would favour small numbers */
	do
		bits = nn_random_bits(r);
	while (bits >= fair);
	return (int64_t)(bits % range);
}

double nn_random_normal(struct nn_random *r)
{
	double u = 1 - nn_random_uniform(r), v = nn_random_uniform(r); /* u in (0, 1] */

	return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}
