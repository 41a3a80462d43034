/* SPDX-License-Identifier: Apache-2.0 */
/* life_resume_command: from the command until the platform says that the guest goes on. Whether it
 * does, and when, is life_resume's; this one is left where no guest of ours answers. */
#include "harness/bench.h"

#ifdef VQ_HOST

#include "bench/life_cycle.h"

static int measure(struct trial *t)
{
	struct machine *m = &t->machine[0];

	if (life_open(t, "serve=1", false) || life_wait_service(t, 0, NULL))
		return -1;
	for (uint32_t i = 0; i < life_repeats(t); i++) {
		if (machine_pause(m) || life_command(t, machine_resume(m), i))
			return trial_fail(t, TRIAL_FAILED, "pause or resume: %s", m->error);
		if (life_wait_service(t, life_sequence(t) + LIFE_SERVICE, NULL))
			return -1;
	}
	return 0;
}

BENCH(life_resume_command, .group = "life cycle",
      .summary = "resume a paused guest, by the platform's word", .unit = NANOSECONDS,
      .better = LOWER, .native = true, .no_guest_too = true, .needs = CAN_PAUSE,
      .measure = measure);

#endif
