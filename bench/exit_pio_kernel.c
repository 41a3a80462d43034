/* SPDX-License-Identifier: Apache-2.0 */
/* exit_pio_kernel: an OUT that an ioeventfd takes inside the kernel. */
#include "harness/bench.h"

GUEST_OP(exit_pio_kernel, RING3)
{
	outb(VQ_PORT_KERNEL, 0);
}

BENCH(exit_pio_kernel, .group = "exits",
      .summary = "port write, taken by an ioeventfd in the kernel", .unit = NANOSECONDS,
      .better = LOWER, .needs = CAN_GUEST | CAN_KERNEL_DEVICES, .exits_per_op = {1, 1},
      .emulated_per_op = {0, 1});
