/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log-linear histogram. Compiled into the guest too: no floating point, no C library, and no
 * 128-bit division (that would be a call into libgcc).
 */
#include "harness/core/histogram.h"

#include <stdbool.h>
#include <stddef.h>

#define SUB_BUCKETS (1u << HISTOGRAM_SUB_BITS)
#define LINEAR	    (2u << HISTOGRAM_SUB_BITS) /* values below have a bucket each */
#define LAST	    (HISTOGRAM_BUCKETS - 1)

uint32_t histogram_bucket(uint64_t value)
{
	uint32_t shift;

	if (value < LINEAR)
		return (uint32_t)value;
	if (value >> HISTOGRAM_MAX_BITS)
		return LAST;

	/* value >> shift keeps its SUB_BITS + 1 leading bits: SUB_BUCKETS to LINEAR - 1. */
	shift = 63 - (uint32_t)__builtin_clzll(value) - HISTOGRAM_SUB_BITS;
	return shift * SUB_BUCKETS + (uint32_t)(value >> shift);
}

static uint32_t bucket_shift(uint32_t bucket)
{
	return bucket < LINEAR ? 0 : bucket / SUB_BUCKETS - 1;
}

uint64_t histogram_bucket_low(uint32_t bucket)
{
	uint32_t shift;

	if (bucket > LAST)
		bucket = LAST;
	shift = bucket_shift(bucket);
	return (uint64_t)(bucket - shift * SUB_BUCKETS) << shift;
}

uint64_t histogram_bucket_width(uint32_t bucket)
{
	if (bucket > LAST)
		bucket = LAST;
	return 1ull << bucket_shift(bucket);
}

uint64_t histogram_bucket_middle(uint32_t bucket)
{
	return histogram_bucket_low(bucket) + histogram_bucket_width(bucket) / 2;
}

void histogram_clear(struct histogram *h)
{
	h->total = 0;
	h->sum = 0;
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		h->count[i] = 0;
}

/* A full bucket takes no more: `total` stays the sum of the buckets, whatever is recorded.
 * Returns how many it took. */
static uint32_t bucket_add(struct histogram *h, uint32_t bucket, uint32_t count)
{
	uint32_t room = UINT32_MAX - h->count[bucket];

	if (count > room)
		count = room;
	h->count[bucket] += count;
	h->total += count;
	return count;
}

void histogram_record(struct histogram *h, uint64_t value)
{
	if (bucket_add(h, histogram_bucket(value), 1))
		h->sum += value;
}

int histogram_add_bucket(struct histogram *h, uint32_t bucket, uint32_t count)
{
	if (bucket > LAST)
		return -1;
	h->sum += histogram_bucket_middle(bucket) * bucket_add(h, bucket, count);
	return 0;
}

#define STRIDE 16u /* buckets that are looked at together */

_Static_assert(HISTOGRAM_BUCKETS % STRIDE == 0, "the last stride is whole");

static bool is_empty(const uint32_t *count)
{
	uint64_t w[STRIDE / 2];

	__builtin_memcpy(w, count, sizeof(w)); /* no copy is made: these are the loads */
	return !(w[0] | w[1] | w[2] | w[3] | w[4] | w[5] | w[6] | w[7]);
}

uint32_t histogram_next(const struct histogram *h, uint32_t bucket)
{
	while (bucket < HISTOGRAM_BUCKETS) {
		if (bucket % STRIDE == 0 && is_empty(h->count + bucket))
			bucket += STRIDE;
		else if (h->count[bucket])
			return bucket;
		else
			bucket++;
	}
	return HISTOGRAM_BUCKETS;
}

void histogram_merge(struct histogram *to, const struct histogram *from)
{
	uint64_t left = from->total;

	for (uint32_t i = 0; left; i++) {
		i = histogram_next(from, i);
		if (i > LAST)
			break;
		left -= from->count[i];
		bucket_add(to, i, from->count[i]);
	}
	to->sum += from->sum;
}

/* ceil(total * numerator / denominator), at least 1, without overflow for denominators below
 * 2^32. */
static uint64_t nearest_rank(uint64_t total, uint64_t numerator, uint64_t denominator)
{
	uint64_t rest, rank;

	if (numerator >= denominator)
		return total;
	rest = total % denominator * numerator;
	rank = total / denominator * numerator + rest / denominator;
	if (rest % denominator)
		rank++;
	return rank ? rank : 1;
}

uint64_t histogram_quantile(const struct histogram *h, uint64_t numerator, uint64_t denominator)
{
	uint64_t rank = nearest_rank(h->total, numerator, denominator);
	uint64_t seen = 0;

	if (!h->total)
		return 0;
	for (uint32_t i = histogram_next(h, 0); i <= LAST; i = histogram_next(h, i + 1)) {
		seen += h->count[i];
		if (seen >= rank)
			return histogram_bucket_middle(i);
	}
	return histogram_bucket_middle(LAST);
}
