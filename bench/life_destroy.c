/* SPDX-License-Identifier: Apache-2.0 */
/* life_destroy: from ending the guest process until the kernel has taken everything back. */
#include "harness/bench.h"

#ifdef VQ_HOST

#include "bench/life_cycle.h"

static int measure(struct trial *t)
{
	int64_t begin;

	if (life_open(t, "serve=1", false) || life_wait_service(t, 0, NULL))
		return -1;
	begin = host_now_ns();
	trial_close(t);
	return life_sample(t, begin, host_now_ns());
}

BENCH(life_destroy, .group = "life cycle", .summary = "destroy a serving guest",
      .unit = NANOSECONDS, .better = LOWER, .native = true, .no_guest_too = true,
      .measure = measure);

#endif
