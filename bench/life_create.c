/* SPDX-License-Identifier: Apache-2.0 */
/* life_create: from asking for a guest until it is there: process, VM, vCPUs, devices, memory. */
#include "harness/bench.h"

#ifdef VQ_HOST

#include "bench/life_cycle.h"

static int measure(struct trial *t)
{
	if (life_open(t, "serve=1", false))
		return -1;
	if (life_wait_stamp(t, STAMP_STARTED))
		return -1;
	return life_sample(t, life_stamp(t, STAMP_OPEN), life_stamp(t, STAMP_STARTED));
}

BENCH(life_create, .group = "life cycle",
      .summary = "create a guest: process, VM, vCPU, devices, memory", .unit = NANOSECONDS,
      .better = LOWER, .native = true, .no_guest_too = true, .measure = measure);

#endif
