/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a result file's tables. A bad row ends the load with its table and id in the error line.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/core/result_private.h"

#define NO_KEY INT64_MIN

/* ---- Loading ---- */

struct query {
	enum result_table table;
	const char *sql;
	size_t size;  /* of one row's struct */
	size_t limit; /* rows; 0: none */
	void (*fetch)(struct cursor *c, void *row);
};

static int bad_row(struct cursor *c, const struct query *q)
{
	long long id = sqlite3_column_int64(c->s, 0);
	const char *table = result_schema[q->table].name;

	if (c->wrong_column)
		return result_fail(c->r, "is damaged: table %s, row %lld: %s %s", table, id,
				   c->wrong_column, c->wrong);
	return result_fail(c->r, "is damaged: table %s, row %lld: %s", table, id, c->wrong);
}

static int grow(struct cursor *c, const struct query *q, struct result_list *l, size_t *room)
{
	size_t more = *room ? *room * 2 : 16;
	void *rows;

	if (l->count < *room)
		return 0;
	rows = reallocarray(l->rows, more, q->size);
	if (!rows)
		return result_fail(c->r, "no memory to read table %s",
				   result_schema[q->table].name);
	l->rows = rows;
	*room = more;
	return 0;
}

static int fetch_rows(struct cursor *c, const struct query *q, struct result_list *l)
{
	size_t room = 0;
	int code;

	while ((code = sqlite3_step(c->s)) == SQLITE_ROW) {
		void *row;

		if (q->limit && l->count == q->limit)
			return result_fail(c->r,
					   "is damaged: table %s, row %lld: more than %zu "
					   "of one trial",
					   result_schema[q->table].name,
					   (long long)sqlite3_column_int64(c->s, 0), q->limit);
		if (grow(c, q, l, &room))
			return -1;
		row = (char *)l->rows + l->count * q->size;
		memset(row, 0, q->size);
		c->column = 0;
		q->fetch(c, row);
		if (c->wrong)
			return bad_row(c, q);
		l->count++;
	}
	return code == SQLITE_DONE ? 0 : result_fail_sqlite(c->r, "read");
}

/* A statement that is kept is prepared only once; 0 or -1. */
static int prepare(struct result *r, const char *sql, sqlite3_stmt **keep, sqlite3_stmt **s)
{
	if (keep && *keep)
		*s = *keep;
	else if (sqlite3_prepare_v2(r->db, sql, -1, s, NULL))
		return result_fail_sqlite(r, "read");
	if (keep)
		*keep = *s;
	return 0;
}

static void put_away(sqlite3_stmt *s, sqlite3_stmt **keep)
{
	if (keep)
		sqlite3_reset(s);
	else
		sqlite3_finalize(s);
}

static int load(struct cursor *c, const struct query *q, int64_t key, struct result_list *l)
{
	int failed;

	if (c->r->writing)
		return result_fail(c->r, "is open for writing; close it, then open it to read");
	l->count = 0;
	if (prepare(c->r, q->sql, c->keep, &c->s))
		return -1;
	if (key != NO_KEY)
		sqlite3_bind_int64(c->s, 1, key);
	failed = fetch_rows(c, q, l);
	put_away(c->s, c->keep);
	l->loaded = !failed;
	if (failed)
		l->count = 0;
	return failed;
}

/* A whole table, read once: its rows stay where they are until the file is closed. */
static int load_once(struct result *r, const struct query *q, struct result_list *l)
{
	struct cursor c = {.r = r, .texts = &r->texts};

	return l->loaded ? 0 : load(&c, q, NO_KEY, l);
}

#define LOAD_ONCE(r, list, table_, order, type, fetch_, rows_, count_)                             \
	do {                                                                                       \
		static const struct query q = {.table = (table_),                                  \
					       .sql = "SELECT * FROM " order,                      \
					       .size = sizeof(type),                               \
					       .fetch = (fetch_)};                                 \
		if (load_once((r), &q, &(r)->list))                                                \
			return -1;                                                                 \
		*(rows_) = (r)->list.rows;                                                         \
		*(count_) = (r)->list.count;                                                       \
		return 0;                                                                          \
	} while (0)

int result_runs(struct result *r, const struct result_run **rows, size_t *count)
{
	LOAD_ONCE(r, runs, TABLE_RUN, "run ORDER BY id", struct result_run, result_fetch_run, rows,
		  count);
}

int result_facts(struct result *r, const struct result_fact **rows, size_t *count)
{
	LOAD_ONCE(r, facts, TABLE_FACT, "fact ORDER BY run, id", struct result_fact,
		  result_fetch_fact, rows, count);
}

int result_platforms(struct result *r, const struct result_platform **rows, size_t *count)
{
	LOAD_ONCE(r, platforms, TABLE_PLATFORM, "platform ORDER BY run, id", struct result_platform,
		  result_fetch_platform, rows, count);
}

int result_benches(struct result *r, const struct result_bench **rows, size_t *count)
{
	LOAD_ONCE(r, benches, TABLE_BENCH, "bench ORDER BY run, id", struct result_bench,
		  result_fetch_bench, rows, count);
}

int result_faults(struct result *r, const struct result_fault **rows, size_t *count)
{
	LOAD_ONCE(r, faults, TABLE_FAULT, "fault ORDER BY run, id", struct result_fault,
		  result_fetch_fault, rows, count);
}

int result_skips(struct result *r, const struct result_skip **rows, size_t *count)
{
	LOAD_ONCE(r, skips, TABLE_SKIP, "skip ORDER BY run, id", struct result_skip,
		  result_fetch_skip, rows, count);
}

/* Tables that came later: a file of an earlier version has none of their rows. */
static bool lacks(const struct result *r, enum result_table table)
{
	return result_schema[table].since > r->version;
}

int result_counters(struct result *r, const struct result_counter **rows, size_t *count)
{
	if (lacks(r, TABLE_COUNTER)) {
		*rows = NULL;
		*count = 0;
		return 0;
	}
	LOAD_ONCE(r, counters, TABLE_COUNTER, "counter ORDER BY run, id", struct result_counter,
		  result_fetch_counter, rows, count);
}

int result_variants(struct result *r, const struct result_variant **rows, size_t *count)
{
	if (lacks(r, TABLE_VARIANT)) {
		*rows = NULL;
		*count = 0;
		return 0;
	}
	LOAD_ONCE(r, variants, TABLE_VARIANT, "variant ORDER BY run, id", struct result_variant,
		  result_fetch_variant, rows, count);
}

int result_criteria(struct result *r, const struct result_criterion **rows, size_t *count)
{
	if (lacks(r, TABLE_CRITERION)) {
		*rows = NULL;
		*count = 0;
		return 0;
	}
	LOAD_ONCE(r, criteria, TABLE_CRITERION, "criterion ORDER BY run, id",
		  struct result_criterion, result_fetch_criterion, rows, count);
}

int result_noise(struct result *r, const struct result_noise **rows, size_t *count)
{
	if (lacks(r, TABLE_NOISE)) {
		*rows = NULL;
		*count = 0;
		return 0;
	}
	LOAD_ONCE(r, noise, TABLE_NOISE, "noise ORDER BY run, id", struct result_noise,
		  result_fetch_noise, rows, count);
}

int result_trials(struct result *r, const struct result_trial **rows, size_t *count)
{
	LOAD_ONCE(r, trials, TABLE_TRIAL,
		  "trial LEFT JOIN fault_trial ON fault_trial.trial = trial.id "
		  "ORDER BY run, ordinal",
		  struct result_trial, result_fetch_trial, rows, count);
}

/* Do this trial's figures count? 1 or 0, or -1 with the error line. */
static int is_valid_trial(struct result *r, int64_t trial)
{
	sqlite3_stmt *s = NULL;
	int valid = -1;

	if (prepare(r, "SELECT status FROM trial WHERE id = ?", &r->select_status, &s))
		return -1;
	sqlite3_bind_int64(s, 1, trial);
	if (sqlite3_step(s) == SQLITE_ROW) {
		const char *status = (const char *)sqlite3_column_text(s, 0);

		valid = status && trial_status_from_name(status) == TRIAL_OK;
	} else {
		result_fail(r, "holds no trial %lld", (long long)trial);
	}
	put_away(s, &r->select_status);
	return valid;
}

int result_batches(struct result *r, int64_t trial, const struct result_batch **rows, size_t *count)
{
	static const struct query q = {.table = TABLE_BATCH,
				       .sql = "SELECT * FROM batch WHERE trial = ? ORDER BY number",
				       .size = sizeof(struct result_batch),
				       .limit = RESULT_MAX_BATCHES,
				       .fetch = result_fetch_batch};
	int valid = is_valid_trial(r, trial);
	struct cursor c = {.r = r,
			   .texts = &r->details,
			   .keep = &r->select_batches,
			   .valid_trial = valid == 1};

	if (valid < 0)
		return -1;
	/* A decoded histogram is large: only the last trial's are kept. */
	arena_free(&r->details);
	r->spares_used = 0;
	free(r->batches.rows);
	r->batches = (struct result_list){0};
	if (load(&c, &q, trial, &r->batches))
		return -1;
	*rows = r->batches.rows;
	*count = r->batches.count;
	return 0;
}

/* Details that live until the file is closed: a timeline is drawn long after it was read. */
static int load_details(struct result *r, const struct query *q, int64_t trial, const void **rows,
			size_t *count)
{
	struct cursor c = {.r = r, .texts = &r->texts};
	struct result_list l = {0};
	void *copy = NULL;
	int failed = load(&c, q, trial, &l);

	if (!failed && l.count) {
		copy = arena_array(&r->texts, l.count, q->size);
		if (copy)
			memcpy(copy, l.rows, l.count * q->size);
		else
			failed = result_fail(r, "no memory to read a trial");
	}
	free(l.rows);
	*rows = copy;
	*count = failed ? 0 : l.count;
	return failed;
}

int result_events(struct result *r, int64_t trial, const struct result_event **rows, size_t *count)
{
	static const struct query q = {.table = TABLE_EVENT,
				       .sql = "SELECT * FROM event WHERE trial = ? ORDER BY number",
				       .size = sizeof(struct result_event),
				       .fetch = result_fetch_event};

	return load_details(r, &q, trial, (const void **)rows, count);
}

int result_progress(struct result *r, int64_t trial, const struct result_progress **rows,
		    size_t *count)
{
	static const struct query q = {
		.table = TABLE_PROGRESS,
		.sql = "SELECT * FROM progress WHERE trial = ? ORDER BY number",
		.size = sizeof(struct result_progress),
		.fetch = result_fetch_progress};

	return load_details(r, &q, trial, (const void **)rows, count);
}

int result_counts(struct result *r, int64_t trial, const struct result_count **rows, size_t *count)
{
	static const struct query q = {
		.table = TABLE_COUNT,
		.sql = "SELECT * FROM count WHERE trial = ? ORDER BY batch, counter",
		.size = sizeof(struct result_count),
		.fetch = result_fetch_count};

	*rows = NULL;
	*count = 0;
	if (lacks(r, q.table))
		return 0;
	return load_details(r, &q, trial, (const void **)rows, count);
}

int result_place(struct result *r, int64_t trial, const struct result_place **place)
{
	static const struct query q = {.table = TABLE_PLACE,
				       .sql = "SELECT * FROM place WHERE trial = ?",
				       .size = sizeof(struct result_place),
				       .fetch = result_fetch_place};
	size_t count;

	*place = NULL;
	if (lacks(r, q.table))
		return 0;
	return load_details(r, &q, trial, (const void **)place, &count);
}

int result_raw(struct result *r, int64_t trial, const struct result_raw **rows, size_t *count)
{
	static const struct query q = {.table = TABLE_RAW,
				       .sql = "SELECT * FROM raw WHERE trial = ? ORDER BY batch",
				       .size = sizeof(struct result_raw),
				       .limit = RESULT_MAX_BATCHES,
				       .fetch = result_fetch_raw};

	*rows = NULL;
	*count = 0;
	if (lacks(r, q.table))
		return 0;
	/* Samples are many: only the last trial's are kept. */
	arena_free(&r->details);
	r->spares_used = 0;
	free(r->batches.rows);
	r->batches = (struct result_list){0};
	return load_details(r, &q, trial, (const void **)rows, count);
}
