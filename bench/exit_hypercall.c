/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exit_hypercall: VMCALL or VMMCALL with a number that no hypervisor knows: in, refused, out. Which
 * of the two is the processor's, and found out at run time.
 */
#include "harness/bench.h"

enum { IS_AMD };

GUEST_FN bool setup(struct payload *p)
{
	uint32_t vendor = cpuid(0, 0).ebx;

	p->scratch[IS_AMD] = vendor == 0x68747541 || vendor == 0x6f677948; /* "Auth", "Hygo" */
	return true;
}

GUEST_OP(exit_hypercall, RING0, .setup = setup)
{
	uint64_t number = ~0ull;

	if (p->scratch[IS_AMD])
		__asm__ volatile("vmmcall" : "+a"(number)::"memory");
	else
		__asm__ volatile("vmcall" : "+a"(number)::"memory");
}

BENCH(exit_hypercall, .group = "exits", .summary = "hypercall, refused by the hypervisor",
      .unit = NANOSECONDS, .better = LOWER, .needs = CAN_GUEST | CAN_RING0 | CAN_HYPERCALL,
      .exits_per_op = {1, 1}, .emulated_per_op = {0, 1});
