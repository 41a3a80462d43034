/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runner: turns a plan into trials, in seeded random order within blocks that hold
 * one trial of each cell, and each
 * trial into rows of the result file.
 */
#ifndef VQ_RUNNER_H
#define VQ_RUNNER_H

#include "harness/core/result.h"
#include "harness/host.h"
#include "harness/plan.h"
#include "harness/progress.h"
#include "harness/trial.h"

struct run_summary;

struct run_options {
	const struct plan *plan;
	const char *output;  /* path of the result file, to be made */
	const char *command; /* the command line, for the record */
	int stop;	     /* readable when the user wants out; -1: never */
	enum progress_where progress;
	int raw;	   /* keep every sample */
	int host_faults;   /* what changes the host is allowed */
	int append;	   /* `output` exists: the run is added to it */
	int64_t budget_ns; /* plan trials so that it ends in that time; 0: as the plan says */
	const char *noise; /* a file that aa made: its noise is copied; NULL: none */
	/* Called once a budget is planned, and again where it came to other numbers; or NULL. */
	void (*on_budget)(const struct run_summary *s);
};

struct run_summary {
	size_t planned, done;
	size_t ok, invalid, failed, unsupported;
	size_t empty_cells; /* cells that ran and got no valid trial at all */
	char empty[256];    /* the first of them, and why */
	size_t skipped;	    /* bench or fault cells that could not run here */
	char skip[768];	    /* the first of them, and why */
	int interrupted;
	/* With a budget. */
	uint32_t fewest, most;	/* trials of a cell, planned or run */
	int64_t over_ns;	/* one trial of each took so much more than it; 0: no more */
	double detectable;	/* the median bench's; NaN: none */
	int detectable_assumed; /* nobody measured the noise of some bench */
	size_t left_out;	/* trials of whole blocks that time was too short for */
};

/*
 * Run the plan. 0, or an exit code with one line in `error`: EXIT_USAGE where a file that was named
 * to be added to, or to take noise from, is refused, before anything is made or written; else
 * EXIT_HARNESS (result file, journal), and what was measured until then is in the file. `s` is
 * filled in any case.
 */
int run_plan(const struct run_options *o, struct run_summary *s, char *error, size_t size);

/* The exit code of a run that was not interrupted, and on stderr why it is not EXIT_OK: nothing of
 * the plan could run here, or something was tried and never gave a valid trial. */
int run_conclude(const struct run_summary *s);

#endif
