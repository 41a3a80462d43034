/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exit_apic_timer: arm the local APIC's timer for at once, until its handler has run: the exit to
 * arm it, the interrupt, its delivery and its end.
 */
#include "harness/bench.h"

GUEST_FN bool setup(struct payload *p)
{
	apic_write(APIC_TIMER_DIV, APIC_DIVIDE_BY_1);
	apic_write(APIC_LVT_TIMER, VECTOR_TIMER + p->cpu); /* one-shot */
	return true;
}

GUEST_FN void finish(struct payload *p)
{
	payload_event(p, VQ_EVENT_INTERRUPTS_SEEN, interrupts_taken(VECTOR_TIMER + p->cpu));
}

GUEST_OP(exit_apic_timer, RING0, .from_ring3 = true, .setup = setup, .finish = finish)
{
	uint64_t taken = interrupts_taken(VECTOR_TIMER);

	apic_write(APIC_TIMER_INIT, 1);
	while (interrupts_taken(VECTOR_TIMER) == taken)
		cpu_pause();
}

BENCH(exit_apic_timer, .group = "exits",
      .summary = "APIC timer, from arming it until its handler ran", .unit = NANOSECONDS,
      .better = LOWER, .needs = CAN_GUEST | CAN_RING0 | CAN_APIC, .exits_per_op = {1, 4},
      .exits_interpreted = {1, 12}, .emulated_per_op = {0, 2});
