/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the host saw around a batch that it measured itself (life-cycle benches): no guest rings a
 * doorbell there, so the trial reads the counters of all threads that take part.
 */
#include <string.h>
#include <unistd.h>

#include "harness/disturbance.h"
#include "harness/host.h"
#include "harness/trial.h"

enum { OBSERVER, HOST_PROCESS, VCPU, THREADS };

struct thread {
	pid_t tid; /* 0: there is none */
	struct batch_counters c;
};

struct moment {
	struct thread thread[THREADS];
	struct cpu_reading cpu;
	int64_t at_ns;
};

/* A trial process watches one trial. */
static struct moment begun;
static struct batch_counters counters[TRIAL_MAX_BATCHES];

static void read_thread(struct thread *out, pid_t host, pid_t tid)
{
	out->tid = host > 0 && tid > 0 && machine_read_thread(host, tid, &out->c) ? tid : 0;
}

static void take(struct trial *t, struct moment *now)
{
	struct machine *m = &t->machine[0];
	pid_t host = m->platform ? machine_host(m) : 0;
	pid_t vcpu = m->platform && m->status ? m->status->vcpu_tid[0] : 0;

	memset(now, 0, sizeof(*now));
	read_thread(&now->thread[OBSERVER], getpid(), gettid());
	read_thread(&now->thread[HOST_PROCESS], host, host);
	if (vcpu != host)
		read_thread(&now->thread[VCPU], host, vcpu);
	cpu_watch_read(cpu_watch_probe(), trial_cpu(t->spec, 0), &now->cpu);
	now->at_ns = host_now_ns();
}

/* Of threads that were born in between, all that they ever had. */
static void add_thread(struct batch_counters *sum, const struct thread *begin,
		       const struct thread *end)
{
	bool same = begin->tid == end->tid;

	if (!end->tid)
		return;
	sum->wait_ns += end->c.wait_ns - (same ? begin->c.wait_ns : 0);
	sum->voluntary += end->c.voluntary - (same ? begin->c.voluntary : 0);
	sum->involuntary += end->c.involuntary - (same ? begin->c.involuntary : 0);
}

void trial_watch_begin(struct trial *t)
{
	take(t, &begun);
}

void trial_watch_end(struct trial *t, uint32_t batch)
{
	struct batch_counters *c;
	struct moment now;

	if (batch >= TRIAL_MAX_BATCHES || !begun.at_ns)
		return;
	take(t, &now);
	c = &counters[batch];
	memset(c, 0, sizeof(*c));
	for (int i = 0; i < THREADS; i++)
		add_thread(c, &begun.thread[i], &now.thread[i]);
	c->cpu = now.cpu;
	cpu_watch_since(&begun.cpu, &c->cpu);
	c->span_ns = (uint64_t)(now.at_ns - begun.at_ns);
	disturbance_mark(&t->result->batch[batch], c, (double)c->span_ns,
			 t->spec->bench->disturbance_exempt);
	trial_count_batch(t, batch, c);
	begun = now; /* what comes next may follow at once */
}

void trial_watch_finish(struct trial *t)
{
	if (begun.at_ns && !t->spec->bench->disturbance_exempt)
		disturbance_mark_interrupts(t->result->batch, counters, t->result->batch_count);
}
