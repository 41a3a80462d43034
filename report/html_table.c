/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables that become a list of cards on a narrow screen: there the style sheet sets each column's
 * name before its cells (html_table_style), which a table gives once, as properties of its own. It
 * changes `display` for that, which made browsers forget that it is a table; hence the roles. A
 * table of class "plain" stays what it is.
 */
#include "report/html.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/text.h"

void html_table_begin(struct html_table *t, const struct html *h, const struct html_column *columns,
		      size_t count, const char *caption)
{
	html_table_begin_class(t, h, columns, count, caption, "cards");
}

/* A text within a string of CSS within an attribute: what could end either is written as its
 * number. */
static void put_css_text(FILE *out, const char *text)
{
	size_t length = strlen(text);
	char *clean = malloc(TEXT_CLEAN_SIZE(length));

	if (!clean)
		return;
	text_clean(clean, text, length, false);
	for (const char *p = clean; *p; p++)
		if ((unsigned char)*p >= 0x80 || isalnum((unsigned char)*p) || *p == ' ')
			fputc(*p, out);
		else
			fprintf(out, "\\%x ", (unsigned int)*p);
	free(clean);
}

static void put_names(const struct html *h, const struct html_column *columns, size_t count)
{
	fputs(" style=\"", h->out);
	for (size_t i = 1; i < count; i++) {
		fprintf(h->out, "--c%zu:'", i + 1);
		put_css_text(h->out, columns[i].name);
		fputs("';", h->out);
	}
	fputs("\"", h->out);
}

static size_t widest(const struct report *r)
{
	size_t platforms = r->matrix ? r->matrix->column_count : 0;
	size_t most = platforms > r->run_count ? platforms : r->run_count;

	return most > 15 ? most + 1 : 16;
}

void html_table_style(const struct html *h)
{
	fputs("@media screen and (max-width:60em){", h->out);
	for (size_t i = 2; i <= widest(h->r); i++)
		fprintf(h->out, ".cards td:nth-child(%zu)::before{content:var(--c%zu)}", i, i);
	fputs("}\n", h->out);
}

void html_table_begin_class(struct html_table *t, const struct html *h,
			    const struct html_column *columns, size_t count, const char *caption,
			    const char *class)
{
	*t = (struct html_table){.h = h, .columns = columns, .count = count};
	t->plain = !strcmp(class, "plain");
	/* What scrolls must be reached by keyboard, and say what it is. */
	fputs("<div class=\"wide\"", h->out);
	if (!t->plain) {
		fputs(" role=\"group\" tabindex=\"0\" aria-label=\"", h->out);
		svg_escape(h->out, caption);
		fputc('"', h->out);
	}
	fprintf(h->out, "><table%s class=\"%s\"", t->plain ? "" : " role=\"table\"", class);
	if (!t->plain)
		put_names(h, columns, count);
	fputs("><caption>", h->out);
	svg_escape(h->out, caption);
	fputs("</caption>\n<thead><tr>", h->out);
	for (size_t i = 0; i < count; i++) {
		fprintf(h->out, "<th scope=\"col\" class=\"%s\">", columns[i].class);
		svg_escape(h->out, columns[i].name);
		fputs("</th>", h->out);
	}
	fputs("</tr></thead>\n", h->out);
}

static int heads_row(const struct html_table *t, size_t column)
{
	return !strcmp(t->columns[column].class, "h");
}

static void end_cell(struct html_table *t)
{
	if (t->in_row && t->next)
		fputs(heads_row(t, t->next - 1) ? "</th>" : "</td>", t->h->out);
}

static void end_row(struct html_table *t)
{
	end_cell(t);
	if (t->in_row)
		fputs("</tr>\n", t->h->out);
	t->in_row = 0;
}

static void end_group_heading(struct html_table *t)
{
	if (t->in_body == 2)
		fputs("</th></tr>\n", t->h->out);
	t->in_body = 1;
}

void html_table_group(struct html_table *t)
{
	end_row(t);
	if (t->in_body) {
		end_group_heading(t);
		fputs("</tbody>\n", t->h->out);
	}
	t->in_body = 2;
	fprintf(t->h->out,
		"<tbody role=\"rowgroup\"><tr role=\"row\" class=\"group\">"
		"<th role=\"rowheader\" scope=\"rowgroup\" colspan=\"%zu\">",
		t->count);
}

void html_table_row(struct html_table *t)
{
	end_row(t);
	if (!t->in_body)
		fputs(t->plain ? "<tbody>\n" : "<tbody role=\"rowgroup\">\n", t->h->out);
	else
		end_group_heading(t);
	t->in_body = 1;
	fputs(t->plain ? "<tr>" : "<tr role=\"row\">", t->h->out);
	t->in_row = 1;
	t->next = 0;
}

void html_table_cell(struct html_table *t)
{
	size_t column = t->next;

	end_cell(t);
	if (column >= t->count)
		return;
	t->next++;
	if (heads_row(t, column)) {
		fputs("<th role=\"rowheader\" scope=\"row\" class=\"h\">", t->h->out);
		return;
	}
	fputs(t->plain ? "<td" : "<td role=\"cell\"", t->h->out);
	if (*t->columns[column].class && !t->plain)
		fprintf(t->h->out, " class=\"%s\"", t->columns[column].class);
	fputc('>', t->h->out);
}

void html_table_end(struct html_table *t)
{
	end_row(t);
	if (t->in_body) {
		end_group_heading(t);
		fputs("</tbody>\n", t->h->out);
	}
	fputs("</table></div>\n", t->h->out);
}

void html_execution(const struct html *h, enum execution e, int always)
{
	static const char *const marks[EXECUTIONS] = {"", "\xe2\x96\xa8 ", "\xe2\x96\xa8 ",
						      "\xe2\x96\xa8 "};

	if (e == EXECUTION_HARDWARE && !always)
		return;
	fprintf(h->out, "<span class=\"badge%s\">", e == EXECUTION_HARDWARE ? "" : " soft");
	html_text(h, "%s%s", (unsigned int)e < EXECUTIONS ? marks[e] : "", execution_name(e));
	fputs("</span>", h->out);
}

void html_line_legend(const struct html *h, const struct metric *const *m, size_t count)
{
	char s[NAME_SIZE];

	if (count < 2) /* its name stands above already */
		return;
	fputs("<ul class=\"legend row\">", h->out);
	for (size_t i = 0; i < count; i++) {
		size_t series = html_series(h, m[i]->run, m[i]->platform, m[i]->variant);

		fputs("<li>", h->out);
		svg_swatch_line(h->out, html_ink(series), html_dash(series));
		html_text(h, " %s%s%s",
			  html_platform(h, s, m[i]->run, m[i]->platform, m[i]->variant, NAME_WHOLE),
			  m[i]->execution == EXECUTION_HARDWARE ? "" : ", ",
			  m[i]->execution == EXECUTION_HARDWARE ? ""
								: execution_name(m[i]->execution));
		fputs("</li>", h->out);
	}
	fputs("</ul>\n", h->out);
}

void html_figure_begin(const struct html *h, const char *heading)
{
	fputs("<figure>", h->out);
	if (heading) {
		fputs("<h4>", h->out);
		svg_escape(h->out, heading);
		fputs("</h4>\n", h->out);
	}
}

void html_figure_end(const struct html *h, const char *caption)
{
	if (caption) {
		fputs("<figcaption>", h->out);
		svg_escape(h->out, caption);
		fputs("</figcaption>", h->out);
	}
	fputs("</figure>\n", h->out);
}
