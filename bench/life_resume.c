/* SPDX-License-Identifier: Apache-2.0 */
/* life_resume: from the command until the paused guest has acknowledged an operation. */
#include "harness/bench.h"

#ifdef VQ_HOST

#include <stdio.h>

#include "bench/life_cycle.h"

static int measure(struct trial *t)
{
	struct machine *m = &t->machine[0];
	int64_t served;

	if (life_open(t, "serve=1", false) || life_wait_service(t, 0, NULL))
		return -1;
	for (uint32_t i = 0; i < life_repeats(t); i++) {
		uint64_t before;

		if (machine_pause(m))
			return trial_fail(t, TRIAL_FAILED, "pause: %s", m->error);
		before = life_sequence(t);
		if (machine_resume(m))
			return trial_fail(t, TRIAL_FAILED, "resume: %s", m->error);
		if (life_wait_service(t, before, &served))
			return -1;
		if (life_add(t, i, life_stamp(t, STAMP_COMMAND), served))
			return -1;
	}
	return 0;
}

/* The observer spins: it would compete with the guest for an only CPU. */
static bool refuses(const struct platform *p, char *why, size_t size)
{
	unsigned int cpus[2];

	(void)p;
	if (host_cpus(cpus, 2) >= 2)
		return false;
	snprintf(why, size, "it needs a second CPU for the observer, and there is one");
	return true;
}

BENCH(life_resume, .group = "life cycle", .summary = "resume a paused guest until it serves",
      .unit = NANOSECONDS, .better = LOWER, .native = true, .needs = CAN_PAUSE | CAN_SIGHT,
      .refuses = refuses, .measure = measure);

#endif
