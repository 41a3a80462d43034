/* SPDX-License-Identifier: Apache-2.0 */
/* Trials with the rows that they refer to, sorted into the cells that figures stand on. */
#ifndef VQ_ANALYSIS_ITEM_H
#define VQ_ANALYSIS_ITEM_H

#include "report/analysis.h"

struct item {
	const struct source *source;
	const struct result_run *run;
	const struct result_run *side;	  /* what its figure is of: the first run of it */
	const struct result_bench *bench; /* NULL in a trial of a fault */
	const struct result_fault *fault; /* NULL in a trial of a bench */
	const struct result_platform *platform;
	const struct result_trial *trial;
	uint64_t place; /* as struct metric's; filled for benches */
};

enum item_kind { ITEMS_OF_BENCHES, ITEMS_OF_FAULTS };

/* All trials of one kind, malloc'd and sorted. 0, or -1 with the error line; then *items is NULL.
 */
int analysis_items(struct analysis *a, enum item_kind kind,
		   int (*order)(const void *x, const void *y), struct item **items, size_t *count);

/* By file and run; rows of one file stand in its order in memory, the files were sorted before. */
int item_by_run(const struct item *a, const struct item *b);
/* By side; a file's runs of one side come together. */
int item_by_side(const struct item *a, const struct item *b);
int item_by_number(uintptr_t a, uintptr_t b);

#endif
