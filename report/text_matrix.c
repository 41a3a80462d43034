/* SPDX-License-Identifier: Apache-2.0 */
/* Platforms side by side on a terminal: so many columns at a time as lines bear. */
#include "report/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/label.h"
#include "report/number.h"
#include "report/table.h"

#define COLUMNS 5 /* platforms in one table */

static void heading(FILE *out, bool colour, const char *text)
{
	fputc('\n', out);
	table_text(out, colour, STYLE_HEADING, text);
	fputc('\n', out);
}

static enum table_style style_of(const struct matrix_cell *c)
{
	if (c->state != CELL_FIGURES)
		return STYLE_DOUBT;
	for (size_t i = 0; i < c->count; i++)
		if (c->metrics[i].execution != EXECUTION_HARDWARE)
			return STYLE_DOUBT;
	return STYLE_PLAIN;
}

static void row_name(struct table *t, const struct matrix_row *row)
{
	char s[LABEL_SIZE];

	if (row->has_parameter)
		label_bench(s, row->bench, row->parameter);
	table_cell(t, STYLE_PLAIN, "%s", row->has_parameter ? s : row->name);
}

static int benches(const struct report *r, FILE *out, bool colour, size_t from, size_t count)
{
	const struct matrix *m = r->matrix;
	char names[COLUMNS][LABEL_SIZE], s[LABEL_SIZE];
	const char *headings[COLUMNS + 1] = {"bench"};
	struct table t;

	for (size_t c = 0; c < count; c++)
		headings[c + 1] = label_column(names[c], r, &m->columns[from + c]);
	table_begin(&t, headings, count + 1);
	for (size_t i = 0; i < m->bench_count; i++) {
		row_name(&t, &m->benches[i]);
		for (size_t c = from; c < from + count; c++)
			table_cell(&t, style_of(&m->benches[i].cells[c]), "%s",
				   label_cell(s, &m->benches[i].cells[c]));
	}
	return table_end(&t, out, colour);
}

/* ---- Groups ---- */

static int means(const struct report *r, FILE *out, bool colour)
{
	static const char *const headings[] = {"group", "execution", "platform",
					       ">cost", "over",	     ">benches"};
	const struct matrix *m = r->matrix;
	const struct interval none = {NAN, NAN};
	struct table t;

	if (!m->mean_count)
		return 0;
	heading(out, colour,
		"What groups of benches cost: geometric mean of ratios among what ran alike");
	table_begin(&t, headings, sizeof(headings) / sizeof(headings[0]));
	for (size_t i = 0; i < m->mean_count; i++) {
		const struct matrix_mean *x = &m->means[i];
		enum table_style style = x->benches < x->of ? STYLE_DOUBT : STYLE_PLAIN;
		char s[LABEL_SIZE], n[NUMBER_SIZE];

		table_cell(&t, STYLE_PLAIN, "%s", x->group);
		table_cell(&t, STYLE_PLAIN, "%s", execution_name(x->execution));
		table_cell(&t, STYLE_PLAIN, "%s", label_column(s, r, &m->columns[x->column]));
		table_cell(&t, style, "%s%s",
			   isnan(x->ratio) ? "too few" : number_ratio(n, x->ratio, none),
			   isnan(x->ratio) ? "" : "×");
		table_cell(&t, STYLE_PLAIN, "%s", label_column(s, r, &m->columns[x->reference]));
		table_cell(&t, style, "%zu of %zu", x->benches, x->of);
	}
	return table_end(&t, out, colour);
}

/* ---- Faults ---- */

static void fault_line(struct table *t, const struct report *r, const struct matrix_row *row,
		       size_t column, const struct fault_figure *f)
{
	size_t lost = f->recovered + f->censored;
	char s[LABEL_SIZE];

	table_cell(t, STYLE_PLAIN, "%s", row->name);
	table_cell(t, STYLE_PLAIN, "%s", label_column(s, r, &r->matrix->columns[column]));
	table_cell(t, f->execution == EXECUTION_HARDWARE ? STYLE_PLAIN : STYLE_DOUBT, "%s",
		   execution_name(f->execution));
	table_cell(t, STYLE_PLAIN, "%s", label_outcomes(s, f));
	table_cell(t, f->censored ? STYLE_DOUBT : STYLE_PLAIN, "%s", label_recovered(s, f));
	table_cell(t, STYLE_PLAIN, "%s",
		   lost && f->detector_ours ? label_time(s, &f->ttd, f->unit, lost) : "");
	table_cell(t, STYLE_PLAIN, "%s",
		   lost && !f->detector_ours ? label_time(s, &f->ttd, f->unit, lost) : "");
	table_cell(t, STYLE_PLAIN, "%s",
		   lost ? label_time(s, &f->repair, f->unit, label_repairable(f)) : "");
}

static void empty_line(struct table *t, const struct report *r, const struct matrix_row *row,
		       size_t column)
{
	char s[LABEL_SIZE];

	table_cell(t, STYLE_PLAIN, "%s", row->name);
	table_cell(t, STYLE_PLAIN, "%s", label_column(s, r, &r->matrix->columns[column]));
	table_cell(t, STYLE_PLAIN, "%s", "");
	table_cell(t, STYLE_DOUBT, "%s", label_cell(s, &row->cells[column]));
	for (int i = 0; i < 4; i++)
		table_cell(t, STYLE_PLAIN, "%s", "");
}

static int faults(const struct report *r, FILE *out, bool colour)
{
	static const char *const headings[] = {
		"fault+recovery",
		"platform",
		"execution",
		"outcomes",
		"recovered",
		"detected (ours)",
		"detected (platform's)",
		"repair",
	};
	const struct matrix *m = r->matrix;
	struct table t;

	if (!m->fault_count)
		return 0;
	heading(out, colour,
		"Faults side by side: our detector's times are never ranked against a platform's");
	table_begin(&t, headings, sizeof(headings) / sizeof(headings[0]));
	for (size_t i = 0; i < m->fault_count; i++)
		for (size_t c = 0; c < m->column_count; c++) {
			const struct matrix_cell *cell = &m->faults[i].cells[c];

			if (cell->state != CELL_FIGURES)
				empty_line(&t, r, &m->faults[i], c);
			for (size_t k = 0; cell->faults && k < cell->count; k++)
				fault_line(&t, r, &m->faults[i], c, &cell->faults[k]);
		}
	return table_end(&t, out, colour);
}

/* ---- Reasons ---- */

static int reasons(const struct report *r, FILE *out)
{
	for (size_t i = 0; i < r->matrix->reason_count; i++) {
		char *where = label_where(r, i + 1);

		if (!where)
			return -1;
		fprintf(out, "(%zu) %s\n    %s\n", i + 1, r->matrix->reasons[i], where);
		free(where);
	}
	return 0;
}

int text_matrix(const struct report *r, FILE *out, bool colour)
{
	const struct matrix *m = r->matrix;
	int failed = 0;

	if (r->matrix_why)
		fprintf(out, "\nPlatforms side by side: not shown, %s\n", r->matrix_why);
	if (!m)
		return 0;
	heading(out, colour,
		"Platforms side by side: median, how it ran unless in hardware, and × native "
		"(above 1 is slower)");
	for (size_t from = 0; m->bench_count && from < m->column_count; from += COLUMNS) {
		size_t left = m->column_count - from;

		if (from)
			fputc('\n', out);
		failed |= benches(r, out, colour, from, left < COLUMNS ? left : COLUMNS);
	}
	failed |= means(r, out, colour);
	failed |= faults(r, out, colour);
	if (m->reason_count)
		heading(out, colour, "Why, by number");
	failed |= reasons(r, out);
	return failed;
}
