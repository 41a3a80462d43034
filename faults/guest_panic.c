/* SPDX-License-Identifier: Apache-2.0 */
/* guest_panic: the guest's kernel gives up, tells its pvpanic device, and halts. */
#include "harness/fault.h"

static int fire(struct fault_trial *f)
{
	return fault_request(f, f->victim, VQ_REQUEST_PANIC, 0);
}

FAULT(guest_panic, .group = "guest", .summary = "the guest panics and tells its pvpanic device",
      .needs = CAN_RING0 | CAN_PVPANIC, .detector = DETECT_PVPANIC,
      .recovered_by = FRESH_GUEST | EARLIER_GUEST, .fire = fire);
