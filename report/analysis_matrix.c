/* SPDX-License-Identifier: Apache-2.0 */
/* Platforms side by side: the columns. */
#include "report/analysis_matrix.h"

#include <stdlib.h>
#include <string.h>

#include "report/label.h"

/* More than that are no runs of ours. */
#define MAX_COLUMNS 200u
#define MAX_CELLS   200000u

int matrix_begin_index(struct matrix_builder *b, struct index *i, size_t room)
{
	return index_begin(i, &b->a->arena, room) ? analysis_no_memory(b->a) : 0;
}

/* ---- Columns ---- */

static void add_column(struct matrix_builder *b, const struct result_run *run, const char *platform,
		       const char *name, const char *variant)
{
	struct matrix_column *c = &b->m->columns[b->m->column_count];

	*c = (struct matrix_column){.run = run,
				    .run_order = analysis_run_order(b->a, run),
				    .platform = platform,
				    .platform_name = name,
				    .variant = variant};
	index_add(&b->columns, c->run_order, name, variant, b->m->column_count++);
}

/* Every platform and variant with a figure; and what works, but gave none at all. */
static void list_columns(struct matrix_builder *b)
{
	const struct report *r = &b->a->report;

	for (size_t i = 0; i < r->metric_count; i++)
		add_column(b, r->metrics[i].run, r->metrics[i].platform,
			   r->metrics[i].platform_name, r->metrics[i].variant);
	for (size_t i = 0; i < r->fault_count; i++)
		add_column(b, r->faults[i].run, r->faults[i].platform, r->faults[i].platform_name,
			   r->faults[i].variant);
	for (size_t i = 0; i < r->platform_count; i++) {
		const struct result_platform *p = r->platforms[i];
		const struct result_run *run = label_run_of_platform(r, i);

		if (!p->why_not && run && report_side(r, run) == run)
			add_column(b, run, p->label, p->name, "");
	}
}

static size_t all_figures(const struct matrix_column *c)
{
	size_t n = 0;

	for (int e = 0; e < EXECUTIONS; e++)
		n += c->figures[e];
	return n;
}

/* Like beside like, what has no figure last. */
static int by_execution(const void *x, const void *y)
{
	const struct matrix_column *a = x, *b = y;
	int order = !all_figures(a) - !all_figures(b);

	if (!order)
		order = (int)a->execution - (int)b->execution;
	if (!order)
		order = (a->run_order > b->run_order) - (a->run_order < b->run_order);
	if (!order)
		order = !!strcmp(a->platform_name, BASELINE_PLATFORM) -
			!!strcmp(b->platform_name, BASELINE_PLATFORM);
	if (!order)
		order = strcmp(a->platform_name, b->platform_name);
	return order ? order : strcmp(a->variant, b->variant);
}

size_t matrix_column_of(const struct matrix_builder *b, const struct result_run *run,
			const char *name, const char *variant)
{
	return index_find(&b->columns, analysis_run_order(b->a, run), name, variant)->at;
}

static void count_figures(struct matrix_builder *b)
{
	const struct report *r = &b->a->report;

	for (size_t i = 0; i < r->metric_count; i++) {
		const struct metric *m = &r->metrics[i];
		size_t at = matrix_column_of(b, m->run, m->platform_name, m->variant);

		b->m->columns[at].figures[m->execution]++;
	}
	for (size_t i = 0; i < r->fault_count; i++) {
		const struct fault_figure *f = &r->faults[i];
		size_t at = matrix_column_of(b, f->run, f->platform_name, f->variant);

		b->m->columns[at].figures[f->execution]++;
	}
}

/* The plain form of a platform of which only variants ran is no column. */
static bool is_needless(const struct matrix *m, const struct matrix_column *c)
{
	if (all_figures(c) || c->variant[0])
		return false;
	for (size_t i = 0; i < m->column_count; i++)
		if (m->columns[i].run == c->run && m->columns[i].variant[0] &&
		    !strcmp(m->columns[i].platform_name, c->platform_name))
			return true;
	return false;
}

static void finish_columns(struct matrix_builder *b)
{
	const struct report *r = &b->a->report;
	struct matrix *m = b->m;
	size_t n = 0;

	for (size_t i = 0; i < m->column_count; i++) {
		struct matrix_column *c = &m->columns[i];

		c->host = label_host(r, c->run);
		c->version = label_version(r, c->run, c->platform_name);
		for (int e = 0; e < EXECUTIONS; e++)
			if (c->figures[e] > c->figures[c->execution])
				c->execution = (enum execution)e;
	}
	for (size_t i = 0; i < m->column_count; i++)
		if (!is_needless(m, &m->columns[i]))
			m->columns[n++] = m->columns[i];
	m->column_count = n;
	if (n)
		qsort(m->columns, n, sizeof(*m->columns), by_execution);
	b->columns.count = 0;
	for (size_t i = 0; i < n; i++)
		index_add(&b->columns, m->columns[i].run_order, m->columns[i].platform_name,
			  m->columns[i].variant, i);
	index_end(&b->columns);
}

static int make_columns(struct matrix_builder *b)
{
	const struct report *r = &b->a->report;
	size_t room = r->metric_count + r->fault_count + r->platform_count, n = 0;
	struct matrix_column *all;

	b->m->columns = arena_array(&b->a->arena, room + 1, sizeof(*b->m->columns));
	if (!b->m->columns || matrix_begin_index(b, &b->columns, room))
		return analysis_no_memory(b->a);
	list_columns(b);
	index_end(&b->columns);
	index_unique(&b->columns);
	/* The first of each kind moves to the place of its key. */
	all = arena_array(&b->a->arena, b->columns.count + 1, sizeof(*all));
	if (!all)
		return analysis_no_memory(b->a);
	for (size_t i = 0; i < b->columns.count; i++) {
		all[n] = b->m->columns[b->columns.keys[i].at];
		b->columns.keys[i].at = n++;
	}
	b->m->columns = all;
	b->m->column_count = n;
	count_figures(b);
	finish_columns(b);
	return 0;
}

/* Too much for anybody to read, and for us to go through again and again. */
static bool is_too_large(const struct matrix *m)
{
	return m->column_count > MAX_COLUMNS ||
	       (m->bench_count + m->fault_count) * m->column_count > MAX_CELLS;
}

int analysis_matrix(struct analysis *a)
{
	struct matrix_builder b = {.a = a};

	b.m = arena_alloc(&a->arena, sizeof(*b.m));
	if (!b.m)
		return analysis_no_memory(a);
	if (make_columns(&b))
		return -1;
	if (b.m->column_count < 2)
		return 0;
	if (matrix_make_rows(&b))
		return -1;
	if (is_too_large(b.m)) {
		a->report.matrix_why = "they are too many for one table";
		return 0;
	}
	if (matrix_fill_cells(&b) || matrix_make_means(&b))
		return -1;
	a->report.matrix = b.m;
	return 0;
}
