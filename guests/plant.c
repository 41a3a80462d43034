/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A slowness planted on purpose: each operation gets turns of an empty loop that take a given share
 * of the operation's own median in this trial, after its warm-up. Turns are counted, not timed:
 * they are as exact where ring 0 is interpreted, and in virtual time.
 */
#include "guests/payload_private.h"

#define MILLION 1000000u
#define EVEN	10 /* off by a tenth of what is to be planted, at most */

static inline __attribute__((always_inline)) void stamp_spins(struct payload *p, uint64_t *t,
							      uint32_t n, enum ring ring)
{
	for (uint32_t i = 0; i < n; i++) {
		uint64_t begin = stamp_begin();

		plant_spin(p->spins);
		t[i] = stamp_end_in(ring) - begin;
	}
}

void plant_stamped_ring0(struct payload *p, uint64_t *t, uint32_t n)
{
	stamp_spins(p, t, n, RING0);
}

void plant_stamped_ring3(struct payload *p, uint64_t *t, uint32_t n)
{
	stamp_spins(p, t, n, RING3);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

bool plant_choose(struct payload *p, uint64_t operation, uint64_t nothing, uint64_t few,
		  uint64_t many, uint32_t turns)
{
	uint64_t wanted = operation * payload_number(p->boot, "plant", 0) / MILLION;
	uint64_t once = few > nothing ? few - nothing : 0; /* with PLANT_FEW turns */
	uint64_t more, planted;

	p->spins = 0;
	if (many <= few || operation >> 40 || wanted < once)
		return payload_refuse(p, "the operation is too short for a slowness to be planted");
	/* (wanted - once) / ticks of a turn, rounded */
	more = ((wanted - once) * (turns - PLANT_FEW) + (many - few) / 2) / (many - few);
	planted = once + more * (many - few) / (turns - PLANT_FEW);
	if (more > 1u << 30 || distance(planted, wanted) * EVEN > wanted)
		return payload_refuse(p, "the operation is too short for a slowness to be planted "
					 "evenly");
	p->spins = PLANT_FEW + (uint32_t)more;
	payload_event(p, VQ_EVENT_PLANTED, planted);
	return true;
}
