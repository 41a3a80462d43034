/* SPDX-License-Identifier: Apache-2.0 */
/* life_first_service: from asking for a guest until it has acknowledged its first operation. */
#include "harness/bench.h"

#ifdef VQ_HOST

#include "bench/life_cycle.h"

static int measure(struct trial *t)
{
	int64_t served;

	if (life_open(t, "serve=1", false) || life_wait_service(t, 0, &served))
		return -1;
	return life_sample(t, life_stamp(t, STAMP_OPEN), served);
}

BENCH(life_first_service, .group = "life cycle", .summary = "create a guest until it first serves",
      .unit = NANOSECONDS, .better = LOWER, .native = true, .boots = true, .measure = measure);

#endif
