/* SPDX-License-Identifier: Apache-2.0 */
/* What was measured about a trial beside its batches: counters, its place, raw samples. */
#include <stdlib.h>

#include "harness/core/result_insert.h"

int result_add_counter(struct result *r, struct result_counter *c)
{
	struct insert i = insert_into(r, TABLE_COUNTER);

	if (insert_allowed(r))
		return -1;
	insert_null(&i);
	insert_integer(&i, c->run);
	insert_text(&i, c->source);
	insert_text(&i, c->name);
	insert_text(&i, c->scope);
	insert_text(&i, c->unit);
	insert_text(&i, c->why_not);
	if (insert_row(&i))
		return -1;
	c->id = sqlite3_last_insert_rowid(r->db);
	return 0;
}

static int add_count(struct result *r, int64_t trial, const struct result_count *c)
{
	struct insert i = insert_into(r, TABLE_COUNT);

	i.wrong = result_check_count(c);
	insert_integer(&i, trial);
	insert_integer(&i, c->batch);
	insert_integer(&i, c->counter);
	insert_integer(&i, (int64_t)c->value);
	return insert_row(&i);
}

static int add_place(struct result *r, int64_t trial, const struct result_place *p)
{
	struct insert i = insert_into(r, TABLE_PLACE);

	insert_integer(&i, trial);
	insert_text(&i, p->placement);
	insert_text(&i, p->cpus);
	insert_text(&i, p->observer);
	return insert_row(&i);
}

static int add_raw(struct result *r, int64_t trial, const struct result_raw *raw)
{
	struct insert i = insert_into(r, TABLE_RAW);
	unsigned char *bytes = malloc(RESULT_RAW_SPACE(raw->count) + 1);
	int failed;

	if (!bytes)
		return result_fail(r, "no memory to store raw samples");
	i.wrong = result_check_raw(raw);
	insert_integer(&i, trial);
	insert_integer(&i, raw->batch);
	insert_integer(&i, raw->count);
	insert_bound(&i, sqlite3_bind_blob64(i.s, ++i.column, bytes,
					     result_encode_raw(bytes, raw->ticks, raw->count),
					     SQLITE_STATIC));
	failed = insert_row(&i);
	free(bytes);
	return failed;
}

int result_add_measured(struct result *r, const struct result_trial *t)
{
	for (size_t n = 0; n < t->count_count; n++)
		if (add_count(r, t->id, &t->counts[n]))
			return -1;
	for (size_t n = 0; n < t->raw_count; n++)
		if (add_raw(r, t->id, &t->raw[n]))
			return -1;
	return t->place ? add_place(r, t->id, t->place) : 0;
}
