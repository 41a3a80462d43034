/* SPDX-License-Identifier: Apache-2.0 */
/* vmm_stopped: SIGSTOP to the process that hosts the guest: it is there, and does nothing. */
#include <signal.h>

#include "harness/fault.h"

static int fire(struct fault_trial *f)
{
	if (machine_signal(fault_victim(f), SIGSTOP))
		return trial_fail(f->trial, TRIAL_FAILED, "SIGSTOP to the guest process: %m");
	return 0;
}

static bool active(struct fault_trial *f)
{
	return machine_stopped(fault_victim(f));
}

FAULT(vmm_stopped, .group = "vmm", .summary = "the process that hosts the guest is stopped",
      .needs = CAN_PROCESS, .recovered_by = FRESH_GUEST | EARLIER_GUEST, .ends_process = true,
      .fire = fire, .active = active);
