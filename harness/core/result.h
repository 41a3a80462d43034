/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The result file: one SQLite database a run (`.vq`), the only thing that passes from measuring
 * to reporting. Written one transaction a trial with a rollback journal and full sync, so that
 * what was measured before a crash is there, and a plain copy of a file at rest is whole.
 *
 * The schema is documented in docs/result-file.md; `user_version` counts its versions and
 * `application_id` (0x56514c31, "VQL1") tells our files from others.
 *
 * Errors: every function that can fail returns 0 or -1 and leaves one line in result_error():
 * what, which file, what to do.
 */
#ifndef VQ_RESULT_H
#define VQ_RESULT_H

#include <stddef.h>
#include <stdint.h>

#include "harness/core/histogram.h"
#include "harness/core/words.h"

#define RESULT_APPLICATION_ID 0x56514c31
#define RESULT_SCHEMA_VERSION 3

struct result; /* an open result file */

const char *result_error(const struct result *r); /* r may be NULL: the last open's error */

/* ---- What a file holds. Strings are never NULL unless said; on reading, the arena of the
 * struct result owns them until result_close. ---- */

struct result_run {
	int64_t id;
	const char *uuid;
	const char *started;  /* UTC, ISO 8601 */
	const char *finished; /* NULL: the run was cut off */
	const char *version;  /* of virt-qualify */
	const char *command;  /* the command line that made it */
	const char *plan_name;
	const char *plan; /* the whole plan as YAML, defaults filled in */
	uint64_t seed;
	double delta;	 /* smallest effect worth acting on, 0.03 is 3 % */
	int interrupted; /* the user stopped it */
};

/* One fact about the host; value NULL prints as NOT DISCLOSED, with `why` if there is one. */
struct result_fact {
	int64_t run;
	const char *name;
	const char *value;
	const char *why;
};

struct result_platform {
	int64_t run;
	const char *name;
	const char *label;   /* as shown: "native (nested)" */
	const char *why_not; /* NULL: it works here */
	const char *version; /* NULL: not disclosed */
};

/* A bench as its descriptor says it, so that reports need no descriptors. */
struct result_bench {
	int64_t run;
	const char *name;
	const char *group; /* "exits", "switches", "throughput", "life cycle" */
	const char *summary;
	const char *parameter_name; /* NULL: takes no parameter */
	enum unit unit;
	enum better better;
	int traps;		/* the operation traps: no overhead against a nested native */
	int disturbance_exempt; /* it is about disturbance: batches are never marked */
	int fit_line;		/* the figures over the parameter lie on a line worth fitting */
};

struct result_fault {
	int64_t run;
	const char *name;
	const char *summary;
	const char *group; /* "guest", "deadlock", "vmm", "overcommit" */
};

/* Something that could not run, and the sentence that says why. */
struct result_skip {
	int64_t run;
	const char *kind;     /* "platform", "bench", "fault" */
	const char *what;     /* name; a fault with its recovery reads "hang+snapshot" */
	const char *platform; /* NULL for a platform */
	const char *why;
};

/*
 * What the plan decides by, declared before anything was measured. Rows of one kind and entry say
 * the same of several globs.
 */
struct result_criterion {
	int64_t run;
	enum criterion kind;
	uint32_t entry;	  /* of its kind, from 0 */
	const char *what; /* a glob over benches, and over faults, alone or as "hang+restart"; of a
			   * weight also a group; of a reference the platform */
	const char *platform;	  /* a glob over platforms; NULL: any */
	int execution;		  /* enum execution that it is meant for; -1: any */
	enum limit_figure figure; /* of a limit */
	double quantile;  /* of a fault's time: the share of trials, above 0 and below 1; NaN:
			   * none */
	double low, high; /* of a limit: at least, at most; NaN: unbounded */
	int unit;	  /* enum unit of these; -1: a ratio or a share, 0.03 is 3 % */
	double weight;	  /* of a weight, above 0; else NaN */
	uint32_t trials;  /* that a requirement asks for; else 0 */
};

/*
 * How much one figure differs where nothing was changed: what `aa` found for a bench on a platform
 * of a host. Deviations are standard deviations of natural logarithms: 0.05 is about 5 %.
 */
struct result_noise {
	int64_t run;		 /* that it stands beside: the last of those it is from, or a later
				  * one that took it over */
	const char *origin;	 /* uuid of the first run that it is from */
	const char *fingerprint; /* of the host; "" where that is not known */
	const char *bench, *platform, *variant;
	int64_t parameter;
	enum execution execution;
	uint32_t runs;	/* at least 2 */
	double trials;	/* of each run, on average; at least 1 */
	double batches; /* of each trial, on average; at least 1 */
	/* Between batches of a trial, trials of a run, and runs, each without the others' part;
	 * NaN: there was nothing to estimate it from. */
	double within, between_trials, between_runs;
	double trial_deviation; /* of a trial's figure within a run */
	double run_deviation;	/* of a run's mean over its trials, from run to run */
	/* What they take: a batch, a trial without its batches, a run without its trials; NaN: not
	 * known. */
	double batch_ns, trial_ns, run_ns;
	double floor;	   /* two runs differ by no more in 95 of 100 cases: 0.05 is 5 % */
	double detectable; /* effect found 9 times in 10 where sides are interleaved in one run of
			    * as many trials; NaN: none */
	double detectable_runs; /* the same between two separate runs */
};

/* A form of the platforms that the run compares; the first is the base of the others. */
struct result_variant {
	int64_t run;
	const char *name;
	const char *settings; /* "KEY=VALUE,KEY=VALUE" */
	const char *label;    /* the same in words: "planted 5 %", "as it is" */
};

struct result_batch {
	uint32_t number;
	uint32_t count; /* stamped operations */
	uint64_t sum_ticks;
	uint32_t plain_count; /* 0: no un-instrumented loop */
	uint64_t plain_ticks;
	uint64_t wait_ns;		 /* on a run queue (schedstat) during the batch */
	uint64_t voluntary, involuntary; /* context switches during the batch */
	uint32_t disturbances;		 /* mask of enum disturbance */
	struct histogram *histogram;	 /* stamped ticks; NULL: none. Writing: the caller's */
};

/*
 * Something that was counted beside the samples, or why it was not. Of a trial that has a count of
 * a source, all counters of that source and scope were read: those without a row stood at 0.
 */
struct result_counter {
	int64_t id; /* filled by result_add_counter */
	int64_t run;
	const char *source; /* "kvm": its statistics; "perf": perf events; "host": /proc and /sys */
	const char *name;   /* "exits", "task_clock", … */
	const char *scope;  /* "guest", "host", "thread", "cpu", "vm", "machine"; with ", user": of
			     * user mode alone */
	const char *unit;   /* "count", "ns", "bytes"; ends in "level" for what is no increase */
	const char *why_not; /* one sentence where it cannot be counted here; NULL: it is */
};

#define RESULT_WHOLE_TRIAL (-1)

struct result_count {
	int64_t counter; /* result_counter.id */
	int32_t batch;	 /* its number, or RESULT_WHOLE_TRIAL */
	uint64_t value;	 /* what it grew by; for a level: where it stood at the end */
};

/* Where a trial ran. */
struct result_place {
	const char *placement; /* as asked for: "any", "same-core", … */
	const char *cpus;      /* host CPU of each vCPU, member by member: "0 2, 1 3"; "-": not
				* pinned */
	const char *observer;  /* CPUs of who watched it: "1,3-5" */
};

/* All samples of a batch, in the order in which they were taken. */
struct result_raw {
	uint32_t batch;
	uint32_t count;
	const uint64_t *ticks;
};

#define RESULT_MAX_RAW (1u << 20) /* samples of one batch */

struct result_event {
	int64_t at_ns;		/* CLOCK_MONOTONIC_RAW, from the start of the trial */
	int64_t uncertainty_ns; /* truth lies within [at - uncertainty, at] */
	const char *subject;	/* "guest 0", "detector", "recovery", … */
	const char *what;	/* one line */
};

/* Progress of one guest for the timeline: acknowledged operations up to a moment. */
struct result_progress {
	uint32_t member;
	int64_t at_ns;
	uint64_t operations;
};

/* The fault half of a trial; absent for benches. */
struct result_fault_trial {
	const char *detector; /* with its settings: "watchdog: no beat for 20 ms, every 1 ms" */
	int detector_ours;    /* our own watchdog: never ranked against a platform's */
	enum outcome outcome;
	int64_t stamp_ns[FAULT_STAMPS];	      /* from the start of the trial; -1: never came */
	int64_t uncertainty_ns[FAULT_STAMPS]; /* truth lies within [stamp - uncertainty, stamp] */
	int64_t horizon_ns;	 /* observed this long after t0; censoring happens here */
	int64_t downtime_ns;	 /* union of the failed intervals of all guests, up to horizon */
	int64_t lost_operations; /* acknowledged, then gone; -1: unknown */
	double baseline_rate;	 /* acknowledged operations a second before t0, all guests */
	double fault_rate;	 /* while the fault was active; NaN: unknown */
	double neighbour_ratio;	 /* neighbours' rate during / before, NaN: no neighbours */
	double fairness;	 /* Jain's index over the guests' rates, NaN: not applicable */
	int64_t worst_wait_ns;	 /* longest wait of a neighbour on the run queue beyond its slice;
				  * -1: not applicable */
	int64_t steal_ns;	 /* run-queue wait of all vCPUs during the fault, -1: unknown */
};

struct result_trial {
	int64_t id; /* filled by result_add_trial */
	int64_t run;
	uint32_t ordinal;     /* execution order within the run */
	const char *bench;    /* NULL for a fault */
	const char *fault;    /* NULL for a bench */
	const char *recovery; /* NULL for a bench */
	const char *platform;
	const char *variant; /* a variant's name, a placement, or both: "slow, same-core"; or "" */
	int64_t parameter;   /* 0 where the bench takes none */
	enum trial_status status;
	const char *reason; /* one line where status is not TRIAL_OK, else "" */
	enum execution execution;
	uint64_t seed;
	int64_t started_ns; /* from the start of the run */
	int64_t duration_ns;
	double tick_ns; /* nanoseconds a tick; 1 where samples are nanoseconds */
	double work;	/* what one operation does, in the unit of a rate: bytes, operations */
	int64_t overhead_ticks; /* median of the stamped empty operation; subtract, never clamp */
	double exits_per_op;	/* from the hypervisor's counters; NaN: not counted */
	double emulated_per_op; /* NaN: not counted */
	int memory_locked;	/* 1 yes, 0 no, -1 unknown */
	const char *console;	/* what the guest and the VMM printed, "" if nothing */

	const struct result_batch *batches;
	size_t batch_count;
	const struct result_event *events;
	size_t event_count;
	const struct result_progress *progress;
	size_t progress_count;
	const struct result_fault_trial *fault_trial; /* NULL for a bench */
	const struct result_count *counts;
	size_t count_count;
	const struct result_place *place; /* NULL: not known */
	const struct result_raw *raw;	  /* one a batch, where asked for */
	size_t raw_count;
};

/* ---- Writing ---- */

/* Make a new file; refuses to overwrite (errno EEXIST in the message). NULL: see result_error. */
struct result *result_create(const char *path);

/* Open a file that result_open takes, to add another run to it; one of an older schema is refused,
 * since rows of this version have no place in it. NULL: see result_error. */
struct result *result_append(const char *path);

/* Each adds one row, committed before it returns. run->id is filled by result_begin_run. */
int result_begin_run(struct result *r, struct result_run *run);
int result_add_fact(struct result *r, const struct result_fact *f);
int result_add_platform(struct result *r, const struct result_platform *p);
int result_add_bench(struct result *r, const struct result_bench *b);
int result_add_fault(struct result *r, const struct result_fault *f);
int result_add_skip(struct result *r, const struct result_skip *s);
int result_add_variant(struct result *r, const struct result_variant *v);
int result_add_counter(struct result *r, struct result_counter *c);
int result_add_criterion(struct result *r, const struct result_criterion *c);
int result_add_noise(struct result *r, const struct result_noise *n);

/* A trial with all that belongs to it, in one transaction. On failure (disk full) nothing of it
 * is stored and the file stays whole. Refused, as the reader would refuse it: a valid trial whose
 * histogram disagrees with its batch's count or sum, numbers out of range, an unknown bench. */
int result_add_trial(struct result *r, struct result_trial *t);

/* Why result_add_trial would refuse these values (static), or NULL. Whoever got them from a guest
 * asks first, and stores the trial as TRIAL_INVALID for that reason, without its batches. */
const char *result_trial_refusal(const struct result_trial *t);

/* Group many small rows in one transaction; result_commit ends it. */
int result_begin(struct result *r);
int result_commit(struct result *r);

int result_end_run(struct result *r, int64_t run, int interrupted);

/*
 * Give all runs of a file what a deterministic lab cannot know from inside, where no bit may differ
 * from one run to the next: a name of their own, when they really began and ended, and the command
 * that the user typed. Only for files that result_open has taken. 0, or -1 with one line in
 * `error`.
 */
int result_stamp(const char *path, int64_t started, int64_t finished, const char *command,
		 char *error, size_t size);

/* ---- Reading: hostile input. Sizes, types and names are checked; text is valid UTF-8 with
 * control characters replaced; a bad row is an error that names it, never a crash. ---- */

/* Open read-only; a hot journal beside the file (its writer died) is rolled back where the
 * directory is writable, else the error says that the file is incomplete and how to mend it. */
struct result *result_open(const char *path);

/* The same for a file's bytes in memory, copied; `name` stands in errors. */
struct result *result_open_memory(const char *name, const void *bytes, size_t size);

void result_close(struct result *r);

/*
 * Pass every text through `text` as it is read, cleaned: for reports that must not say whose host
 * it was. `column` is the table's column; `about` the name of the fact that a value is of, else
 * NULL. What it returns is copied; NULL: no memory. The same text must always become the same,
 * since rows refer to each other by name. Set it before any row is asked for.
 */
struct result_filter {
	const char *(*text)(void *context, const char *column, const char *about, const char *text);
	void *context;
};
void result_set_filter(struct result *r, const struct result_filter *filter);

/* Each loads all rows, in a stable order, into an array the result owns; asked again, it returns
 * the same array. */
int result_runs(struct result *r, const struct result_run **rows, size_t *count);
int result_facts(struct result *r, const struct result_fact **rows, size_t *count);
int result_platforms(struct result *r, const struct result_platform **rows, size_t *count);
int result_benches(struct result *r, const struct result_bench **rows, size_t *count);
int result_faults(struct result *r, const struct result_fault **rows, size_t *count);
int result_skips(struct result *r, const struct result_skip **rows, size_t *count);
/* None in files of version 1, as are counts, places and raw samples. */
int result_counters(struct result *r, const struct result_counter **rows, size_t *count);
/* None in files before version 3. */
int result_variants(struct result *r, const struct result_variant **rows, size_t *count);
int result_criteria(struct result *r, const struct result_criterion **rows, size_t *count);
int result_noise(struct result *r, const struct result_noise **rows, size_t *count);

/*
 * All trials in execution order, without what belongs to them (their counts are 0, place is NULL);
 * fault_trial is filled.
 */
int result_trials(struct result *r, const struct result_trial **rows, size_t *count);

/*
 * The details of one trial, owned by the result. Histograms are decoded; they are large, so
 * batches are valid only until the next result_batches. Events and progress stay.
 */
int result_batches(struct result *r, int64_t trial, const struct result_batch **rows,
		   size_t *count);
int result_events(struct result *r, int64_t trial, const struct result_event **rows, size_t *count);
int result_progress(struct result *r, int64_t trial, const struct result_progress **rows,
		    size_t *count);
int result_counts(struct result *r, int64_t trial, const struct result_count **rows, size_t *count);
/* *place is NULL where it is not known. */
int result_place(struct result *r, int64_t trial, const struct result_place **place);
/* Large: valid only until the next result_raw or result_batches. */
int result_raw(struct result *r, int64_t trial, const struct result_raw **rows, size_t *count);

#endif
