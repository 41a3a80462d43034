/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The columns of a row, one after the other. Each is checked for type, range and spelling; the
 * first bad one is noted in the cursor, and the load ends there: what is returned for it does not
 * matter. Strings live as long as the cursor's arena.
 */
#ifndef VQ_RESULT_CURSOR_H
#define VQ_RESULT_CURSOR_H

#include "harness/core/result_private.h"

/* The column that is next is bad; static text. */
void cursor_wrong(struct cursor *c, const char *what);

/* True where the next column is NULL: then it is passed over. */
bool cursor_null(struct cursor *c);

int64_t cursor_integer(struct cursor *c, int64_t low, int64_t high);
int64_t cursor_any(struct cursor *c);
int64_t cursor_integer_or_null(struct cursor *c); /* NULL is -1, "not known"; a stored -1 is bad */
double cursor_real(struct cursor *c);		  /* finite */
double cursor_real_or_null(struct cursor *c);	  /* NULL is NaN */
int cursor_flag(struct cursor *c);		  /* 0 or 1 */

/* Text, cleaned: on one line, or with its `lines`. */
const char *cursor_text(struct cursor *c, bool lines);
const char *cursor_line(struct cursor *c);
const char *cursor_line_or_null(struct cursor *c);
const char *cursor_lines(struct cursor *c);

/* A name that rows are found and grouped by: not empty. */
const char *cursor_name(struct cursor *c);
const char *cursor_name_or_null(struct cursor *c);

/* A word of words.h. */
int cursor_word(struct cursor *c, int (*from_name)(const char *));
int cursor_word_or_null(struct cursor *c, int (*from_name)(const char *)); /* NULL is -1 */

#endif
