/* SPDX-License-Identifier: Apache-2.0 */
/* guest_hang: a vCPU halts with its interrupts off, as a kernel stuck in a critical section. */
#include "harness/fault.h"

static int fire(struct fault_trial *f)
{
	return fault_request(f, f->victim, VQ_REQUEST_HANG, 0);
}

FAULT(guest_hang, .group = "guest", .summary = "the guest halts with interrupts off",
      .recovered_by = FRESH_GUEST | EARLIER_GUEST | RESET_GUEST, .fire = fire);
