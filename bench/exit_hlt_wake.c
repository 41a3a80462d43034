/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exit_hlt_wake: from sending an interrupt to a halted vCPU until its handler has run. The other
 * vCPU is given HALT_TICKS to have really halted; halt_poll_ns (see host facts) decides whether the
 * host still polls for it or has gone to sleep.
 */
#include "harness/bench.h"

#define HALT_TICKS 100000u /* some 50 us */

static volatile uint32_t halting;

GUEST_FN void halt_once(void *a, void *b)
{
	(void)a;
	(void)b;
	halting = 1;
	kernel_halt();
}

GUEST_FN void halt_again_and_again(struct payload *p, volatile uint32_t *stop)
{
	(void)p;
	while (!*stop)
		ring0_call(halt_once, 0, 0);
}

GUEST_FN void finish(struct payload *p)
{
	payload_event(p, VQ_EVENT_INTERRUPTS_SEEN, interrupts_taken(VECTOR_IPI + 1));
}

GUEST_SAMPLES(exit_hlt_wake, RING0, .from_ring3 = true, .stamps = true, .plants = true,
	      .other = halt_again_and_again, .finish = finish)
{
	const uint32_t vector = VECTOR_IPI + 1;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t taken = interrupts_taken(vector);
		uint64_t begin;

		while (!halting)
			cpu_pause();
		for (begin = rdtsc(); rdtsc() - begin < HALT_TICKS;)
			cpu_pause();
		halting = 0;
		begin = stamp_begin();
		apic_send_ipi(1, vector);
		while (interrupts_taken(vector) == taken)
			cpu_pause();
		if (p->spins)
			plant_spin(p->spins);
		ticks[i] = stamp_end_in(RING0) - begin;
	}
}

BENCH(exit_hlt_wake, .group = "exits",
      .summary = "interrupt to a halted vCPU until its handler ran", .unit = NANOSECONDS,
      .better = LOWER, .needs = CAN_GUEST | CAN_RING0 | CAN_APIC, .cpus = 2, .sleeps = true,
      .samples = 50, .exits_per_op = {0, 3}, .emulated_per_op = {0, 2});
