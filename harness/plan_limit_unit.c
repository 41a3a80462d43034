/* SPDX-License-Identifier: Apache-2.0 */
/* The unit of a limit: one that no figure it is about can have would never fail, whatever ran. */
#include <stdio.h>
#include <string.h>

#include "harness/plan_internal.h"

static int matches(const struct plan_globs *match, const void *bench)
{
	const struct registry one = {&bench, 1};
	char what[PLAN_MAX_NAME + 1];

	for (size_t i = 0; i < match->count; i++) {
		snprintf(what, sizeof(what), "%.*s", (int)strcspn(match->glob[i], "/"),
			 match->glob[i]);
		if (plan_glob_known(one, what))
			return 1;
	}
	return 0;
}

int plan_limit_unit(const struct plan_names *n, const struct plan_globs *match, int unit)
{
	int wrong = -1;

	/* In a lab that counts instructions any figure may be in these. */
	if (!n->unit_of || unit < 0 || unit == INSTRUCTIONS)
		return -1;
	for (size_t i = 0; i < n->benches.count; i++) {
		int own = n->unit_of(registry_name(n->benches.entries[i]));

		if (!matches(match, n->benches.entries[i]))
			continue;
		if (own < 0 || own == unit)
			return -1;
		wrong = own;
	}
	return wrong;
}
