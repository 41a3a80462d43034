/* SPDX-License-Identifier: Apache-2.0 */
/*
 * switch_guests_apart: the same turns as switch_guests (wake the other, then halt), and each guest
 * has a CPU of its own: what it costs to hand over to a guest on another CPU, which a plan's
 * placement: puts on the same core, behind the same cache or on another node. halt_poll_ns (see
 * host facts) decides whether the host polls for the answer or has gone to sleep.
 */
#include "harness/bench.h"

GUEST_FN void answer(struct payload *p)
{
	for (;;) {
		payload_wait(p);
		payload_notify(p);
	}
}

GUEST_OP(switch_guests_apart, RING0, .from_ring3 = true, .native = true, .peer = answer)
{
	payload_notify(p);
	payload_wait(p);
}

BENCH(switch_guests_apart, .group = "switches",
      .summary = "two guests on two CPUs take turns, yielding", .unit = NANOSECONDS,
      .better = LOWER, .native = true, .traps = true, .disturbance_exempt = true, .sleeps = true,
      .needs = CAN_NOTIFY, .cast = 2, .divide_by = 2, .exits_per_op = {1, 20},
      .emulated_per_op = {0, 3});
