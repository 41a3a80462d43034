/* SPDX-License-Identifier: Apache-2.0 */
/* So much time for a run: how many trials of each cell fit, and what they can find. */
#ifndef VQ_BUDGET_H
#define VQ_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct budget_cell {
	uint32_t
		wanted; /* trials by the plan: what cells have in relation to each other; 0: none */
	uint32_t done;	/* trials that were run */
	int64_t ns;	/* that one of them took, on average */
	uint32_t more;	/* filled: trials to come */
};

#define BUDGET_MAX_TRIALS 100000u /* of a cell, as in plans */

/*
 * As many trials of all cells as `left_ns` holds beside those done, scaled alike from what the plan
 * wants, so that cells of one size stay of one size. A tenth of the time is kept in reserve: who
 * fills again once these are done uses that, too. Nothing but trials' times enters. false: no cell
 * gets another.
 */
bool budget_fill(struct budget_cell *cells, size_t count, int64_t left_ns);

/* "5m", "90s", "1.5h": what --budget takes; 0, or -1. */
int budget_parse(const char *text, int64_t *ns);

#endif
