/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A port exit to user space through our VMM, a trial like any other, against the same guest on a
 * bare KVM_RUN loop (bare.c): what our exit path adds. Each side's figure is the median of the
 * guest's stamped samples, which a preemption here and there does not move; each measurement is a
 * process and a VM of its own.
 */
#include <math.h>
#include <stdio.h>

#include "harness/core/histogram.h"
#include "harness/host.h"
#include "harness/trial.h"
#include "tests/perf/perf.h"

#define PAIRS	300u
#define BATCHES 4u
#define SAMPLES 50u
#define MEMORY	(2u << 20)

static double in_ns(uint64_t ticks)
{
	return (double)ticks * 1e6 / host_tsc_khz();
}

static double figure(struct perf_row *row, const struct trial_result *r)
{
	static struct histogram h;

	if (r->status != TRIAL_OK)
		return perf_fail(row, "%.200s", r->reason);
	histogram_clear(&h);
	for (uint32_t i = 0; i < r->bucket_count; i++)
		histogram_add_bucket(&h, r->bucket[i].bucket, r->bucket[i].count);
	if (h.total != BATCHES * SAMPLES)
		return perf_fail(row, "the trial has %llu samples", (unsigned long long)h.total);
	return in_ns(histogram_quantile(&h, 1, 2));
}

static double through_us(struct perf *p, struct perf_row *row, uint32_t pair)
{
	struct trial_result *r = trial_result_new();
	struct trial_spec spec = {
		.platform = p->kvm,
		.bench = registry_find(REGISTRY(benches), "exit_pio_user"),
		.batches = BATCHES,
		.samples = SAMPLES,
		.seed = pair,
		.cpus = p->cpus,
		.cpu_count = p->cpu_count,
	};
	double ns;

	if (!r || !spec.bench)
		return perf_fail(row, "no memory, or no bench exit_pio_user");
	trial_run(&spec, r, -1);
	ns = figure(row, r);
	trial_result_free(r);
	return ns;
}

static double bare(struct perf *p, struct perf_row *row, uint32_t pair)
{
	char command[128], output[64];
	unsigned long long samples, median;
	double wall;

	snprintf(command, sizeof(command),
		 "bench=exit_pio_user batches=%u samples=%u warmup=%u parameter=0 seed=%u", BATCHES,
		 SAMPLES, SAMPLES, pair);
	if (perf_bare(p, row, MEMORY, command, &wall, output, sizeof(output)))
		return NAN;
	if (sscanf(output, "%llu %llu", &samples, &median) != 2 || samples != BATCHES * SAMPLES)
		return perf_fail(row, "%s says: %.64s", p->bare, output);
	return in_ns(median);
}

void perf_pio_exit(struct perf *p, struct perf_row *row)
{
	row->target = 1.02;
	perf_pairs(p, row, PAIRS, through_us, bare);
}
