/* SPDX-License-Identifier: Apache-2.0 */
/* guest_rdtsc: RDTSC, which a guest should not have to leave for. */
#include "harness/bench.h"

GUEST_OP(guest_rdtsc, RING3, .native = true)
{
	rdtsc();
}

BENCH(guest_rdtsc, .group = "exits", .summary = "RDTSC, for contrast", .unit = NANOSECONDS,
      .better = LOWER, .native = true, .samples = 1000, .exits_per_op = {0, 0.05});
