/* SPDX-License-Identifier: Apache-2.0 */
/* A trial into a result file: one transaction, on disk before we return. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/result_insert.h"

#define CONSOLE_MAX (1u << 20) /* a guest gone wild must not fill the file */

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

	if (insert_allowed(r) || result_sql(r, begin))
		return -1;
	if (!add_parts(r, t) && !result_sql(r, end))
		return 0;
	t->id = 0;
	/* The error line stays that of what failed first. */
	if (!sqlite3_get_autocommit(r->db))
		sqlite3_exec(r->db, undo, NULL, NULL, NULL);
	else if (r->grouped)
		r->lost = true;
	return -1;
}
