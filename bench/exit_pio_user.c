/* SPDX-License-Identifier: Apache-2.0 */
/* exit_pio_user: an OUT that the VMM answers in user space. */
#include "harness/bench.h"

GUEST_OP(exit_pio_user, RING3)
{
	outb(VQ_PORT_USER, 0);
}

BENCH(exit_pio_user, .group = "exits", .summary = "port write, answered by the VMM in user space",
      .unit = NANOSECONDS, .better = LOWER, .needs = CAN_GUEST | CAN_USER_DEVICES,
      .exits_per_op = {1, 1}, .emulated_per_op = {0, 1});
