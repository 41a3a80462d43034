/* SPDX-License-Identifier: Apache-2.0 */
/* What the Markdown format is made of. */
#ifndef VQ_MD_FORMAT_H
#define VQ_MD_FORMAT_H

#include <stdbool.h>
#include <stdio.h>

#include "report/report.h"

#define MD_MOST_ROWS 20u /* that a pull request shows unfolded */

/* ---- md_text.c ---- */

/* What files say must not become markup, a mention, a link or a table's bar. */
void md_escaped(FILE *out, const char *text);

/* One cell of a table, with the bar that ends it; its text is escaped. */
void md_cell(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The first cell of a row: a run's letter, empty for NULL. */
void md_run_cell(FILE *out, const struct report *r, const struct result_run *run);

/* What a reader of a pull request opens on demand; the title is ours. */
void md_fold(FILE *out, const char *title);
void md_fold_end(FILE *out);

/*
 * Begin a section from its title and its table's two first lines, which are ours and no text of a
 * file's. Folded where a comparison stands above it, or where it is long. Ended by md_end().
 */
bool md_begin(FILE *out, const struct report *r, const char *heading, size_t rows,
	      const char *columns, const char *rule);
void md_end(FILE *out, bool folded);

/* ---- Parts of the page ---- */

/* md_comparison.c: 0, or -1: no memory. */
int md_comparison(const struct report *r, FILE *out);

/* md_criteria.c: limits, requirements, scores. */
void md_criteria(const struct report *r, FILE *out);

/* md_matrix.c: platforms side by side. */
void md_matrix(const struct report *r, FILE *out);

#endif
