/* SPDX-License-Identifier: Apache-2.0 */
/* exit_cpuid: the CPUID intercept, from the guest into the hypervisor and back. */
#include "harness/bench.h"

GUEST_OP(exit_cpuid, RING3, .native = true)
{
	cpuid(0, 0);
}

BENCH(exit_cpuid, .group = "exits", .summary = "CPUID, answered inside the kernel",
      .unit = NANOSECONDS, .better = LOWER, .native = true, .traps = true, .exits_per_op = {1, 1},
      .emulated_per_op = {0, 1});
