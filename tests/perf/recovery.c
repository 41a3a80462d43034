/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recovery by snapshot, in place, against recovery by restart: from the decision to recover a
 * guest that spins until its first acknowledged operation, as seen by a trial, which is kept off
 * the guest's CPU. Each measurement is a trial of its own.
 */
#include <math.h>
#include <string.h>

#include "harness/host.h"
#include "harness/trial.h"
#include "tests/perf/perf.h"

#define PAIRS 100u

static struct vq_control *control(const struct machine *m)
{
	return (void *)(m->memory + VQ_CONTROL_OFFSET);
}

static bool read_heartbeat(const struct machine *m, struct vq_heartbeat *h)
{
	memcpy(h, m->memory + VQ_HEARTBEAT_OFFSET, sizeof(*h));
	return h->checksum == vq_heartbeat_checksum(h);
}

static bool serves(const struct machine *m, const struct vq_heartbeat *h)
{
	return h->sequence && h->epoch == control(m)->epoch;
}

static bool spins(const struct machine *m, const struct vq_heartbeat *h)
{
	return h->fault_ticket && h->fault_ticket == control(m)->ticket;
}

static int await(struct trial *t, const char *what,
		 bool (*holds)(const struct machine *m, const struct vq_heartbeat *h))
{
	const struct machine *m = &t->machine[0];
	struct vq_heartbeat h;

	while (!read_heartbeat(m, &h) || !holds(m, &h))
		if (host_now_ns() > t->deadline_ns)
			return trial_fail(t, TRIAL_FAILED, "%s: not in time", what);
	return 0;
}

static int open_serving(struct trial *t)
{
	int pin = trial_cpu(t->spec, 0);
	struct machine_config c = {
		.cpus = 1,
		.memory = 2u << 20,
		.command = "serve=1",
		.pin = &pin,
		.snapshots = true,
		.shared_fd = -1,
		.notify_fd = -1,
		.wake_fd = -1,
	};
	struct machine *m = &t->machine[0];

	if (trial_open(t, 0, &c) || await(t, "first service", serves))
		return -1;
	if (machine_pause(m) || machine_snapshot(m) || machine_resume(m))
		return trial_fail(t, TRIAL_FAILED, "snapshot: %.200s", m->error);
	return 0;
}

static int break_guest(struct trial *t)
{
	struct vq_control *c = control(&t->machine[0]);

	c->request = VQ_REQUEST_SPIN;
	__atomic_add_fetch(&c->ticket, 1, __ATOMIC_RELEASE);
	return await(t, "the fault", spins);
}

static int restart(struct machine *m)
{
	return machine_restart(m, false);
}

static int recover(struct trial *t, int (*by)(struct machine *m))
{
	struct machine *m = &t->machine[0];
	int64_t begin;

	if (open_serving(t) || break_guest(t))
		return -1;
	begin = host_now_ns();
	/* The epoch tells the guest's next life from the last, which spins and sees nothing. */
	control(m)->request = VQ_REQUEST_NONE;
	__atomic_add_fetch(&control(m)->epoch, 1, __ATOMIC_RELEASE);
	if (by(m))
		return trial_fail(t, TRIAL_FAILED, "recovery: %.200s", m->error);
	if (await(t, "service after the recovery", serves))
		return -1;
	trial_sample(t, 0, (uint64_t)(host_now_ns() - begin));
	return 0;
}

static int measure_snapshot(struct trial *t)
{
	return recover(t, machine_restore);
}

static int measure_restart(struct trial *t)
{
	return recover(t, restart);
}

static double run(struct perf *p, struct perf_row *row, const struct bench *bench)
{
	const struct trial_spec spec = {
		.platform = p->kvm,
		.bench = bench,
		.cpus = p->cpus,
		.cpu_count = p->cpu_count,
	};
	struct trial_result *r = trial_result_new();
	double ns = NAN;

	if (!r)
		return perf_fail(row, "no memory for a trial's result");
	trial_run(&spec, r, -1);
	if (r->status == TRIAL_OK)
		ns = (double)r->batch[0].sum_ticks; /* of its one sample, in nanoseconds */
	else
		perf_fail(row, "%.200s", r->reason);
	trial_result_free(r);
	return ns;
}

static double by_snapshot(struct perf *p, struct perf_row *row, uint32_t pair)
{
	static const struct bench bench = {.name = "by_snapshot", .measure = measure_snapshot};

	(void)pair;
	return run(p, row, &bench);
}

static double by_restart(struct perf *p, struct perf_row *row, uint32_t pair)
{
	static const struct bench bench = {.name = "by_restart", .measure = measure_restart};

	(void)pair;
	return run(p, row, &bench);
}

void perf_recovery(struct perf *p, struct perf_row *row)
{
	row->target = 1;
	row->below = true;
	perf_pairs(p, row, PAIRS, by_snapshot, by_restart);
}
