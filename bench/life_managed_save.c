/* SPDX-License-Identifier: Apache-2.0 */
/* life_managed_save: until its management has the guest in a file of its own, and no process hosts
 * it. */
#include "harness/bench.h"

#ifdef VQ_HOST

#include "bench/life_cycle.h"

static int measure(struct trial *t)
{
	struct machine *m = &t->machine[0];

	if (life_open_saving(t))
		return -1;
	for (uint32_t i = 0; i < life_saves(t); i++) {
		if (life_command(t, machine_save(m), i))
			return trial_fail(t, TRIAL_FAILED, "managed save: %s", m->error);
		if (machine_start(m))
			return trial_fail(t, TRIAL_FAILED, "start of the saved guest: %s",
					  m->error);
		/* It goes on where it was: later operations than those that are seen already. */
		if (life_wait_service(t, life_sequence(t) + LIFE_SERVICE, NULL))
			return -1;
	}
	return 0;
}

BENCH(life_managed_save, .group = "life cycle",
      .summary = "save a serving guest by its management, which ends its process",
      .unit = NANOSECONDS, .better = LOWER, .needs = CAN_SAVE, .timeout_ms = 30000,
      .measure = measure);

#endif
