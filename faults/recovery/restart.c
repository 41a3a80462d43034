/* SPDX-License-Identifier: Apache-2.0 */
/* restart: kill what is left of the guest and boot it again. */
#include "harness/fault.h"

static int recover(struct fault_trial *f)
{
	return machine_restart(fault_victim(f), false);
}

RECOVERY(restart, .summary = "the guest is killed and booted anew; its state is lost",
	 .kind = FRESH_GUEST, .recover = recover);
