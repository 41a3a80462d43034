/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log-linear histogram of unsigned 64-bit values, relative error at most 1/512 (0.2 %).
 *
 * Values below 2^9 have a bucket each. Above, every power of two is cut into 2^8 buckets of equal
 * width, so a bucket's midpoint is off by at most half its width: 2^(e-8)/2 over 2^e = 1/512.
 * The idea is HdrHistogram's (Tene); guest and host compile this same file, so it uses neither
 * floating point nor the C library.
 */
#ifndef VQ_HISTOGRAM_H
#define VQ_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUB_BITS 8u
#define HISTOGRAM_MAX_BITS 40u /* larger values land in the last bucket: 2^40 ticks are minutes */
#define HISTOGRAM_BUCKETS                                                                          \
	((HISTOGRAM_MAX_BITS - HISTOGRAM_SUB_BITS - 1) * (1u << HISTOGRAM_SUB_BITS) +              \
	 (2u << HISTOGRAM_SUB_BITS))

struct histogram {
	uint64_t total; /* number of recorded values */
	uint64_t sum;	/* exact sum of the recorded values, wraps at 2^64 */
	uint32_t count[HISTOGRAM_BUCKETS];
};

/* The bucket of a value: 0 to HISTOGRAM_BUCKETS - 1. */
uint32_t histogram_bucket(uint64_t value);

/* The least value of a bucket, and how many values share it. Out of range: those of the last. */
uint64_t histogram_bucket_low(uint32_t bucket);
uint64_t histogram_bucket_width(uint32_t bucket);
/* What stands for all values of a bucket. */
uint64_t histogram_bucket_middle(uint32_t bucket);

/* Empty the histogram. It is large (about 34 KiB): keep it off small stacks. */
void histogram_clear(struct histogram *h);

/* Count one value. */
void histogram_record(struct histogram *h, uint64_t value);

/* Count a bucket `count` times, as decoded from a record; its midpoint enters the sum.
 * Returns 0, or -1 where there is no such bucket (nothing is changed then). */
int histogram_add_bucket(struct histogram *h, uint32_t bucket, uint32_t count);

/* The first bucket at or after this one that holds a value; HISTOGRAM_BUCKETS: there is none. Most
 * are empty: this passes over them many at a time. */
uint32_t histogram_next(const struct histogram *h, uint32_t bucket);

/* Add all of `from` to `to`. */
void histogram_merge(struct histogram *to, const struct histogram *from);

/*
 * The value below or at which the share numerator/denominator of all values lie (nearest rank,
 * Hyndman and Fan 1996, definition 1), as its bucket's midpoint. 0 for an empty histogram.
 */
uint64_t histogram_quantile(const struct histogram *h, uint64_t numerator, uint64_t denominator);

#endif
