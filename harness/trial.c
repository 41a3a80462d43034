/* SPDX-License-Identifier: Apache-2.0 */
/* A trial's process: forked, bounded, watched; whatever happens in it becomes a result. */
#include "harness/trial.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/core/histogram.h"
#include "harness/fault.h"
#include "harness/host.h"
#include "harness/journal.h"
#include "harness/stop.h"

#define DEFAULT_TIMEOUT_MS 2000
#define REAP_MS		   10000
#define GRACE_MS	   2000 /* beyond the trial's own bound, before it is killed */
#define DYING_MS	   200	/* what is not gone by then may wait for what the journal undoes */

struct trial_result *trial_result_new(void)
{
	void *p = mmap(NULL, sizeof(struct trial_result), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void trial_result_free(struct trial_result *r)
{
	if (r)
		munmap(r, sizeof(*r));
}

int trial_fail(struct trial *t, enum trial_status status, const char *format, ...)
{
	va_list args;

	if (t->result->status != TRIAL_OK)
		return -1;
	va_start(args, format);
	vsnprintf(t->result->reason, sizeof(t->result->reason), format, args);
	va_end(args);
	t->result->status = status;
	return -1;
}

void trial_sample(struct trial *t, uint32_t batch, uint64_t ticks)
{
	struct trial_result *r = t->result;

	if (batch >= TRIAL_MAX_BATCHES || r->bucket_count >= TRIAL_MAX_BUCKETS)
		return;
	if (batch >= r->batch_count)
		r->batch_count = batch + 1;
	r->batch[batch].number = batch;
	r->batch[batch].count++;
	r->batch[batch].sum_ticks += ticks;
	r->bucket[r->bucket_count++] = (struct trial_bucket){
		.batch = batch, .bucket = histogram_bucket(ticks), .count = 1};
	if (t->spec->raw)
		trial_raw(t, batch, &ticks, 1);
}

int trial_raw(struct trial *t, uint32_t batch, const uint64_t *ticks, uint32_t count)
{
	struct trial_result *r = t->result;

	if (batch >= TRIAL_MAX_BATCHES || count > TRIAL_MAX_RAW - r->raw_used)
		return -1;
	if (!r->raw_count[batch])
		r->raw_start[batch] = r->raw_used;
	else if (r->raw_start[batch] + r->raw_count[batch] != r->raw_used)
		return -1;
	memcpy(&r->raw[r->raw_used], ticks, count * sizeof(*ticks));
	r->raw_used += count;
	r->raw_count[batch] += count;
	return 0;
}

void trial_count(struct trial *t, enum count_source source, uint32_t index, int32_t batch,
		 uint64_t value)
{
	struct trial_result *r = t->result;

	if (r->count_count < TRIAL_MAX_COUNTS)
		r->count[r->count_count++] = (struct trial_count){.source = (uint16_t)source,
								  .index = (uint16_t)index,
								  .batch = batch,
								  .value = value};
}

void trial_count_batch(struct trial *t, uint32_t batch, const struct batch_counters *c)
{
	for (uint32_t i = 0; i < EVENTS_MAX; i++)
		if (c->events.known & 1u << i)
			trial_count(t, COUNT_PERF, i, (int32_t)batch, c->events.value[i]);
	for (uint32_t i = 0; i < CPU_COUNTERS; i++)
		if (c->cpu.known[i])
			trial_count(t, COUNT_HOST, i, (int32_t)batch, c->cpu.value[i]);
}

void trial_event(struct trial *t, int64_t at_ns, int64_t uncertainty_ns, const char *subject,
		 const char *format, ...)
{
	struct trial_result *r = t->result;
	struct trial_event *e;
	va_list args;

	if (r->event_count >= TRIAL_MAX_EVENTS)
		return;
	e = &r->event[r->event_count];
	e->at_ns = at_ns - t->start_ns;
	e->uncertainty_ns = uncertainty_ns;
	snprintf(e->subject, sizeof(e->subject), "%s", subject);
	va_start(args, format);
	vsnprintf(e->what, sizeof(e->what), format, args);
	va_end(args);
	__atomic_store_n(&r->event_count, r->event_count + 1, __ATOMIC_RELEASE);
}

int trial_cpu(const struct trial_spec *s, uint32_t i)
{
	return s->cpu_count ? (int)s->cpus[i % s->cpu_count] : -1;
}

static void keep_place(struct trial *t, uint32_t member, const struct machine_config *c)
{
	struct trial_result *r = t->result;
	bool pins = c->pin && platform_pins(t->spec->platform);

	if (member >= TRIAL_MAX_CAST)
		return;
	r->pinned[member] = true;
	r->vcpus[member] = c->cpus < VQ_MAX_CPUS ? c->cpus : VQ_MAX_CPUS;
	for (uint32_t i = 0; i < r->vcpus[member]; i++)
		r->pin[member][i] = (int16_t)(pins ? c->pin[i] : -1);
}

int trial_open(struct trial *t, uint32_t member, const struct machine_config *c)
{
	struct machine *m = &t->machine[member];
	struct machine_config config = *c;

	if (member >= t->cast)
		t->cast = member + 1;
	/* The guest process must not inherit the CPU on which we spin and wait for it. */
	if (CPU_COUNT(&t->usable))
		config.affinity = &t->usable;
	config.journal = t->spec->journal;
	config.variant = t->spec->variant;
	keep_place(t, member, c);
	if (machine_open(m, t->spec->platform, &config))
		return trial_fail(t, TRIAL_FAILED, "guest %u: %s", member, m->error);
	return 0;
}

void trial_close(struct trial *t)
{
	/* Those that tidy up do so side by side. */
	for (uint32_t i = 0; i < t->cast; i++)
		machine_let_go(&t->machine[i]);
	for (uint32_t i = 0; i < t->cast; i++)
		machine_close(&t->machine[i]);
	t->cast = 0;
}

static int64_t bound_ns(const struct trial_spec *s)
{
	int64_t ms = DEFAULT_TIMEOUT_MS;

	if (s->bench && s->bench->timeout_ms)
		ms = s->bench->timeout_ms;
	if (s->fault)
		return fault_bound_ns(s);
	return (ms + s->platform->slack_ms) * 1000000;
}

/* Of a bench's guests; faults spread theirs over what there is. */
static unsigned int used_cpus(const struct trial_spec *s)
{
	const struct bench *b = s->bench;
	uint32_t cast = b && b->cast_is_parameter ? s->parameter : b ? b->cast : 0;
	uint32_t used = (cast ? cast : 1) * (b && b->cpus ? b->cpus : 1);

	return !b || b->one_cpu || used > s->cpu_count ? 1 : used;
}

/* The usable CPUs but those of the guest's first `used` vCPUs, and what shares a core with them. */
static cpu_set_t apart_from(const struct trial *t, unsigned int used, bool siblings)
{
	const struct trial_spec *s = t->spec;
	cpu_set_t others = t->usable;

	for (unsigned int i = 0; i < used; i++)
		for (unsigned int k = 0; k < s->cpu_count; k++)
			if (i == k || (siblings && host_share_core(s->cpus[i], s->cpus[k])))
				CPU_CLR(s->cpus[k], &others);
	return others;
}

/*
 * Keep the observer off the CPUs that vCPUs are pinned to, and off their hardware siblings, as far
 * as there are others: it spins and samples, and would be timed as the guest's own slowness.
 */
static void stand_apart(struct trial *t)
{
	const struct trial_spec *s = t->spec;
	unsigned int used = used_cpus(s);
	cpu_set_t others;

	for (unsigned int i = 0; i < s->cpu_count; i++)
		CPU_SET(s->cpus[i], &t->usable);
	others = apart_from(t, used, true);
	if (!CPU_COUNT(&others))
		others = apart_from(t, used, false);
	if (!CPU_COUNT(&others) && s->cpu_count > 1)
		others = apart_from(t, 1, false);
	if (CPU_COUNT(&others))
		sched_setaffinity(0, sizeof(others), &others);
	sched_getaffinity(0, sizeof(t->result->observer), &t->result->observer);
}

static void trial_main(const struct trial_spec *spec, struct trial_result *result, pid_t parent)
{
	static struct trial t; /* large, and this process runs one */

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	prctl(PR_SET_NAME, "vq-trial");
	stop_ignore_signals();
	t.spec = spec;
	t.result = result;
	stand_apart(&t);
	t.start_ns = result->started_ns;
	t.deadline_ns = t.start_ns + bound_ns(spec);
	if (spec->bench)
		trial_bench(&t);
	else
		trial_fault(&t);
	__atomic_store_n(&result->complete, true, __ATOMIC_RELEASE);
	trial_close(&t);
	_exit(0);
}

/* Wait for the trial's process. 0: it ended; 1: time is up; 2: the user wants out. */
static int watch(int pidfd, int stop, int64_t deadline_ns)
{
	struct pollfd fds[2] = {
		{.fd = pidfd, .events = POLLIN},
		{.fd = stop, .events = POLLIN},
	};

	for (;;) {
		int64_t left = (deadline_ns - host_now_ns()) / 1000000 + 1;
		int ready = poll(fds, stop >= 0 ? 2 : 1, left > 0 ? (int)left : 0);

		if (ready < 0 && errno != EINTR)
			return 1;
		if (ready > 0 && fds[0].revents)
			return 0;
		if (ready > 0 && stop >= 0 && fds[1].revents)
			return 2;
		if (host_now_ns() >= deadline_ns)
			return 1;
	}
}

static void set_reason(struct trial_result *r, enum trial_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void set_reason(struct trial_result *r, enum trial_status status, const char *format, ...)
{
	va_list args;

	r->status = status;
	va_start(args, format);
	vsnprintf(r->reason, sizeof(r->reason), format, args);
	va_end(args);
}

static void take_exit_status(struct trial_result *r, int status)
{
	if (WIFSIGNALED(status))
		set_reason(r, TRIAL_FAILED, "the trial's own process died of signal %d",
			   WTERMSIG(status));
	else if (WEXITSTATUS(status))
		set_reason(r, TRIAL_FAILED, "the trial's own process ended with code %d",
			   WEXITSTATUS(status));
}

/*
 * Reap the trial and, as their subreaper, every process that it left: none survives. Guest
 * processes are dead or have SIGKILL pending. What hosted a guest for a guest process that was
 * killed may be frozen, or not have begun to watch for that: the journal knows how to end it. One
 * that is stuck in the kernel is waited for so long.
 */
static void reap(const struct trial_spec *spec, pid_t trial, struct trial_result *r, int how)
{
	int64_t begun = host_now_ns(), deadline = begun + REAP_MS * 1000000ll;
	bool healed = !spec->journal;
	int status = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) >= 0 || errno == EINTR) {
		if (pid > 0) {
			if (pid == trial && !how)
				take_exit_status(r, status);
			continue;
		}
		if (host_now_ns() > deadline) {
			set_reason(r, TRIAL_FAILED, "a process of the trial does not die");
			return;
		}
		if (!healed && host_now_ns() > begun + DYING_MS * 1000000ll) {
			healed = true;
			journal_heal(
				spec->journal); /* who runs the trial does it again, and tells */
		}
		usleep(100);
	}
}

void trial_run(const struct trial_spec *spec, struct trial_result *result, int stop)
{
	pid_t parent = getpid();
	int pidfd, how;
	pid_t pid;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	result->started_ns = host_now_ns();
	result->memory_locked = -1;
	pid = fork();
	if (pid == 0)
		trial_main(spec, result, parent);
	if (pid < 0) {
		set_reason(result, TRIAL_FAILED, "fork: %s", strerror(errno));
		result->ended_ns = host_now_ns();
		return;
	}
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	how = pidfd < 0 ? 1
			: watch(pidfd, stop,
				result->started_ns + bound_ns(spec) + GRACE_MS * 1000000ll);
	if (how) {
		kill(pid, SIGKILL); /* our child, not yet reaped */
		if (how == 2)
			set_reason(result, TRIAL_INTERRUPTED, "interrupted by the user");
		else if (!result->complete) /* else only its tear-down was slow */
			set_reason(result, TRIAL_FAILED, "the trial did not end within its bound");
	}
	reap(spec, pid, result, how);
	if (pidfd >= 0)
		close(pidfd);
	result->ended_ns = host_now_ns();
	result->reason[sizeof(result->reason) - 1] = '\0';
}
