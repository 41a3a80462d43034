/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report as test points, for formats that speak to a CI: a point for every verdict, figure and
 * skip, and for every set of trials that failed. TAP, JUnit and KCIDB print the same points, so
 * that a job cannot be red in one of them and green in another.
 */
#ifndef VQ_POINT_H
#define VQ_POINT_H

#include <stdbool.h>

#include "harness/core/arena.h"
#include "report/report.h"

enum point_kind {
	POINT_COMPARISON,
	POINT_LIMIT,
	POINT_REQUIREMENT,
	POINT_BENCH,
	POINT_FAULT,
	POINT_SKIP,
	POINT_PROBLEM
};

enum point_result {
	POINT_MEASURED, /* a figure that nothing judges, or a verdict that is inconclusive */
	POINT_PASSED,	/* a verdict: equivalent, improved, a limit kept */
	POINT_FAILED,	/* regressed; a limit or requirement failed */
	POINT_SKIPPED,	/* could not run here, or not be compared; `why` */
	POINT_BROKEN,	/* trials that failed or are invalid; `why` */
	POINT_CUT_OFF,	/* trials that their user stopped, or a run without its end; `why` */
};

struct point_figure {
	const char *name; /* "median" */
	double value;	  /* finite */
	const char *unit; /* "ns"; "" for a share or a ratio */
};

struct point {
	enum point_kind kind;
	enum point_result result;
	const struct result_run *run; /* the first of its side; of a comparison the other side's */
	const char *group;	      /* of the bench or fault, "" where it has none */
	const char *what;	      /* "exit_cpuid", "hang+restart": the bare name */
	const char *name;	      /* "mem_copy bytes=4096" */
	const char *platform;	      /* "kvm/pinned", "" for none */
	const char *execution;	      /* NULL: none, or of unlike ones */
	const char *text;	      /* name, platform and figures in one line */
	const char *why;	      /* one line; NULL: nothing to explain */
	double seconds;		      /* that its trials took; NaN: it has none of its own */
	struct point_figure *figures;
	size_t figure_count;
};

struct points {
	struct arena arena;
	struct point
		*list; /* comparisons, limits, requirements, benches, faults, skips, problems */
	size_t count;
};

/*
 * Doubts about figures are no points, see report.problems; a run that did not come to its end is
 * one. 0, or -1 with errno.
 */
int points_collect(struct points *p, const struct report *r);
void points_free(struct points *p);

/* Is it of this run, or with `run` NULL of the comparison? */
bool point_is_of(const struct point *p, const struct result_run *run);

const char *point_kind_name(enum point_kind kind); /* "comparison", "bench", … */

#endif
