/* SPDX-License-Identifier: Apache-2.0 */
/* life_migrate_postcopy_downtime: how long nobody served while the guest went before its RAM. */
#include "harness/bench.h"

#ifdef VQ_HOST

#include "bench/migration.h"

static int measure(struct trial *t)
{
	return migration_measure_downtime(t, POSTCOPY);
}

BENCH(life_migrate_postcopy_downtime, .group = "life cycle",
      .summary = "no service as the guest goes before its RAM", .unit = NANOSECONDS,
      .better = LOWER, .native = true, .needs = CAN_MIGRATE | CAN_POSTCOPY, .timeout_ms = 10000,
      .measure = measure);

#endif
