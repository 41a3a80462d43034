/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of a comparison share: its rows while they are made. */
#ifndef VQ_COMPARE_H
#define VQ_COMPARE_H

#include "report/analysis.h"
#include "report/label.h"

struct comparison_rows {
	struct comparison_row *row; /* malloc'd */
	size_t count, room;
	int failed; /* no memory */
};

/* A row without figures. */
struct comparison_row compare_empty_row(void);

/* compare_match.c: a row for each metric of either side, with why it is not compared. */
void compare_match(const struct report *r, enum compare_by by, struct comparison_rows *rows);

/* compare_exact.c: are both sides deterministic? Then their difference and verdict. */
bool compare_is_exact(const struct comparison_row *row);
int compare_exact(struct comparison_row *row); /* 0, or -1: no memory */

/* compare_facts.c: what tells the hosts of the first run and the others apart. */
int compare_facts(struct analysis *a);

#endif
