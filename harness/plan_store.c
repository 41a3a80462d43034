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

/* One of an entry's globs on one of its platforms; NULL: it names none. */
static int store_row(struct result *r, struct result_criterion row, const char *match,
		     const char *platform)
{
	const char *slash = strchr(match, '/');
	char what[PLAN_MAX_NAME + 1];

	snprintf(what, sizeof(what), "%.*s", slash ? (int)(slash - match) : PLAN_MAX_NAME, match);
	row.what = glob_of(what);
	if (slash && !platform)
		platform = slash + 1;
	row.platform = platform ? glob_of(platform) : NULL;
	return result_add_criterion(r, &row);
}

static int store(struct result *r, int64_t run, uint32_t entry, const struct plan_criterion *c)
{
	const struct result_criterion row = {
		.run = run,
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
		if (!c->platforms.count && store_row(r, row, c->match.glob[i], NULL))
			return -1;
		for (size_t k = 0; k < c->platforms.count; k++)
			if (store_row(r, row, c->match.glob[i], c->platforms.glob[k]))
				return -1;
	}
	return 0;
}

int plan_store_criteria(const struct plan *p, struct result *r, int64_t run)
{
	uint32_t entries[CRITERIA] = {0};

	for (size_t i = 0; i < p->criterion_count; i++)
		if (store(r, run, entries[p->criteria[i].kind]++, &p->criteria[i]))
			return -1;
	return 0;
}
