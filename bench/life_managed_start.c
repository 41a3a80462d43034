/* SPDX-License-Identifier: Apache-2.0 */
/* life_managed_start: until a guest that was saved goes on, in a new process. */
#include "harness/bench.h"

#ifdef VQ_HOST

#include "bench/life_cycle.h"

static int measure(struct trial *t)
{
	struct machine *m = &t->machine[0];

	if (life_open_saving(t))
		return -1;
	for (uint32_t i = 0; i < life_saves(t); i++) {
		if (machine_save(m))
			return trial_fail(t, TRIAL_FAILED, "managed save: %s", m->error);
		if (life_command(t, machine_start(m), i))
			return trial_fail(t, TRIAL_FAILED, "start of the saved guest: %s",
					  m->error);
		/* It goes on where it was: later operations than those that are seen already. */
		if (life_wait_service(t, life_sequence(t) + LIFE_SERVICE, NULL))
			return -1;
	}
	return 0;
}

BENCH(life_managed_start, .group = "life cycle", .summary = "start a guest from its managed save",
      .unit = NANOSECONDS, .better = LOWER, .needs = CAN_SAVE, .timeout_ms = 30000,
      .measure = measure);

#endif
