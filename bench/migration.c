/* SPDX-License-Identifier: Apache-2.0 */
/* The guest that migrates writes 8 MiB of its RAM again and again. */
#include "guests/payload.h"

#ifdef VQ_HOST

#include <stddef.h>
#include <unistd.h>

#include "bench/life_cycle.h"
#include "bench/migration.h"

#define DOUBT 0.1 /* share of the downtime that may lie between two looks at either end */

struct watch {
	int from, to;	   /* files: RAM of the source, of the destination */
	uint64_t source;   /* operations acknowledged there */
	int64_t last_ns;   /* when its progress was last seen */
	int64_t gap_ns;	   /* between the two looks around either end, both together */
	int64_t first_ns;  /* 0: no progress at the destination yet */
	int64_t looked_ns; /* the last look */
};

/* Of a page that is not there a file reads as zeros, and it still is not there. */
static uint64_t sequence(int fd)
{
	uint64_t value = 0;
	off_t at = VQ_HEARTBEAT_OFFSET + offsetof(struct vq_heartbeat, sequence);

	return pread(fd, &value, sizeof(value), at) == sizeof(value) ? value : 0;
}

/*
 * The destination first: what it holds is a copy of an older state of the source, unless the guest
 * runs there. So it never is ahead of a source that is read after it but for that.
 */
static void look(void *context)
{
	struct watch *w = context;
	uint64_t destination = sequence(w->to);
	uint64_t source = sequence(w->from);
	int64_t now = host_now_ns();

	if (w->first_ns)
		return;
	if (destination > source) {
		w->first_ns = now;
		w->gap_ns += now - w->looked_ns;
	} else if (source != w->source) {
		w->source = source;
		w->last_ns = now;
		w->gap_ns = now - w->looked_ns;
	}
	w->looked_ns = now;
}

int migration_measure(struct trial *t, enum machine_migration how)
{
	struct machine *m = &t->machine[0];

	if (life_open_migrating(t))
		return -1;
	if (life_command(t, machine_migrate(m, how, NULL, NULL), 0))
		return trial_fail(t, TRIAL_FAILED, "migration: %s", m->error);
	return life_wait_change(t); /* it serves there */
}

static int store(struct trial *t, const struct watch *w)
{
	if (!w->last_ns || !w->first_ns)
		return trial_fail(t, TRIAL_INVALID, "the guest was not seen to serve at the %s",
				  w->last_ns ? "destination" : "source");
	if (life_sample(t, w->last_ns, w->first_ns))
		return -1;
	trial_event(t, w->first_ns, w->gap_ns, "guest 0", "serves at the destination");
	/* We were kept from looking: the truth lies that far beside it. */
	if ((double)w->gap_ns > DOUBT * (double)(w->first_ns - w->last_ns))
		t->result->batch[0].disturbances |= DISTURBED_STEAL;
	return 0;
}

int migration_measure_downtime(struct trial *t, enum machine_migration how)
{
	struct machine *m = &t->machine[0];
	struct watch w = {0};

	if (life_open_migrating(t))
		return -1;
	w.from = m->memory_fd;
	w.to = m->destination_fd;
	if (machine_migrate(m, how, look, &w))
		return trial_fail(t, TRIAL_FAILED, "migration: %s", m->error);
	/* The platform may know that it is done before the first operation is. */
	while (!w.first_ns && host_now_ns() < t->deadline_ns)
		look(&w);
	if (store(t, &w))
		return -1;
	return life_wait_change(t);
}

#endif
