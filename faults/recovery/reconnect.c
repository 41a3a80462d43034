/* SPDX-License-Identifier: Apache-2.0 */
/* reconnect: the daemon's keeper starts it anew, and the guest's driver connects to it again. */
#include "harness/fault.h"

/* Both act by themselves. */
static int recover(struct fault_trial *f)
{
	(void)f;
	return 0;
}

RECOVERY(reconnect, .summary = "the daemon is started anew, and finds the guest it has to manage",
	 .kind = ANEW_MANAGED, .recover = recover);
