/* SPDX-License-Identifier: Apache-2.0 */
/* One row into a result file; for the files that write tables. */
#ifndef VQ_RESULT_INSERT_H
#define VQ_RESULT_INSERT_H

#include "harness/core/result_private.h"

struct insert {
	struct result *r;
	enum result_table table;
	sqlite3_stmt *s;
	int column;
	const char *wrong;
};

/* Run a statement without rows. 0, or -1 with the error line. */
int result_sql(struct result *r, const char *sql);

/* 0 where rows may be written now, else -1 with the error line. */
int insert_allowed(struct result *r);

/* Begin a row; each of the next ones binds the next column. */
struct insert insert_into(struct result *r, enum result_table table);
void insert_null(struct insert *i);
void insert_integer(struct insert *i, int64_t v);
void insert_integer_unless(struct insert *i, int64_t v, int64_t unknown); /* that one: NULL */
void insert_real(struct insert *i, double v);	      /* NaN means "not known", which is NULL */
void insert_text(struct insert *i, const char *s);    /* the caller's, until insert_row */
void insert_word(struct insert *i, const char *word); /* of words.h; "?" is refused */

/* What a sqlite3_bind_* call of the next column returned. */
void insert_bound(struct insert *i, int code);

/* Store the row. 0, or -1 with the error line. */
int insert_row(struct insert *i);

#endif
