/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a result file to read it. The file may come from anywhere: it is looked at before SQLite
 * sees it, opened read-only with everything off that a database could make us run, and checked
 * to be whole and to hold our tables and nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/core/result_private.h"
#include "harness/core/text.h"

#define HEADER_SIZE	100 /* of an SQLite file; offsets below are from its format's page */
#define BUSY_TIMEOUT_MS 5000

static uint32_t big_endian(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* What the first bytes tell, before anything is parsed. */
static int check_header(struct result *r, const unsigned char *header, size_t size)
{
	uint32_t version;

	if (!size)
		return result_fail(r,
				   "is empty; a run that was cut off at once leaves such a file");
	if (size < HEADER_SIZE || memcmp(header, "SQLite format 3", 16) ||
	    big_endian(header + 68) != RESULT_APPLICATION_ID)
		return result_fail(r, "is not a virt-qualify result file");
	version = big_endian(header + 60);
	if (version > RESULT_SCHEMA_VERSION)
		return result_fail(r,
				   "was made by a newer version: its schema is %u, this "
				   "virt-qualify reads up to %u",
				   version, RESULT_SCHEMA_VERSION);
	if (!version)
		return result_fail(r, "is damaged: it has no schema version");
	r->version = version;
	if (header[18] != 1 || header[19] != 1)
		return result_fail(r, "was changed to another journal mode; copy it and run "
				      "sqlite3 COPY 'PRAGMA journal_mode=DELETE'");
	return 0;
}

static int check_file(struct result *r)
{
	unsigned char header[HEADER_SIZE];
	struct stat st;
	ssize_t size;
	int fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return result_fail(r, "cannot be read: %s", strerror(errno));
	if (fstat(fd, &st)) {
		close(fd);
		return result_fail(r, "cannot be read: %s", strerror(errno));
	}
	if (!S_ISREG(st.st_mode)) {
		close(fd);
		return result_fail(r, S_ISDIR(st.st_mode)
					      ? "is a directory; name the .vq file in it"
					      : "is not a regular file; copy it to one");
	}
	size = pread(fd, header, sizeof(header), 0);
	close(fd);
	if (size < 0)
		return result_fail(r, "cannot be read: %s", strerror(errno));
	return check_header(r, header, (size_t)size);
}

/*
 * A journal whose last bytes are the magic names a "super-journal", which SQLite would delete
 * after rolling back. Our writer makes none, so such a journal was planted to delete a file.
 */
static int check_journal(struct result *r, const char *journal)
{
	static const unsigned char magic[8] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
	unsigned char end[8];
	struct stat st;
	int fd = open(journal, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
	int bad;

	if (fd < 0)
		return errno == ENOENT
			       ? 0
			       : result_fail(r, "its journal cannot be read: %s", strerror(errno));
	bad = fstat(fd, &st) || !S_ISREG(st.st_mode);
	if (!bad && st.st_size >= (off_t)sizeof(end))
		bad = pread(fd, end, sizeof(end), st.st_size - (off_t)sizeof(end)) !=
			      (ssize_t)sizeof(end) ||
		      !memcmp(end, magic, sizeof(end));
	close(fd);
	return bad ? result_fail(r, "the journal beside it is none of ours; remove %s-journal",
				 r->shown)
		   : 0;
}

/* Off with everything that could run or allocate beyond reading plain tables. */
static int configure(sqlite3 *db)
{
	static const int switches[][2] = {
		{SQLITE_DBCONFIG_DEFENSIVE, 1},
		{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
		{SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
		{SQLITE_DBCONFIG_ENABLE_VIEW, 0},
		{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
		{SQLITE_DBCONFIG_DQS_DML, 0},
		{SQLITE_DBCONFIG_DQS_DDL, 0},
	};
	static const int limits[][2] = {
		{SQLITE_LIMIT_LENGTH, 32 << 20},   {SQLITE_LIMIT_SQL_LENGTH, 16384},
		{SQLITE_LIMIT_COLUMN, 64},	   {SQLITE_LIMIT_EXPR_DEPTH, 20},
		{SQLITE_LIMIT_COMPOUND_SELECT, 4}, {SQLITE_LIMIT_ATTACHED, 0},
		{SQLITE_LIMIT_WORKER_THREADS, 0},
	};

	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		if (sqlite3_db_config(db, switches[i][0], switches[i][1], NULL))
			return -1;
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		sqlite3_limit(db, limits[i][0], limits[i][1]);
	sqlite3_extended_result_codes(db, 1);
	sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
	return sqlite3_exec(db, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0", NULL, NULL,
			    NULL) == SQLITE_OK
		       ? 0
		       : -1;
}

static int open_database(struct result *r, const char *path, int flags, sqlite3 **db)
{
	if (sqlite3_open_v2(path, db, flags, NULL) || configure(*db)) {
		result_fail(r, "cannot be opened: %s", *db ? sqlite3_errmsg(*db) : "no memory");
		return -1;
	}
	return 0;
}

/* Touch the file: this is where SQLite finds a journal that must be rolled back first. */
static int begin_reading(sqlite3 *db)
{
	int code = sqlite3_exec(db, "BEGIN; SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);

	/* A code, not the database's state: the next call would overwrite that. */
	return code;
}

/* A writer died in the middle of a trial: SQLite undoes that half trial if it may write. */
static int mend(struct result *r)
{
	sqlite3 *db = NULL;
	int code;

	if (open_database(r, r->path, SQLITE_OPEN_READWRITE, &db)) {
		sqlite3_close_v2(db);
		goto failed;
	}
	code = begin_reading(db);
	sqlite3_close_v2(db);
	if (code == SQLITE_OK)
		return 0;
failed:
	return result_fail(r,
			   "is incomplete: its writer died, and what it left (%s-journal) cannot "
			   "be undone here; copy both files to a directory you can write to",
			   r->shown);
}

static int start(struct result *r)
{
	char *journal;
	int code, bad;

	if (asprintf(&journal, "%s-journal", r->path) < 0)
		return result_fail(r, "no memory");
	bad = check_journal(r, journal);
	free(journal);
	if (bad || open_database(r, r->path, SQLITE_OPEN_READONLY, &r->db))
		return -1;
	code = begin_reading(r->db);
	if (code == SQLITE_READONLY_ROLLBACK) {
		sqlite3_close_v2(r->db);
		r->db = NULL;
		if (mend(r) || open_database(r, r->path, SQLITE_OPEN_READONLY, &r->db))
			return -1;
		code = begin_reading(r->db);
	}
	return code == SQLITE_OK ? 0 : result_fail_sqlite(r, "read");
}

/* ---- Is it whole, and is it ours? ---- */

/* The first column of the first row as text, cleaned; NULL with an error line. */
static char *ask(struct result *r, const char *sql)
{
	sqlite3_stmt *s = NULL;
	char *answer = NULL;

	if (sqlite3_prepare_v2(r->db, sql, -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(s, 0);
		size_t length = text ? (size_t)sqlite3_column_bytes(s, 0) : 0;

		answer = malloc(TEXT_CLEAN_SIZE(length));
		if (answer)
			text_clean(answer, text ? text : "", length, false);
		else
			result_fail(r, "no memory");
	} else {
		result_fail_sqlite(r, "read");
	}
	sqlite3_finalize(s);
	return answer;
}

static int check_number(struct result *r, const char *sql, long expected)
{
	char *answer = ask(r, sql);
	bool same;

	if (!answer)
		return -1;
	same = strtol(answer, NULL, 10) == expected;
	free(answer);
	return same ? 0 : result_fail(r, "is not a virt-qualify result file");
}

/* One object of the file's schema: is it one of our tables, to the letter? */
static int check_object(struct result *r, sqlite3_stmt *s, bool *seen)
{
	const char *type = (const char *)sqlite3_column_text(s, 0);
	const char *name = (const char *)sqlite3_column_text(s, 1);
	const char *sql = (const char *)sqlite3_column_text(s, 2);

	if (!type || !name)
		return result_fail(r, "is damaged: its schema has no names");
	if (!strcmp(type, "index") && !sql && !strncmp(name, "sqlite_autoindex_", 17))
		return 0;
	for (int i = 0; i < RESULT_TABLES; i++) {
		if (strcmp(name, result_schema[i].name))
			continue;
		if (strcmp(type, "table") || !sql || strcmp(sql, result_schema[i].create) ||
		    result_schema[i].since > r->version)
			break;
		seen[i] = true;
		return 0;
	}
	return result_fail(r, "is damaged: its schema is not that of version %u", r->version);
}

static int check_schema(struct result *r)
{
	static const char sql[] = "SELECT type, name, sql FROM sqlite_schema";
	bool seen[RESULT_TABLES] = {false};
	sqlite3_stmt *s = NULL;
	int code, bad = 0;

	if (sqlite3_prepare_v2(r->db, sql, -1, &s, NULL))
		return result_fail_sqlite(r, "read");
	while (!bad && (code = sqlite3_step(s)) == SQLITE_ROW)
		bad = check_object(r, s, seen);
	if (!bad && code != SQLITE_DONE)
		bad = result_fail_sqlite(r, "read");
	sqlite3_finalize(s);
	for (int i = 0; i < RESULT_TABLES && !bad; i++)
		if (!seen[i] && result_schema[i].since <= r->version)
			bad = result_fail(r, "is damaged: table %s is missing",
					  result_schema[i].name);
	return bad;
}

/* SQLite takes zeros for what is missing of the last page. */
static int check_length(struct result *r)
{
	char *answer = ask(r, "SELECT page_count * page_size FROM pragma_page_count, "
			      "pragma_page_size");
	long long expected;
	struct stat st;

	if (!answer)
		return -1;
	expected = strtoll(answer, NULL, 10);
	free(answer);
	if (stat(r->path, &st))
		return result_fail(r, "cannot be read: %s", strerror(errno));
	if (st.st_size < expected)
		return result_fail(r, "is damaged (%lld of %lld bytes); take another copy",
				   (long long)st.st_size, expected);
	return 0;
}

static int check_whole(struct result *r)
{
	char *answer = ask(r, "SELECT replace(integrity_check, '*** in database main ***' || "
			      "char(10), '') FROM pragma_integrity_check(1)");
	int bad;

	if (!answer)
		return -1;
	bad = strcmp(answer, "ok") ? result_fail(r, "is damaged (%s); take another copy", answer)
				   : 0;
	free(answer);
	return bad;
}

/* A row whose parent is missing would silently belong to nothing. */
static int check_references(struct result *r)
{
	sqlite3_stmt *s = NULL;
	int code, bad = 0;

	if (sqlite3_prepare_v2(r->db, "PRAGMA foreign_key_check", -1, &s, NULL))
		return result_fail_sqlite(r, "read");
	code = sqlite3_step(s);
	if (code == SQLITE_ROW)
		bad = result_fail(r,
				  "is damaged: table %s, row %lld: refers to a row of table %s "
				  "that is not there",
				  (const char *)sqlite3_column_text(s, 0),
				  (long long)sqlite3_column_int64(s, 1),
				  (const char *)sqlite3_column_text(s, 2));
	else if (code != SQLITE_DONE)
		bad = result_fail_sqlite(r, "read");
	sqlite3_finalize(s);
	return bad;
}

static int check_contents(struct result *r)
{
	if (check_number(r, "PRAGMA application_id", RESULT_APPLICATION_ID) ||
	    check_number(r, "PRAGMA user_version", r->version))
		return -1;
	if (check_schema(r) || check_whole(r))
		return -1;
	return check_references(r);
}

struct result *result_open(const char *path)
{
	struct result *r = result_new(path);

	if (!r)
		return NULL;
	if (check_file(r) || start(r) || check_length(r) || check_contents(r))
		return result_open_failed(r);
	return r;
}

struct result *result_open_memory(const char *name, const void *bytes, size_t size)
{
	struct result *r = result_new(name);
	unsigned char *copy;

	if (!r)
		return NULL;
	if (check_header(r, bytes, size) ||
	    open_database(r, ":memory:", SQLITE_OPEN_READWRITE, &r->db))
		return result_open_failed(r);
	copy = sqlite3_malloc64(size);
	if (!copy) {
		result_fail(r, "no memory");
		return result_open_failed(r);
	}
	memcpy(copy, bytes, size);
	if (sqlite3_deserialize(r->db, "main", copy, (sqlite3_int64)size, (sqlite3_int64)size,
				SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_READONLY)) {
		result_fail_sqlite(r, "read");
		return result_open_failed(r);
	}
	if (begin_reading(r->db) != SQLITE_OK) {
		result_fail_sqlite(r, "read");
		return result_open_failed(r);
	}
	return check_contents(r) ? result_open_failed(r) : r;
}
