/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a result file as the run goes: made or added to, and its small tables. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "harness/core/result_insert.h"

/* Someone may be reading; a commit waits that long for them. */
#define BUSY_TIMEOUT_MS 60000

#define STRINGIFY_(x) #x
#define STRINGIFY(x)  STRINGIFY_(x)

int result_sql(struct result *r, const char *sql)
{
	if (sqlite3_exec(r->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return result_fail_sqlite(r, "write");
}

static int configure(struct result *r)
{
	sqlite3_extended_result_codes(r->db, 1);
	sqlite3_busy_timeout(r->db, BUSY_TIMEOUT_MS);
	return result_sql(r, "PRAGMA journal_mode = DELETE") ||
	       result_sql(r, "PRAGMA synchronous = FULL") ||
	       result_sql(r, "PRAGMA foreign_keys = ON") ||
	       result_sql(r, "PRAGMA trusted_schema = OFF");
}

static int create_schema(struct result *r)
{
	if (result_sql(r, "BEGIN IMMEDIATE"))
		return -1;
	for (int i = 0; i < RESULT_TABLES; i++)
		if (result_sql(r, result_schema[i].create))
			return -1;
	if (result_sql(r, "PRAGMA application_id = " STRINGIFY(RESULT_APPLICATION_ID)) ||
	    result_sql(r, "PRAGMA user_version = " STRINGIFY(RESULT_SCHEMA_VERSION)))
		return -1;
	return result_sql(r, "COMMIT");
}

static int prepare_inserts(struct result *r)
{
	for (int i = 0; i < RESULT_TABLES; i++)
		if (sqlite3_prepare_v3(r->db, result_schema[i].insert, -1,
				       SQLITE_PREPARE_PERSISTENT, &r->insert[i], NULL))
			return result_fail_sqlite(r, "write");
	return 0;
}

/* One run at a time, for all of its length: SQLite's locks last for a transaction. */
static int lock(struct result *r)
{
	if (!flock(r->lock_fd, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK)
		return 0; /* a file system without such locks is no reason not to measure */
	return result_fail(r, "is being written by another run; wait until that has ended, or "
			      "choose another file");
}

/* Take the name for ourselves: two runs must not end up in one file. */
static int claim(struct result *r)
{
	char *journal;
	int left;

	if (asprintf(&journal, "%s-journal", r->path) < 0)
		return result_fail(r, "no memory");
	left = !access(journal, F_OK);
	free(journal);
	if (left && access(r->path, F_OK))
		return result_fail(r,
				   "a journal of an earlier file of that name lies beside it; "
				   "remove %s-journal or choose another name",
				   r->shown);

	r->lock_fd = open(r->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (r->lock_fd < 0 && errno == EEXIST)
		return result_fail(r, "exists already; remove it or choose another name");
	if (r->lock_fd < 0 && errno == ENOENT)
		return result_fail(r, "cannot be created: its directory does not exist");
	if (r->lock_fd < 0)
		return result_fail(r, "cannot be created: %s; choose a place you can write to",
				   strerror(errno));
	return lock(r);
}

struct result *result_create(const char *path)
{
	struct result *r = result_new(path);

	if (!r)
		return NULL;
	if (claim(r))
		return result_open_failed(r);
	r->writing = true;
	if (sqlite3_open_v2(r->path, &r->db, SQLITE_OPEN_READWRITE, NULL)) {
		result_fail(r, "cannot be created: %s",
			    r->db ? sqlite3_errmsg(r->db) : "no memory");
		goto failed;
	}
	if (configure(r) || create_schema(r) || prepare_inserts(r))
		goto failed;
	return r;
failed:
	unlink(r->path); /* ours: claim() made it */
	return result_open_failed(r);
}

/* Whoever reads a file looks at all of it first; whoever adds to it does, too. */
static int check_open(const char *path, uint32_t *version)
{
	struct result *r = result_open(path);

	if (!r)
		return -1;
	*version = r->version;
	result_close(r);
	return 0;
}

struct result *result_append(const char *path)
{
	uint32_t version;
	struct result *r;

	if (check_open(path, &version) || !(r = result_new(path)))
		return NULL;
	r->writing = true;
	r->lock_fd = open(r->path, O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (r->lock_fd < 0) {
		result_fail(r, "cannot be opened to write: %s", strerror(errno));
		return result_open_failed(r);
	}
	if (lock(r))
		return result_open_failed(r);
	if (version != RESULT_SCHEMA_VERSION) {
		result_fail(r,
			    "has schema version %u, and runs of this virt-qualify are added to "
			    "version %d alone; choose a new file",
			    version, RESULT_SCHEMA_VERSION);
		return result_open_failed(r);
	}
	if (sqlite3_open_v2(r->path, &r->db, SQLITE_OPEN_READWRITE, NULL)) {
		result_fail(r, "cannot be opened to write: %s",
			    r->db ? sqlite3_errmsg(r->db) : "no memory");
		return result_open_failed(r);
	}
	if (configure(r) || prepare_inserts(r))
		return result_open_failed(r);
	return r;
}

int result_begin(struct result *r)
{
	if (insert_allowed(r))
		return -1;
	if (r->grouped)
		return result_fail(r, "a group of rows is already open");
	if (result_sql(r, "BEGIN IMMEDIATE"))
		return -1;
	r->grouped = true;
	return 0;
}

int result_commit(struct result *r)
{
	bool lost = r->lost;

	if (!r->grouped)
		return result_fail(r, "no group of rows is open");
	if (!lost) {
		if (!result_sql(r, "COMMIT")) {
			r->grouped = false;
			return 0;
		}
	}
	if (!sqlite3_get_autocommit(r->db))
		sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
	r->grouped = false;
	r->lost = false;
	return lost ? result_fail(r, "a group of rows was not stored after an earlier error") : -1;
}

/* ---- The small tables ---- */

int result_begin_run(struct result *r, struct result_run *run)
{
	struct insert i = insert_into(r, TABLE_RUN);

	if (insert_allowed(r))
		return -1;
	i.wrong = result_check_run(run);
	insert_null(&i);
	insert_text(&i, run->uuid);
	insert_text(&i, run->started);
	insert_text(&i, run->finished);
	insert_text(&i, run->version);
	insert_text(&i, run->command);
	insert_text(&i, run->plan_name);
	insert_text(&i, run->plan);
	insert_integer(&i, (int64_t)run->seed);
	insert_real(&i, run->delta);
	insert_integer(&i, run->interrupted);
	if (insert_row(&i))
		return -1;
	run->id = sqlite3_last_insert_rowid(r->db);
	return 0;
}

int result_add_fact(struct result *r, const struct result_fact *f)
{
	struct insert i = insert_into(r, TABLE_FACT);

	if (insert_allowed(r))
		return -1;
	insert_null(&i);
	insert_integer(&i, f->run);
	insert_text(&i, f->name);
	insert_text(&i, f->value);
	insert_text(&i, f->why);
	return insert_row(&i);
}

int result_add_platform(struct result *r, const struct result_platform *p)
{
	struct insert i = insert_into(r, TABLE_PLATFORM);

	if (insert_allowed(r))
		return -1;
	insert_null(&i);
	insert_integer(&i, p->run);
	insert_text(&i, p->name);
	insert_text(&i, p->label);
	insert_text(&i, p->why_not);
	insert_text(&i, p->version);
	return insert_row(&i);
}

int result_add_bench(struct result *r, const struct result_bench *b)
{
	struct insert i = insert_into(r, TABLE_BENCH);

	if (insert_allowed(r))
		return -1;
	insert_null(&i);
	insert_integer(&i, b->run);
	insert_text(&i, b->name);
	insert_text(&i, b->group);
	insert_text(&i, b->summary);
	insert_text(&i, b->parameter_name);
	insert_word(&i, unit_name(b->unit));
	insert_word(&i, better_name(b->better));
	insert_integer(&i, b->traps != 0);
	insert_integer(&i, b->disturbance_exempt != 0);
	insert_integer(&i, b->fit_line != 0);
	return insert_row(&i);
}

int result_add_fault(struct result *r, const struct result_fault *f)
{
	struct insert i = insert_into(r, TABLE_FAULT);

	if (insert_allowed(r))
		return -1;
	insert_null(&i);
	insert_integer(&i, f->run);
	insert_text(&i, f->name);
	insert_text(&i, f->summary);
	insert_text(&i, f->group);
	return insert_row(&i);
}

int result_add_variant(struct result *r, const struct result_variant *v)
{
	struct insert i = insert_into(r, TABLE_VARIANT);

	if (insert_allowed(r))
		return -1;
	insert_null(&i);
	insert_integer(&i, v->run);
	insert_text(&i, v->name);
	insert_text(&i, v->settings);
	insert_text(&i, v->label);
	return insert_row(&i);
}

int result_add_skip(struct result *r, const struct result_skip *s)
{
	struct insert i = insert_into(r, TABLE_SKIP);

	if (insert_allowed(r))
		return -1;
	insert_null(&i);
	insert_integer(&i, s->run);
	insert_text(&i, s->kind);
	insert_text(&i, s->what);
	insert_text(&i, s->platform);
	insert_text(&i, s->why);
	return insert_row(&i);
}

int result_end_run(struct result *r, int64_t run, int interrupted)
{
	static const char sql[] =
		"UPDATE run SET finished = strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), "
		"interrupted = ? WHERE id = ?";
	sqlite3_stmt *s = NULL;
	int failed = 0;

	if (insert_allowed(r))
		return -1;
	if (sqlite3_prepare_v2(r->db, sql, -1, &s, NULL))
		return result_fail_sqlite(r, "write");
	sqlite3_bind_int(s, 1, interrupted != 0);
	sqlite3_bind_int64(s, 2, run);
	if (sqlite3_step(s) != SQLITE_DONE)
		failed = result_fail_sqlite(r, "write");
	else if (sqlite3_changes(r->db) != 1)
		failed = result_fail(r, "holds no run %lld to end", (long long)run);
	sqlite3_finalize(s);
	return failed;
}
