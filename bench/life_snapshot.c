/* SPDX-License-Identifier: Apache-2.0 */
/* life_snapshot: copy RAM and vCPU state of a paused guest. */
#include "harness/bench.h"

#ifdef VQ_HOST

#include "bench/life_cycle.h"

static int measure(struct trial *t)
{
	struct machine *m = &t->machine[0];

	if (life_open(t, "serve=1", true) || life_wait_service(t, 0, NULL))
		return -1;
	for (uint32_t i = 0; i < life_repeats(t); i++) {
		if (machine_pause(m))
			return trial_fail(t, TRIAL_FAILED, "pause: %s", m->error);
		if (life_command(t, machine_snapshot(m), i) || machine_resume(m))
			return trial_fail(t, TRIAL_FAILED, "snapshot: %s", m->error);
	}
	return 0;
}

BENCH(life_snapshot, .group = "life cycle", .summary = "snapshot a paused guest in memory",
      .unit = NANOSECONDS, .better = LOWER, .needs = CAN_SNAPSHOT | CAN_PAUSE, .measure = measure);

#endif
