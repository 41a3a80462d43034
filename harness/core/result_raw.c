/* SPDX-License-Identifier: Apache-2.0 */
/* Raw samples as blobs: one LEB128 each (seven bits a byte, low first, the top bit says that more
 * follow; shortest form only), in the order in which they were taken. */
#include "harness/core/result_private.h"

size_t result_encode_raw(unsigned char *to, const uint64_t *ticks, uint32_t count)
{
	size_t n = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t v = ticks[i];

		while (v >= 0x80) {
			to[n++] = (unsigned char)(v | 0x80);
			v >>= 7;
		}
		to[n++] = (unsigned char)v;
	}
	return n;
}

/* Bytes taken, 0 where they are no number. */
static size_t decode_one(uint64_t *v, const unsigned char *from, size_t size)
{
	*v = 0;
	for (unsigned int i = 0; i < 10 && i < size; i++) {
		uint64_t bits = from[i] & 0x7f;

		if (i == 9 && bits > 1)
			return 0;
		*v |= bits << (7 * i);
		if (!(from[i] & 0x80))
			return from[i] || !i ? i + 1 : 0;
	}
	return 0;
}

int result_decode_raw(uint64_t *ticks, uint32_t count, const unsigned char *from, size_t size)
{
	size_t at = 0;

	for (uint32_t i = 0; i < count; i++) {
		size_t n = decode_one(&ticks[i], from + at, size - at);

		if (!n)
			return -1;
		at += n;
	}
	return at == size ? 0 : -1;
}
