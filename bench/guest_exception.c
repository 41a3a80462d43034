/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guest_exception: INT3 to a handler that only returns, inside the guest: for contrast, as no
 * exit is needed where ring 0 runs on hardware.
 */
#include "harness/bench.h"

GUEST_OP(guest_exception, RING0, .from_ring3 = true)
{
	__asm__ volatile("int3" ::"a"(0ull) : "memory"); /* the gate, asked for nothing */
}

BENCH(guest_exception, .group = "exits", .summary = "INT3 delivered inside the guest, no exit",
      .unit = NANOSECONDS, .better = LOWER, .needs = CAN_GUEST | CAN_RING0,
      .exits_per_op = {0, 0.05}, .exits_interpreted = {0, 8});
