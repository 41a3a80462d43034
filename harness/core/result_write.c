/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a result file as the run goes: one transaction a trial, on disk before we return. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/core/result_insert.h"

#define CONSOLE_MAX (1u << 20) /* a guest gone wild must not fill the file */

/* Someone may be reading; a commit waits that long for them. */
#define BUSY_TIMEOUT_MS 60000

#define STRINGIFY_(x) #x
#define STRINGIFY(x)  STRINGIFY_(x)

static int run_sql(struct result *r, const char *sql)
{
	if (sqlite3_exec(r->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return result_fail_sqlite(r, "write");
}

static int configure(struct result *r)
{
	sqlite3_extended_result_codes(r->db, 1);
	sqlite3_busy_timeout(r->db, BUSY_TIMEOUT_MS);
	return run_sql(r, "PRAGMA journal_mode = DELETE") ||
	       run_sql(r, "PRAGMA synchronous = FULL") || run_sql(r, "PRAGMA foreign_keys = ON") ||
	       run_sql(r, "PRAGMA trusted_schema = OFF");
}

static int create_schema(struct result *r)
{
	if (run_sql(r, "BEGIN IMMEDIATE"))
		return -1;
	for (int i = 0; i < RESULT_TABLES; i++)
		if (run_sql(r, result_schema[i].create))
			return -1;
	if (run_sql(r, "PRAGMA application_id = " STRINGIFY(RESULT_APPLICATION_ID)) ||
	    run_sql(r, "PRAGMA user_version = " STRINGIFY(RESULT_SCHEMA_VERSION)))
		return -1;
	return run_sql(r, "COMMIT");
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
	if (run_sql(r, "BEGIN IMMEDIATE"))
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
		if (!run_sql(r, "COMMIT")) {
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

/* ---- A trial ---- */

/* The first megabyte of a console, and a line that says what is missing. */
static void put_console(struct insert *i, const char *console)
{
	size_t length = strlen(console);
	char *cut;

	if (length <= CONSOLE_MAX) {
		insert_text(i, console);
		return;
	}
	if (asprintf(&cut, "%.*s\n[%zu more bytes were not stored]", (int)CONSOLE_MAX, console,
		     length - CONSOLE_MAX) < 0) {
		i->wrong = "no memory";
		return;
	}
	insert_bound(i, sqlite3_bind_text(i->s, ++i->column, cut, -1, free));
}

static int add_trial_row(struct result *r, struct result_trial *t)
{
	struct insert i = insert_into(r, TABLE_TRIAL);

	i.wrong = result_check_trial(t);
	insert_null(&i);
	insert_integer(&i, t->run);
	insert_integer(&i, t->ordinal);
	insert_text(&i, t->bench);
	insert_text(&i, t->fault);
	insert_text(&i, t->recovery);
	insert_text(&i, t->platform);
	insert_text(&i, t->variant);
	insert_integer(&i, t->parameter);
	insert_word(&i, trial_status_name(t->status));
	insert_text(&i, t->reason);
	insert_word(&i, execution_name(t->execution));
	insert_integer(&i, (int64_t)t->seed);
	insert_integer(&i, t->started_ns);
	insert_integer(&i, t->duration_ns);
	insert_real(&i, t->tick_ns);
	insert_real(&i, t->work);
	insert_integer(&i, t->overhead_ticks);
	insert_real(&i, t->exits_per_op);
	insert_real(&i, t->emulated_per_op);
	insert_integer(&i, t->memory_locked);
	put_console(&i, t->console);
	if (insert_row(&i))
		return -1;
	t->id = sqlite3_last_insert_rowid(r->db);
	return 0;
}

/* "steal,migrated": names last, bit numbers need not. */
static void put_disturbances(struct insert *i, uint32_t mask)
{
	char names[128];
	size_t n = 0;

	names[0] = '\0';
	for (unsigned int bit = 0; bit < DISTURBANCES; bit++)
		if (mask & 1u << bit)
			n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", n ? "," : "",
					      disturbance_name(bit));
	insert_bound(i, sqlite3_bind_text(i->s, ++i->column, names, -1, SQLITE_TRANSIENT));
}

static int add_batch(struct result *r, const struct result_trial *t, const struct result_batch *b,
		     unsigned char *space)
{
	struct insert i = insert_into(r, TABLE_BATCH);

	i.wrong = result_check_batch(b, t->status == TRIAL_OK);
	insert_null(&i);
	insert_integer(&i, t->id);
	insert_integer(&i, b->number);
	insert_integer(&i, b->count);
	insert_integer(&i, (int64_t)b->sum_ticks);
	insert_integer(&i, b->plain_count);
	insert_integer(&i, (int64_t)b->plain_ticks);
	insert_integer(&i, (int64_t)b->wait_ns);
	insert_integer(&i, (int64_t)b->voluntary);
	insert_integer(&i, (int64_t)b->involuntary);
	put_disturbances(&i, b->disturbances);
	if (b->histogram) {
		size_t size = result_encode_histogram(space, b->histogram);

		insert_bound(&i, sqlite3_bind_blob64(i.s, ++i.column, space, size, SQLITE_STATIC));
	} else {
		insert_null(&i);
	}
	return insert_row(&i);
}

static int add_batches(struct result *r, const struct result_trial *t)
{
	unsigned char *space;
	int failed = 0;

	if (t->batch_count > RESULT_MAX_BATCHES)
		return result_fail(r, "a trial of %zu batches was not stored: at most %u",
				   t->batch_count, RESULT_MAX_BATCHES);
	if (!t->batch_count)
		return 0;
	space = malloc(RESULT_HISTOGRAM_SPACE);
	if (!space)
		return result_fail(r, "no memory to store a trial");
	for (size_t n = 0; n < t->batch_count && !failed; n++)
		failed = add_batch(r, t, &t->batches[n], space);
	free(space);
	return failed;
}

static int add_event(struct result *r, int64_t trial, size_t number, const struct result_event *e)
{
	struct insert i = insert_into(r, TABLE_EVENT);

	i.wrong = result_check_event(e);
	insert_null(&i);
	insert_integer(&i, trial);
	insert_integer(&i, (int64_t)number);
	insert_integer(&i, e->at_ns);
	insert_integer(&i, e->uncertainty_ns);
	insert_text(&i, e->subject);
	insert_text(&i, e->what);
	return insert_row(&i);
}

static int add_progress(struct result *r, int64_t trial, size_t number,
			const struct result_progress *p)
{
	struct insert i = insert_into(r, TABLE_PROGRESS);

	i.wrong = result_check_progress(p);
	insert_null(&i);
	insert_integer(&i, trial);
	insert_integer(&i, (int64_t)number);
	insert_integer(&i, p->member);
	insert_integer(&i, p->at_ns);
	insert_integer(&i, (int64_t)p->operations);
	return insert_row(&i);
}

static int add_fault_trial(struct result *r, int64_t trial, const struct result_fault_trial *f)
{
	struct insert i = insert_into(r, TABLE_FAULT_TRIAL);

	i.wrong = result_check_fault_trial(f);
	insert_integer(&i, trial);
	insert_text(&i, f->detector);
	insert_integer(&i, f->detector_ours);
	insert_word(&i, outcome_name(f->outcome));
	for (int stamp = 0; stamp < FAULT_STAMPS; stamp++) {
		insert_integer_unless(&i, f->stamp_ns[stamp], -1);
		insert_integer(&i, f->uncertainty_ns[stamp]);
	}
	insert_integer(&i, f->horizon_ns);
	insert_integer(&i, f->downtime_ns);
	insert_integer_unless(&i, f->lost_operations, -1);
	insert_real(&i, f->baseline_rate);
	insert_real(&i, f->fault_rate);
	insert_real(&i, f->neighbour_ratio);
	insert_real(&i, f->fairness);
	insert_integer_unless(&i, f->worst_wait_ns, -1);
	insert_integer_unless(&i, f->steal_ns, -1);
	return insert_row(&i);
}

static int add_parts(struct result *r, struct result_trial *t)
{
	if (add_trial_row(r, t) || add_batches(r, t))
		return -1;
	for (size_t n = 0; n < t->event_count; n++)
		if (add_event(r, t->id, n, &t->events[n]))
			return -1;
	for (size_t n = 0; n < t->progress_count; n++)
		if (add_progress(r, t->id, n, &t->progress[n]))
			return -1;
	if (result_add_measured(r, t))
		return -1;
	return t->fault_trial ? add_fault_trial(r, t->id, t->fault_trial) : 0;
}

int result_add_trial(struct result *r, struct result_trial *t)
{
	const char *begin = r->grouped ? "SAVEPOINT trial" : "BEGIN IMMEDIATE";
	const char *end = r->grouped ? "RELEASE trial" : "COMMIT";
	const char *undo = r->grouped ? "ROLLBACK TO trial; RELEASE trial" : "ROLLBACK";

	if (insert_allowed(r) || run_sql(r, begin))
		return -1;
	if (!add_parts(r, t) && !run_sql(r, end))
		return 0;
	t->id = 0;
	/* The error line stays that of what failed first. */
	if (!sqlite3_get_autocommit(r->db))
		sqlite3_exec(r->db, undo, NULL, NULL, NULL);
	else if (r->grouped)
		r->lost = true;
	return -1;
}
