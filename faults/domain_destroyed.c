/* SPDX-License-Identifier: Apache-2.0 */
/* domain_destroyed: somebody destroys the domain by libvirt (virsh destroy), and nobody asked us.
 */
#include "harness/fault.h"

static int fire(struct fault_trial *f)
{
	struct machine *m = fault_victim(f);

	if (machine_destroy(m))
		return trial_fail(f->trial, TRIAL_FAILED, "%s", m->error);
	return 0;
}

/* Where no process hosts the guest, the order was given, and nothing but the event shows more. */
static bool active(struct fault_trial *f)
{
	struct machine *m = fault_victim(f);

	return m->platform->type1 || m->status->end != MACHINE_RUNNING || !machine_alive(m);
}

FAULT(domain_destroyed, .group = "management", .summary = "somebody destroys the guest's domain",
      .needs = CAN_DESTROY, .recovered_by = FRESH_GUEST | EARLIER_GUEST, .ends_process = true,
      .detector = DETECT_DESTROYED, .fire = fire, .active = active, .horizon_ms = 10000);
