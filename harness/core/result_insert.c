/* SPDX-License-Identifier: Apache-2.0 */
/* One row into a result file: values are bound one by one, the first wrong one stops it. */
#include <math.h>
#include <string.h>

#include "harness/core/result_insert.h"

struct insert insert_into(struct result *r, enum result_table table)
{
	return (struct insert){.r = r, .table = table, .s = r->insert[table]};
}

void insert_bound(struct insert *i, int code)
{
	if (code != SQLITE_OK && !i->wrong)
		i->wrong = sqlite3_errstr(code);
}

void insert_null(struct insert *i)
{
	insert_bound(i, sqlite3_bind_null(i->s, ++i->column));
}

void insert_integer(struct insert *i, int64_t v)
{
	insert_bound(i, sqlite3_bind_int64(i->s, ++i->column, v));
}

void insert_integer_unless(struct insert *i, int64_t v, int64_t unknown)
{
	if (v == unknown)
		insert_null(i);
	else
		insert_integer(i, v);
}

/* NaN means "not known", which is NULL; infinity is a mistake. */
void insert_real(struct insert *i, double v)
{
	if (isnan(v)) {
		insert_null(i);
		return;
	}
	if (isinf(v) && !i->wrong)
		i->wrong = "a number is infinite";
	insert_bound(i, sqlite3_bind_double(i->s, ++i->column, v));
}

void insert_text(struct insert *i, const char *s)
{
	if (s)
		insert_bound(i, sqlite3_bind_text(i->s, ++i->column, s, -1, SQLITE_STATIC));
	else
		insert_null(i);
}

/* A word of words.h: "?" is what its table says for a value out of range. */
void insert_word(struct insert *i, const char *word)
{
	if (!strcmp(word, "?") && !i->wrong)
		i->wrong = "a unit, status, execution or outcome is out of range";
	insert_text(i, word);
}

/* Store the row. Its statement is reset and forgets the caller's strings, whatever happened. */
int insert_row(struct insert *i)
{
	int code = SQLITE_DONE, failed = 0;

	if (!i->wrong)
		code = sqlite3_step(i->s);
	if (i->wrong)
		failed = result_fail(i->r, "a row of table %s was not stored: %s",
				     result_schema[i->table].name, i->wrong);
	else if ((code & 0xff) == SQLITE_CONSTRAINT)
		failed = result_fail(i->r, "a row of table %s was not stored: %s",
				     result_schema[i->table].name, sqlite3_errmsg(i->r->db));
	else if (code != SQLITE_DONE)
		failed = result_fail_sqlite(i->r, "write");
	sqlite3_reset(i->s);
	sqlite3_clear_bindings(i->s);
	/* After some errors (disk full) SQLite has rolled back on its own: a group is gone. */
	if (failed && i->r->grouped && sqlite3_get_autocommit(i->r->db))
		i->r->lost = true;
	return failed;
}

int insert_allowed(struct result *r)
{
	if (!r->writing)
		return result_fail(r, "is open for reading only");
	if (r->lost)
		return result_fail(r, "cannot write: an earlier error took back this group of "
				      "rows; nothing of it is stored");
	return 0;
}
