/* SPDX-License-Identifier: Apache-2.0 */
/* What the plans of a report's runs decide by, for the parts of the analysis. */
#ifndef VQ_CRITERIA_H
#define VQ_CRITERIA_H

#include "report/analysis.h"

/* A run's criteria, given later or its own: those of `rows` whose run is run->id. 0, or -1: the
 * file cannot be read. */
int criteria_of(const struct report *r, const struct result_run *run,
		const struct result_criterion **rows, size_t *count);

/* Is it about that bench, fault ("hang") or fault with its recovery ("hang+restart"), on that
 * platform (as in plans)? NULL: whatever it is. */
bool criterion_is_about(const struct result_criterion *c, const char *what, const char *platform);

/* Judgements while they are made. */
struct judging {
	struct analysis *a;
	const struct result_run *run;
	const struct report_file *file; /* of the run */
	const struct result_criterion *rows;
	size_t count;
};

/* Is rows[at] the first of its kind and entry in this run? */
bool criteria_is_first(const struct judging *j, size_t at, enum criterion kind);
/* The row of the same entry that is about it; NULL: none is. */
const struct result_criterion *criteria_match(const struct judging *j, size_t entry,
					      const char *what, const char *platform);
/* Append; 0, or -1 with the error line. */
int criteria_add(struct judging *j, struct judgement *x);
/* Copy into the report's memory, printf-style; NULL without memory, which criteria_add notices. */
const char *criteria_text(struct judging *j, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Why something that `c` is about could not run, by the skips of the run; NULL: nothing is said. */
const char *criteria_skip(const struct judging *j, const struct result_criterion *c);

int criteria_limits(struct judging *j);	  /* criteria_limit.c */
int criteria_required(struct judging *j); /* criteria_require.c */
int criteria_scores(struct judging *j);	  /* criteria_score.c */
/* The run's own word on why a bench, "hang" or "hang+restart" is not there; NULL: it has none. */
const char *criteria_skipped(struct judging *j, const char *what, const char *platform);

/* section_fleet.c: limits by host, for a comparison by host. 0, or -1: no memory. */
int criteria_fleet(struct analysis *a);

/* Do the plans of the two sides' runs let this row decide? One of its sides may be NULL. */
bool criteria_gate(const struct report *r, const struct comparison_row *row);

#endif
