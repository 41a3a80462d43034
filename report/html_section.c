/* SPDX-License-Identifier: Apache-2.0 */
/* Sections that are one table each (report/section.h), on the page. */
#include "report/html.h"
#include "report/section.h"

void html_sections_contents(const struct html *h)
{
	for_each_registered (struct section, s, REGISTRY(sections)) {
		if (s->rows(h->r))
			fprintf(h->out, "<li><a href=\"#%s\">%s</a></li>", s->name, s->title);
	}
}

static void print_section(struct html *h, const struct section *s)
{
	struct html_column columns[SECTION_COLUMNS];
	size_t shown = 0, rows = s->rows(h->r);
	struct html_table t;

	for (size_t i = 0; i < s->column_count; i++)
		if (s->columns[i].heading) {
			const char *class = !shown ? "h" : s->columns[i].number ? "n" : "";

			columns[shown++] =
				(struct html_column){.name = s->columns[i].heading, .class = class};
		}
	fprintf(h->out, "<section aria-labelledby=\"%s\"><h2 id=\"%s\">%s</h2>\n", s->name, s->name,
		s->title);
	html_table_begin(&t, h, columns, shown, s->note);
	for (size_t row = 0; row < rows; row++) {
		html_table_row(&t);
		for (size_t i = 0; i < s->column_count; i++) {
			if (!s->columns[i].heading)
				continue;
			html_table_cell(&t);
			html_text(h, "%s", section_cell(s, h->r, row, i).text);
		}
	}
	html_table_end(&t);
	fputs("</section>\n", h->out);
}

void html_sections(struct html *h)
{
	for_each_registered (struct section, s, REGISTRY(sections)) {
		if (s->rows(h->r))
			print_section(h, s);
	}
}
