/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a guest, as told by who hosts it: a guest process, or the init of a container. */
#include <stdio.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/platform.h"

void machine_ended(struct machine *m, enum machine_end end, const char *why)
{
	uint64_t one = 1;

	snprintf(m->status->error, sizeof(m->status->error), "%s", why);
	m->status->stamp_ns[STAMP_ENDED] = host_now_ns();
	__atomic_store_n(&m->status->end, end, __ATOMIC_RELEASE);
	if (write(m->event, &one, sizeof(one)) < 0)
		_exit(1); /* the trial sees the process go */
}
