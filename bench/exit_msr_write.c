/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exit_msr_write: WRMSR of the value that IA32_TSC_ADJUST has already, which every hypervisor
 * intercepts and nothing depends on.
 */
#include "harness/bench.h"

#define IA32_TSC_ADJUST 0x3bu

enum { VALUE };

GUEST_FN void read_value(void *a, void *b)
{
	(void)b;
	*(uint64_t *)a = rdmsr(IA32_TSC_ADJUST);
}

GUEST_FN bool setup(struct payload *p)
{
	if (cpuid(0, 0).eax < 7 || !(cpuid(7, 0).ebx & 2))
		return payload_refuse(p, "the guest's CPU has no IA32_TSC_ADJUST");
	ring0_call(read_value, &p->scratch[VALUE], 0);
	return true;
}

GUEST_OP(exit_msr_write, RING0, .setup = setup)
{
	wrmsr(IA32_TSC_ADJUST, p->scratch[VALUE]);
}

BENCH(exit_msr_write, .group = "exits", .summary = "WRMSR of an intercepted register",
      .unit = NANOSECONDS, .better = LOWER, .needs = CAN_GUEST | CAN_RING0 | CAN_TSC_ADJUST,
      .exits_per_op = {1, 1}, .exits_interpreted = {0, 1}, .emulated_per_op = {0, 1});
