/* SPDX-License-Identifier: Apache-2.0 */
/*
 * life_migrate_downtime: how long nobody served during a live migration (precopy): from the last
 * progress of the heartbeat in the source's memory to the first beyond it in the destination's,
 * both watched from outside. The guest writes 8 MiB of its RAM again and again.
 */
#include "harness/bench.h"

#ifdef VQ_HOST

#include "bench/life_cycle.h"

#define DOUBT 0.1 /* share of the downtime that may lie between two looks at either end */

struct watch {
	const uint8_t *from, *to; /* RAM of the source, of the destination */
	uint64_t source;	  /* operations acknowledged there */
	int64_t last_ns;	  /* when its progress was last seen */
	int64_t gap_ns;		  /* between the two looks around either end, both together */
	int64_t first_ns;	  /* 0: no progress at the destination yet */
	int64_t looked_ns;	  /* the last look */
};

static uint64_t sequence(const uint8_t *memory)
{
	const struct vq_heartbeat *h = (const void *)(memory + VQ_HEARTBEAT_OFFSET);

	return __atomic_load_n(&h->sequence, __ATOMIC_ACQUIRE);
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

static int measure(struct trial *t)
{
	struct machine *m = &t->machine[0];
	struct watch w = {0};

	if (life_open_migrating(t))
		return -1;
	w.from = m->memory;
	w.to = m->destination;
	if (machine_migrate(m, look, &w))
		return trial_fail(t, TRIAL_FAILED, "migration: %s", m->error);
	/* The platform may know that it is done before the first operation is. */
	w.from = m->destination;
	w.to = m->memory;
	while (!w.first_ns && host_now_ns() < t->deadline_ns)
		look(&w);
	if (!w.last_ns || !w.first_ns)
		return trial_fail(t, TRIAL_INVALID, "the guest was not seen to serve at the %s",
				  w.last_ns ? "destination" : "source");
	if (life_sample(t, w.last_ns, w.first_ns))
		return -1;
	trial_event(t, w.first_ns, w.gap_ns, "guest 0", "serves at the destination");
	/* We were kept from looking: the truth lies that far beside it. */
	if ((double)w.gap_ns > DOUBT * (double)(w.first_ns - w.last_ns))
		t->result->batch[0].disturbances |= DISTURBED_STEAL;
	return life_wait_change(t);
}

BENCH(life_migrate_downtime, .group = "life cycle", .summary = "no service during a live migration",
      .unit = NANOSECONDS, .better = LOWER, .needs = CAN_MIGRATE, .timeout_ms = 6000,
      .measure = measure);

#endif
