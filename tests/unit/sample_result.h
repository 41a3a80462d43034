/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Result files for tests: small exact ones whose figures are known in closed form, and a realistic
 * one with everything a report must cope with. All numbers are drawn from fixed seeds.
 */
#ifndef VQ_SAMPLE_RESULT_H
#define VQ_SAMPLE_RESULT_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guests/abi.h"
#include "harness/core/result.h"

#define SAMPLE_HOSTILE                                                                             \
	"<script>alert(1)</script>\x1b[31m\xff & | ` * \"quoted\" # SKIP\nsecond line"

/* End the program where a sample cannot be written: a test cannot go on. */
static inline void sample_must(struct result *r, int failed)
{
	if (!failed)
		return;
	fprintf(stderr, "sample: %s\n", result_error(r));
	abort();
}

static inline struct result *sample_create(const char *path)
{
	struct result *r;

	remove(path);
	r = result_create(path);
	if (!r)
		sample_must(NULL, 1);
	return r;
}

static inline int64_t sample_run(struct result *r, const char *uuid, const char *version)
{
	struct result_run run = {.uuid = uuid,
				 .started = "2026-11-20T10:00:00Z",
				 .version = version,
				 .command = "virt-qualify run sample.yaml",
				 .plan_name = "sample",
				 .plan = "plan: sample\nseed: 7\ndelta: 3%\n",
				 .seed = 0xfedcba9876543210u,
				 .delta = 0.03};

	sample_must(r, result_begin_run(r, &run));
	return run.id;
}

static inline void sample_platform(struct result *r, int64_t run, const char *name,
				   const char *label)
{
	const struct result_platform p = {
		.run = run, .name = name, .label = label, .version = "6.18"};

	sample_must(r, result_add_platform(r, &p));
}

static inline struct result_bench sample_bench(struct result *r, int64_t run, const char *name,
					       enum unit unit)
{
	const struct result_bench b = {.run = run,
				       .name = name,
				       .group = "exits",
				       .summary = "a bench of the tests",
				       .unit = unit,
				       .better = unit == NANOSECONDS ? LOWER : HIGHER};

	sample_must(r, result_add_bench(r, &b));
	return b;
}

static inline void sample_fault(struct result *r, int64_t run, const char *name)
{
	const struct result_fault f = {
		.run = run, .name = name, .summary = "a fault of the tests", .group = "guest"};

	sample_must(r, result_add_fault(r, &f));
}

/* What aa would have found on a host whose runs differ by `deviation`, five of 20 trials. */
static inline struct result_noise sample_aa(int64_t run, const char *fingerprint, const char *bench,
					    const char *platform, double deviation)
{
	return (struct result_noise){.run = run,
				     .origin = "5a3c1e10-0000-4000-8000-0000000000aa",
				     .fingerprint = fingerprint,
				     .bench = bench,
				     .platform = platform,
				     .variant = "",
				     .runs = 5,
				     .trials = 20,
				     .batches = 4,
				     .within = 0.01,
				     .between_trials = 0.02,
				     .between_runs = deviation,
				     .trial_deviation = 0.0206,
				     .run_deviation = deviation,
				     .batch_ns = 2e6,
				     .trial_ns = 12e6,
				     .run_ns = 9e8,
				     .floor = 0.02,
				     .detectable = 0.023,
				     .detectable_runs = 0.05};
}

/* ---- Batches ---- */

static inline void sample_batch_clear(struct result_batch *b, struct histogram *h, uint32_t number)
{
	*b = (struct result_batch){.number = number, .histogram = h, .voluntary = 1};
	histogram_clear(h);
}

static inline void sample_record(struct result_batch *b, uint64_t ticks, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		histogram_record(b->histogram, ticks);
	b->count += count;
	b->sum_ticks += ticks * count;
}

static inline struct result_trial sample_trial(int64_t run, uint32_t ordinal, const char *bench,
					       const char *platform)
{
	return (struct result_trial){.run = run,
				     .ordinal = ordinal,
				     .bench = bench,
				     .platform = platform,
				     .variant = "",
				     .status = TRIAL_OK,
				     .reason = "",
				     .execution = EXECUTION_HARDWARE,
				     .seed = ordinal,
				     .started_ns = (int64_t)ordinal * 20000000,
				     .duration_ns = 18000000,
				     .tick_ns = 0.5,
				     .work = 1,
				     .overhead_ticks = 60,
				     .exits_per_op = NAN,
				     .emulated_per_op = NAN,
				     .memory_locked = 1,
				     .console = ""};
}

/* A trial of one batch that holds `count` times the same number of ticks: exact below 512. */
static inline void sample_flat(struct result *r, struct result_trial t, uint64_t ticks,
			       uint32_t count)
{
	struct histogram *h = malloc(sizeof(*h));
	struct result_batch b;

	if (!h)
		abort();
	sample_batch_clear(&b, h, 0);
	sample_record(&b, ticks, count);
	t.batches = &b;
	t.batch_count = 1;
	sample_must(r, result_add_trial(r, &t));
	free(h);
}

/* ---- Faults ---- */

static inline struct result_fault_trial sample_outcome(enum outcome outcome)
{
	struct result_fault_trial f = {.detector = "watchdog: no beat for 20 ms, every 1 ms",
				       .detector_ours = 1,
				       .outcome = outcome,
				       .horizon_ns = 2000000000,
				       .lost_operations = 0,
				       .baseline_rate = 10000,
				       .fault_rate = 0,
				       .neighbour_ratio = NAN,
				       .fairness = NAN,
				       .worst_wait_ns = -1,
				       .steal_ns = -1};

	for (int i = 0; i < FAULT_STAMPS; i++)
		f.stamp_ns[i] = -1;
	return f;
}

/* All stamps of a trial that was detected and recovered, as distances from t0 at 100 ms. */
static inline void sample_recovered(struct result_fault_trial *f, int64_t detected,
				    int64_t recovered)
{
	const int64_t t0 = 100000000;

	f->stamp_ns[T0_INJECTED] = t0;
	f->stamp_ns[T1_ACTIVE] = t0 + 1000;
	f->stamp_ns[T2_DETECTED] = t0 + detected;
	f->stamp_ns[T3_RECOVERY_STARTED] = t0 + detected + 10000;
	f->stamp_ns[T4_FIRST_SERVICE] = t0 + recovered;
	f->stamp_ns[T5_BASELINE] = t0 + recovered + 5000000;
	f->downtime_ns = recovered;
}

static inline struct result_trial sample_fault_trial(int64_t run, uint32_t ordinal,
						     const char *fault, const char *recovery,
						     const char *platform,
						     const struct result_fault_trial *f)
{
	struct result_trial t = sample_trial(run, ordinal, NULL, platform);

	t.fault = fault;
	t.recovery = recovery;
	t.fault_trial = f;
	t.overhead_ticks = 0;
	return t;
}

#endif
