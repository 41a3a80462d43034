/* SPDX-License-Identifier: Apache-2.0 */
/* libvirtd_killed: SIGKILL to our private libvirtd under a running guest, which is to go on. */
#include <errno.h>
#include <string.h>

#include "harness/fault.h"

static int fire(struct fault_trial *f)
{
	if (f->trial->spec->platform->kill_management())
		return trial_fail(f->trial, TRIAL_FAILED, "SIGKILL to the private libvirtd: %s",
				  strerror(errno));
	return 0;
}

static bool active(struct fault_trial *f)
{
	return fault_victim(f)->status->unmanaged_ns;
}

/* Only now: a pause is service lost. */
static int finish(struct fault_trial *f, struct result_fault_trial *out)
{
	struct machine *m = fault_victim(f);

	(void)out;
	if (!m->status->managed_ns || (machine_pause(m) == 0 && machine_resume(m) == 0))
		return 0;
	return trial_fail(f->trial, TRIAL_FAILED,
			  "the new libvirtd has the guest, but does not pause and resume it: %s",
			  m->error);
}

FAULT(libvirtd_killed, .group = "management",
      .summary = "the private libvirtd is killed under a running guest",
      .needs = CAN_MANAGEMENT | CAN_PAUSE, .recovered_by = ANEW_MANAGED, .management = true,
      .detector = DETECT_CONNECTION, .fire = fire, .active = active, .finish = finish,
      .horizon_ms = 10000);
