/* SPDX-License-Identifier: Apache-2.0 */
#include "report/criteria.h"

#include <fnmatch.h>
#include <string.h>

#include "report/label.h"

/* As its own plan declared them. */
static int declared(const struct report *r, const struct result_run *run,
		    const struct result_criterion **rows, size_t *count)
{
	const struct report_file *file = label_file(r, run);

	*rows = NULL;
	*count = 0;
	return file ? result_criteria(file->result, rows, count) : 0;
}

int criteria_of(const struct report *r, const struct result_run *run,
		const struct result_criterion **rows, size_t *count)
{
	const struct analysis *a = (const struct analysis *)r;

	if (!a->given)
		return declared(r, run, rows, count);
	*rows = a->given[analysis_run_order(a, run)];
	*count = a->given_count;
	return 0;
}

static bool matches(const char *glob, const char *name)
{
	return !glob || !name || !fnmatch(glob, name, FNM_NOESCAPE);
}

/* "hang" is about every recovery of it; "hang+re*" about those that match. */
bool criterion_is_about(const struct result_criterion *c, const char *what, const char *platform)
{
	char fault[128];
	const char *plus = what ? strchr(what, '+') : NULL;

	if (plus && !strchr(c->what, '+') && (size_t)(plus - what) < sizeof(fault)) {
		memcpy(fault, what, (size_t)(plus - what));
		fault[plus - what] = '\0';
		what = fault;
	}
	return matches(c->what, what) && matches(c->platform, platform);
}

/* Without `gate:` every metric of a plan decides. Only what was declared before the figures were
 * seen can let go of one: criteria given later have no say. */
static bool gates(const struct report *r, const struct metric *m)
{
	const struct result_criterion *c;
	size_t count;
	bool any = false;

	if (!m || declared(r, m->run, &c, &count))
		return m != NULL;
	for (size_t i = 0; i < count; i++) {
		if (c[i].run != m->run->id || c[i].kind != CRITERION_GATE)
			continue;
		if (criterion_is_about(&c[i], m->bench->name, m->platform_name))
			return true;
		any = true;
	}
	return !any;
}

/* Where the two plans differ, what either of them gates on decides: a plan that was changed
 * together with what it judges cannot let go of a metric. */
bool criteria_gate(const struct report *r, const struct comparison_row *row)
{
	return gates(r, row->base) || gates(r, row->other);
}
