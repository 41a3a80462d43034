/* SPDX-License-Identifier: Apache-2.0 */
/* Sections as tables of text. */
#include "report/section.h"

#include <math.h>

#include "report/table.h"

struct section_cell section_cell(const struct section *s, const struct report *r, size_t row,
				 size_t column)
{
	struct section_cell c = {.number = NAN};

	s->cell(r, row, column, &c);
	return c;
}

static void heading_of(const struct section_column *c, char *heading, size_t size)
{
	snprintf(heading, size, "%s%s", c->number ? ">" : "", c->heading);
}

int section_print_text(const struct section *s, const struct report *r, FILE *out, bool colour)
{
	char headings[SECTION_COLUMNS][64];
	const char *list[SECTION_COLUMNS];
	size_t shown = 0, rows = s->rows(r);
	struct table t;

	if (!rows)
		return 0;
	for (size_t i = 0; i < s->column_count; i++) {
		if (!s->columns[i].heading)
			continue;
		heading_of(&s->columns[i], headings[shown], sizeof(headings[0]));
		list[shown] = headings[shown];
		shown++;
	}
	fputc('\n', out);
	table_text(out, colour, STYLE_HEADING, s->title);
	fprintf(out, ": %s\n", s->note);
	table_begin(&t, list, shown);
	for (size_t row = 0; row < rows; row++)
		for (size_t i = 0; i < s->column_count; i++)
			if (s->columns[i].heading)
				table_cell(&t, STYLE_PLAIN, "%s", section_cell(s, r, row, i).text);
	return table_end(&t, out, colour);
}
