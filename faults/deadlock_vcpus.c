/* SPDX-License-Identifier: Apache-2.0 */
/* deadlock_vcpus: two vCPUs take two locks in opposite order (ABBA). */
#include "harness/fault.h"

static int fire(struct fault_trial *f)
{
	return fault_request(f, f->victim, VQ_REQUEST_DEADLOCK_CPUS, 0);
}

FAULT(deadlock_vcpus, .group = "deadlock",
      .summary = "two vCPUs of a guest take two locks in opposite order", .cpus = 2,
      .detector = DETECT_DEADLOCK, .recovered_by = FRESH_GUEST | EARLIER_GUEST | RESET_GUEST,
      .fire = fire);
