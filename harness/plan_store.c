/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan decides by, into the result file, before anything is measured: a row a glob. */
#include <stdio.h>
#include <string.h>

#include "harness/core/result.h"
#include "harness/plan_internal.h"

/* "all" is every name; reports know globs alone. */
static const char *glob_of(const char *text)
{
	return strcmp(text, "all") ? text : "*";
}

/* Who is given the rows. */
struct taker {
	int (*take)(void *context, const struct result_criterion *row);
	void *context;
};

/* One of an entry's globs on one of its platforms; NULL: it names none. */
static int give_row(const struct taker *t, struct result_criterion row, const char *match,
		    const char *platform)
{
	const char *slash = strchr(match, '/');
	char what[PLAN_MAX_NAME + 1];

	snprintf(what, sizeof(what), "%.*s", slash ? (int)(slash - match) : PLAN_MAX_NAME, match);
	row.what = glob_of(what);
	if (slash && !platform)
		platform = slash + 1;
	row.platform = platform ? glob_of(platform) : NULL;
	return t->take(t->context, &row);
}

static int give(const struct taker *t, uint32_t entry, const struct plan_criterion *c)
{
	const struct result_criterion row = {
		.kind = c->kind,
		.entry = entry,
		.execution = c->execution,
		.figure = c->figure,
		.quantile = c->quantile,
		.low = c->low,
		.high = c->high,
		.unit = c->unit,
		.weight = c->weight,
		.trials = c->trials,
	};

	for (size_t i = 0; i < c->match.count; i++) {
		if (!c->platforms.count && give_row(t, row, c->match.glob[i], NULL))
			return -1;
		for (size_t k = 0; k < c->platforms.count; k++)
			if (give_row(t, row, c->match.glob[i], c->platforms.glob[k]))
				return -1;
	}
	return 0;
}

int plan_each_criterion(const struct plan *p,
			int (*take)(void *context, const struct result_criterion *row),
			void *context)
{
	const struct taker t = {take, context};
	uint32_t entries[CRITERIA] = {0};

	for (size_t i = 0; i < p->criterion_count; i++)
		if (give(&t, entries[p->criteria[i].kind]++, &p->criteria[i]))
			return -1;
	return 0;
}

struct storing {
	struct result *result;
	int64_t run;
};

static int store(void *context, const struct result_criterion *row)
{
	const struct storing *s = context;
	struct result_criterion of_run = *row;

	of_run.run = s->run;
	return result_add_criterion(s->result, &of_run);
}

int plan_store_criteria(const struct plan *p, struct result *r, int64_t run)
{
	struct storing s = {r, run};

	return plan_each_criterion(p, store, &s);
}
