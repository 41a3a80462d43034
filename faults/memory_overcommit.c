/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory_overcommit: the guest process lives in a memory cgroup smaller than the guest's RAM; the
 * guest touches more than the cgroup has, until the kernel kills it.
 */
#include <stdio.h>

#include "harness/cgroup.h"
#include "harness/fault.h"

#define RAM	  (48ull << 20)
#define LIMIT	  (24ull << 20)
#define TOUCH_MIB 44

static bool refuses(const struct platform *p, char *why, size_t size)
{
	(void)p;
	return !cgroup_memory_works(why, size);
}

static int prepare(struct fault_trial *f)
{
	char error[256];

	if (cgroup_memory_make(f->trial->spec->journal, LIMIT, f->cgroup, sizeof(f->cgroup), error,
			       sizeof(error)))
		return trial_fail(f->trial, TRIAL_FAILED, "%s", error);
	return 0;
}

static int fire(struct fault_trial *f)
{
	return fault_request(f, f->victim, VQ_REQUEST_DIRTY_MEMORY, TOUCH_MIB);
}

static int finish(struct fault_trial *f, struct result_fault_trial *out)
{
	int64_t kills = cgroup_memory_kills(f->cgroup);

	(void)out;
	if (kills >= 0)
		trial_event(f->trial, f->oracle.sampled_ns, 0, "host",
			    "the kernel's out-of-memory killer struck %lld times in the cgroup",
			    (long long)kills);
	return 0;
}

FAULT(memory_overcommit, .group = "overcommit",
      .summary = "the guest touches more memory than its cgroup has, to the OOM kill",
      .needs = CAN_CGROUP, .memory = RAM, .untouched = RAM - (4ull << 20),
      .recovered_by = FRESH_GUEST, .ends_process = true, .detector = DETECT_PROCESS_EXIT,
      .refuses = refuses, .prepare = prepare, .fire = fire, .finish = finish);
