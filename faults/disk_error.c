/* SPDX-License-Identifier: Apache-2.0 */
/* disk_error: every operation on the guest's disk fails, for a while; one that needs it is no
 * service. */
#include "faults/disk_fault.h"

static int fire(struct fault_trial *f)
{
	return disk_make(f, DISK_FAILS);
}

static int finish(struct fault_trial *f, struct result_fault_trial *out)
{
	(void)out;
	trial_event(f->trial, f->oracle.sampled_ns, 0, "platform",
		    "%u errors of the disk were told", fault_victim(f)->status->disk_errors);
	return 0;
}

FAULT(disk_error, .group = "disk", .summary = "reads of the guest's disk fail for a while",
      .needs = CAN_DISK, .detector = DETECT_DISK, .hold_ms = 60, .recovered_by = REMOVE_CAUSE,
      .fire = fire, .active = disk_active, .heal = disk_heal, .finish = finish);
