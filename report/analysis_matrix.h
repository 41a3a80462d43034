/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the side-by-side matrix share while it is built. */
#ifndef VQ_ANALYSIS_MATRIX_H
#define VQ_ANALYSIS_MATRIX_H

#include "report/analysis.h"
#include "report/index.h"

struct matrix_builder {
	struct analysis *a;
	struct matrix *m;
	struct index columns;  /* by order of run, platform's name, variant */
	struct index benches;  /* rows, by parameter and name; +1 where it has none */
	struct index faults;   /* rows, by name */
	struct index skips;    /* in the report's, by order of run, platform's name, what */
	struct index problems; /* in the report's, by order of run, platform's label, what */
	struct index reasons;  /* by text */
	size_t *numbers;       /* [key of reasons]: of the reason, 0: not used yet */
};

/* index_begin, with the error line. */
int matrix_begin_index(struct matrix_builder *b, struct index *i, size_t room);
/* The column of a figure: there is one. */
size_t matrix_column_of(const struct matrix_builder *b, const struct result_run *run,
			const char *name, const char *variant);

int matrix_make_rows(struct matrix_builder *b);	 /* analysis_row.c */
int matrix_fill_cells(struct matrix_builder *b); /* analysis_cell.c */
int matrix_make_means(struct matrix_builder *b); /* analysis_mean.c */

#endif
