/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A realistic result file: benches on a nested native and on kvm, one of them interpreted, rates,
 * a fitted line, disturbances, trials that failed, faults with censoring, skips, hostile strings.
 */
#ifndef VQ_SAMPLE_FULL_H
#define VQ_SAMPLE_FULL_H

#include <stdbool.h>

#include "tests/unit/sample_result.h"

#define SAMPLE_FINGERPRINT "00000000000000f1"
#define SAMPLE_TRIALS	   12u
#define SAMPLE_BATCHES	   4u
#define SAMPLE_COUNT	   100u

struct sample_options {
	const char *uuid, *version, *host;
	uint64_t seed;
	double exit_pio_factor; /* 1: as it is; 1.2: a planted regression of 20 % */
	double mem_copy_factor;
	double limit_ns; /* on exit_cpuid's median on kvm, with other criteria; 0: none at all */
	unsigned int extra_benches; /* more benches, for timing the report */
	unsigned int extra_trials;  /* of each of these; 0: six */
	bool variants;		    /* two of kvm, one of them slowed on purpose */
	const char *block;	    /* uuid of a second run of the same; NULL: there is none */
};

struct sample {
	struct result *r;
	int64_t run;
	uint32_t ordinal;
	uint64_t random;
	const struct sample_options *options;
};

/* Uniform over [-1, 1). */
static inline double sample_noise(struct sample *s)
{
	return (double)(vq_mix(s->random += 0x9e3779b97f4a7c15u) >> 11) / 0x1p52 - 1;
}

/* One bench on one platform: what its trials are drawn from. */
struct sample_cell {
	const char *bench, *platform, *variant;
	int64_t parameter;
	double ns; /* of one operation */
	double work;
	enum execution execution;
	double exits, emulated;
	double disturbed; /* share of batches */
};

static inline void sample_fill_batch(struct sample *s, const struct sample_cell *c,
				     struct result_batch *b, double ns)
{
	for (uint32_t i = 0; i < SAMPLE_COUNT; i++) {
		double tail = sample_noise(s) > 0.96 ? 3 : 1;
		double ticks = 124 + ns * (1 + 0.02 * sample_noise(s)) * tail / 0.5;

		sample_record(b, (uint64_t)ticks, 1);
	}
	b->plain_count = SAMPLE_COUNT;
	b->plain_ticks = (b->sum_ticks - 124 * SAMPLE_COUNT) / 100 * 101;
	if ((sample_noise(s) + 1) / 2 < c->disturbed) {
		b->disturbances = DISTURBED_STEAL | DISTURBED_SWITCHES;
		b->wait_ns = 1500000;
		b->involuntary = 3;
	}
	b->voluntary = 1;
}

static inline void sample_cell_trial(struct sample *s, const struct sample_cell *c)
{
	static struct histogram histograms[SAMPLE_BATCHES];
	struct result_batch batches[SAMPLE_BATCHES];
	struct result_trial t = sample_trial(s->run, s->ordinal++, c->bench, c->platform);
	double ns = c->ns * (1 + 0.03 * sample_noise(s));

	for (uint32_t i = 0; i < SAMPLE_BATCHES; i++) {
		sample_batch_clear(&batches[i], &histograms[i], i);
		sample_fill_batch(s, c, &batches[i], ns);
	}
	t.variant = c->variant ? c->variant : "";
	t.parameter = c->parameter;
	t.execution = c->execution;
	t.work = c->work > 0 ? c->work : 1;
	t.overhead_ticks = 124;
	t.exits_per_op = c->exits;
	t.emulated_per_op = c->emulated;
	t.console = "hello from the guest\r\nready\n";
	t.batches = batches;
	t.batch_count = SAMPLE_BATCHES;
	sample_must(s->r, result_add_trial(s->r, &t));
}

/* Trials of all cells of a group, interleaved as the runner does it. */
static inline void sample_cells(struct sample *s, const struct sample_cell *cells, size_t count,
				uint32_t trials)
{
	for (uint32_t i = 0; i < trials; i++)
		for (size_t k = 0; k < count; k++)
			sample_cell_trial(s, &cells[k]);
}

static inline void sample_add_benches(struct sample *s)
{
	static const struct result_bench benches[] = {
		{0, "exit_cpuid", "exits", "CPUID exit", NULL, NANOSECONDS, LOWER, 1, 0, 0},
		{0, "exit_pio", "exits", "OUT to user space", NULL, NANOSECONDS, LOWER, 1, 0, 0},
		{0, "kernel_ipi", "exits", "IPI, from ring 0", NULL, NANOSECONDS, LOWER, 0, 0, 0},
		{0, "mem_copy", "throughput", "copying memory", "bytes", BYTES_PER_SECOND, HIGHER,
		 0, 0, 0},
		{0, "dirty_pages", "life cycle", "first write to pages", "pages", NANOSECONDS,
		 LOWER, 0, 0, 1},
		{0, "switch_vm", "switches", "from one VM to another", NULL, OPERATIONS_PER_SECOND,
		 HIGHER, 0, 1, 0},
		{0, "syscall", "processor", "an empty system call", NULL, NANOSECONDS, LOWER, 0, 0,
		 0},
	};

	for (size_t i = 0; i < sizeof(benches) / sizeof(benches[0]); i++) {
		struct result_bench b = benches[i];

		b.run = s->run;
		sample_must(s->r, result_add_bench(s->r, &b));
	}
}

static inline void sample_bench_trials(struct sample *s)
{
	const double pio = 17500 * s->options->exit_pio_factor;
	const double copy = 1 / s->options->mem_copy_factor;
	const struct sample_cell cells[] = {
		{"exit_cpuid", "native", "", 0, 1200, 0, EXECUTION_HARDWARE, NAN, NAN, 0},
		{"exit_cpuid", "kvm", "", 0, 9100, 0, EXECUTION_HARDWARE, 1, 0, 0.05},
		{"exit_pio", "kvm", "", 0, pio, 0, EXECUTION_HARDWARE, 1, 1, 0.05},
		{"kernel_ipi", "native", "", 0, 640, 0, EXECUTION_HARDWARE, NAN, NAN, 0},
		{"kernel_ipi", "kvm", "", 0, 3100, 0, EXECUTION_INTERPRETED, 1.25, 9.5, 0.1},
		{"syscall", "native", "", 0, 91, 0, EXECUTION_HARDWARE, NAN, NAN, 0},
		{"syscall", "kvm", "", 0, 96, 0, EXECUTION_HARDWARE, 0, 0, 0},
		{"switch_vm", "kvm", "", 0, 41000, 1, EXECUTION_HARDWARE, 2, 0, 0},
		{"mem_copy", "native", "", 4096, 210, 4096, EXECUTION_HARDWARE, NAN, NAN, 0},
		{"mem_copy", "native", "", 65536, 6100, 65536, EXECUTION_HARDWARE, NAN, NAN, 0},
		{"mem_copy", "kvm", "", 4096, 214 * copy, 4096, EXECUTION_HARDWARE, 0, 0, 0},
		{"mem_copy", "kvm", "", 65536, 6200 * copy, 65536, EXECUTION_HARDWARE, 0, 0, 0.02},
		{"dirty_pages", "kvm", "", 64, 5000 + 64 * 700, 0, EXECUTION_HARDWARE, NAN, NAN, 0},
		{"dirty_pages", "kvm", "", 256, 5000 + 256 * 700, 0, EXECUTION_HARDWARE, NAN, NAN,
		 0},
		{"dirty_pages", "kvm", "", 1024, 5000 + 1024 * 700, 0, EXECUTION_HARDWARE, NAN, NAN,
		 0.2},
	};

	sample_cells(s, cells, sizeof(cells) / sizeof(cells[0]), SAMPLE_TRIALS);
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		struct result_noise n = sample_aa(s->run, SAMPLE_FINGERPRINT, cells[i].bench,
						  cells[i].platform, 0.004);

		n.parameter = cells[i].parameter;
		n.execution = cells[i].execution;
		sample_must(s->r, result_add_noise(s->r, &n));
	}
}

/* What `run --variant base --variant slow:plant=5%` would add, in two benches. */
static inline void sample_variants(struct sample *s)
{
	static const struct result_variant variants[] = {{0, "base", "", "as it is"},
							 {0, "slow", "plant=5%", "planted 5 %"}};
	const struct sample_cell cells[] = {
		{"exit_cpuid", "kvm", "base", 0, 9100, 0, EXECUTION_HARDWARE, 1, 0, 0},
		{"exit_cpuid", "kvm", "slow", 0, 9555, 0, EXECUTION_HARDWARE, 1, 0, 0},
		{"syscall", "kvm", "base", 0, 96, 0, EXECUTION_HARDWARE, 0, 0, 0},
		{"syscall", "kvm", "slow", 0, 96, 0, EXECUTION_HARDWARE, 0, 0, 0},
	};

	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		struct result_variant v = variants[i];

		v.run = s->run;
		sample_must(s->r, result_add_variant(s->r, &v));
	}
	sample_cells(s, cells, sizeof(cells) / sizeof(cells[0]), 2 * SAMPLE_TRIALS);
}

static inline void sample_bad_trials(struct sample *s)
{
	struct result_trial t = sample_trial(s->run, s->ordinal++, "exit_pio", "kvm");

	t.status = TRIAL_INVALID;
	t.reason = "12.0 exits per operation counted, 1 to 1 declared";
	sample_must(s->r, result_add_trial(s->r, &t));

	for (int i = 0; i < 2; i++) {
		t = sample_trial(s->run, s->ordinal++, "switch_vm", "kvm");
		t.status = TRIAL_FAILED;
		t.reason = "guest 1 wrote garbage: " SAMPLE_HOSTILE;
		t.console = "Oops\r\n" SAMPLE_HOSTILE;
		sample_must(s->r, result_add_trial(s->r, &t));
	}
	t = sample_trial(s->run, s->ordinal++, "kernel_ipi", "native");
	t.status = TRIAL_UNSUPPORTED;
	t.reason = "one CPU has nobody to send an IPI to";
	sample_must(s->r, result_add_trial(s->r, &t));
}

static inline void sample_timeline(struct result_trial *t, struct result_event *events,
				   struct result_progress *progress)
{
	const struct result_fault_trial *f = t->fault_trial;
	static const char *const what[FAULT_STAMPS] = {"injected",	"active",
						       "detected",	"recovery started",
						       "first service", "back at baseline"};
	size_t n = 0;

	for (int i = 0; i < FAULT_STAMPS; i++)
		if (f->stamp_ns[i] >= 0)
			events[n++] = (struct result_event){
				f->stamp_ns[i], f->uncertainty_ns[i],
				i == T2_DETECTED ? "detector" : "guest 0", what[i]};
	t->events = events;
	t->event_count = n;
	for (uint32_t i = 0; i < 80; i++) {
		int64_t at = (int64_t)i * 5000000;
		int64_t back = f->stamp_ns[T4_FIRST_SERVICE];
		int64_t served = at;

		if (f->stamp_ns[T1_ACTIVE] >= 0 && at > f->stamp_ns[T1_ACTIVE])
			served = f->stamp_ns[T1_ACTIVE] + (back >= 0 && at > back ? at - back : 0);
		progress[i] = (struct result_progress){i % 2, at,
						       (uint64_t)(i % 2 ? at : served) / 100000};
	}
	t->progress = progress;
	t->progress_count = 80;
}

static inline void sample_fault_cell(struct sample *s, const char *fault, const char *recovery,
				     const struct result_fault_trial *f)
{
	struct result_event events[FAULT_STAMPS];
	struct result_progress progress[80];
	struct result_trial t = sample_fault_trial(s->run, s->ordinal++, fault, recovery, "kvm", f);

	if (f->outcome == OUTCOME_HARNESS_ERROR) {
		t.status = TRIAL_FAILED;
		t.reason = "the neighbour guest did not start: " SAMPLE_HOSTILE;
	}
	sample_timeline(&t, events, progress);
	sample_must(s->r, result_add_trial(s->r, &t));
}

static inline void sample_fault_trials(struct sample *s)
{
	static const enum outcome restart[] = {
		OUTCOME_ASSISTED_RECOVERED, OUTCOME_ASSISTED_RECOVERED,
		OUTCOME_ASSISTED_RECOVERED, OUTCOME_ASSISTED_RECOVERED,
		OUTCOME_ASSISTED_RECOVERED, OUTCOME_ASSISTED_RECOVERED,
		OUTCOME_ASSISTED_RECOVERED, OUTCOME_HANG,
		OUTCOME_NOT_ACTIVATED,	    OUTCOME_HARNESS_ERROR,
	};
	struct result_fault_trial f;

	for (size_t i = 0; i < sizeof(restart) / sizeof(restart[0]); i++) {
		f = sample_outcome(restart[i]);
		sample_recovered(&f, 21000000 + (int64_t)(400000 * sample_noise(s)),
				 24000000 + (int64_t)(900000 * sample_noise(s)));
		f.uncertainty_ns[T2_DETECTED] = f.uncertainty_ns[T4_FIRST_SERVICE] = 100000;
		if (restart[i] != OUTCOME_ASSISTED_RECOVERED)
			for (int k = T2_DETECTED; k < FAULT_STAMPS; k++)
				f.stamp_ns[k] = -1;
		if (restart[i] == OUTCOME_HANG) {
			f.downtime_ns = f.horizon_ns;
			f.lost_operations = 17;
		}
		if (restart[i] == OUTCOME_NOT_ACTIVATED)
			f.stamp_ns[T1_ACTIVE] = -1, f.downtime_ns = 0;
		sample_fault_cell(s, "hang", "restart", &f);
	}
	for (int i = 0; i < 6; i++) { /* nobody helps: every time is censored */
		f = sample_outcome(i == 5 ? OUTCOME_SILENT_CORRUPTION : OUTCOME_HANG);
		f.stamp_ns[T0_INJECTED] = 100000000;
		f.stamp_ns[T1_ACTIVE] = 100001000;
		f.downtime_ns = f.horizon_ns;
		sample_fault_cell(s, "hang", "none", &f);
	}
	for (int i = 0; i < 8; i++) {
		f = sample_outcome(i < 6 ? OUTCOME_AUTO_RECOVERED : OUTCOME_DEGRADED);
		sample_recovered(&f, 30000000, 50000000 + (int64_t)(2000000 * sample_noise(s)));
		if (i >= 6)
			f.downtime_ns = 0;
		f.fault_rate = 1200;
		f.neighbour_ratio = 0.71 + 0.02 * sample_noise(s);
		f.fairness = 0.93;
		f.worst_wait_ns = 4200000;
		f.steal_ns = 31000000;
		f.detector = "none of its own: the oracle";
		f.detector_ours = 0;
		sample_fault_cell(s, "overcommit", "none", &f);
	}
}

/* As hwloc writes it: two threads of a core, and another core, under one cache. */
#define SAMPLE_TOPOLOGY                                                                            \
	"<?xml version=\"1.0\"?>\n<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n<topology>\n"         \
	"<object type=\"Machine\" os_index=\"0\">\n"                                               \
	"<object type=\"NUMANode\" os_index=\"0\" local_memory=\"8684523520\"/>\n"                 \
	"<object type=\"L3Cache\" cache_size=\"8388608\">\n"                                       \
	"<object type=\"Core\" os_index=\"0\"><object type=\"PU\" os_index=\"0\"/>"                \
	"<object type=\"PU\" os_index=\"2\"/></object>\n"                                          \
	"<object type=\"Core\" os_index=\"1\"><object type=\"PU\" os_index=\"1\"/></object>\n"     \
	"</object></object>\n</topology>\n"

static inline void sample_surroundings(struct sample *s)
{
	const struct result_fact facts[] = {
		{s->run, "cpu.model", "Sample CPU @ 2.00GHz", NULL},
		{s->run, "host.name", s->options->host, NULL},
		{s->run, "kernel.release", "6.18.0-sample", NULL},
		{s->run, "cpu.governor", NULL, "no cpufreq in a guest"},
		{s->run, "hostile", SAMPLE_HOSTILE, NULL},
		{s->run, "hostile.xml", "<a>\r\n\t<b c='\x1b[31m'/>\n</a>\n", NULL},
		{s->run, "host.fingerprint", SAMPLE_FINGERPRINT, NULL},
		{s->run, "topology.xml", SAMPLE_TOPOLOGY, NULL},
	};
	const struct result_platform broken = {s->run, "qemu-kvm", "qemu-kvm",
					       "qemu-system-x86_64 is not installed", NULL};
	const struct result_skip skips[] = {
		{s->run, "platform", "qemu-kvm", NULL, "qemu-system-x86_64 is not installed"},
		{s->run, "bench", "exit_pio", "native", "a process may not touch I/O ports"},
		{s->run, "fault", "hang+snapshot", "kvm", SAMPLE_HOSTILE},
	};

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		sample_must(s->r, result_add_fact(s->r, &facts[i]));
	sample_platform(s->r, s->run, "native", "native (nested)");
	sample_platform(s->r, s->run, "kvm", "kvm");
	sample_must(s->r, result_add_platform(s->r, &broken));
	for (size_t i = 0; i < sizeof(skips) / sizeof(skips[0]); i++)
		sample_must(s->r, result_add_skip(s->r, &skips[i]));
	sample_fault(s->r, s->run, "hang");
	sample_fault(s->r, s->run, "overcommit");
}

static inline void sample_extra(struct sample *s)
{
	for (unsigned int i = 0; i < s->options->extra_benches; i++) {
		char name[32];
		struct sample_cell c = {.bench = name,
					.platform = "kvm",
					.ns = 1000 + i,
					.exits = NAN,
					.emulated = NAN};

		snprintf(name, sizeof(name), "extra_%04u", i);
		sample_bench(s->r, s->run, name, NANOSECONDS);
		sample_cells(s, &c, 1, s->options->extra_trials ? s->options->extra_trials : 6);
	}
}

/* What a plan would decide by: passed, failed, inconclusive, about nothing; and two scores. */
static inline void sample_criteria(struct sample *s)
{
	const struct result_criterion limit = {.run = s->run,
					       .kind = CRITERION_LIMIT,
					       .what = "exit_cpuid",
					       .platform = "kvm",
					       .execution = EXECUTION_HARDWARE,
					       .quantile = NAN,
					       .low = NAN,
					       .high = s->options->limit_ns,
					       .unit = NANOSECONDS,
					       .weight = NAN};
	struct result_criterion rows[10];
	size_t n = 0;

	rows[n++] = limit;
	rows[n] = limit; /* interpreted: cannot pass */
	rows[n].entry = 1;
	rows[n++].what = "kernel_ipi";
	rows[n] = limit; /* of nothing that was measured */
	rows[n].entry = 2;
	rows[n].what = &SAMPLE_HOSTILE[48];
	rows[n++].platform = NULL;
	rows[n] = limit; /* 7 of 8 recovered: 12 trials would not do */
	rows[n].entry = 3;
	rows[n].what = "hang+restart";
	rows[n].execution = -1;
	rows[n].figure = LIMIT_TIME_TO_RECOVER;
	rows[n].quantile = 0.9;
	rows[n++].high = 1e9;
	rows[n++] = (struct result_criterion){.kind = CRITERION_REQUIRE,
					      .what = "exit_cpuid",
					      .platform = "kvm",
					      .execution = EXECUTION_HARDWARE,
					      .weight = NAN,
					      .trials = SAMPLE_TRIALS};
	rows[n++] = (struct result_criterion){
		.kind = CRITERION_GATE, .what = "exit_*", .execution = -1, .weight = NAN};
	rows[n++] = (struct result_criterion){
		.kind = CRITERION_WEIGHT, .what = "mem_*", .execution = -1, .weight = 2};
	rows[n++] = (struct result_criterion){
		.kind = CRITERION_WEIGHT, .what = "syscall", .execution = -1, .weight = 1};
	rows[n++] = (struct result_criterion){
		.kind = CRITERION_REFERENCE, .what = "native", .execution = -1, .weight = NAN};
	for (size_t i = 0; i < n; i++) {
		rows[i].run = s->run;
		sample_must(s->r, result_add_criterion(s->r, &rows[i]));
	}
}

static inline void sample_write_run(struct sample *s, const char *uuid)
{
	s->run = sample_run(s->r, uuid, s->options->version);
	s->ordinal = 0;
	sample_must(s->r, result_begin(s->r));
	sample_surroundings(s);
	if (s->options->limit_ns > 0)
		sample_criteria(s);
	sample_add_benches(s);
	sample_bench_trials(s);
	if (s->options->variants)
		sample_variants(s);
	sample_bad_trials(s);
	sample_fault_trials(s);
	sample_extra(s);
	sample_must(s->r, result_commit(s->r));
	sample_must(s->r, result_end_run(s->r, s->run, 0));
}

static inline void sample_write(const char *path, const struct sample_options *options)
{
	struct sample s = {
		.r = sample_create(path), .options = options, .random = vq_mix(options->seed)};

	sample_write_run(&s, options->uuid);
	if (options->block)
		sample_write_run(&s, options->block);
	result_close(s.r);
}

#endif
