/* SPDX-License-Identifier: Apache-2.0 */
/* reset: the platform resets the guest, which boots again in the process that hosts it. */
#include "harness/fault.h"

static int recover(struct fault_trial *f)
{
	return machine_reset(fault_victim(f));
}

RECOVERY(reset, .summary = "the guest is reset and boots anew; the process that hosts it stays",
	 .kind = RESET_GUEST, .needs = CAN_RESET, .recover = recover);
