/* SPDX-License-Identifier: Apache-2.0 */
/* triple_fault: an exception with no IDT, which shuts the machine down (Intel SDM vol. 3A, 6.15).
 */
#include "harness/fault.h"

static int fire(struct fault_trial *f)
{
	return fault_request(f, f->victim, VQ_REQUEST_TRIPLE_FAULT, 0);
}

FAULT(triple_fault, .group = "guest", .summary = "an exception with no IDT shuts the guest down",
      .needs = CAN_RING0, .detector = DETECT_GUEST_END, .recovered_by = FRESH_GUEST | EARLIER_GUEST,
      .fire = fire);
