/* SPDX-License-Identifier: Apache-2.0 */
/* report --limits PLAN: what a plan decides by, for result files that were made without it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/criteria_reader.h"
#include "harness/core/sha256.h"
#include "harness/plan_arguments.h"
#include "harness/plan_internal.h"

static int keep(void *context, const struct result_criterion *row)
{
	struct criteria_given *out = context;
	struct result_criterion *x = &out->rows[out->count];

	*x = *row;
	x->what = arena_strdup(&out->arena, row->what);
	x->platform = row->platform ? arena_strdup(&out->arena, row->platform) : NULL;
	if (!x->what || (row->platform && !x->platform))
		return -1;
	out->count++;
	return 0;
}

/* A row for each glob on each platform. */
static size_t most_rows(const struct plan *p)
{
	size_t count = 0;

	for (size_t i = 0; i < p->criterion_count; i++) {
		const struct plan_criterion *c = &p->criteria[i];

		count += c->match.count * (c->platforms.count ? c->platforms.count : 1);
	}
	return count;
}

static int take(const struct plan *p, struct criteria_given *out, char *error, size_t size)
{
	out->rows = arena_array(&out->arena, most_rows(p) + 1, sizeof(*out->rows));
	if (out->rows && !plan_each_criterion(p, keep, out))
		return 0;
	snprintf(error, size, "%s: no memory for its limits", p->file);
	return -1;
}

/* Names of both; to be freed, as is nothing behind them. 0, or -1: no memory. */
static int join(struct registry *r, const struct registry *more)
{
	const void **all = calloc(r->count + more->count + 1, sizeof(*all));

	if (!all)
		return -1;
	for (size_t i = 0; i < r->count; i++)
		all[i] = r->entries[i];
	for (size_t i = 0; i < more->count; i++)
		all[r->count + i] = more->entries[i];
	*r = (struct registry){all, r->count + more->count};
	return 0;
}

static struct plan *parse(const char *text, size_t length, const char *path,
			  const struct criteria_names *known, char *error, size_t size)
{
	struct plan_names names = plan_all_names();
	struct registry *const own[] = {&names.platforms, &names.benches, &names.faults,
					&names.recoveries, &names.groups};
	const struct registry *const more[] = {&known->platforms, &known->benches, &known->faults,
					       &known->recoveries, &known->groups};
	struct plan *p = NULL;
	size_t joined = 0;

	while (joined < sizeof(own) / sizeof(own[0]) && !join(own[joined], more[joined]))
		joined++;
	if (joined == sizeof(own) / sizeof(own[0]))
		p = plan_parse_criteria(text, length, path, &names, error, size);
	else
		snprintf(error, size, "%s: no memory for its names", path);
	while (joined--)
		free((void *)own[joined]->entries);
	return p;
}

static int read_plan(const char *path, const struct criteria_names *known,
		     struct criteria_given *out, char *error, size_t size)
{
	struct sha256 sha;
	struct plan *p;
	size_t length = 0;
	char *text = plan_read_text(path, "give --limits a plan file", &length, error, size);
	int failed;

	if (!text)
		return -1;
	sha256_begin(&sha);
	sha256_add(&sha, text, length);
	sha256_end(&sha, out->sha256);
	p = parse(text, length, path, known, error, size);
	free(text);
	failed = !p || take(p, out, error, size) ? -1 : 0;
	plan_free(p);
	return failed;
}

CRITERIA_READER(plan, .read = read_plan);
