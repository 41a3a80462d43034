/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the host sees around a batch, read at the doorbells: on the vCPU's own thread, or, where
 * another process hosts the guest, from /proc. Outside the timed part, while the guest waits.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/platform.h"

struct reading {
	struct batch_counters c;
	int cpu;
	int64_t at_ns;
	int64_t count_ns; /* a time outside of which no exit was counted: before the reading that
			   * begins a batch, after the one that ends it */
};

/* A vCPU's thread, as seen at its doorbells. */
struct observed {
	pid_t tid;
	int schedstat, status, stat; /* its files; -1: not open */
	struct event_session events;
	struct reading begin;
	bool inside;
};

/* The run-queue wait in nanoseconds: the second number of a schedstat. */
static uint64_t read_wait_ns(int fd)
{
	char text[96];
	unsigned long long ran, waited;
	ssize_t n;

	n = pread(fd, text, sizeof(text) - 1, 0);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	return sscanf(text, "%llu %llu", &ran, &waited) == 2 ? waited : 0;
}

static void read_own(struct observed *o, struct reading *r)
{
	struct rusage usage;

	if (o->schedstat < 0)
		o->schedstat = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	r->at_ns = host_now_ns();
	getrusage(RUSAGE_THREAD, &usage);
	r->c.wait_ns = read_wait_ns(o->schedstat);
	r->c.voluntary = (uint64_t)usage.ru_nvcsw;
	r->c.involuntary = (uint64_t)usage.ru_nivcsw;
	r->cpu = sched_getcpu();
}

static int open_task(pid_t host, pid_t tid, const char *file)
{
	char path[80];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", host, tid, file);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static void read_text(int fd, char *text, size_t size)
{
	ssize_t n = pread(fd, text, size - 1, 0);

	text[n > 0 ? n : 0] = '\0';
}

/* The number after `key` in a /proc/PID/status. */
static uint64_t number_after(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

/* The CPU that it last ran on: field 39 of a stat, 37 after the name in parentheses (proc(5)). */
static int last_cpu(const char *text)
{
	const char *at = strrchr(text, ')');

	for (int i = 0; at && i < 37; i++)
		at = strchr(at + 1, ' ');
	return at ? atoi(at) : -1;
}

static void read_thread(int schedstat, int status, struct batch_counters *out)
{
	char text[4096];

	out->wait_ns = read_wait_ns(schedstat);
	read_text(status, text, sizeof(text));
	out->voluntary = number_after(text, "\nvoluntary_ctxt_switches:");
	out->involuntary = number_after(text, "\nnonvoluntary_ctxt_switches:");
}

bool machine_read_thread(pid_t host, pid_t tid, struct batch_counters *out)
{
	int schedstat = open_task(host, tid, "schedstat"), status = open_task(host, tid, "status");
	bool there = schedstat >= 0 && status >= 0;

	if (there)
		read_thread(schedstat, status, out);
	if (schedstat >= 0)
		close(schedstat);
	if (status >= 0)
		close(status);
	return there;
}

static void read_other(struct observed *o, struct reading *r)
{
	char text[1024];

	r->at_ns = host_now_ns();
	read_thread(o->schedstat, o->status, &r->c);
	read_text(o->stat, text, sizeof(text));
	r->cpu = last_cpu(text);
}

/* Begin a batch, or end one: in pairs. */
static void take(struct machine *m, struct observed *o, const struct reading *now)
{
	const struct reading *begin = &o->begin;
	struct machine_status *s = m->status;
	struct batch_counters *out;

	o->inside = !o->inside;
	if (o->inside) {
		o->begin = *now;
		return;
	}
	if (s->batches >= MACHINE_MAX_BATCHES)
		return;
	out = &s->batch[s->batches];
	out->span_ns = (uint64_t)(now->at_ns - begin->at_ns);
	out->wait_ns = now->c.wait_ns - begin->c.wait_ns;
	out->voluntary = now->c.voluntary - begin->c.voluntary;
	out->involuntary = now->c.involuntary - begin->c.involuntary;
	out->count_ns = (uint64_t)(now->count_ns - begin->count_ns);
	out->exits = now->c.exits - begin->c.exits;
	out->emulated = now->c.emulated - begin->c.emulated;
	out->migrated = now->cpu != begin->cpu;
	out->counted = now->c.counted && begin->c.counted;
	out->events = now->c.events;
	out->cpu = now->c.cpu;
	cpu_watch_since(&begin->c.cpu, &out->cpu);
	if (out->migrated) /* then those are of two CPUs */
		memset(&out->cpu, 0, sizeof(out->cpu));
	__atomic_store_n(&s->batches, s->batches + 1, __ATOMIC_RELEASE);
}

/* Performance events: as close to the batch as can be, and the slow files of the host outside. */
static void watch(struct machine *m, struct observed *o, struct reading *now)
{
	const struct machine_status *s = m->status;

	if (o->inside)
		events_end(&o->events, &now->c.events);
	cpu_watch_read(&s->watch, now->cpu, &now->c.cpu);
	if (!o->inside && m->config.events)
		events_begin(&o->events, s->event, s->event_count, o->tid);
}

void machine_batch_doorbell(struct machine *m, machine_count *count, void *context)
{
	static __thread struct observed self = {.schedstat = -1};
	struct reading now = {0};

	read_own(&self, &now);
	now.count_ns = now.at_ns;
	now.c.counted = count && count(context, &now.c.exits, &now.c.emulated) == 0;
	if (m->config.watch)
		watch(m, &self, &now);
	take(m, &self, &now);
}

void machine_batch_doorbell_of(struct machine *m, pid_t host, pid_t tid, machine_count *count,
			       void *context)
{
	static struct observed other = {.schedstat = -1, .status = -1, .stat = -1};
	struct reading now = {0};

	if (other.tid != tid) {
		close(other.schedstat);
		close(other.status);
		close(other.stat);
		events_close(&other.events);
		other = (struct observed){.tid = tid,
					  .schedstat = open_task(host, tid, "schedstat"),
					  .status = open_task(host, tid, "status"),
					  .stat = open_task(host, tid, "stat")};
	}
	/* To count, QEMU kicks the vCPU: that must not lie between the two readings. On a busy host
	 * it takes its time, in which the guest at its doorbell sees the host's interrupts. */
	if (other.inside)
		read_other(&other, &now);
	else
		now.count_ns = host_now_ns();
	now.c.counted = count && count(context, &now.c.exits, &now.c.emulated) == 0;
	if (other.inside)
		now.count_ns = host_now_ns();
	else
		read_other(&other, &now);
	if (m->config.watch)
		watch(m, &other, &now);
	take(m, &other, &now);
}
