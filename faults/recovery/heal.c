/* SPDX-License-Identifier: Apache-2.0 */
/* heal: take the cause away and leave the guests alone; how long until they are themselves again?
 */
#include "harness/fault.h"

static int recover(struct fault_trial *f)
{
	return f->fault->heal(f);
}

RECOVERY(heal, .summary = "the cause is taken away, the guests are left alone",
	 .kind = REMOVE_CAUSE, .recover = recover);
