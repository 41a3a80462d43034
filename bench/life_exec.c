/* SPDX-License-Identifier: Apache-2.0 */
/* life_exec: from the command until a process, run beside a serving payload, has ended. */
#include "harness/bench.h"

#ifdef VQ_HOST

#include "bench/life_cycle.h"

static int measure(struct trial *t)
{
	if (life_open(t, "serve=1", false) || life_wait_service(t, 0, NULL))
		return -1;
	for (uint32_t i = 0; i < life_repeats(t); i++) {
		if (life_command(t, machine_exec(&t->machine[0]), i))
			return trial_fail(t, TRIAL_FAILED, "exec: %s", t->machine[0].error);
		if (life_wait_service(t, life_sequence(t) + LIFE_SERVICE, NULL))
			return -1;
	}
	return 0;
}

BENCH(life_exec, .group = "life cycle", .summary = "run a process inside a serving container",
      .unit = NANOSECONDS, .better = LOWER, .native = true, .needs = CAN_EXEC, .measure = measure);

#endif
