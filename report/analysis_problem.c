/* SPDX-License-Identifier: Apache-2.0 */
/* Trials that yield no figure, and doubts about figures: counted, never dropped. */
#include "report/analysis.h"

#include <stdlib.h>
#include <string.h>

int analysis_problem(struct analysis *a, const struct result_run *run, const char *what,
		     const char *platform, enum trial_status status, const char *why)
{
	struct problem p = {.run = run, .platform = platform, .count = 1, .status = status};

	if (a->problem_count == a->problem_room) {
		size_t room = a->problem_room ? a->problem_room * 2 : 64;
		struct problem_entry *longer = reallocarray(a->problems, room, sizeof(*longer));

		if (!longer)
			return analysis_no_memory(a);
		a->problems = longer;
		a->problem_room = room;
	}
	p.what = arena_strdup(&a->arena, what);
	p.why = arena_strdup(&a->arena, why);
	if (!p.what || !p.why)
		return analysis_no_memory(a);
	a->problems[a->problem_count++] = (struct problem_entry){analysis_run_order(a, run), p};
	return 0;
}

static int by_content(const void *x, const void *y)
{
	const struct problem_entry *a = x, *b = y;
	int order;

	if (a->order != b->order)
		return a->order < b->order ? -1 : 1;
	order = strcmp(a->problem.what, b->problem.what);
	if (!order)
		order = strcmp(a->problem.platform, b->problem.platform);
	if (!order)
		order = (int)a->problem.status - (int)b->problem.status;
	return order ? order : strcmp(a->problem.why, b->problem.why);
}

int analysis_merge_problems(struct analysis *a)
{
	struct report *r = &a->report;

	r->problems = arena_array(&a->arena, a->problem_count, sizeof(*r->problems));
	if (!r->problems)
		return analysis_no_memory(a);
	if (a->problem_count)
		qsort(a->problems, a->problem_count, sizeof(*a->problems), by_content);
	for (size_t i = 0; i < a->problem_count; i++) {
		if (i && !by_content(&a->problems[i - 1], &a->problems[i]))
			r->problems[r->problem_count - 1].count++;
		else
			r->problems[r->problem_count++] = a->problems[i].problem;
	}
	return 0;
}
