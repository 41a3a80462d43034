/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/append.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/result.h"

/* The first run, whose plan all others have, and how many there are. */
static const struct result_run *first_run(struct result *r, size_t *count, char *error, size_t size)
{
	const struct result_run *runs;

	if (result_runs(r, &runs, count)) {
		snprintf(error, size, "%s", result_error(r));
		return NULL;
	}
	if (*count)
		return runs;
	snprintf(error, size, "it holds no run to add to; choose a new file (-o)");
	return NULL;
}

static bool narrows(const struct plan_arguments *a)
{
	return a->platforms.count || a->benches.count || a->faults.count || a->variants.count;
}

/* The same but for the seed? */
static bool is_same(struct plan *a, struct plan *b)
{
	uint64_t seeds[2] = {a->seed, b->seed};
	char *text, *other;
	bool same;

	a->seed = b->seed = 0;
	text = plan_text(a);
	other = plan_text(b);
	same = text && other && !strcmp(text, other);
	a->seed = seeds[0];
	b->seed = seeds[1];
	free(text);
	free(other);
	return same;
}

/* What the command line names, if it is what the file has. */
static struct plan *checked(const char *path, const struct plan_arguments *a, struct plan *stored,
			    char *error, size_t size)
{
	struct plan *p = plan_of_arguments(a, error, size);

	if (p && is_same(p, stored))
		return p;
	if (p)
		snprintf(
			error, size,
			"--append %.200s: the plan is not the one that it holds (%.64s); name none "
			"to take that one, or choose a new file (-o)",
			path, stored->name);
	plan_free(p);
	return NULL;
}

static struct plan *choose(const char *path, const struct plan_arguments *a,
			   const struct result_run *first, char *error, size_t size)
{
	struct plan *stored, *p;

	if (!a->plan && !a->preset && narrows(a)) {
		snprintf(error, size,
			 "--append %.200s takes the plan that it holds as it is; leave out -p, -b, "
			 "-f and --variant",
			 path);
		return NULL;
	}
	stored = plan_of_text(first->plan, path, error, size);
	if (!stored || (!a->plan && !a->preset))
		return stored;
	p = checked(path, a, stored, error, size);
	plan_free(stored);
	return p;
}

struct plan *append_plan(const char *path, const struct plan_arguments *a, char *error, size_t size)
{
	struct result *r = result_open(path);
	const struct result_run *first;
	struct plan *p = NULL;
	size_t count;

	if (!r) {
		snprintf(error, size, "%s", result_error(NULL));
		return NULL;
	}
	first = first_run(r, &count, error, size);
	if (first)
		p = choose(path, a, first, error, size);
	if (p)
		p->seed = a->seed_given ? a->seed : first->seed + count;
	result_close(r);
	return p;
}
