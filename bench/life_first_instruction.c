/* SPDX-License-Identifier: Apache-2.0 */
/*
 * life_first_instruction: from asking for a guest until its payload runs, by the guest's own TSC,
 * which is the host's (KVM_VCPU_TSC_OFFSET is 0).
 */
#include "harness/bench.h"

#ifdef VQ_HOST

#include "bench/life_cycle.h"

static int measure(struct trial *t)
{
	uint64_t tsc;

	if (life_open(t, "", false) || life_first_tsc(t, &tsc))
		return -1;
	return life_sample(t, life_stamp(t, STAMP_OPEN),
			   life_stamp(t, STAMP_STARTED) +
				   life_ticks_ns(tsc - t->machine[0].status->start_tsc));
}

BENCH(life_first_instruction, .group = "life cycle",
      .summary = "create a guest until its payload runs", .unit = NANOSECONDS, .better = LOWER,
      .needs = CAN_HOST_TSC, .native = true, .boots = true, .measure = measure);

#endif
