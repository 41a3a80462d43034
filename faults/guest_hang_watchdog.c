/* SPDX-License-Identifier: Apache-2.0 */
/* guest_hang_watchdog: as guest_hang, but a watchdog device of the platform has to notice. */
#include "harness/fault.h"

static int fire(struct fault_trial *f)
{
	return fault_request(f, f->victim, VQ_REQUEST_HANG, 0);
}

FAULT(guest_hang_watchdog, .group = "guest",
      .summary = "the guest halts with interrupts off and no longer feeds its watchdog device",
      .needs = CAN_RING0 | CAN_WATCHDOG, .detector = DETECT_DEVICE,
      .recovered_by = FRESH_GUEST | EARLIER_GUEST | RESET_GUEST, .fire = fire,
      .horizon_ms = VQ_WATCHDOG_SECONDS * 1000 + 1000);
