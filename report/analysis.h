/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the analysis share: the report being built, and who owns its memory. */
#ifndef VQ_ANALYSIS_H
#define VQ_ANALYSIS_H

#include "harness/core/arena.h"
#include "report/report.h"

#define CONFIDENCE 0.95

/* A row by its run and name. */
struct row_key {
	int64_t run;
	const char *name;
	const void *row;
};

struct row_index {
	struct row_key *keys;
	size_t count;
};

/* One file's rows, and how to find them. */
struct source {
	struct report_file *file;
	int fd; /* what is hashed; open as long as SQLite's locks on the file are needed */
	const struct result_run *runs;
	size_t run_count;
	const struct result_trial *trials;
	size_t trial_count;
	size_t first_run; /* its place in the report's runs */
	struct row_index platforms, benches, faults;
};

struct analysis {
	struct report report; /* first: report_free gets back from it */
	struct arena arena;
	struct source *sources;
	size_t source_count;
	struct problem_entry *problems;
	size_t problem_count, problem_room;
	size_t trial_count;	     /* over all files */
	struct anonymous *anonymous; /* what replaces names; NULL: nothing does */
	/* [report.run_count]: rows for each run that report_judge_by gave; NULL: the runs' own. */
	struct result_criterion **given;
	size_t given_count;
	struct result *noise_file; /* that report_add_noise opened; NULL: none */
	char *error;
	size_t error_size;
};

/* Fill the error line; returns -1. */
int analysis_fail(struct analysis *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int analysis_no_memory(struct analysis *a);

/* A path as it may stand in a report; NULL: no memory. */
const char *analysis_path(struct analysis *a, const char *path);

/* Note what was given beside the runs' files. */
int analysis_given(struct analysis *a, enum given which, const char *path, const char *sha256);

/* The place of a run among all of the report: rows are sorted by it, never by address. */
size_t analysis_run_order(const struct analysis *a, const struct result_run *run);

const struct result_run *source_run(const struct source *s, int64_t id);
/* A row that the file's references say is there; NULL only where two names look the same after
 * cleaning. */
const void *source_find(const struct row_index *index, int64_t run, const char *name);

/* ---- analysis_problem.c ---- */

/* Note a trial or doubt; `why` and `what` are copied. */
struct problem_entry {
	size_t order; /* of its run */
	struct problem problem;
};

int analysis_problem(struct analysis *a, const struct result_run *run, const char *what,
		     const char *platform, enum trial_status status, const char *why);
/* Count equal problems together, in a stable order. */
int analysis_merge_problems(struct analysis *a);

/* ---- The figures ---- */

/* What was copied from file to file is listed once. */
int analysis_noise(struct analysis *a);

/* analysis_side.c: which runs are blocks of one side; before any figure. */
int analysis_sides(struct analysis *a);
void analysis_side_skips(struct analysis *a); /* leaves out what later blocks repeat */
int analysis_metrics(struct analysis *a);     /* analysis_metric.c */
int analysis_fits(struct analysis *a);	      /* analysis_fit.c */
void analysis_native(struct analysis *a);     /* analysis_native.c */
int analysis_faults(struct analysis *a);      /* analysis_fault.c */
/* Why a fault's trial yields no figure; NULL where it does. */
const char *analysis_fault_no_figure(const struct result_trial *t);
int analysis_criteria(struct analysis *a); /* criteria_judge.c; after the figures,
					      and again where noise or criteria changed */
int analysis_matrix(struct analysis *a);   /* analysis_matrix.c; after all else */

/* Does its label say that its host is itself a guest? There what traps does so natively, too. */
bool analysis_is_nested(const struct metric *m); /* analysis_native.c */

/* analysis_test.c: two metrics set against each other, over all batches or the undisturbed. */
enum batches { ALL_BATCHES, UNDISTURBED_BATCHES };

/*
 * Are the k-th trials of the two of one block? A run's trials come in blocks, one of each cell
 * (harness/runner.c), so that a drift of the host hits both alike; only as long as none is
 * missing, or they would be matched with others.
 */
bool analysis_is_paired(const struct metric *a, const struct metric *b);
/* b over a. `rounds` random relabellings at first; more where p is small, so that Benjamini and
 * Hochberg's correction over many metrics does not drown it in the coarseness of the draw. */
struct comparison analysis_test(const struct metric *a, const struct metric *b, enum batches which,
				unsigned int rounds, uint64_t seed);

/*
 * analysis_warm_up.c: what the batches of a trial cost one after the other, and the median of that
 * over the trials of a metric.
 */
#define WARM_UP_BATCHES 64
#define WARM_UP_TRIALS	1000 /* more of them would draw the same line */

struct trial_figures;
struct warm_up {
	double *cost; /* [batches][room], the arena's */
	size_t room, trials, batches;
};

void analysis_warm_up_trial(const struct result_batch *b, size_t n, int64_t overhead_ticks,
			    struct trial_figures *f);
/* One of at most `trials`. 0, or -1 with the error line. */
int analysis_warm_up_add(struct analysis *a, struct warm_up *w, size_t trials,
			 const struct trial_figures *f);
void analysis_warm_up_end(struct warm_up *w, struct metric *m);

/* The median of those that are numbers; shuffles them. (analysis_metric.c) */
double analysis_median_known(double *x, size_t n);

/* analysis_trial.c: one trial's figures in its bench's unit; NaN where there is none. */
struct trial_figures {
	double median, mean, p99;
	double plain;	    /* mean of the un-instrumented loops; NaN: none */
	double undisturbed; /* median over undisturbed batches; NaN: there are none */
	/* One operation's time, in instructions where execution is deterministic; plain:
	 * un-instrumented, NaN: none. */
	double mean_ns, plain_ns;
	double overhead_ns;
	size_t batches, disturbed;
	uint32_t disturbances;
	bool watched; /* for disturbances: nobody does beside an imported log */
	double batch_cost[WARM_UP_BATCHES]; /* of the first ones, over the median batch; NaN */
	size_t batch_costs;
};

/* Nanoseconds of a tick; 1 where a tick is an instruction. */
double analysis_tick(const struct result_trial *t);

struct trial_space { /* histograms are large: made once */
	struct histogram all, calm;
};

/* 0, or 1 with `why` where the trial yields no figure, or -1 with the error line. */
int analysis_trial(struct analysis *a, struct result *result, const struct result_trial *t,
		   const struct result_bench *bench, struct trial_space *space,
		   struct trial_figures *f, const char **why);

/* Did anybody watch these batches of a trial for disturbances? */
bool analysis_is_watched(struct result *r, int64_t trial, const struct result_batch *b, size_t n);

/* Widen a comparison of two metrics of separate runs (stats_widen), over the same trials. */
void analysis_widen(struct comparison *c, const struct metric *a, const struct metric *b,
		    enum batches which, const struct run_noise *noise_a,
		    const struct run_noise *noise_b);

/* Append pointers to `n` rows to a list of the report. */
#define APPEND(a, list, total, rows, n)                                                            \
	do {                                                                                       \
		__typeof__(list) longer_ =                                                         \
			arena_array(&(a)->arena, (total) + (n), sizeof(*longer_));                 \
		if (!longer_)                                                                      \
			return analysis_no_memory(a);                                              \
		if (total)                                                                         \
			memcpy(longer_, (list), (total) * sizeof(*longer_));                       \
		for (size_t i_ = 0; i_ < (n); i_++)                                                \
			longer_[(total) + i_] = &(rows)[i_];                                       \
		(list) = longer_;                                                                  \
		(total) += (n);                                                                    \
	} while (0)

#endif
