/* SPDX-License-Identifier: Apache-2.0 */
/* Markdown: platforms side by side. */
#include <math.h>
#include <stdlib.h>

#include "report/label.h"
#include "report/md.h"
#include "report/number.h"

static void matrix_heading(const struct report *r, FILE *out, const char *first)
{
	char s[LABEL_SIZE];

	fprintf(out, "| %s |", first);
	for (size_t c = 0; c < r->matrix->column_count; c++)
		md_cell(out, "%s", label_column(s, r, &r->matrix->columns[c]));
	fputs("\n|---|", out);
	for (size_t c = 0; c < r->matrix->column_count; c++)
		fputs("---|", out);
	fputc('\n', out);
}

static void print_matrix_benches(const struct report *r, FILE *out)
{
	const struct matrix *m = r->matrix;
	char s[LABEL_SIZE];

	md_fold(out, "Every bench on every platform");
	fputs("Median, how it ran unless in hardware, and × native (above 1 is slower), only where "
	      "both ran alike.\n\n",
	      out);
	matrix_heading(r, out, "bench");
	for (size_t i = 0; i < m->bench_count; i++) {
		const struct matrix_row *row = &m->benches[i];

		fputc('|', out);
		md_cell(out, "%s",
			row->has_parameter ? label_bench(s, row->bench, row->parameter)
					   : row->name);
		for (size_t c = 0; c < m->column_count; c++)
			md_cell(out, "%s", label_cell(s, &row->cells[c]));
		fputc('\n', out);
	}
	md_fold_end(out);
}

static void print_means(const struct report *r, FILE *out)
{
	const struct matrix *m = r->matrix;
	const struct interval none = {NAN, NAN};
	char s[LABEL_SIZE], n[NUMBER_SIZE];

	if (!m->mean_count)
		return;
	fputs("Geometric mean of ratios of cost, only among what ran alike:\n\n"
	      "| group | execution | platform | cost | over | benches |\n"
	      "|---|---|---|--:|---|--:|\n",
	      out);
	for (size_t i = 0; i < m->mean_count; i++) {
		const struct matrix_mean *x = &m->means[i];

		fputc('|', out);
		md_cell(out, "%s", x->group);
		md_cell(out, "%s", execution_name(x->execution));
		md_cell(out, "%s", label_column(s, r, &m->columns[x->column]));
		md_cell(out, "%s%s", isnan(x->ratio) ? "too few" : number_ratio(n, x->ratio, none),
			isnan(x->ratio) ? "" : "×");
		md_cell(out, "%s", label_column(s, r, &m->columns[x->reference]));
		md_cell(out, "%zu of %zu", x->benches, x->of);
		fputc('\n', out);
	}
}

static void print_fault_line(const struct report *r, FILE *out, const struct matrix_row *row,
			     size_t column, const struct fault_figure *f)
{
	size_t lost = f->recovered + f->censored;
	char s[LABEL_SIZE];

	fputc('|', out);
	md_cell(out, "%s", row->name);
	md_cell(out, "%s", label_column(s, r, &r->matrix->columns[column]));
	md_cell(out, "%s", execution_name(f->execution));
	md_cell(out, "%s", label_outcomes(s, f));
	md_cell(out, "%s", label_recovered(s, f));
	md_cell(out, "%s", lost && f->detector_ours ? label_time(s, &f->ttd, f->unit, lost) : "");
	md_cell(out, "%s", lost && !f->detector_ours ? label_time(s, &f->ttd, f->unit, lost) : "");
	md_cell(out, "%s", lost ? label_time(s, &f->repair, f->unit, label_repairable(f)) : "");
	fputc('\n', out);
}

static void print_matrix_faults(const struct report *r, FILE *out)
{
	const struct matrix *m = r->matrix;
	char s[LABEL_SIZE];

	if (!m->fault_count)
		return;
	md_fold(out, "Every fault on every platform");
	fputs("The times to detect of our own detector are never ranked against a platform's.\n\n"
	      "| fault+recovery | platform | execution | outcomes | recovered | detected (ours) | "
	      "detected (platform's) | repair |\n|---|---|---|---|---|---|---|---|\n",
	      out);
	for (size_t i = 0; i < m->fault_count; i++)
		for (size_t c = 0; c < m->column_count; c++) {
			const struct matrix_cell *x = &m->faults[i].cells[c];

			for (size_t k = 0; x->faults && k < x->count; k++)
				print_fault_line(r, out, &m->faults[i], c, &x->faults[k]);
			if (x->state == CELL_FIGURES)
				continue;
			fputc('|', out);
			md_cell(out, "%s", m->faults[i].name);
			md_cell(out, "%s", label_column(s, r, &m->columns[c]));
			md_cell(out, "%s", "");
			md_cell(out, "%s", label_cell(s, x));
			fputs(" | | | |\n", out);
		}
	md_fold_end(out);
}

static void print_reasons(const struct report *r, FILE *out)
{
	if (!r->matrix->reason_count)
		return;
	md_fold(out, "What was skipped where, and why");
	fputs("| number | why | where |\n|---|---|---|\n", out);
	for (size_t i = 0; i < r->matrix->reason_count; i++) {
		char *where = label_where(r, i + 1);

		fprintf(out, "| %zu |", i + 1);
		md_cell(out, "%s", r->matrix->reasons[i]);
		md_cell(out, "%s", where ? where : "(no memory)");
		fputc('\n', out);
		free(where);
	}
	md_fold_end(out);
}

void md_matrix(const struct report *r, FILE *out)
{
	if (r->matrix_why)
		fprintf(out, "\nPlatforms side by side: not shown, %s.\n", r->matrix_why);
	if (!r->matrix)
		return;
	fputs("\n### Platforms side by side\n\n", out);
	print_means(r, out);
	print_matrix_benches(r, out);
	print_matrix_faults(r, out);
	print_reasons(r, out);
}
