/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole trial without its samples, as the runner pays for it: result area, trial process, guest
 * process, VM, boot to goodbye, records taken in, everything destroyed and reaped. Against a bare
 * process that creates the same VM, boots the same guest and exits.
 */
#include <math.h>

#include "harness/host.h"
#include "harness/trial.h"
#include "tests/perf/perf.h"

#define PAIRS  200u
#define MEMORY (2u << 20)

/* Take the guest's records in, as a bench's trial does; the last one says goodbye. */
static int take_goodbye(struct trial *t)
{
	static struct record_reader reader;
	static struct record record;
	uint16_t last = 0;

	record_reader_init(&reader);
	if (record_feed_ring(&reader, (void *)(t->machine[0].memory + VQ_RING_OFFSET)) < 0)
		return trial_fail(t, TRIAL_FAILED, "record ring: %s", reader.error);
	while (record_next(&reader, &record) == RECORD_OK)
		last = record.header.type;
	if (last != VQ_RECORD_GOODBYE)
		return trial_fail(t, TRIAL_FAILED, "the guest did not say goodbye");
	return 0;
}

/* Without a bench on its command line the guest says hello and goodbye. */
int perf_boot_only(struct trial *t)
{
	int pin = trial_cpu(t->spec, 0);
	struct machine_config c = {
		.cpus = 1,
		.memory = MEMORY,
		.command = "",
		.watch = true,
		.events = true,
		.pin = &pin,
		.shared_fd = -1,
		.notify_fd = -1,
		.wake_fd = -1,
	};

	if (trial_open(t, 0, &c))
		return -1;
	if (!machine_wait(&t->machine[0], t->deadline_ns))
		return trial_fail(t, TRIAL_FAILED, "the guest was not done in time");
	if (t->machine[0].status->end != MACHINE_GOODBYE)
		return trial_fail(t, TRIAL_FAILED, "the guest: %.200s",
				  t->machine[0].status->error);
	return take_goodbye(t);
}

static double trial(struct perf *p, struct perf_row *row, uint32_t pair)
{
	static const struct bench bench = {.name = "boot_only", .measure = perf_boot_only};
	const struct trial_spec spec = {
		.platform = p->kvm,
		.bench = &bench,
		.seed = pair,
		.cpus = p->cpus,
		.cpu_count = p->cpu_count,
	};
	int64_t begin = host_now_ns();
	struct trial_result *r = trial_result_new();
	int64_t end;

	if (!r)
		return perf_fail(row, "no memory for a trial's result");
	trial_run(&spec, r, -1);
	if (r->status != TRIAL_OK)
		perf_fail(row, "%.200s", r->reason);
	trial_result_free(r);
	end = host_now_ns();
	return (double)(end - begin);
}

static double bare(struct perf *p, struct perf_row *row, uint32_t pair)
{
	double ns;

	(void)pair;
	return perf_bare(p, row, MEMORY, NULL, &ns, NULL, 0) ? NAN : ns;
}

void perf_before_trials(void)
{
	const struct event_counter *events;

	events_catalog(&events);
	cpu_watch_probe();
}

void perf_trial(struct perf *p, struct perf_row *row)
{
	perf_before_trials();
	row->target = 1.5;
	perf_pairs(p, row, PAIRS, trial, bare);
}
