/* SPDX-License-Identifier: Apache-2.0 */
/* disk_throttled: the guest's disk does 20 operations a second, as one whose neighbours take the
 * rest. */
#include "faults/disk_fault.h"

static int fire(struct fault_trial *f)
{
	return disk_make(f, DISK_SLOW);
}

FAULT(disk_throttled, .group = "disk",
      .summary = "the guest's disk is throttled to 20 operations a second", .needs = CAN_DISK,
      .detector = DETECT_RATE, .hold_ms = 120, .recovered_by = REMOVE_CAUSE, .horizon_ms = 2000,
      .fire = fire, .active = disk_active, .heal = disk_heal);
