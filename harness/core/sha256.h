/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4): the name by which a report refers to a result file's exact bytes. */
#ifndef VQ_SHA256_H
#define VQ_SHA256_H

#include <stddef.h>
#include <stdint.h>

struct sha256 {
	uint32_t state[8];
	uint64_t length; /* bytes so far */
	unsigned char block[64];
};

void sha256_begin(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *bytes, size_t size);
void sha256_end(struct sha256 *s, char hex[65]);

#endif
