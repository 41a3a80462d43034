/* SPDX-License-Identifier: Apache-2.0 */
/* exit_mmio_user: a write to a device address that the VMM answers in user space. */
#include "harness/bench.h"

GUEST_FN bool setup(struct payload *p)
{
	/* On a machine of somebody else's a real device may lie there, and take the write. */
	if (p->boot->flags & VQ_MACHINE_LOADED)
		return payload_refuse(p, "what lies at its address on this machine is not known");
	return true;
}

GUEST_OP(exit_mmio_user, RING3, .setup = setup)
{
	mmio_write(VQ_MMIO_USER, 0);
}

BENCH(exit_mmio_user, .group = "exits",
      .summary = "device memory write, answered by the VMM in user space", .unit = NANOSECONDS,
      .better = LOWER, .needs = CAN_GUEST | CAN_USER_DEVICES, .exits_per_op = {1, 1},
      .emulated_per_op = {0, 1});
