/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the host sees around a batch, read at the doorbells on the vCPU's own thread: outside the
 * timed part, while the guest waits.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/platform.h"

/* Run-queue wait of this thread in nanoseconds: the second number of its schedstat. */
static uint64_t read_wait_ns(void)
{
	static __thread int fd = -1;
	char text[96];
	unsigned long long ran, waited;
	ssize_t n;

	if (fd < 0)
		fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
	n = pread(fd, text, sizeof(text) - 1, 0);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	return sscanf(text, "%llu %llu", &ran, &waited) == 2 ? waited : 0;
}

struct reading {
	struct batch_counters c;
	int cpu;
};

static void take_reading(struct reading *r, int (*count)(void *, uint64_t *, uint64_t *),
			 void *context)
{
	struct rusage usage;

	memset(r, 0, sizeof(*r));
	getrusage(RUSAGE_THREAD, &usage);
	r->c.wait_ns = read_wait_ns();
	r->c.voluntary = (uint64_t)usage.ru_nvcsw;
	r->c.involuntary = (uint64_t)usage.ru_nivcsw;
	r->cpu = sched_getcpu();
	r->c.counted = count && count(context, &r->c.exits, &r->c.emulated) == 0;
}

void machine_batch_doorbell(struct machine *m,
			    int (*count)(void *context, uint64_t *exits, uint64_t *emulated),
			    void *context)
{
	static __thread struct reading begin;
	static __thread bool inside;
	struct machine_status *s = m->status;
	struct batch_counters *out;
	struct reading now;

	take_reading(&now, count, context);
	if (!inside) {
		begin = now;
		inside = true;
		return;
	}
	inside = false;
	if (s->batches >= MACHINE_MAX_BATCHES)
		return;
	out = &s->batch[s->batches];
	out->wait_ns = now.c.wait_ns - begin.c.wait_ns;
	out->voluntary = now.c.voluntary - begin.c.voluntary;
	out->involuntary = now.c.involuntary - begin.c.involuntary;
	out->exits = now.c.exits - begin.c.exits;
	out->emulated = now.c.emulated - begin.c.emulated;
	out->migrated = now.cpu != begin.cpu;
	out->counted = now.c.counted && begin.c.counted;
	__atomic_store_n(&s->batches, s->batches + 1, __ATOMIC_RELEASE);
}
