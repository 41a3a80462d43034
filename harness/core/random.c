/* SPDX-License-Identifier: Apache-2.0 */
/* Seeded random numbers: equal seeds give equal runs, on every machine. */
#include "harness/core/stats.h"

/* SplitMix64 (Steele, Lea, Flood: OOPSLA 2014), as the authors of xoshiro advise for seeding:
 * it never yields the all-zero state from which xoshiro cannot leave. */
void random_seed(struct random *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		uint64_t x = seed += 0x9e3779b97f4a7c15ull;

		x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
		x = (x ^ x >> 27) * 0x94d049bb133111ebull;
		r->s[i] = x ^ x >> 31;
	}
}

static uint64_t rotate_left(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

/* xoshiro256** 1.0 (Blackman, Vigna: ACM TOMS 47, 2021; arXiv 1805.01407). */
uint64_t random_next(struct random *r)
{
	uint64_t result = rotate_left(r->s[1] * 5, 7) * 9;
	uint64_t t = r->s[1] << 17;

	r->s[2] ^= r->s[0];
	r->s[3] ^= r->s[1];
	r->s[1] ^= r->s[2];
	r->s[0] ^= r->s[3];
	r->s[2] ^= t;
	r->s[3] = rotate_left(r->s[3], 45);
	return result;
}

/* Lemire, Fast Random Integer Generation in an Interval (ACM TOMACS 29, 2019). */
uint64_t random_below(struct random *r, uint64_t bound)
{
	unsigned __int128 product = (unsigned __int128)random_next(r) * bound;

	if ((uint64_t)product < bound) {
		uint64_t threshold = -bound % bound;

		while ((uint64_t)product < threshold)
			product = (unsigned __int128)random_next(r) * bound;
	}
	return (uint64_t)(product >> 64);
}

double random_double(struct random *r)
{
	return (double)(random_next(r) >> 11) * 0x1p-53;
}
