/* SPDX-License-Identifier: Apache-2.0 */
/*
 * switch_guests_preempted: two guests spin on one CPU and the host's scheduler takes it from one
 * for the other. Each keeps writing its TSC into the window they share; who comes back from a gap
 * takes the other's last stamp from its own first one: what the switch cost, both sides included.
 */
#include "harness/bench.h"

#define GAP_TICKS 10000u /* a longer pause than this may have been a switch */

GUEST_FN uint64_t *stamp_of(struct payload *p, uint32_t member)
{
	return (uint64_t *)(p->shared + 64 * member);
}

GUEST_FN void keep_stamping(struct payload *p)
{
	uint64_t *mine = stamp_of(p, p->boot->member);

	for (;;)
		__atomic_store_n(mine, rdtsc(), __ATOMIC_RELAXED);
}

GUEST_FN bool setup(struct payload *p)
{
	if (!p->shared)
		return payload_refuse(p, "the guests share no memory");
	return true;
}

GUEST_SAMPLES(switch_guests_preempted, RING3, .native = true, .setup = setup, .peer = keep_stamping)
{
	uint64_t *mine = stamp_of(p, 0), *other = stamp_of(p, 1);
	uint64_t last = rdtsc();

	while (n) {
		uint64_t now = rdtsc();

		if (now - last > GAP_TICKS) {
			uint64_t seen = __atomic_load_n(other, __ATOMIC_RELAXED);

			/* Any other pause: the neighbour did not run in it. */
			if (seen > last && seen < now) {
				*ticks++ = now - seen;
				n--;
			}
			now = rdtsc();
		}
		__atomic_store_n(mine, now, __ATOMIC_RELAXED);
		last = now;
	}
}

BENCH(switch_guests_preempted, .group = "switches",
      .summary = "two spinning guests, switched by the host's scheduler", .unit = NANOSECONDS,
      .better = LOWER, .native = true, .traps = true, .disturbance_exempt = true,
      .needs = CAN_HOST_TSC, .cast = 2, .one_cpu = true, .share_window = true, .batches = 1,
      .samples = 8, .warmup = 1);
