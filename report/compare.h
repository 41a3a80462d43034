/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of a comparison share: its rows while they are made. */
#ifndef VQ_COMPARE_H
#define VQ_COMPARE_H

#include "report/analysis.h"
#include "report/label.h"

struct comparison_rows {
	struct comparison_row *row; /* malloc'd */
	size_t count, room;
	int failed;    /* no memory */
	bool too_many; /* for any run of ours; `row` holds those before */
};

/* A row without figures. */
struct comparison_row compare_empty_row(void);

/* compare_match.c: a row for each metric of either side, with why it is not compared. */
void compare_match(const struct report *r, enum compare_by by, struct comparison_rows *rows);

/* compare_exact.c: are both sides deterministic? Then their difference and verdict. */
bool compare_is_exact(const struct comparison_row *row);
int compare_exact(struct comparison_row *row); /* 0, or -1: no memory */

/*
 * compare_noise.c: what separate runs differ in by themselves, as measured on this host or as
 * assumed. Fills row->between_runs; false: the sides are of one run.
 */
bool compare_noise(const struct report *r, struct comparison_row *row, struct run_noise *base,
		   struct run_noise *other);
/* Why no verdict is given between these two runs' hosts; NULL: nothing speaks against one. */
const char *compare_hosts(const struct report *r, const struct comparison_row *row,
			  enum compare_by by);

/* compare_facts.c: what tells the hosts of the first run and the others apart. */
int compare_facts(struct analysis *a);

#endif
