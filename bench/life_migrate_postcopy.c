/* SPDX-License-Identifier: Apache-2.0 */
/* life_migrate_postcopy: all of a live migration with most of the RAM behind the guest. */
#include "harness/bench.h"

#ifdef VQ_HOST

#include "bench/migration.h"

static int measure(struct trial *t)
{
	return migration_measure(t, POSTCOPY);
}

BENCH(life_migrate_postcopy, .group = "life cycle",
      .summary = "migrate a serving guest live, its RAM behind it", .unit = NANOSECONDS,
      .better = LOWER, .native = true, .needs = CAN_MIGRATE | CAN_POSTCOPY, .timeout_ms = 10000,
      .measure = measure);

#endif
