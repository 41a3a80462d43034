/* SPDX-License-Identifier: Apache-2.0 */
/*
 * switch_guests_ring: n guests on one CPU pass a turn around; the cycle costs C = n x T_switch, so
 * the slope over n is the cost of one switch, freed of what does not depend on n.
 */
#include "harness/bench.h"

GUEST_FN void pass_on(struct payload *p)
{
	for (;;) {
		payload_wait(p);
		payload_notify(p);
	}
}

GUEST_OP(switch_guests_ring, RING0, .from_ring3 = true, .native = true, .peer = pass_on)
{
	payload_notify(p);
	payload_wait(p);
}

BENCH(switch_guests_ring, .group = "switches",
      .summary = "n guests on one CPU pass a turn around: C = n x T_switch", .unit = NANOSECONDS,
      .better = LOWER, .native = true, .traps = true, .disturbance_exempt = true, .fit_line = true,
      .needs = CAN_NOTIFY, .cast_is_parameter = true, .one_cpu = true, .samples = 25,
      .exits_per_op = {1, 20}, .emulated_per_op = {0, 3}, .parameter_name = "guests",
      .parameters = {2, 3, 4, 6, 8});
