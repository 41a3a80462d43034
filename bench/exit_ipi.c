/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exit_ipi: an interrupt to another, running vCPU, from sending it until the sender sees that the
 * handler ran.
 */
#include "harness/bench.h"

/*
 * QEMU's TCG says so in its CPUID leaf. There, now and then (6 trials of 100 with QEMU 7.2), a vCPU
 * that loops in one translated block is not told of an interrupt until it leaves that block.
 */
GUEST_FN bool is_translated(void)
{
	return cpuid(0x40000000, 0).ebx == 0x54474354; /* "TCGT" */
}

GUEST_FN void spin(struct payload *p, volatile uint32_t *stop)
{
	bool translated = is_translated();

	(void)p;
	while (!*stop)
		if (translated) /* else no PAUSE: the processor may leave the guest at one */
			cpu_pause();
}

GUEST_FN void finish(struct payload *p)
{
	payload_event(p, VQ_EVENT_INTERRUPTS_SEEN, interrupts_taken(VECTOR_IPI + 1));
}

GUEST_OP(exit_ipi, RING0, .from_ring3 = true, .other = spin, .finish = finish)
{
	uint64_t taken = interrupts_taken(VECTOR_IPI + 1);

	apic_send_ipi(1, VECTOR_IPI + 1);
	while (interrupts_taken(VECTOR_IPI + 1) == taken)
		;
}

BENCH(exit_ipi, .group = "exits", .summary = "interrupt to a running vCPU until its handler ran",
      .unit = NANOSECONDS, .better = LOWER, .needs = CAN_GUEST | CAN_RING0 | CAN_APIC, .cpus = 2,
      .exits_per_op = {0, 3}, .exits_interpreted = {1, 12}, .emulated_per_op = {0, 2},
      .timeout_ms = 10000); /* where CPUs are shared, each waits for the other's time slice */
