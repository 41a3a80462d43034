/* SPDX-License-Identifier: Apache-2.0 */
/* One row of what a plan decides by, into a result file. Columns that its kind has not are NULL. */
#include "harness/core/result_insert.h"

static void insert_limit(struct insert *i, const struct result_criterion *c)
{
	insert_word(i, limit_figure_name(c->figure));
	insert_real(i, c->quantile);
	insert_real(i, c->low);
	insert_real(i, c->high);
	if (c->unit < 0)
		insert_null(i);
	else
		insert_word(i, unit_name((enum unit)c->unit));
}

int result_add_criterion(struct result *r, const struct result_criterion *c)
{
	struct insert i = insert_into(r, TABLE_CRITERION);

	if (insert_allowed(r))
		return -1;
	i.wrong = result_check_criterion(c);
	insert_null(&i);
	insert_integer(&i, c->run);
	insert_word(&i, criterion_name(c->kind));
	insert_integer(&i, c->entry);
	insert_text(&i, c->what);
	insert_text(&i, c->platform);
	insert_text(&i, c->execution < 0 ? NULL : execution_name((enum execution)c->execution));
	if (c->kind == CRITERION_LIMIT)
		insert_limit(&i, c);
	for (int column = 0; column < 5 && c->kind != CRITERION_LIMIT; column++)
		insert_null(&i);
	if (c->kind == CRITERION_WEIGHT)
		insert_real(&i, c->weight);
	else
		insert_null(&i);
	insert_integer_unless(&i, c->kind == CRITERION_REQUIRE ? c->trials : 0, 0);
	return insert_row(&i);
}
