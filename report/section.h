/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A section of the report that is one table: a file that fills it registers it, and every format
 * that prints tables prints it (text, md, html), every format for programs has its values (json,
 * csv).
 */
#ifndef VQ_SECTION_H
#define VQ_SECTION_H

#include "report/report.h"

#define SECTION_COLUMNS 32
#define SECTION_TEXT	400

struct section_column {
	const char *key;     /* for programs: "run_deviation" */
	const char *heading; /* for people; NULL: for programs alone */
	bool number;	     /* flush right; JSON and CSV have `number`, else `text` */
};

/* Programs get `number` in a column of numbers, NaN for null; else `text`, unless `null`. People
 * get `text`, "" where there is nothing to say. */
struct section_cell {
	char text[SECTION_TEXT];
	double number;
	bool null;
};

struct section {
	const char *name;  /* "noise": the key in JSON, the kind in CSV, the anchor in HTML */
	const char *title; /* "Noise" */
	const char *note;  /* what the table says, a sentence or two */
	const struct section_column *columns;
	size_t column_count;
	size_t (*rows)(const struct report *r);
	/* Fill a cell, which is empty, its number NaN. */
	void (*cell)(const struct report *r, size_t row, size_t column, struct section_cell *c);
};

REGISTRY_DECLARE(sections);
#define SECTION(id, ...)                                                                           \
	static const struct section id##_section = {.name = #id, __VA_ARGS__};                     \
	REGISTER(sections, id##_section)

struct section_cell section_cell(const struct section *s, const struct report *r, size_t row,
				 size_t column);

/* As an aligned table, with its title: what text prints, for one section. 0, or -1 with errno. */
int section_print_text(const struct section *s, const struct report *r, FILE *out, bool colour);

#endif
