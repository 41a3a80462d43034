/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Platforms side by side: benches and faults as rows, platforms where they ran as columns. Every
 * cell says what stands in it, or why nothing does; nothing is left out silently.
 */
#ifndef VQ_MATRIX_H
#define VQ_MATRIX_H

#include <stddef.h>
#include <stdint.h>

#include "harness/core/result.h"

struct metric;
struct fault_figure;

/* A platform (or a variant of one) in a run. Columns stand by the execution of most of their
 * figures, so that like is beside like; then by run, the baseline first. */
struct matrix_column {
	const struct result_run *run;
	size_t run_order;				/* of that run in the report */
	const char *platform, *platform_name, *variant; /* as of struct metric */
	const char *version;				/* NULL: not disclosed */
	const char *host;				/* NULL: not disclosed */
	enum execution execution;			/* of most of its figures */
	size_t figures[EXECUTIONS];			/* of benches and faults, by how they ran */
	size_t skipped;					/* cells */
};

enum cell_state {
	CELL_NOT_ASKED, /* the run's plan does not have it */
	CELL_FIGURES,
	CELL_SKIPPED,	/* with a reason */
	CELL_NO_FIGURE, /* trials there were, or should have been: with a reason */
};

struct matrix_cell {
	enum cell_state state;
	/* CELL_FIGURES: one for each way of execution (and each detector) */
	const struct metric *metrics;	   /* in a row of a bench */
	const struct fault_figure *faults; /* in a row of a fault */
	size_t count;
	size_t reason; /* number of it, from 1; 0: none */
};

struct matrix_row {
	const char *name;		  /* of the bench; "hang+restart" */
	const struct result_bench *bench; /* NULL in a fault's row */
	int64_t parameter;
	int has_parameter;		  /* 0: the bench takes none, or none ran */
	const struct result_fault *fault; /* NULL in a bench's row, or where only skips name it */
	struct matrix_cell *cells;	  /* [columns] */
};

/*
 * What a group of benches costs on a platform, over a reference that ran alike: the geometric mean
 * of ratios of cost, above 1 is dearer. The reference is native where that covers the group, else
 * the platform that shares most benches with the others. It is of the same run, but for
 * deterministic figures: instructions are the same on any host.
 */
struct matrix_mean {
	const char *group;
	enum execution execution;
	size_t column, reference; /* numbers of columns */
	double ratio;		  /* NaN: over half of them or fewer, and not all */
	size_t benches, of;	  /* rows that entered, of those that the reference ran */
};

struct matrix {
	struct matrix_column *columns;
	size_t column_count;
	struct matrix_row *benches; /* by group, in the order of their first file */
	size_t bench_count;
	struct matrix_row *faults;
	size_t fault_count;
	const char **reasons; /* distinct, in the order of first use; the first is number 1 */
	size_t reason_count;
	struct matrix_mean *means; /* by group, execution and reference */
	size_t mean_count;
};

#endif
