/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Histograms as blobs. Most of the 8448 buckets are empty, so only the others are stored:
 *
 *	byte 0x01 (this encoding), varint n, then n times: varint gap, varint count
 *
 * gap is the number of empty buckets since the last stored one (for the first: its index), count
 * is 1 to 2^32 - 1. A varint is LEB128: seven bits a byte, low first, the top bit says that more
 * follow; shortest form only, so that one histogram has one blob.
 */
#include <string.h>

#include "harness/core/result_private.h"

#define ENCODING 1u

static size_t put_varint(unsigned char *to, uint32_t v)
{
	size_t n = 0;

	while (v >= 0x80) {
		to[n++] = (unsigned char)(v | 0x80);
		v >>= 7;
	}
	to[n++] = (unsigned char)v;
	return n;
}

size_t result_encode_histogram(unsigned char *to, const struct histogram *h)
{
	uint32_t used = 0, gap = 0;
	size_t n = 0;

	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		used += h->count[i] != 0;
	to[n++] = ENCODING;
	n += put_varint(to + n, used);
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		if (!h->count[i]) {
			gap++;
			continue;
		}
		n += put_varint(to + n, gap);
		n += put_varint(to + n, h->count[i]);
		gap = 0;
	}
	return n;
}

struct bytes {
	const unsigned char *at, *end;
};

static int get_varint(struct bytes *b, uint32_t *v)
{
	uint64_t x = 0;

	for (unsigned int shift = 0; shift < 35; shift += 7) {
		unsigned char byte;

		if (b->at == b->end)
			return -1;
		byte = *b->at++;
		x |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		if (x > UINT32_MAX || (!byte && shift))
			return -1;
		*v = (uint32_t)x;
		return 0;
	}
	return -1;
}

int result_decode_histogram(struct histogram *h, const unsigned char *from, size_t size)
{
	struct bytes b = {from, from + size};
	uint64_t bucket = 0;
	uint32_t used, gap, count;

	if (!size || *b.at++ != ENCODING)
		return -1;
	if (get_varint(&b, &used) || used > HISTOGRAM_BUCKETS)
		return -1;
	for (uint32_t i = 0; i < used; i++, bucket++) {
		if (get_varint(&b, &gap) || get_varint(&b, &count) || !count)
			return -1;
		bucket += gap;
		if (bucket >= HISTOGRAM_BUCKETS)
			return -1;
		histogram_add_bucket(h, (uint32_t)bucket, count);
	}
	return b.at == b.end ? 0 : -1;
}
