/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/core/result_cursor.h"

#include <math.h>
#include <stdlib.h>

#include "harness/core/text.h"

void cursor_wrong(struct cursor *c, const char *what)
{
	if (c->wrong)
		return;
	c->wrong = what;
	c->wrong_column = sqlite3_column_name(c->s, c->column);
}

int64_t cursor_integer(struct cursor *c, int64_t low, int64_t high)
{
	int64_t v = sqlite3_column_int64(c->s, c->column);

	if (sqlite3_column_type(c->s, c->column) != SQLITE_INTEGER)
		cursor_wrong(c, "is not a whole number");
	else if (v < low || v > high)
		cursor_wrong(c, "is out of range");
	c->column++;
	return v;
}

int64_t cursor_any(struct cursor *c)
{
	return cursor_integer(c, INT64_MIN, INT64_MAX);
}

bool cursor_null(struct cursor *c)
{
	if (sqlite3_column_type(c->s, c->column) != SQLITE_NULL)
		return false;
	c->column++;
	return true;
}

int64_t cursor_integer_or_null(struct cursor *c)
{
	return cursor_null(c) ? -1 : cursor_integer(c, 0, INT64_MAX);
}

double cursor_real(struct cursor *c)
{
	int type = sqlite3_column_type(c->s, c->column);
	double v = sqlite3_column_double(c->s, c->column);

	if ((type != SQLITE_FLOAT && type != SQLITE_INTEGER) || !isfinite(v))
		cursor_wrong(c, "is not a finite number");
	c->column++;
	return v;
}

double cursor_real_or_null(struct cursor *c)
{
	return cursor_null(c) ? NAN : cursor_real(c);
}

/* As the file's reader wants to see it. */
static const char *filtered(const struct cursor *c, const char *text)
{
	const struct result_filter *f = &c->r->filter;

	if (!f->text)
		return text;
	return f->text(f->context, sqlite3_column_name(c->s, c->column), c->about, text);
}

const char *cursor_text(struct cursor *c, bool lines)
{
	const char *text, *copy = "";

	if (sqlite3_column_type(c->s, c->column) != SQLITE_TEXT) {
		cursor_wrong(c, "is not text");
	} else {
		/* Text first, then its length: SQLite converts in between. */
		text = (const char *)sqlite3_column_text(c->s, c->column);
		size_t length = (size_t)sqlite3_column_bytes(c->s, c->column);
		char *clean = text ? malloc(TEXT_CLEAN_SIZE(length)) : NULL;

		if (clean) {
			text_clean(clean, text, length, lines);
			text = filtered(c, clean);
			copy = text ? arena_strdup(c->texts, text) : NULL;
			free(clean);
		}
		if (!clean || !copy) {
			cursor_wrong(c, "does not fit into memory");
			copy = "";
		}
	}
	c->column++;
	return copy;
}

const char *cursor_line(struct cursor *c)
{
	return cursor_text(c, false);
}

const char *cursor_name(struct cursor *c)
{
	const char *s = cursor_text(c, false);

	if (!s[0]) {
		c->column--;
		cursor_wrong(c, "is empty");
		c->column++;
	}
	return s;
}

const char *cursor_line_or_null(struct cursor *c)
{
	return cursor_null(c) ? NULL : cursor_line(c);
}

const char *cursor_name_or_null(struct cursor *c)
{
	return cursor_null(c) ? NULL : cursor_name(c);
}

const char *cursor_lines(struct cursor *c)
{
	return cursor_text(c, true);
}

int cursor_word(struct cursor *c, int (*from_name)(const char *))
{
	const char *text = (const char *)sqlite3_column_text(c->s, c->column);
	int v = text ? from_name(text) : -1;

	if (v < 0)
		cursor_wrong(c, "is no word that this version knows");
	c->column++;
	return v < 0 ? 0 : v;
}

int cursor_flag(struct cursor *c)
{
	return (int)cursor_integer(c, 0, 1);
}

int cursor_word_or_null(struct cursor *c, int (*from_name)(const char *))
{
	return cursor_null(c) ? -1 : cursor_word(c, from_name);
}
