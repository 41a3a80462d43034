/* SPDX-License-Identifier: Apache-2.0 */
/* vmm_killed: SIGKILL to the process that hosts the guest. */
#include <signal.h>

#include "harness/fault.h"

static int fire(struct fault_trial *f)
{
	if (machine_signal(fault_victim(f), SIGKILL))
		return trial_fail(f->trial, TRIAL_FAILED, "SIGKILL to the guest process: %m");
	return 0;
}

static bool active(struct fault_trial *f)
{
	return !machine_alive(fault_victim(f));
}

FAULT(vmm_killed, .group = "vmm", .summary = "the process that hosts the guest is killed",
      .needs = CAN_PROCESS, .recovered_by = FRESH_GUEST | EARLIER_GUEST, .ends_process = true,
      .detector = DETECT_PROCESS_EXIT, .fire = fire, .active = active);
