/* SPDX-License-Identifier: Apache-2.0 */
/*
 * life_migrate: all of a live migration (precopy) of a guest that writes 8 MiB of its RAM again and
 * again: from the command until it runs at the destination, whose start is part of it, and the
 * source is gone.
 */
#include "harness/bench.h"

#ifdef VQ_HOST

#include "bench/life_cycle.h"

static int measure(struct trial *t)
{
	struct machine *m = &t->machine[0];

	if (life_open_migrating(t))
		return -1;
	if (life_command(t, machine_migrate(m, NULL, NULL), 0))
		return trial_fail(t, TRIAL_FAILED, "migration: %s", m->error);
	return life_wait_change(t); /* it serves there */
}

BENCH(life_migrate, .group = "life cycle", .summary = "migrate a serving guest live, on this host",
      .unit = NANOSECONDS, .better = LOWER, .needs = CAN_MIGRATE, .timeout_ms = 6000,
      .measure = measure);

#endif
