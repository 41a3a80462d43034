/* SPDX-License-Identifier: Apache-2.0 */
/* What the plans of a report's runs decide by, for the parts of the analysis. */
#ifndef VQ_CRITERIA_H
#define VQ_CRITERIA_H

#include "report/analysis.h"

/* A run's criteria: those of `rows` whose run is run->id. 0, or -1: the file cannot be read. */
int criteria_of(const struct report *r, const struct result_run *run,
		const struct result_criterion **rows, size_t *count);

/* Is it about that bench, fault ("hang") or fault with its recovery ("hang+restart"), on that
 * platform (as in plans)? NULL: whatever it is. */
bool criterion_is_about(const struct result_criterion *c, const char *what, const char *platform);

/* Do the plans of the two sides' runs let this row decide? One of its sides may be NULL. */
bool criteria_gate(const struct report *r, const struct comparison_row *row);

#endif
