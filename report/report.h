/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From result files to figures, and from figures to pages. report/ knows harness/core/ alone: it
 * builds and works where there is neither KVM nor libvirt.
 *
 *   result file(s) -> report_load -> struct report -> a format (one file each, registered)
 *
 * Every format prints the same struct report, so that a figure is computed once, in analysis.c,
 * and cannot differ between HTML and JSON.
 */
#ifndef VQ_REPORT_H
#define VQ_REPORT_H

#include <stdio.h>

#include "harness/core/registry.h"
#include "harness/core/result.h"
#include "harness/core/stats.h"
#include "report/matrix.h"

/* One figure: a bench on a platform in one run, over its valid trials. In `unit`: nanoseconds, or
 * a rate per second; where execution is deterministic, instructions, or a rate per 10^9 of them.
 * Stamp overhead subtracted, never clamped. */
struct metric {
	const struct result_run *run;
	const struct result_bench *bench;
	const char *platform;	   /* as labelled: "native (nested)" */
	const char *platform_name; /* as in plans: "native" */
	const char *variant;
	int64_t parameter;
	enum execution execution;
	enum unit unit;	  /* of all figures here; never the bench's own */
	size_t trials;	  /* valid ones: the figures stand on these */
	size_t discarded; /* invalid, failed, interrupted: each with its reason in `problems` */
	double seconds;	  /* that these trials took together */
	double median;	  /* median over trials of each trial's median */
	struct interval interval; /* 95 %, for the median */
	double mean, p99; /* medians over trials of each trial's mean and 99th percentile (for
			     rates: the slow end) */
	struct interval mean_interval, p99_interval; /* 95 %, for these */
	double *values;	 /* [trials]: each trial's median, in execution order */
	uint64_t *seeds; /* [trials]: of these trials */
	/* [trials]: which block, from 0, each of them is of: runs of one file that measured the
	 * same are blocks of one side. Trials of a block stand together. */
	uint32_t *block;
	size_t block_count;
	/* [trials], rising: where each stands among all trials of its cell (bench, parameter,
	 * platform, variant), those without a figure included, and of how many. Equal places of two
	 * cells of one run are one block of the runner's order: a pair. */
	uint64_t *place;
	size_t tried;
	double *disturbed;   /* [trials]: the share of disturbed batches of each */
	double *undisturbed; /* [undisturbed_count]: the same over undisturbed batches only, of the
				trials that have any */
	size_t undisturbed_count;
	uint32_t *undisturbed_block; /* [undisturbed_count]: the block of each of those */
	uint64_t *undisturbed_place; /* [undisturbed_count]: and the place */
	/* What the k-th batch of a trial cost over that trial's median batch: the median over
	 * trials. Over 1 at first is a warm-up that was too short. */
	double *warm_up;
	size_t warm_up_count;
	double exits_per_op, emulated_per_op; /* medians over trials, NaN: not counted */
	double overhead;	   /* stamp overhead that was subtracted: ns, or instructions */
	double disturbed_share;	   /* of batches, 0 to 1; NaN: nobody watched, or it is exempt */
	uint32_t disturbances;	   /* mask of those seen */
	double median_undisturbed; /* over undisturbed batches only, NaN: there are none, or the
				      share is NaN */
	int loop_disagrees; /* un-instrumented mean and stamped mean differ by over 2 % where the
			       operation is at least 20 times the stamp's cost */
	double plain_mean;  /* of the un-instrumented loops, ns or rate; NaN: none */
	struct histogram *histogram; /* of stamped ticks over all trials, for the picture only; may
					be NULL */
	double tick_ns;		     /* of that histogram; 1 where a tick is an instruction */
	double native_ratio;	     /* overhead as the design defines it, NaN: none is claimed */
	struct interval native_interval; /* 95 %, as compare computes it */
	const char *native_variant;	 /* of native that it is over; NULL: none is claimed */
	const char *native_why;		 /* why none is claimed, NULL where one is */
};

/* The line through a bench's figures over its parameter. */
struct metric_fit {
	const struct result_run *run;
	const struct result_bench *bench;
	const char *platform;
	const char *variant;
	enum execution execution;
	enum unit unit;
	struct line_fit fit;
};

struct time_figure {
	double median;	  /* in the fault figure's unit; NaN where censoring leaves none */
	double low, high; /* 95 % */
	size_t count;	  /* trials in which the time was observed */
	size_t of;	  /* trials that could have shown it */
	const struct survival_time *early, *late; /* [of]: as early and as late as the stamps'
						     uncertainty allows */
};

/* One fault with one recovery on one platform. */
struct fault_figure {
	const struct result_run *run;
	const struct result_fault *fault;
	const char *platform, *platform_name, *recovery, *variant;
	enum execution execution; /* interpreted: the guest's ring 0 took part, and was */
	enum unit unit;		  /* of all times here: ns, or instructions of virtual time */
	const char *detector;
	int detector_ours;
	size_t trials;	/* all, harness errors excepted */
	double seconds; /* that these trials took together */
	size_t outcomes[OUTCOMES];
	size_t activated, recovered, censored;
	struct interval recovered_share; /* Clopper-Pearson, of those that lost service */
	struct time_figure ttd, ttr, repair, full, downtime;
	const struct survival_time *recoveries; /* times to recover of trials that lost service */
	size_t recovery_count;
	double lost_operations;		    /* median, NaN: unknown */
	double rate_ratio;		    /* median of fault_rate / baseline_rate, NaN */
	double neighbour_ratio, fairness;   /* medians, NaN */
	double worst_wait, steal;	    /* medians, NaN */
	const struct result_trial *example; /* a typical trial, for the timeline; may be NULL */
	struct result *result; /* the file that holds it: result_events(result, example->id, …) */
};

struct problem { /* a trial that yields no figure, or a doubt about one */
	const struct result_run *run;
	const char *what, *platform;
	size_t count;
	enum trial_status status; /* of those trials; TRIAL_OK: a doubt about a figure */
	const char *why;
};

enum judged { JUDGED_INCONCLUSIVE, JUDGED_PASSED, JUDGED_FAILED };

const char *judged_name(enum judged j); /* "inconclusive", "passed", "failed" */

/*
 * What became of a limit on one figure, or of a requirement. A limit has passed where the whole 95
 * % interval lies within, failed where all of it lies beyond. One that is about nothing that was
 * measured has a row, too: inconclusive.
 */
struct judgement {
	const struct result_run *run;
	const struct result_criterion *criterion;
	const struct metric *metric;	  /* that it is about; NULL: of none */
	const struct fault_figure *fault; /* the same */
	const char *what;     /* "mem_copy bytes=4096", "hang+restart"; the glob where it is about
				 nothing that was measured */
	const char *platform; /* "kvm/pinned"; "" */
	const char *wanted;   /* "p99 at most 2 µs", "6 trials in hardware" */
	const char *found; /* "1.91 µs (1.88 – 1.95 µs)", "34 of 36 trials (81 % – 99 %)"; "" */
	double value;	   /* in the criterion's unit; NaN: none */
	struct interval interval;
	double between_runs; /* what runs differ in, one standard deviation, that `interval` holds;
				NaN: it holds nothing of it, and why_not_held says why */
	const char *why_not_held;   /* NULL: it is held, or there is nothing to hold */
	uint32_t between_runs_over; /* runs that this was measured over */
	size_t within, of; /* of a fault's time: trials that kept it, of those that it was asked
			      of; `of` 0: not of one */
	enum judged result;
	const char *why; /* why not passed; NULL */
};

/* A limit on one host, beside the other hosts'. */
struct fleet_row {
	const struct judgement *judgement;
	double apart; /* from the hosts' median, in robust standard deviations */
	bool odd;     /* worth a look: report/section_fleet.c says when */
};

/* A weighted part of a score: a group, or the benches that a glob matches. */
struct score_part {
	const char *name;
	double weight;
	double ratio; /* geometric mean over its tests; above 1 is better than the reference */
	size_t tests; /* benches at each of their parameters */
};

/*
 * What a platform is worth by its plan's weights, over a reference: the weighted geometric mean of
 * its parts. None where a weighted test is missing or ran in another way: `why` names them all.
 */
struct score {
	const struct result_run *run;
	const char *platform, *variant; /* as labelled */
	const char *reference;		/* as in plans */
	const char *formula;
	struct score_part *parts;
	size_t part_count;
	const struct score_part *worst; /* NULL: no score */
	double score;			/* NaN: none */
	struct interval
		interval; /* 95 %, by bootstrap over trials; NaN: some have fewer than six */
	const char *why;  /* why there is none; NULL */
};

/* What was given after the runs, beside their files. */
enum given { GIVEN_LIMITS, GIVEN_NOISE, GIVEN };

struct given_file {
	const char *path; /* fit to print; NULL: nothing was given */
	char sha256[65];
};

struct report_file {
	const char *path; /* fit to print: valid UTF-8, no control characters */
	char sha256[65];
	struct result *result;
};

struct report {
	struct report_file *files;
	size_t file_count;
	const struct result_run **runs;
	size_t run_count;
	/* [run_count]: the first run of the side that each is a block of, perhaps itself. Figures
	 * are of sides: their `run` is that first one. NULL: each stands alone. */
	const struct result_run **sides;
	struct metric *metrics;
	size_t metric_count;
	struct metric_fit *fits;
	size_t fit_count;
	struct fault_figure *faults;
	size_t fault_count;
	const struct result_skip **skips;
	size_t skip_count;
	const struct result_fact **facts;
	size_t fact_count;
	const struct result_platform **platforms;
	size_t platform_count;
	struct problem *problems;
	size_t problem_count;
	const struct result_noise **noise; /* what `aa` found, as the files hold it */
	size_t noise_count;
	struct judgement *judgements; /* by run; limits, then requirements */
	size_t judgement_count;
	/* Where the criteria are from that report_judge_by gave: elsewhere they are from the runs'
	 * own plans, declared before anything was measured. And the noise of report_add_noise. */
	struct given_file given[GIVEN];
	struct score *scores; /* by run; a platform each, but for the reference */
	size_t score_count;
	/* NULL where there are not two platforms to set side by side, or where `matrix_why` says
	 * that they are too many. */
	const struct matrix *matrix;
	const char *matrix_why;
	/* Filled by compare, empty otherwise. */
	struct comparison_row *comparisons;
	size_t comparison_count;
	struct fleet_row *fleet; /* by host only: sorted by limit */
	size_t fleet_count;
	const char *compared_by; /* "version", "host", "platform", "variant"; NULL: no comparison */
	struct fact_difference *differences;
	size_t difference_count;
	const struct trace *trace; /* what report --trace asks for: report/trace.h; else NULL */
};

/*
 * Two deterministic sides: there is no noise to test against, so each trial of one side is set
 * against that of the same seed, hence of the same memory layout, on the other.
 */
struct exact_difference {
	size_t layouts;		    /* pairs of trials; 0: not compared so */
	size_t differing;	    /* of these, with any difference at all */
	size_t unmatched;	    /* trials of either side that found no partner */
	bool by_seed;		    /* else by block, inside one run: layouts differ */
	double least, median, most; /* other - base, in the metric's unit */
	double least_share, median_share, most_share; /* the same over base, 0.01 is 1 % */
};

/* What separate runs differ in by themselves, where the two sides are of separate runs: the
 * comparison allows for it. */
struct between_runs {
	bool counts;	    /* the sides are of separate runs */
	bool assumed;	    /* of a side at least: nobody measured it, a default stands in */
	double base, other; /* standard deviation of a run's mean log: 0.08 is 8 % */
	uint32_t runs;	    /* fewest that it was measured over; 0: over none */
	double trials_p;    /* p of the trials alone, which does not allow for it */
};

/* One metric on two sides. One of them is NULL where the other side has no such metric. */
struct comparison_row {
	const struct metric *base, *other;
	char base_name[128], other_name[128]; /* what tells the sides apart */
	double delta; /* smallest effect worth acting on: the stricter of the two plans' */
	struct comparison test; /* all NaN where not compared; only the ratio where exact */
	struct exact_difference exact;
	struct between_runs between_runs;
	double adjusted_p;
	enum verdict verdict;
	const char *why; /* why inconclusive, or why not compared; NULL */
	bool gates;	 /* it decides; else it is only shown, whatever its verdict */
};

/* Has the row a verdict, by a test or exactly? Else `why` says why it has none. */
bool report_is_compared(const struct comparison_row *c);

/* Rows of a comparison by verdict: those that gate, and the others together. */
struct verdict_counts {
	size_t of[4]; /* enum verdict */
	size_t not_compared;
	size_t shown;	    /* compared, but no gate */
	size_t shown_worse; /* of these, regressed */
};
struct verdict_counts report_verdict_counts(const struct report *r);

/* A fact, or a platform's version, that two compared runs do not share. NULL: not disclosed. */
struct fact_difference {
	const struct result_run *base, *other;
	const char *name, *base_value, *other_value;
};

/* The first run of the side that this one is a block of; itself where it stands alone. */
const struct result_run *report_side(const struct report *r, const struct result_run *run);
/* How many blocks the side of that run has: 1 where it stands alone. */
size_t report_blocks(const struct report *r, const struct result_run *run);
/* The run of that number in its file, where it is a block of that side; else NULL. */
const struct result_run *report_block_of(const struct report *r, const struct result_run *side,
					 int64_t id);

/* Load files and compute every figure. NULL with one line in `error` (a buffer of `size`). */
struct report *report_load(const char *const *paths, size_t count, char *error, size_t size);
/* The same without what says whose hosts these were: see report/anonymous.h. */
struct report *report_load_anonymous(const char *const *paths, size_t count, char *error,
				     size_t size);
void report_free(struct report *r);

/* Take what `aa` found on other runs into account: the noise of another result file, whose figures
 * stay out of the report. 0, or -1 with one line in `error`. */
int report_add_noise(struct report *r, const char *path, char *error, size_t size);

/* Judge by the limits, requirements and weights of a plan, in place of those that the runs' own
 * plans declared; what gates stays as these declared it. 0, or -1 with one line in `error`: also
 * where this build cannot read plans. */
int report_judge_by(struct report *r, const char *path, char *error, size_t size);

enum compare_by { BY_VERSION, BY_HOST, BY_PLATFORM, BY_VARIANT };

/*
 * Compare within a loaded report: the first side found (first file, or the reference platform
 * "native" for BY_PLATFORM) is the base. Metrics whose executions differ are listed, not ranked;
 * deterministic ones get their exact difference in place of a test.
 * 0, or -1 with one line in `error` where there is nothing to compare.
 */
int report_compare(struct report *r, enum compare_by by, char *error, size_t size);

/* What is compared where nobody says: the variants of one file that has several, else versions. */
enum compare_by report_compare_by(const struct report *r);

/* 0 fine, 1 a metric that gates regressed, or a limit or requirement failed; 3 one of these is
 * inconclusive and fail_on_inconclusive. */
int report_exit_code(const struct report *r, int fail_on_inconclusive);

/* ---- Formats ---- */

struct format {
	const char *name; /* as after -F: "html" */
	const char *summary;
	const char *suffix; /* of a file made without -o: ".html" */
	/* Print the report, comparison included where there is one. 0, or -1 with errno. */
	int (*print)(const struct report *r, FILE *out);
};

REGISTRY_DECLARE(formats);
#define FORMAT(id, ...)                                                                            \
	static const struct format id##_format = {.name = #id, __VA_ARGS__};                       \
	REGISTER(formats, id##_format)

#endif
