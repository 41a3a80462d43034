/* SPDX-License-Identifier: Apache-2.0 */
/*
 * switch_guests: two guests take turns on one CPU, each yielding: wake the other (ioeventfd to
 * irqfd, inside the kernel; a process: eventfd), then halt. A turn and its return are two switches.
 */
#include "harness/bench.h"

GUEST_FN void answer(struct payload *p)
{
	for (;;) {
		payload_wait(p);
		payload_notify(p);
	}
}

GUEST_OP(switch_guests, RING0, .from_ring3 = true, .native = true, .peer = answer)
{
	payload_notify(p);
	payload_wait(p);
}

BENCH(switch_guests, .group = "switches", .summary = "two guests take turns on one CPU, yielding",
      .unit = NANOSECONDS, .better = LOWER, .native = true, .traps = true,
      .disturbance_exempt = true, .needs = CAN_NOTIFY, .cast = 2, .one_cpu = true, .divide_by = 2,
      .exits_per_op = {1, 20}, .emulated_per_op = {0, 3});
