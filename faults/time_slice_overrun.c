/* SPDX-License-Identifier: Apache-2.0 */
/*
 * time_slice_overrun: a guest holds the CPU past its slice while a neighbour waits for it. The
 * guest computes without a pause, and its vCPU thread runs under SCHED_FIFO for that time, so the
 * scheduler does not take the CPU from it. What the neighbour waited on the run queue, less the
 * slice that it would have waited anyway, is the overrun.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/fault.h"
#include "harness/host.h"

#define OVERRUN_MS	 60
#define DEFAULT_SLICE_NS 3000000ull /* EEVDF's base slice on most machines; see slice_ns() */

enum { FIRED_NS, WAIT_BEFORE, WAIT_AFTER, HEALED_NS };

/* struct sched_attr, version 0 (sched_setattr(2)); no libc of Debian 12 declares it. */
struct slice_attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

/* The slice that the kernel gives a thread: it says so from Linux 6.12 on. */
static uint64_t slice_ns(pid_t tid)
{
	struct slice_attr a = {.size = sizeof(a)};

	if (syscall(SYS_sched_getattr, tid, &a, sizeof(a), 0) == 0 && a.runtime)
		return a.runtime;
	return DEFAULT_SLICE_NS;
}

static int set_policy(struct fault_trial *f, int policy)
{
	struct sched_param p = {.sched_priority = policy == SCHED_FIFO ? 1 : 0};
	pid_t tid = f->trial->machine[0].status->vcpu_tid[0];

	if (tid > 0)
		return sched_setscheduler(tid, policy, &p);
	errno = ESRCH; /* 0 would be ourselves */
	return -1;
}

/* Try it on a thread of our own: RLIMIT_RTPRIO, CAP_SYS_NICE and the cgroup all have a say. */
static bool refuses(const struct platform *p, char *why, size_t size)
{
	struct sched_param fifo = {.sched_priority = 1}, other = {0};
	unsigned int cpus[2];

	(void)p;
	if (host_cpus(cpus, 2) < 2) {
		snprintf(why, size, "it needs a second CPU for the observer, and there is one");
		return true;
	}
	if (!host_tsc_khz()) {
		snprintf(why, size,
			 "this host's TSC is not invariant: the guest cannot time itself");
		return true;
	}
	if (sched_setscheduler(0, SCHED_FIFO, &fifo) == 0) {
		sched_setscheduler(0, SCHED_OTHER, &other);
		return false;
	}
	snprintf(why, size, "SCHED_FIFO is refused (%s); run as root, or raise RLIMIT_RTPRIO",
		 strerror(errno));
	return true;
}

/* The request first: on a busy host the guest's FIFO thread may leave us no CPU to make it. */
static int fire(struct fault_trial *f)
{
	f->private[WAIT_BEFORE] = fault_wait_ns(&f->trial->machine[1]);
	f->private[FIRED_NS] = (uint64_t)host_now_ns();
	fault_request(f, 0, VQ_REQUEST_OVERRUN, OVERRUN_MS);
	if (set_policy(f, SCHED_FIFO))
		return trial_fail(f->trial, TRIAL_FAILED, "SCHED_FIFO for the guest: %m");
	return 0;
}

static int heal(struct fault_trial *f)
{
	if (f->private[HEALED_NS])
		return 0;
	f->private[WAIT_AFTER] = fault_wait_ns(&f->trial->machine[1]);
	f->private[HEALED_NS] = (uint64_t)host_now_ns();
	if (set_policy(f, SCHED_OTHER))
		return trial_fail(f->trial, TRIAL_FAILED, "SCHED_OTHER for the guest: %m");
	return 0;
}

static int finish(struct fault_trial *f, struct result_fault_trial *out)
{
	const struct machine *neighbour = &f->trial->machine[1];
	int64_t slice = (int64_t)slice_ns(neighbour->status->vcpu_tid[0]);
	int64_t waited, longest;

	if (!f->private[HEALED_NS])
		return 0;
	/* While the fault lasted: what came before and after is ordinary sharing of the CPU. */
	waited = (int64_t)(f->private[WAIT_AFTER] - f->private[WAIT_BEFORE]);
	longest = oracle_longest_loss(&f->oracle, 1, (int64_t)f->private[FIRED_NS],
				      (int64_t)f -> private[HEALED_NS]);
	out->steal_ns = waited;
	/* The gap in its service bounds its longest wait; one too short to be seen is no figure. */
	if (longest > waited)
		longest = waited;
	if (longest > slice)
		out->worst_wait_ns = longest - slice;
	trial_event(f->trial, f->oracle.sampled_ns, 0, "host",
		    "the neighbour waited %.2f ms in all; the scheduler's slice is %.2f ms",
		    (double)waited / 1e6, (double)slice / 1e6);
	return 0;
}

FAULT(time_slice_overrun, .group = "overcommit",
      .summary = "a guest holds the CPU past its slice while a neighbour waits",
      .needs = CAN_PROCESS, .cast = 2, .one_cpu = true, .realtime = true, .unwatched = 1,
      .recovered_by = REMOVE_CAUSE, .hold_ms = OVERRUN_MS, .refuses = refuses, .fire = fire,
      .heal = heal, .finish = finish);
