/* SPDX-License-Identifier: Apache-2.0 */
#include "report/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/core/text.h"

static void add(struct table *t, char *text, enum table_style style)
{
	if (t->count == t->room) {
		size_t room = t->room ? t->room * 2 : 64;
		struct table_cell *longer = reallocarray(t->cells, room, sizeof(*longer));

		if (!longer) {
			free(text);
			t->failed = true;
			return;
		}
		t->cells = longer;
		t->room = room;
	}
	if (!text)
		t->failed = true;
	t->cells[t->count++] = (struct table_cell){text, style};
}

void table_begin(struct table *t, const char *const *headings, size_t columns)
{
	memset(t, 0, sizeof(*t));
	t->columns = columns;
	for (size_t i = 0; i < columns; i++) {
		t->right[i] = headings[i][0] == '>';
		add(t, strdup(headings[i] + t->right[i]), STYLE_HEADING);
	}
}

void table_cell(struct table *t, enum table_style style, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	add(t, text, style);
}

bool table_colour(FILE *out)
{
	const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");

	if (no && no[0])
		return false;
	if (!terminal || !strcmp(terminal, "dumb"))
		return false;
	return fileno(out) >= 0 && isatty(fileno(out));
}

void table_text(FILE *out, bool colour, enum table_style style, const char *text)
{
	static const char *const codes[STYLES] = {
		[STYLE_PLAIN] = "",	    [STYLE_GOOD] = "\x1b[32m",	 [STYLE_BAD] = "\x1b[31m",
		[STYLE_DOUBT] = "\x1b[33m", [STYLE_HEADING] = "\x1b[1m",
	};

	if (colour && style != STYLE_PLAIN)
		fprintf(out, "%s%s\x1b[0m", codes[style], text);
	else
		fputs(text, out);
}

static void pad(FILE *out, size_t n)
{
	while (n--)
		fputc(' ', out);
}

/* The width of each column, 0 for one that holds nothing. */
static void measure(const struct table *t, size_t *widths)
{
	bool used[TABLE_COLUMNS] = {false};

	memset(widths, 0, TABLE_COLUMNS * sizeof(*widths));
	for (size_t i = 0; i < t->count; i++) {
		size_t width = text_width(t->cells[i].text), column = i % t->columns;

		used[column] |= i >= t->columns && width;
		if (width > widths[column])
			widths[column] = width;
	}
	for (size_t i = 0; i < t->columns; i++)
		if (!used[i])
			widths[i] = 0;
}

static void print_row(const struct table *t, const struct table_cell *row, const size_t *widths,
		      FILE *out, bool colour)
{
	size_t owed = 0; /* spaces before the next text: none are left at a line's end */

	for (size_t i = 0; i < t->columns; i++) {
		size_t width = text_width(row[i].text);

		if (!widths[i])
			continue;
		if (width) {
			pad(out, owed + (t->right[i] ? widths[i] - width : 0));
			owed = t->right[i] ? 0 : widths[i] - width;
			table_text(out, colour, row[i].style, row[i].text);
		} else {
			owed += widths[i];
		}
		owed += 2;
	}
	fputc('\n', out);
}

int table_end(struct table *t, FILE *out, bool colour)
{
	size_t widths[TABLE_COLUMNS];
	int failed = t->failed ? -1 : 0;

	if (!failed) {
		measure(t, widths);
		for (size_t i = 0; i + t->columns <= t->count; i += t->columns)
			print_row(t, t->cells + i, widths, out, colour);
	}
	for (size_t i = 0; i < t->count; i++)
		free(t->cells[i].text);
	free(t->cells);
	if (failed)
		errno = ENOMEM;
	return failed;
}
