/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Platforms side by side: where each ran and how, what groups of benches cost on each, and every
 * bench and fault on every platform. Each cell says how it was executed, in words, or by a number
 * why it is empty; the reasons stand below. Ratios are only between what ran alike.
 */
#include "report/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* "kvm · variant [B]" */
static const char *column_name(const struct html *h, char *s, const struct matrix_column *c,
			       size_t letters)
{
	return html_platform(h, s, c->run, c->platform, c->variant, letters);
}

/* A reference to a numbered reason. */
static void reason(const struct html *h, size_t number)
{
	if (number)
		fprintf(h->out, " <a class=\"why\" href=\"#why%zu\">why:\xc2\xa0%zu</a>", number,
			number);
}

/* ---- Where each platform ran ---- */

static void executed(const struct html *h, const struct matrix_column *c)
{
	int told = 0;

	for (int e = 0; e < EXECUTIONS; e++) {
		if (!c->figures[e])
			continue;
		if (told++)
			fputs("<br>", h->out);
		html_execution(h, (enum execution)e, 1);
		html_text(h, " %zu %s", c->figures[e], c->figures[e] == 1 ? "figure" : "figures");
	}
	if (!told)
		fputs("<span class=\"none\">no figure</span>", h->out);
}

static void place_row(struct html_table *t, const struct matrix_column *c)
{
	const struct html *h = t->h;
	char s[NAME_SIZE];

	html_table_row(t);
	html_table_cell(t);
	html_text(h, "%s", column_name(h, s, c, NAME_WHOLE));
	html_table_cell(t);
	html_text(h, "%s", c->host ? c->host : "not disclosed");
	html_table_cell(t);
	executed(h, c);
	html_table_cell(t);
	html_text(h, "%zu", c->skipped);
	html_table_cell(t);
	if (c->version)
		html_text(h, "%s", c->version);
	else
		fputs("<span class=\"undisclosed\">NOT DISCLOSED</span>", h->out);
}

static void absent_row(struct html_table *t, const struct result_platform *p,
		       const struct result_run *run)
{
	const struct html *h = t->h;
	char s[NAME_SIZE];
	const char *host = html_host(h->r, run);

	html_table_row(t);
	html_table_cell(t);
	html_text(h, "%s", html_platform(h, s, run, p->label, "", NAME_WHOLE));
	html_table_cell(t);
	html_text(h, "%s", host ? host : "not disclosed");
	html_table_cell(t);
	fputs("<span class=\"none\">did not run</span><span class=\"note\">", h->out);
	html_text(h, "%s", p->why_not);
	fputs("</span>", h->out);
	html_table_cell(t);
	fputs("all", h->out);
	html_table_cell(t);
	fputs("<span class=\"none\">\xe2\x80\x93</span>", h->out);
}

static void places(const struct html *h)
{
	static const struct html_column columns[] = {
		{"Platform", "h"}, {"Host", ""},    {"How it ran", ""},
		{"Skipped", "n"},  {"Version", ""},
	};
	const struct matrix *m = h->r->matrix;
	struct html_table t;

	html_table_begin(&t, h, columns, 5, "Where each platform ran, and how");
	for (size_t i = 0; i < m->column_count; i++)
		place_row(&t, &m->columns[i]);
	for (size_t i = 0; i < h->r->platform_count; i++) {
		const struct result_platform *p = h->r->platforms[i];
		const struct result_run *run = html_run_of_platform(h->r, p);

		if (p->why_not && report_side(h->r, run) == run)
			absent_row(&t, p, run);
	}
	html_table_end(&t);
}

/* ---- Cells ---- */

/* What an empty cell says. */
void html_matrix_empty(const struct html *h, const struct matrix_cell *cell)
{
	static const char *const words[] = {
		[CELL_NOT_ASKED] = "not in its plan",
		[CELL_FIGURES] = "",
		[CELL_SKIPPED] = "skipped",
		[CELL_NO_FIGURE] = "no figure",
	};

	fprintf(h->out, "<span class=\"none\">%s</span>", words[cell->state]);
	reason(h, cell->reason);
}

static int is_baseline(const struct metric *m)
{
	return !strcmp(m->platform_name, BASELINE_PLATFORM);
}

/* The number of why no ratio is claimed: such reasons come first among all. */
static size_t native_reason(const struct matrix *m, const char *why)
{
	for (size_t i = 0; why && i < m->reason_count; i++)
		if (m->reasons[i] == why || !strcmp(m->reasons[i], why))
			return i + 1;
	return 0;
}

static void ratio_of(const struct html *h, const struct metric *m)
{
	char s[FIGURE_SIZE];

	if (is_baseline(m)) {
		fputs("<span class=\"interval\">baseline</span>", h->out);
		return;
	}
	if (isnan(m->native_ratio)) {
		fputs("<span class=\"interval\">no ratio", h->out);
		reason(h, native_reason(h->r->matrix, m->native_why));
		fputs("</span>", h->out);
		return;
	}
	fputs("<span class=\"ratio\">", h->out);
	html_text(h, "%s", html_ratio(s, m->native_ratio, m->native_interval));
	fputs("</span> <span class=\"interval\">", h->out);
	html_text(h, "%s", html_ratio_interval(s, m->native_ratio, m->native_interval));
	fputs("</span>", h->out);
}

static void bench_cell(const struct html *h, const struct matrix_cell *cell)
{
	char s[FIGURE_SIZE];

	if (cell->state != CELL_FIGURES) {
		html_matrix_empty(h, cell);
		return;
	}
	for (size_t i = 0; i < cell->count; i++) {
		const struct metric *m = &cell->metrics[i];

		fputs("<span class=\"figure\"><strong>", h->out);
		html_text(h, "%s", number_figure(s, m->median, m->interval, m->unit));
		fputs("</strong> ", h->out);
		ratio_of(h, m);
		fputc(' ', h->out);
		html_execution(h, m->execution, 1);
		fputs("</span>", h->out);
	}
}

/* ---- The tables ---- */

/* With the host's name where the platforms are of several. */
static void heading(const struct html *h, char *s, const struct matrix_column *c)
{
	const struct matrix *m = h->r->matrix;
	size_t length, i = 0;
	char host[80];

	column_name(h, s, c, NAME_WHOLE);
	while (i < m->column_count && m->columns[i].run == c->run)
		i++;
	length = strlen(s);
	if (i < m->column_count && c->host)
		snprintf(s + length, NAME_SIZE - length, " %s",
			 html_cut(host, sizeof(host), c->host, 16));
}

struct html_column *html_matrix_columns(const struct html *h, const char *first,
					char (**names)[NAME_SIZE])
{
	const struct matrix *m = h->r->matrix;
	struct html_column *columns = calloc(m->column_count + 1, sizeof(*columns));

	*names = calloc(m->column_count + 1, sizeof(**names));
	if (!columns || !*names) {
		free(columns);
		free(*names);
		return NULL;
	}
	columns[0] = (struct html_column){first, "h"};
	for (size_t i = 0; i < m->column_count; i++) {
		heading(h, (*names)[i], &m->columns[i]);
		columns[i + 1] = (struct html_column){(*names)[i], "c"};
	}
	return columns;
}

static void bench_name(const struct html *h, const struct matrix_row *row)
{
	html_code(h, row->name);
	if (row->has_parameter)
		html_text(h, ", %s\xc2\xa0=\xc2\xa0%lld", row->bench->parameter_name,
			  (long long)row->parameter);
}

static int new_group(const struct matrix *m, size_t i)
{
	return !i || strcmp(m->benches[i].bench->group, m->benches[i - 1].bench->group) != 0;
}

static void bench_table(struct html *h)
{
	const struct matrix *m = h->r->matrix;
	char(*names)[NAME_SIZE];
	struct html_column *columns;
	struct html_table t;

	if (!m->bench_count)
		return;
	columns = html_matrix_columns(h, "Bench", &names);
	if (!columns)
		return;
	fputs("<h3 id=\"matrix-benches\">Every bench on every platform</h3>\n", h->out);
	html_table_begin_class(
		&t, h, columns, m->column_count + 1,
		"Median; ratio to native with its 95 % interval (above 1 is slower), only "
		"where both ran alike; how it was executed",
		"cards matrix");
	for (size_t i = 0; i < m->bench_count; i++) {
		if (new_group(m, i)) {
			html_table_group(&t);
			fputs("<span class=\"part\">", h->out);
			html_text(h, "%s", m->benches[i].bench->group);
			fputs("</span>", h->out);
		}
		html_table_row(&t);
		html_table_cell(&t);
		bench_name(h, &m->benches[i]);
		for (size_t c = 0; c < m->column_count; c++) {
			html_table_cell(&t);
			bench_cell(h, &m->benches[i].cells[c]);
		}
	}
	html_table_end(&t);
	html_term(h, TERM_EXECUTION);
	free(columns);
	free(names);
}

/* ---- Why cells are empty ---- */

static size_t add_where(const struct html *h, const struct matrix_row *rows, size_t count,
			size_t column, size_t number, size_t told)
{
	const struct matrix *m = h->r->matrix;
	char s[NAME_SIZE];

	for (size_t i = 0; i < count; i++) {
		if (rows[i].cells[column].reason != number)
			continue;
		if (!told)
			html_text(h, "%s:", column_name(h, s, &m->columns[column], NAME_WHOLE));
		html_text(h, "%s %s", told++ ? "," : "", rows[i].name);
	}
	return told;
}

/* Which cells the reason is about: a line a platform. */
static void where(const struct html *h, size_t number)
{
	const struct matrix *m = h->r->matrix;
	int told = 0;

	for (size_t c = 0; c < m->column_count; c++) {
		size_t n;

		fputs("<span class=\"where\">", h->out);
		n = add_where(h, m->benches, m->bench_count, c, number, 0);
		n = add_where(h, m->faults, m->fault_count, c, number, n);
		fputs("</span>", h->out);
		told |= n != 0;
	}
	if (!told)
		fputs("figures without a ratio to native", h->out);
}

static void reasons(const struct html *h)
{
	static const struct html_column columns[] = {
		{"Number", "h"}, {"Why", "words"}, {"Where", "words"}};
	const struct matrix *m = h->r->matrix;
	struct html_table t;

	if (!m->reason_count)
		return;
	fprintf(h->out,
		"<details><summary>What was skipped where, and why (%zu reasons)</summary>\n",
		m->reason_count);
	html_table_begin(&t, h, columns, 3, "Why cells are empty, or hold no ratio");
	for (size_t i = 0; i < m->reason_count; i++) {
		html_table_row(&t);
		html_table_cell(&t);
		fprintf(h->out, "<span id=\"why%zu\">%zu</span>", i + 1, i + 1);
		html_table_cell(&t);
		html_text(h, "%s", m->reasons[i]);
		html_table_cell(&t);
		where(h, i + 1);
	}
	html_table_end(&t);
	fputs("</details>\n", h->out);
}

void html_matrix(struct html *h)
{
	if (h->r->compared_by)
		return;
	if (h->r->matrix_why) {
		fputs("<section aria-labelledby=\"matrix\"><h2 id=\"matrix\">Platforms side by "
		      "side</h2>\n<p>Not drawn: ",
		      h->out);
		html_text(h, "%s", h->r->matrix_why);
		fputs(".</p></section>\n", h->out);
	}
	if (!h->r->matrix)
		return;
	fputs("<section aria-labelledby=\"matrix\"><h2 id=\"matrix\">Platforms side by side</h2>\n",
	      h->out);
	places(h);
	html_means(h);
	html_forest(h);
	bench_table(h);
	html_matrix_faults(h);
	reasons(h);
	fputs("</section>\n", h->out);
}
