/* SPDX-License-Identifier: Apache-2.0 */
/* mem_latency_4k: a chain of dependent loads in random order, mapped in pages of 4 KiB. */
#include "bench/pointer_chase.h"
#include "harness/bench.h"

GUEST_FN bool setup(struct payload *p)
{
	return chase_setup(p, false);
}

GUEST_OP(mem_latency_4k, RING3, .native = true, .setup = setup)
{
	chase(p);
}

BENCH(mem_latency_4k, .group = "throughput", .summary = "dependent loads over 8 MiB, 4 KiB pages",
      .unit = NANOSECONDS, .better = LOWER, .native = true, .divide_by = CHASE_LOADS,
      .pages = PAGES_SMALL, .memory = (2ull << 20) + CHASE_BYTES, .batches = 2, .samples = 50,
      .warmup = 100);
