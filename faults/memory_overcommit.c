/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory_overcommit: what hosts the guest lives in a memory cgroup smaller than the guest's RAM;
 * the guest touches more than the cgroup has, until the kernel kills it. A container has such a
 * cgroup of its own; anything else is put into one of ours.
 */
#include <stdio.h>

#include "harness/cgroup.h"
#include "harness/fault.h"

#define RAM	  (48ull << 20)
#define LIMIT	  (24ull << 20)
#define TOUCH_MIB 44

static bool refuses(const struct platform *p, char *why, size_t size)
{
	unsigned int can = p->capabilities();

	if (can & CAN_MEMORY_LIMIT)
		return false;
	if (can & CAN_CGROUP)
		return !cgroup_memory_works(why, size);
	snprintf(why, size, "%s",
		 p->lacks && p->lacks(CAN_MEMORY_LIMIT)
			 ? p->lacks(CAN_MEMORY_LIMIT)
			 : "its guests can neither have a memory cgroup nor be put into one");
	return true;
}

static int prepare(struct fault_trial *f)
{
	char error[256];

	if (f->trial->spec->platform->capabilities() & CAN_MEMORY_LIMIT) {
		f->memory_limit = LIMIT;
		return 0;
	}
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
	int64_t kills = f->memory_limit ? fault_victim(f)->status->oom_kills
					: cgroup_memory_kills(f->cgroup);

	(void)out;
	if (kills >= 0)
		trial_event(f->trial, f->oracle.sampled_ns, 0, "host",
			    "the kernel's out-of-memory killer struck %lld times in the cgroup",
			    (long long)kills);
	return 0;
}

FAULT(memory_overcommit, .group = "overcommit",
      .summary = "the guest touches more memory than its cgroup has, to the OOM kill",
      .memory = RAM, .untouched = RAM - (4ull << 20), .recovered_by = FRESH_GUEST,
      .ends_process = true, .detector = DETECT_PROCESS_EXIT, .refuses = refuses, .prepare = prepare,
      .fire = fire, .finish = finish);
