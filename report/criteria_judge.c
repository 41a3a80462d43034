/* SPDX-License-Identifier: Apache-2.0 */
/* Judging what the plans decide by: run by run, limits first, then requirements. */
#include "report/criteria.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/label.h"

/* More than any plan asks for: a file that holds more is hostile. */
#define MAX_ROWS       10000u
#define MAX_JUDGEMENTS 50000u

const char *judged_name(enum judged j)
{
	static const char *const names[] = {"inconclusive", "passed", "failed"};

	return names[j];
}

bool criteria_is_first(const struct judging *j, size_t at, enum criterion kind)
{
	const struct result_criterion *c = &j->rows[at];

	if (c->run != j->run->id || c->kind != kind)
		return false;
	for (size_t i = 0; i < at; i++)
		if (j->rows[i].run == c->run && j->rows[i].kind == kind &&
		    j->rows[i].entry == c->entry)
			return false;
	return true;
}

const struct result_criterion *criteria_match(const struct judging *j, size_t entry,
					      const char *what, const char *platform)
{
	const struct result_criterion *first = &j->rows[entry];

	for (size_t i = entry; i < j->count; i++) {
		const struct result_criterion *c = &j->rows[i];

		if (c->run == first->run && c->kind == first->kind && c->entry == first->entry &&
		    criterion_is_about(c, what, platform))
			return c;
	}
	return NULL;
}

int criteria_add(struct judging *j, struct judgement *x)
{
	struct report *r = &j->a->report;
	size_t n = r->judgement_count;

	if (n == MAX_JUDGEMENTS)
		return analysis_fail(j->a,
				     "the plans' limits and requirements make more than %u "
				     "rows; let them match less",
				     MAX_JUDGEMENTS);
	if (!(n & (n - 1))) { /* a power of two: full */
		struct judgement *longer =
			arena_array(&j->a->arena, n ? 2 * n : 1, sizeof(*longer));

		if (!longer)
			return analysis_no_memory(j->a);
		if (n)
			memcpy(longer, r->judgements, n * sizeof(*longer));
		r->judgements = longer;
	}
	if (!x->what || !x->platform || !x->wanted || !x->found)
		return analysis_no_memory(j->a);
	x->run = j->run;
	r->judgements[r->judgement_count++] = *x;
	return 0;
}

const char *criteria_text(struct judging *j, const char *format, ...)
{
	char *s = NULL;
	const char *kept;
	va_list args;

	va_start(args, format);
	if (vasprintf(&s, format, args) < 0)
		s = NULL;
	va_end(args);
	kept = s ? arena_strdup(&j->a->arena, s) : NULL;
	free(s);
	return kept;
}

const char *criteria_skip(const struct judging *j, const struct result_criterion *c)
{
	const struct report *r = &j->a->report;

	for (size_t i = 0; i < r->skip_count; i++) {
		const struct result_skip *s = r->skips[i];

		if (label_run_of_skip(r, i) != j->run)
			continue;
		if (s->platform ? criterion_is_about(c, s->what, s->platform)
				: c->platform && criterion_is_about(c, NULL, s->what))
			return s->why;
	}
	return NULL;
}

int analysis_criteria(struct analysis *a)
{
	struct report *r = &a->report;

	r->judgement_count = r->score_count = 0;
	r->judgements = NULL;
	r->scores = NULL;
	for (size_t i = 0; i < r->run_count; i++) {
		struct judging j = {.a = a, .run = r->runs[i]};

		/* Blocks of one side have one plan, and their figures are the side's. */
		if (report_side(r, j.run) != j.run)
			continue;
		j.file = label_file(r, j.run);
		if (criteria_of(r, j.run, &j.rows, &j.count))
			return analysis_fail(a, "%s", result_error(j.file->result));
		if (j.count > MAX_ROWS)
			return analysis_fail(a,
					     "%s: table criterion holds more rows than a plan "
					     "can make",
					     j.file->path);
		if (criteria_limits(&j) || criteria_required(&j) || criteria_scores(&j))
			return -1;
	}
	return 0;
}
