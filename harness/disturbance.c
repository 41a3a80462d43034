/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/disturbance.h"

#include <stdlib.h>

#define STEAL_LIMIT_NS	  50000 /* a batch that waited longer than this is disturbed … */
#define STEAL_LIMIT_SHARE 0.01	/* … or longer than this share of itself */
#define FEWEST_BATCHES	  3	/* to say what is usual in a trial */
#define MANY_TIMES	  2	/* so many times the median … */
#define MANY_MORE	  10 /* … and so many more: what a bench itself causes is in all batches */

static bool grew(const struct cpu_reading *r, enum cpu_counter which)
{
	return r->known[which] && r->value[which];
}

void disturbance_mark(struct result_batch *b, const struct batch_counters *c, double window_ns,
		      bool exempt)
{
	b->wait_ns = c->wait_ns;
	b->voluntary = c->voluntary;
	b->involuntary = c->involuntary;
	if (exempt)
		return;
	if (c->wait_ns > STEAL_LIMIT_NS || (double)c->wait_ns > window_ns * STEAL_LIMIT_SHARE ||
	    grew(&c->cpu, CPU_OUTER_STEAL))
		b->disturbances |= DISTURBED_STEAL;
	if (c->involuntary)
		b->disturbances |= DISTURBED_SWITCHES;
	if (c->migrated)
		b->disturbances |= DISTURBED_MIGRATED;
	if (grew(&c->cpu, CPU_HEAT) || grew(&c->cpu, CPU_THROTTLED) ||
	    grew(&c->cpu, CPU_THROTTLED_NS))
		b->disturbances |= DISTURBED_THROTTLED;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void disturbance_mark_interrupts(struct result_batch *b, const struct batch_counters *c, size_t n)
{
	uint64_t seen[MACHINE_MAX_BATCHES], median;
	size_t known = 0;

	for (size_t i = 0; i < n && known < MACHINE_MAX_BATCHES; i++)
		if (c[i].cpu.known[CPU_INTERRUPTS])
			seen[known++] = c[i].cpu.value[CPU_INTERRUPTS];
	if (known < FEWEST_BATCHES)
		return;
	qsort(seen, known, sizeof(*seen), by_value);
	median = seen[(known - 1) / 2];
	for (size_t i = 0; i < n; i++) {
		uint64_t value = c[i].cpu.value[CPU_INTERRUPTS];

		if (c[i].cpu.known[CPU_INTERRUPTS] && value > MANY_TIMES * median &&
		    value - median > MANY_MORE)
			b[i].disturbances |= DISTURBED_INTERRUPTS;
	}
}
