/* SPDX-License-Identifier: Apache-2.0 */
/* Platforms side by side: the rows. */
#include "report/analysis_matrix.h"

#include <stdlib.h>
#include <string.h>

/* ---- Benches ---- */

/* A row to be, and where it belongs. */
struct place {
	const struct result_bench *bench;
	size_t group, order; /* of the group's and the bench's first file */
	int64_t parameter;
	int has_parameter;
};

static int by_row(const void *x, const void *y)
{
	const struct place *a = x, *b = y;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	return (a->parameter > b->parameter) - (a->parameter < b->parameter);
}

/* Each bench of any file once, in order: their number, or -1. */
static int list_benches(struct matrix_builder *b, struct place **places, struct index *names)
{
	struct analysis *a = b->a;
	size_t room = 0, n = 0;

	for (size_t i = 0; i < a->source_count; i++)
		room += a->sources[i].benches.count;
	*places = arena_array(&a->arena, room + 1, sizeof(**places));
	if (!*places || matrix_begin_index(b, names, room))
		return analysis_no_memory(a);
	for (size_t i = 0; i < a->source_count; i++) {
		const struct result_bench *rows;
		size_t count;

		if (result_benches(a->sources[i].file->result, &rows, &count))
			return analysis_fail(a, "%s", result_error(a->sources[i].file->result));
		for (size_t k = 0; k < count; k++, n++) {
			(*places)[n] = (struct place){.bench = &rows[k], .order = n};
			index_add(names, 0, rows[k].name, "", n);
		}
	}
	index_end(names);
	index_unique(names);
	return 0;
}

/* The order of a bench's group: that of its first bench. */
static int find_groups(struct matrix_builder *b, struct place *places, const struct index *names)
{
	struct index groups;

	if (matrix_begin_index(b, &groups, names->count))
		return -1;
	for (size_t i = 0; i < names->count; i++) {
		const struct place *p = &places[names->keys[i].at];

		index_add(&groups, 0, p->bench->group, "", p->order);
	}
	index_end(&groups);
	for (size_t i = 0; i < names->count; i++) {
		struct place *p = &places[names->keys[i].at];

		p->group = index_find(&groups, 0, p->bench->group, "")->at;
	}
	return 0;
}

static void add_bench_row(struct matrix_builder *b, const struct place *p)
{
	b->m->benches[b->m->bench_count++] = (struct matrix_row){.name = p->bench->name,
								 .bench = p->bench,
								 .parameter = p->parameter,
								 .has_parameter = p->has_parameter};
}

/* A row for each bench and parameter that a figure has; one for a bench without any. */
static int make_bench_rows(struct matrix_builder *b)
{
	const struct report *r = &b->a->report;
	struct place *places, *rows;
	struct index names;
	size_t n = 0;

	if (list_benches(b, &places, &names) || find_groups(b, places, &names))
		return -1;
	rows = arena_array(&b->a->arena, r->metric_count + names.count + 1, sizeof(*rows));
	b->m->benches = arena_array(&b->a->arena, r->metric_count + names.count + 1,
				    sizeof(*b->m->benches));
	if (!rows || !b->m->benches ||
	    matrix_begin_index(b, &b->benches, r->metric_count + names.count))
		return analysis_no_memory(b->a);
	for (size_t i = 0; i < r->metric_count; i++) {
		const struct metric *m = &r->metrics[i];
		struct place *p = &places[index_find(&names, 0, m->bench->name, "")->at];

		p->has_parameter = 1; /* it has rows */
		rows[n] = *p;
		rows[n].has_parameter = m->bench->parameter_name != NULL;
		rows[n++].parameter = m->parameter;
	}
	for (size_t i = 0; i < names.count; i++)
		if (!places[names.keys[i].at].has_parameter)
			rows[n++] = places[names.keys[i].at];
	if (n)
		qsort(rows, n, sizeof(*rows), by_row);
	for (size_t i = 0; i < n; i++) {
		if (i && !by_row(&rows[i - 1], &rows[i]))
			continue;
		index_add(&b->benches, (uint64_t)rows[i].parameter, rows[i].bench->name, "",
			  b->m->bench_count);
		add_bench_row(b, &rows[i]);
	}
	index_end(&b->benches);
	return 0;
}

/* ---- Faults ---- */

static int make_fault_rows(struct matrix_builder *b)
{
	const struct report *r = &b->a->report;
	size_t room = r->fault_count + r->skip_count;
	struct index names;

	b->m->faults = arena_array(&b->a->arena, room + 1, sizeof(*b->m->faults));
	if (!b->m->faults || matrix_begin_index(b, &names, room))
		return analysis_no_memory(b->a);
	for (size_t i = 0; i < r->fault_count; i++) {
		const struct fault_figure *f = &r->faults[i];
		const char *name = arena_printf(&b->a->arena, "%s+%s", f->fault->name, f->recovery);

		if (!name)
			return analysis_no_memory(b->a);
		index_add(&names, 0, name, "", i);
	}
	/* What was skipped everywhere has a row, too. */
	for (size_t i = 0; i < r->skip_count; i++)
		if (!strcmp(r->skips[i]->kind, "fault") && strchr(r->skips[i]->what, '+'))
			index_add(&names, 0, r->skips[i]->what, "", r->fault_count + i);
	index_end(&names);
	index_unique(&names);
	for (size_t i = 0; i < names.count; i++) {
		size_t at = names.keys[i].at;

		b->m->faults[b->m->fault_count++] = (struct matrix_row){
			.name = names.keys[i].name,
			.fault = at < r->fault_count ? r->faults[at].fault : NULL};
		names.keys[i].at = i;
	}
	b->faults = names; /* sorted by name, as the rows are */
	return 0;
}

int matrix_make_rows(struct matrix_builder *b)
{
	return make_bench_rows(b) || make_fault_rows(b) ? -1 : 0;
}
