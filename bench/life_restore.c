/* SPDX-License-Identifier: Apache-2.0 */
/*
 * life_restore: put a serving guest back to its snapshot, pause and resume included; only pages
 * that changed are copied.
 */
#include "harness/bench.h"

#ifdef VQ_HOST

#include "bench/life_cycle.h"

static int measure(struct trial *t)
{
	struct machine *m = &t->machine[0];

	if (life_open(t, "serve=1", true) || life_wait_service(t, 0, NULL))
		return -1;
	if (machine_pause(m) || machine_snapshot(m) || machine_resume(m))
		return trial_fail(t, TRIAL_FAILED, "snapshot: %s", m->error);
	for (uint32_t i = 0; i < life_repeats(t); i++) {
		/* Its operations dirty the pages that are put back. */
		if (life_wait_service(t, life_sequence(t) + LIFE_SERVICE, NULL))
			return -1;
		if (life_command(t, machine_restore(m), i))
			return trial_fail(t, TRIAL_FAILED, "restore: %s", m->error);
		/* The heartbeat page keeps the later sequence until the guest serves again. */
		if (life_wait_change(t))
			return -1;
	}
	return 0;
}

BENCH(life_restore, .group = "life cycle", .summary = "restore a serving guest from its snapshot",
      .unit = NANOSECONDS, .better = LOWER, .needs = CAN_SNAPSHOT | CAN_PAUSE, .measure = measure);

#endif
