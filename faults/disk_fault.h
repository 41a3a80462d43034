/* SPDX-License-Identifier: Apache-2.0 */
/* What the faults of the guest's disk share: the platform changes the disk, and changes it back. */
#ifndef VQ_DISK_FAULT_H
#define VQ_DISK_FAULT_H

#include "harness/fault.h"

static inline int disk_make(struct fault_trial *f, enum machine_disk how)
{
	struct machine *m = fault_victim(f);

	if (machine_disk(m, how))
		return trial_fail(f->trial, TRIAL_FAILED, "the guest's disk: %s", m->error);
	return 0;
}

/* The platform answers when it is so. */
static inline bool disk_active(struct fault_trial *f)
{
	return fault_victim(f)->status->disk != DISK_WELL;
}

/* May fail: that is the recovery's business. */
static inline int disk_heal(struct fault_trial *f)
{
	return machine_disk(fault_victim(f), DISK_WELL);
}

#endif
