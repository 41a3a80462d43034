/* SPDX-License-Identifier: Apache-2.0 */
/* guest_spin: an endless loop with interrupts on; the CPU is busy, service is gone. */
#include "harness/fault.h"

static int fire(struct fault_trial *f)
{
	return fault_request(f, f->victim, VQ_REQUEST_SPIN, 0);
}

FAULT(guest_spin, .group = "guest", .summary = "the guest spins for ever, interrupts on",
      .recovered_by = FRESH_GUEST | EARLIER_GUEST | RESET_GUEST, .fire = fire);
