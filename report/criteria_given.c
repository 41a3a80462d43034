/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Criteria that were given after the runs (--limits PLAN), in place of those that the plans of the
 * runs declared. Whoever reads the report is told so, with the hash of what they are from:
 * what was chosen in sight of the figures decides less than what was declared before them.
 */
#include <string.h>

#include "harness/core/criteria_reader.h"
#include "report/anonymous.h"
#include "report/criteria.h"
#include "report/label.h"

/* ---- Names that the files have ---- */

struct named { /* as a registry's entries begin */
	const char *name;
};

struct names {
	struct named *name;
	const void **entries;
	size_t count;
};

static int begin_names(struct analysis *a, struct names *n, size_t most)
{
	n->name = arena_array(&a->arena, most + 1, sizeof(*n->name));
	n->entries = arena_array(&a->arena, most + 1, sizeof(*n->entries));
	return n->name && n->entries ? 0 : analysis_no_memory(a);
}

static void add_name(struct names *n, const char *name)
{
	n->name[n->count].name = name;
	n->entries[n->count] = &n->name[n->count];
	n->count++;
}

static struct registry registry_of(const struct names *n)
{
	return (struct registry){n->entries, n->count};
}

static int collect_names(struct analysis *a, struct criteria_names *known)
{
	const struct report *r = &a->report;
	struct names platforms = {0}, benches = {0}, faults = {0}, recoveries = {0}, groups = {0};
	size_t bench_count = 0, fault_count = 0;

	for (size_t i = 0; i < a->source_count; i++) {
		bench_count += a->sources[i].benches.count;
		fault_count += a->sources[i].faults.count;
	}
	if (begin_names(a, &platforms, r->platform_count) ||
	    begin_names(a, &benches, bench_count) || begin_names(a, &groups, bench_count) ||
	    begin_names(a, &faults, fault_count) || begin_names(a, &recoveries, r->fault_count))
		return -1;
	for (size_t i = 0; i < r->platform_count; i++)
		add_name(&platforms, r->platforms[i]->name);
	for (size_t i = 0; i < r->fault_count; i++)
		add_name(&recoveries, r->faults[i].recovery);
	for (size_t i = 0; i < a->source_count; i++) {
		const struct source *s = &a->sources[i];

		for (size_t k = 0; k < s->benches.count; k++) {
			add_name(&benches, s->benches.keys[k].name);
			add_name(&groups,
				 ((const struct result_bench *)s->benches.keys[k].row)->group);
		}
		for (size_t k = 0; k < s->faults.count; k++)
			add_name(&faults, s->faults.keys[k].name);
	}
	*known = (struct criteria_names){registry_of(&platforms), registry_of(&benches),
					 registry_of(&faults), registry_of(&recoveries),
					 registry_of(&groups)};
	return 0;
}

/* ---- Rows ---- */

static int read_given(struct analysis *a, const char *path, struct criteria_given *given)
{
	struct registry readers = REGISTRY(criteria_readers);
	struct criteria_names known;

	if (!readers.count)
		return analysis_fail(a,
				     "--limits: this program cannot read plans: it is the report "
				     "half alone; use the whole virt-qualify");
	if (collect_names(a, &known))
		return -1;
	for_each_registered (struct criteria_reader, reader, readers)
		return reader->read(path, &known, given, a->error, a->error_size);
	return -1;
}

/* A text as it may stand in this report. */
static const char *own_text(struct analysis *a, const char *column, const char *text)
{
	struct result_filter f = {0};

	if (a->anonymous)
		f = anonymous_filter(a->anonymous);
	if (f.text && text)
		text = f.text(f.context, column, NULL, text);
	return text ? arena_strdup(&a->arena, text) : NULL;
}

static int own_rows(struct analysis *a, const struct criteria_given *given,
		    struct result_criterion *rows)
{
	for (size_t i = 0; i < given->count; i++) {
		const struct result_criterion *x = &given->rows[i];

		rows[i] = *x;
		rows[i].what = own_text(a, "what", x->what);
		rows[i].platform = own_text(a, "platform", x->platform);
		if (!rows[i].what || (x->platform && !rows[i].platform))
			return analysis_no_memory(a);
	}
	return 0;
}

/* The same rows for each run: criteria name their run by its number. */
static int give_runs(struct analysis *a, const struct criteria_given *given)
{
	size_t runs = a->report.run_count;

	a->given = arena_array(&a->arena, runs, sizeof(*a->given));
	if (!a->given)
		return analysis_no_memory(a);
	for (size_t i = 0; i < runs; i++) {
		a->given[i] = arena_array(&a->arena, given->count, sizeof(**a->given));
		if (!a->given[i])
			return analysis_no_memory(a);
		if (!i && own_rows(a, given, a->given[0]))
			return -1;
		if (i)
			memcpy(a->given[i], a->given[0], given->count * sizeof(**a->given));
		for (size_t k = 0; k < given->count; k++)
			a->given[i][k].run = a->report.runs[i]->id;
	}
	a->given_count = given->count;
	return 0;
}

int report_judge_by(struct report *r, const char *path, char *error, size_t size)
{
	struct analysis *a = (struct analysis *)r;
	struct criteria_given given = {0};
	int failed;

	a->error = error;
	a->error_size = size;
	failed = read_given(a, path, &given);
	if (!failed)
		failed = give_runs(a, &given) || analysis_given(a, GIVEN_LIMITS, path, given.sha256)
				 ? -1
				 : 0;
	arena_free(&given.arena);
	if (failed)
		return -1;
	return analysis_criteria(a);
}
