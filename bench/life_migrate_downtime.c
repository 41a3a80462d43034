/* SPDX-License-Identifier: Apache-2.0 */
/* life_migrate_downtime: how long nobody served during a live migration (precopy). */
#include "harness/bench.h"

#ifdef VQ_HOST

#include "bench/migration.h"

static int measure(struct trial *t)
{
	return migration_measure_downtime(t, PRECOPY);
}

BENCH(life_migrate_downtime, .group = "life cycle", .summary = "no service during a live migration",
      .unit = NANOSECONDS, .better = LOWER, .native = true, .needs = CAN_MIGRATE,
      .timeout_ms = 10000, .measure = measure);

#endif
