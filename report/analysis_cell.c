/* SPDX-License-Identifier: Apache-2.0 */
/* Platforms side by side: what stands in each cell, or why nothing does. */
#include "report/analysis_matrix.h"

#include <stdlib.h>
#include <string.h>

#include "report/label.h"

/* ---- Why a cell is empty ---- */

/* Reasons that no ratio to native is claimed come first: there are few of them. */
static int list_reasons(struct matrix_builder *b)
{
	const struct report *r = &b->a->report;
	size_t room = r->metric_count + r->skip_count + r->problem_count + 2;

	b->m->reasons = arena_array(&b->a->arena, room, sizeof(*b->m->reasons));
	b->numbers = arena_array(&b->a->arena, room, sizeof(*b->numbers));
	if (!b->m->reasons || !b->numbers || matrix_begin_index(b, &b->reasons, room) ||
	    matrix_begin_index(b, &b->skips, r->skip_count) ||
	    matrix_begin_index(b, &b->problems, r->problem_count))
		return analysis_no_memory(b->a);
	for (size_t i = 0; i < r->skip_count; i++) {
		const struct result_run *run = label_run_of_skip(r, i);

		index_add(&b->reasons, 0, r->skips[i]->why, "", 0);
		if (run && r->skips[i]->platform)
			index_add(&b->skips, analysis_run_order(b->a, report_side(r, run)),
				  r->skips[i]->platform, r->skips[i]->what, i);
	}
	for (size_t i = 0; i < r->problem_count; i++) {
		const struct problem *p = &r->problems[i];

		index_add(&b->reasons, 0, p->why, "", 0);
		if (p->status != TRIAL_OK)
			index_add(&b->problems, analysis_run_order(b->a, report_side(r, p->run)),
				  p->platform, p->what, i);
	}
	for (size_t i = 0; i < r->metric_count; i++)
		if (r->metrics[i].native_why)
			index_add(&b->reasons, 0, r->metrics[i].native_why, "", 0);
	index_end(&b->reasons);
	index_unique(&b->reasons);
	index_end(&b->skips);
	index_end(&b->problems);
	for (size_t i = 0; i < b->reasons.count; i++)
		b->reasons.keys[i].at = i;
	return 0;
}

static size_t number_reason(struct matrix_builder *b, const char *why)
{
	const struct index_key *k = index_find(&b->reasons, 0, why, "");

	if (!k)
		return 0;
	if (!b->numbers[k->at]) {
		b->m->reasons[b->m->reason_count++] = why;
		b->numbers[k->at] = b->m->reason_count;
	}
	return b->numbers[k->at];
}

static const char *skip_reason(const struct matrix_builder *b, const struct matrix_column *c,
			       const char *what)
{
	const struct index_key *k = index_find(&b->skips, c->run_order, c->platform_name, what);

	return k ? b->a->report.skips[k->at]->why : NULL;
}

static const char *problem_reason(const struct matrix_builder *b, const struct matrix_column *c,
				  const char *what)
{
	const struct index_key *k = index_find(&b->problems, c->run_order, c->platform, what);

	return k ? b->a->report.problems[k->at].why : NULL;
}

static void set_empty(struct matrix_builder *b, struct matrix_column *c, struct matrix_cell *cell,
		      const char *skipped, const char *failed)
{
	const char *why = skipped ? skipped : failed;

	if (!why)
		return;
	cell->state = skipped ? CELL_SKIPPED : CELL_NO_FIGURE;
	cell->reason = number_reason(b, why);
	c->skipped += skipped != NULL;
}

/* ---- Cells ---- */

static bool is_asked(const struct matrix_builder *b, const struct matrix_column *c,
		     const char *bench)
{
	for (size_t i = 0; i < b->a->source_count; i++) {
		const struct source *s = &b->a->sources[i];

		if (c->run_order - s->first_run < s->run_count)
			return source_find(&s->benches, c->run->id, bench) != NULL;
	}
	return false;
}

static void fill_empty_bench(struct matrix_builder *b, const struct matrix_row *row, size_t column)
{
	struct matrix_column *c = &b->m->columns[column];
	struct matrix_cell *cell = &row->cells[column];
	char name[LABEL_SIZE];

	if (cell->count || !is_asked(b, c, row->name))
		return;
	label_bench(name, row->bench, row->parameter);
	set_empty(b, c, cell, skip_reason(b, c, row->name), problem_reason(b, c, name));
	if (cell->state == CELL_NOT_ASKED && !row->has_parameter)
		cell->state = CELL_NO_FIGURE; /* the run ended before, or Problems say why */
}

static void fill_empty_fault(struct matrix_builder *b, const struct matrix_row *row, size_t column)
{
	struct matrix_column *c = &b->m->columns[column];
	struct matrix_cell *cell = &row->cells[column];
	const char *skipped;

	if (cell->count)
		return;
	skipped = skip_reason(b, c, row->name);
	if (!skipped && row->fault) /* the guest itself said so */
		skipped = skip_reason(b, c, row->fault->name);
	set_empty(b, c, cell, skipped, problem_reason(b, c, row->name));
}

static int make_cells(struct matrix_builder *b, struct matrix_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		rows[i].cells =
			arena_array(&b->a->arena, b->m->column_count, sizeof(*rows[i].cells));
		if (!rows[i].cells)
			return analysis_no_memory(b->a);
	}
	return 0;
}

/* Figures of one cell stand side by side in the report, by execution. */
static void fill_figures(struct matrix_builder *b)
{
	const struct report *r = &b->a->report;

	for (size_t i = 0; i < r->metric_count; i++) {
		const struct metric *m = &r->metrics[i];
		size_t row =
			index_find(&b->benches, (uint64_t)m->parameter, m->bench->name, "")->at;
		size_t column = matrix_column_of(b, m->run, m->platform_name, m->variant);
		struct matrix_cell *cell = &b->m->benches[row].cells[column];

		cell->state = CELL_FIGURES;
		cell->metrics = cell->count++ ? cell->metrics : m;
	}
	for (size_t i = 0; i < r->fault_count; i++) {
		const struct fault_figure *f = &r->faults[i];
		char name[LABEL_SIZE];
		const struct index_key *row = index_find(&b->faults, 0, label_fault(name, f), "");
		size_t column = matrix_column_of(b, f->run, f->platform_name, f->variant);
		struct matrix_cell *cell;

		if (!row) /* longer than a label */
			continue;
		cell = &b->m->faults[row->at].cells[column];
		cell->state = CELL_FIGURES;
		cell->faults = cell->count++ ? cell->faults : f;
	}
}

static void number_native(struct matrix_builder *b)
{
	const struct report *r = &b->a->report;

	for (size_t i = 0; i < r->metric_count; i++)
		if (r->metrics[i].native_why &&
		    strcmp(r->metrics[i].platform_name, BASELINE_PLATFORM) != 0)
			number_reason(b, r->metrics[i].native_why);
}

int matrix_fill_cells(struct matrix_builder *b)
{
	if (list_reasons(b) || make_cells(b, b->m->benches, b->m->bench_count) ||
	    make_cells(b, b->m->faults, b->m->fault_count))
		return -1;
	number_native(b);
	fill_figures(b);
	for (size_t i = 0; i < b->m->bench_count; i++)
		for (size_t c = 0; c < b->m->column_count; c++)
			fill_empty_bench(b, &b->m->benches[i], c);
	for (size_t i = 0; i < b->m->fault_count; i++)
		for (size_t c = 0; c < b->m->column_count; c++)
			fill_empty_fault(b, &b->m->faults[i], c);
	return 0;
}
