/* SPDX-License-Identifier: Apache-2.0 */
/* What reading and writing a result file share: its errors and its end. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/core/result_private.h"

static _Thread_local char open_error[sizeof(((struct result *)NULL)->error)] = "no error";

const char *result_error(const struct result *r)
{
	return r ? r->error : open_error;
}

int result_fail(struct result *r, const char *format, ...)
{
	char what[900];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	/* A very long path must not push the reason out of the line. */
	snprintf(r->error, sizeof(r->error), "%.*s%s: %s", 512, r->shown,
		 strlen(r->shown) > 512 ? "…" : "", what);
	return -1;
}

int result_fail_sqlite(struct result *r, const char *doing)
{
	switch (sqlite3_errcode(r->db) & 0xff) { /* the rest only says where in SQLite */
	case SQLITE_FULL:
		return result_fail(r,
				   "cannot %s: the disk is full; what was stored before is "
				   "whole, make room and run again",
				   doing);
	case SQLITE_BUSY:
		return result_fail(r,
				   "cannot %s: another process is using it; try again when "
				   "that is done",
				   doing);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return result_fail(r, "is damaged (%s); take another copy", sqlite3_errmsg(r->db));
	case SQLITE_IOERR:
		return result_fail(r, "cannot %s: %s; look at the disk, and at ulimit -f", doing,
				   sqlite3_errmsg(r->db));
	default:
		return result_fail(r, "cannot %s: %s", doing, sqlite3_errmsg(r->db));
	}
}

struct result *result_new(const char *path)
{
	struct result *r = calloc(1, sizeof(*r));

	if (!r)
		goto failed;
	/* SQLite takes ":memory:" and the like for something else; a path with a slash is a path.
	 */
	r->lock_fd = -1;
	if (asprintf(&r->path, "%s%s", strchr(path, '/') ? "" : "./", path) < 0) {
		free(r);
		goto failed;
	}
	r->shown = r->path + (strchr(path, '/') ? 0 : 2);
	return r;
failed:
	snprintf(open_error, sizeof(open_error), "no memory to open a result file");
	return NULL;
}

struct result *result_open_failed(struct result *r)
{
	memcpy(open_error, r->error, sizeof(open_error));
	result_close(r);
	return NULL;
}

static void free_lists(struct result *r)
{
	struct result_list *const lists[] = {
		&r->runs,   &r->facts,	 &r->platforms, &r->benches,  &r->faults, &r->skips,
		&r->trials, &r->batches, &r->counters,	&r->criteria, &r->noise,  &r->variants,
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		free(lists[i]->rows);
	for (size_t i = 0; i < r->spares; i++)
		free(r->spare[i]);
	arena_free(&r->texts);
	arena_free(&r->details);
}

void result_set_filter(struct result *r, const struct result_filter *filter)
{
	r->filter = *filter;
}

void result_close(struct result *r)
{
	if (!r)
		return;
	for (int i = 0; i < RESULT_TABLES; i++)
		sqlite3_finalize(r->insert[i]);
	sqlite3_finalize(r->select_batches);
	sqlite3_finalize(r->select_status);
	/* An open group was not committed: closing rolls it back. */
	sqlite3_close_v2(r->db);
	/* After that: closing any descriptor of the file drops SQLite's own locks. */
	if (r->lock_fd >= 0)
		close(r->lock_fd);
	free_lists(r);
	free(r->path);
	free(r);
}
