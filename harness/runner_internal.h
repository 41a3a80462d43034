/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the runner share: the run that goes on. */
#ifndef VQ_RUNNER_INTERNAL_H
#define VQ_RUNNER_INTERNAL_H

#include "harness/journal.h"
#include "harness/noise_known.h"
#include "harness/runner.h"
#include "harness/setting.h"
#include "harness/store.h"

#define RUN_MAX_CPUS	  256
#define RUN_MAX_PLATFORMS 32u

/* What is repeated: one bench at one parameter, or one fault with one recovery, on a platform. */
struct cell {
	struct trial_spec spec;
	uint32_t trials;
	size_t ok, tried;
	size_t left;			  /* trials planned and not done yet */
	int64_t took_ns, sum_ns;	  /* its last trial; all of them */
	unsigned int *placed;		  /* CPUs of the spec, where they are placed */
	char form[VARIANT_MAX_NAME + 32]; /* the spec's: "slow", "slow, same-core" */
	bool unsupported;		  /* the guest says it cannot run this here: a skip, once */
	char last_reason[128];
};

struct run {
	const struct run_options *options;
	struct run_summary *summary;
	struct result *result;
	struct result_run row;
	struct journal *journal;
	size_t left_over; /* journals of runs that died, with changes that were not undone */
	struct counters counters;
	struct cell *cell;
	size_t cells;
	size_t *order;	      /* [planned] cell of each trial */
	bool *block_ends;     /* [planned]: it is the last of its block */
	size_t planned, next; /* the next trial's ordinal */
	struct noise_known noise;
	struct host_facts *facts;
	char fingerprint[32]; /* of this host; "": not known */
	unsigned int cpus[RUN_MAX_CPUS];
	unsigned int cpu_count;
	const struct platform *begun[RUN_MAX_PLATFORMS]; /* their end() is due */
	size_t begun_count;
	int64_t start_ns;
	char *error;
	size_t error_size;
};

/* Fill the run's error line; return -1. The second: with what the result file says. */
int run_fail(struct run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
int run_result_failed(struct run *r);

/* ---- run_cells.c ---- */

/* Note what cannot be run, and why; `platform` NULL: on none. 0, or -1 with the error. */
int run_add_skip(struct run *r, const char *kind, const char *what, const char *platform,
		 const char *why);

/* Begin the plan's platforms, with a row and the cells of each. 0, or -1 with the error. */
int run_add_platforms(struct run *r);
void run_end_platforms(struct run *r);

/* ---- run_describe.c ---- */

/* What the file says beside the trials, its platforms and cells included. 0, or -1 with the
 * error. */
int run_describe(struct run *r);

/* ---- run_order.c ---- */

/* How long what is planned will still take, by the trials that were done; 0: not known. */
int64_t run_left_ns(const struct run *r);

/* How long the block that comes next will take, by its cells' trials before: the mean or the last,
 * whichever was longer. */
int64_t run_block_ns(const struct run *r);

/* Plan so many trials of each cell more, after those that are planned. 0, or -1 with the error. */
int run_add_order(struct run *r, const uint32_t *trials, uint64_t seed);

#endif
