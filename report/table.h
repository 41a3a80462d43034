/* SPDX-License-Identifier: Apache-2.0 */
/* A table of text whose columns line up on a terminal. */
#ifndef VQ_TABLE_H
#define VQ_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS 16

enum table_style { STYLE_PLAIN, STYLE_GOOD, STYLE_BAD, STYLE_DOUBT, STYLE_HEADING, STYLES };

struct table_cell {
	char *text;
	enum table_style style;
};

struct table {
	size_t columns;
	bool right[TABLE_COLUMNS]; /* numbers stand flush right */
	struct table_cell *cells;
	size_t count, room;
	bool failed; /* no memory: print says so */
};

/* Headings, `columns` of them; one that begins with '>' has its column flush right. */
void table_begin(struct table *t, const char *const *headings, size_t columns);
void table_cell(struct table *t, enum table_style style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Print and free. A column that is empty but for its heading is left out. 0 or -1 with errno. */
int table_end(struct table *t, FILE *out, bool colour);

/* May this stream be coloured: a terminal, and nobody asked for none (no-color.org)? */
bool table_colour(FILE *out);
/* A text in a style, as table_end prints its cells. */
void table_text(FILE *out, bool colour, enum table_style style, const char *text);

#endif
