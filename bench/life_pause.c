/* SPDX-License-Identifier: Apache-2.0 */
/* life_pause: from the command until all vCPUs have left the guest. */
#include "harness/bench.h"

#ifdef VQ_HOST

#include "bench/life_cycle.h"

static int measure(struct trial *t)
{
	struct machine *m = &t->machine[0];

	if (life_open(t, "serve=1", false) || life_wait_service(t, 0, NULL))
		return -1;
	for (uint32_t i = 0; i < life_repeats(t); i++) {
		if (life_command(t, machine_pause(m), i) || machine_resume(m))
			return trial_fail(t, TRIAL_FAILED, "pause or resume: %s", m->error);
		if (life_wait_service(t, life_sequence(t) + LIFE_SERVICE, NULL))
			return -1;
	}
	return 0;
}

BENCH(life_pause, .group = "life cycle", .summary = "pause a serving guest", .unit = NANOSECONDS,
      .better = LOWER, .native = true, .no_guest_too = true, .needs = CAN_PAUSE,
      .measure = measure);

#endif
