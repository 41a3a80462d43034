/* SPDX-License-Identifier: Apache-2.0 */
/* life_migrate: all of a live migration (precopy). */
#include "harness/bench.h"

#ifdef VQ_HOST

#include "bench/migration.h"

static int measure(struct trial *t)
{
	return migration_measure(t, PRECOPY);
}

BENCH(life_migrate, .group = "life cycle", .summary = "migrate a serving guest live, on this host",
      .unit = NANOSECONDS, .better = LOWER, .native = true, .needs = CAN_MIGRATE,
      .timeout_ms = 10000, .measure = measure);

#endif
