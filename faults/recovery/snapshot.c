/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot: put the guest back to a snapshot that was taken before the fault. */
#include "harness/fault.h"

static int recover(struct fault_trial *f)
{
	struct machine *m = fault_victim(f);

	/* In place, only the pages that changed are put back; a lost process needs a new one. */
	return f->process_lost ? machine_restart(m, true) : machine_restore(m);
}

RECOVERY(snapshot, .summary = "the guest goes on from a snapshot taken before the fault",
	 .kind = EARLIER_GUEST, .needs = CAN_SNAPSHOT, .recover = recover);
