/* SPDX-License-Identifier: Apache-2.0 */
/* exit_mmio_kernel: a write to a device address that an ioeventfd takes inside the kernel. */
#include "harness/bench.h"

GUEST_OP(exit_mmio_kernel, RING3)
{
	mmio_write(VQ_MMIO_KERNEL, 0);
}

BENCH(exit_mmio_kernel, .group = "exits",
      .summary = "device memory write, taken by an ioeventfd in the kernel", .unit = NANOSECONDS,
      .better = LOWER, .needs = CAN_GUEST | CAN_KERNEL_DEVICES, .exits_per_op = {1, 1},
      .emulated_per_op = {0, 1});
