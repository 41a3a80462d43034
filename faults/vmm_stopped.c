/* SPDX-License-Identifier: Apache-2.0 */
/* vmm_stopped: SIGSTOP to the process that hosts the guest: it is there, and does nothing. */
#include <signal.h>
#include <stdio.h>

#include "harness/fault.h"

static int fire(struct fault_trial *f)
{
	if (machine_signal(fault_victim(f), SIGSTOP))
		return trial_fail(f->trial, TRIAL_FAILED, "SIGSTOP to the guest process: %m");
	return 0;
}

/* The state that the kernel shows for it: T, stopped. */
static bool active(struct fault_trial *f)
{
	char path[64], state = '?';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", machine_host(fault_victim(f)));
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = '?';
	fclose(file);
	return state == 'T';
}

FAULT(vmm_stopped, .group = "vmm", .summary = "the process that hosts the guest is stopped",
      .recovered_by = FRESH_GUEST | EARLIER_GUEST, .ends_process = true, .fire = fire,
      .active = active);
