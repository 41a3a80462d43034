/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report --trace: one figure back to its trials, their batches and histograms, the plan's entry,
 * the host and the command that made it, so that anybody can compute it again.
 */
#ifndef VQ_TRACE_H
#define VQ_TRACE_H

#include <stdbool.h>

#include "report/analysis.h"

/*
 * What METRIC names: "exit_cpuid/kvm", "mem_copy:4096/native", "guest_hang+restart/kvm/pinned".
 * Platform and variant may be left out. 0, or -1 with one line in `error`: no such figure.
 */
int trace_select(struct report *r, const char *metric, char *error, size_t size);

/* How to print what was selected, "text" or "json"; NULL with one line of complaint. */
const struct format *trace_format(const char *name);

/* ---- What the parts share ---- */

struct trace { /* report.trace: what was asked for, and which figures that are */
	const char *metric;
	bool *metrics, *faults; /* by their place in the report */
};

/* One trial of a figure, with all that its figures come from. */
struct trace_trial {
	const struct result_trial *trial;
	const struct result_run *run; /* that it is of */
	size_t block, blocks;	      /* which of how many blocks of the figure's side that is */
	bool used;		      /* the figure stands on it */
	const char *why_not;	      /* where it does not */
	struct trial_figures f;	      /* of a bench's trial that is used */
	const struct result_batch *batches; /* until the next trial */
	bool watched;			    /* these, for disturbances */
	size_t batch_count;
	struct result *result; /* that holds it */
};

struct trace_each { /* 0, or -1 to stop */
	int (*visit)(void *context, const struct trace_trial *t);
	void *context;
};

/* Every trial of a figure in the order they ran, those without a figure too. 0, or -1 with errno.
 */
int trace_metric_trials(const struct report *r, const struct metric *m, struct trace_each each);
int trace_fault_trials(const struct report *r, const struct fault_figure *f,
		       struct trace_each each);

/* The plan's entry for a name: its lines, malloc'd; NULL: none is found. */
char *trace_plan_entry(const struct result_run *run, bool fault, const char *name);

/* SHA-256 over "name=value" lines of the run's facts, sorted by name; "" for no value. */
int trace_host_hash(const struct report *r, const struct result_run *run, char hex[65]);

/* How a figure comes about, a sentence each; NULL ends it. */
extern const char *const trace_bench_method[];
extern const char *const trace_exact_method[]; /* where execution is deterministic */
extern const char *const trace_fault_method[];

/*
 * What was counted around a batch of the trial, or (RESULT_WHOLE_TRIAL) over all of it, and where
 * it ran: for JSON. Empty, or null, where nothing is stored.
 */
struct json_t *trace_counts(const struct trace_trial *t, int32_t batch);
struct json_t *trace_place(const struct trace_trial *t);

extern const struct format trace_text_format, trace_json_format;

/* Raw samples of the one figure that was selected, as CSV; first see whether there are any: 0, or
 * -1 with one line in `error`. */
extern const struct format trace_raw_format;
int trace_raw_check(const struct report *r, char *error, size_t size);

#endif
