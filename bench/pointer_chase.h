/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pointer chase: each load's address comes from the load before (lmbench's lat_mem_rd, McVoy and
 * Staelin 1996), in one random cycle over all cache lines (Sattolo 1986), so that no prefetcher
 * helps and every line is met.
 */
#ifndef VQ_POINTER_CHASE_H
#define VQ_POINTER_CHASE_H

#include "guests/payload.h"

#define CHASE_BYTES (8ull << 20)
#define CHASE_LINE  64u
#define CHASE_LINES (CHASE_BYTES / CHASE_LINE)
#define CHASE_LOADS 256u

enum { CHASE_AT };

GUEST_FN bool chase_setup(struct payload *p, bool huge)
{
	uint8_t *region = payload_region(p, CHASE_BYTES, huge);
	uint64_t random = p->seed;

	if (!region)
		return false;
	for (uint64_t i = 0; i < CHASE_LINES; i++)
		*(uint64_t *)(region + i * CHASE_LINE) = i;
	for (uint64_t i = CHASE_LINES - 1; i > 0; i--) {
		uint64_t *a = (uint64_t *)(region + i * CHASE_LINE);
		uint64_t *b;
		uint64_t swapped = *a;

		random = vq_mix(random + i);
		b = (uint64_t *)(region + random % i * CHASE_LINE);
		*a = *b;
		*b = swapped;
	}
	for (uint64_t i = 0; i < CHASE_LINES; i++) {
		uint64_t *line = (uint64_t *)(region + i * CHASE_LINE);

		*line = (uintptr_t)region + *line * CHASE_LINE;
	}
	p->scratch[CHASE_AT] = (uintptr_t)region;
	return true;
}

GUEST_FN void chase(struct payload *p)
{
	uint64_t at = p->scratch[CHASE_AT];

	for (uint32_t i = 0; i < CHASE_LOADS; i++)
		at = *(volatile uint64_t *)(uintptr_t)at;
	p->scratch[CHASE_AT] = at;
}

#endif
