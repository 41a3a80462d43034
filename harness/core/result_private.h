/* SPDX-License-Identifier: Apache-2.0 */
/* What the halves of the result file share: schema, checks, histogram blobs, the open file. */
#ifndef VQ_RESULT_PRIVATE_H
#define VQ_RESULT_PRIVATE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "harness/core/arena.h"
#include "harness/core/result.h"

/* ---- result_schema.c ---- */

enum result_table {
	TABLE_RUN,
	TABLE_FACT,
	TABLE_PLATFORM,
	TABLE_BENCH,
	TABLE_FAULT,
	TABLE_SKIP,
	TABLE_TRIAL,
	TABLE_BATCH,
	TABLE_EVENT,
	TABLE_PROGRESS,
	TABLE_FAULT_TRIAL,
	TABLE_COUNTER,
	TABLE_COUNT,
	TABLE_PLACE,
	TABLE_RAW,
	TABLE_CRITERION,
	TABLE_NOISE,
	TABLE_VARIANT,
	RESULT_TABLES
};

struct result_schema {
	const char *name;
	const char *create; /* exactly as sqlite_schema keeps it */
	const char *insert; /* one value a column, in order */
	uint32_t since;	    /* the first version that has it; 0: all do */
};

extern const struct result_schema result_schema[RESULT_TABLES];

/* ---- result_check.c: what a row may hold, the same for writing and reading. NULL: fine, else
 * what is wrong with it (static). ---- */

#define RESULT_SPARES	   16u	 /* more batches than a trial of ours has */
#define RESULT_MAX_BATCHES 4096u /* of one trial: each histogram takes 34 KiB once decoded */

const char *result_check_run(const struct result_run *run);
const char *result_check_criterion(const struct result_criterion *c);
const char *result_check_noise(const struct result_noise *n);
const char *result_check_trial(const struct result_trial *t);
const char *result_check_fault_trial(const struct result_fault_trial *f);
/* `valid`: the trial's figures count, so the batch must agree with its own histogram. */
const char *result_check_batch(const struct result_batch *b, bool valid);
const char *result_check_event(const struct result_event *e);
const char *result_check_progress(const struct result_progress *p);
/* That may be of a trial with so many batches, none of which is NULL. */
const char *result_check_count(const struct result_count *c);
const char *result_check_raw(const struct result_raw *raw);

/* ---- result_measured.c: what else was measured about a trial ---- */

int result_add_measured(struct result *r, const struct result_trial *t);

/* ---- result_histogram.c ---- */

/* Bytes that any histogram fits in. */
#define RESULT_HISTOGRAM_SPACE (16 + 7 * (size_t)HISTOGRAM_BUCKETS)

/* Encode; returns the number of bytes. */
size_t result_encode_histogram(unsigned char *to, const struct histogram *h);
/* Decode into a zeroed histogram. 0, or -1 where the bytes are no histogram. */
int result_decode_histogram(struct histogram *h, const unsigned char *from, size_t size);

/* Raw samples: LEB128, one after the other. Bytes that `count` of them take at most. */
#define RESULT_RAW_SPACE(count) (10 * (size_t)(count))
size_t result_encode_raw(unsigned char *to, const uint64_t *ticks, uint32_t count);
/* 0, or -1 where the bytes are not exactly `count` of them. */
int result_decode_raw(uint64_t *ticks, uint32_t count, const unsigned char *from, size_t size);

/* ---- The open file ---- */

struct result_list { /* rows that stay where they are until the file is closed */
	void *rows;
	size_t count;
	bool loaded;
};

struct result {
	sqlite3 *db;
	char *path;
	const char *shown; /* the path as it was given */
	char error[2048];
	/* Writing. */
	int lock_fd; /* whose flock(2) keeps other writers out while a run goes on; -1 */
	bool writing;
	bool grouped; /* between result_begin and result_commit */
	bool lost;    /* SQLite took back the group after an error: nothing of it is stored */
	sqlite3_stmt *insert[RESULT_TABLES];
	/* Reading. */
	uint32_t version;	     /* of its schema */
	struct result_filter filter; /* text NULL: none */
	struct arena texts;
	struct arena details; /* of the last result_batches */
	struct result_list runs, facts, platforms, benches, faults, skips, trials, counters,
		criteria, noise, variants;
	struct result_list batches;
	/* Histograms of the last result_batches that the next one takes again: to empty the few
	 * buckets that one used is a fraction of clearing 34 KiB. */
	struct histogram *spare[RESULT_SPARES];
	size_t spares, spares_used;
	sqlite3_stmt *select_batches, *select_status; /* asked once a trial: prepared once */
};

/* ---- result_rows.c: the current row of a statement into a struct; see result_cursor.h ---- */

struct cursor {
	struct result *r;
	struct arena *texts; /* where strings go */
	sqlite3_stmt *s;
	sqlite3_stmt **keep; /* where `s` stays for the next load; NULL: it does not */
	int column;
	const char *wrong; /* the first thing that is wrong with this row */
	const char *wrong_column;
	bool valid_trial;  /* for batches: of a trial whose figures count */
	const char *about; /* the fact that a value is of */
};

void result_fetch_run(struct cursor *c, void *row);
void result_fetch_fact(struct cursor *c, void *row);
void result_fetch_platform(struct cursor *c, void *row);
void result_fetch_bench(struct cursor *c, void *row);
void result_fetch_fault(struct cursor *c, void *row);
void result_fetch_skip(struct cursor *c, void *row);
void result_fetch_trial(struct cursor *c, void *row);
void result_fetch_batch(struct cursor *c, void *row);
void result_fetch_event(struct cursor *c, void *row);
void result_fetch_progress(struct cursor *c, void *row);
void result_fetch_counter(struct cursor *c, void *row);
void result_fetch_count(struct cursor *c, void *row);
void result_fetch_place(struct cursor *c, void *row);
void result_fetch_raw(struct cursor *c, void *row);
void result_fetch_criterion(struct cursor *c, void *row);
void result_fetch_noise(struct cursor *c, void *row);
void result_fetch_variant(struct cursor *c, void *row);

/* ---- result.c ---- */

/* Fill the error line: "PATH: …". Returns -1. */
int result_fail(struct result *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same from SQLite's own last error; `doing` is "read", "write", … */
int result_fail_sqlite(struct result *r, const char *doing);
/* For a file that could not be opened: keep the line for result_error(NULL), free, return NULL. */
struct result *result_open_failed(struct result *r);
struct result *result_new(const char *path);

#endif
