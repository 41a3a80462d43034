/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every fault on every platform: one line a quantity, so that the eye runs along like figures.
 * Times to detect stand in two lines, those of our own detector and those of the platforms': they
 * are never ranked together.
 */
#include "report/html.h"
#include "report/label.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum quantity { OUTCOME, RECOVERED, DETECTED_OURS, DETECTED_THEIRS, REPAIR, RECOVERY, QUANTITIES };

static const char *const quantity_names[QUANTITIES] = {
	[OUTCOME] = "outcomes",
	[RECOVERED] = "recovered",
	[DETECTED_OURS] = "time to detect, our own detector",
	[DETECTED_THEIRS] = "time to detect, the platform\xe2\x80\x99s detector",
	[REPAIR] = "repair",
	[RECOVERY] = "time to recover",
};

static size_t lost_service(const struct fault_figure *f)
{
	return f->recovered + f->censored;
}

/* A time and of how many trials; NULL where this figure has no such quantity. */
static const struct time_figure *time_of(const struct fault_figure *f, enum quantity q, size_t *of)
{
	*of = lost_service(f);
	if (!*of)
		return NULL;
	switch (q) {
	case DETECTED_OURS:
		return f->detector_ours ? &f->ttd : NULL;
	case DETECTED_THEIRS:
		return f->detector_ours ? NULL : &f->ttd;
	case REPAIR:
		*of = label_repairable(f);
		return *of ? &f->repair : NULL;
	case RECOVERY:
		return &f->ttr;
	default:
		return NULL;
	}
}

static int has(const struct fault_figure *f, enum quantity q)
{
	size_t of;

	return q == OUTCOME || (q == RECOVERED ? lost_service(f) != 0 : time_of(f, q, &of) != NULL);
}

/* ---- Cells ---- */

static void outcomes(struct html *h, const struct fault_figure *f)
{
	html_outcome_bar(h, f);
	for (int o = 0; o < OUTCOMES; o++) {
		if (!f->outcomes[o])
			continue;
		fputs("<span class=\"outcome\">", h->out);
		html_text(h, "%zu\xc2\xa0%s", f->outcomes[o], outcome_name((enum outcome)o));
		fputs("</span>", h->out);
	}
	html_execution(h, f->execution, 1);
}

static void recovered(const struct html *h, const struct fault_figure *f)
{
	char low[FIGURE_SIZE], high[FIGURE_SIZE];

	fputs("<strong>", h->out);
	html_text(h, "%zu of %zu", f->recovered, lost_service(f));
	fputs("</strong> <span class=\"interval\">", h->out);
	html_text(h, "[%s, %s]", number_share(low, f->recovered_share.low),
		  number_share(high, f->recovered_share.high));
	fputs("</span>", h->out);
}

static void time(const struct html *h, const struct fault_figure *f, enum quantity q)
{
	size_t of;
	const struct time_figure *t = time_of(f, q, &of);
	size_t censored = of > t->count ? of - t->count : 0;
	struct interval i = {t->low, t->high};
	char s[FIGURE_SIZE];

	if (isnan(t->median)) {
		html_text(h, "censored (%zu\xc2\xa0of\xc2\xa0%zu)", censored, of);
		return;
	}
	fputs("<strong>", h->out);
	html_text(h, "%s", number_figure(s, t->median, i, f->unit));
	fputs("</strong> <span class=\"interval\">", h->out);
	html_text(h, "%s", html_interval(s, t->median, i, f->unit));
	fputs("</span>", h->out);
	if (!censored)
		return;
	fputs("<span class=\"note\">", h->out);
	html_text(h, "%zu of %zu censored", censored, of);
	fputs("</span>", h->out);
}

static void figure(struct html *h, const struct fault_figure *f, enum quantity q)
{
	if (!has(f, q))
		return;
	fputs("<span class=\"figure\">", h->out);
	if (q == OUTCOME)
		outcomes(h, f);
	else if (q == RECOVERED)
		recovered(h, f);
	else
		time(h, f, q);
	fputs("</span>", h->out);
}

static void cell(struct html *h, const struct matrix_cell *c, enum quantity q)
{
	if (c->state != CELL_FIGURES && q == OUTCOME)
		html_matrix_empty(h, c);
	for (size_t i = 0; c->state == CELL_FIGURES && i < c->count; i++)
		figure(h, &c->faults[i], q);
}

/* ---- The table ---- */

static int row_has(const struct matrix *m, const struct matrix_row *row, enum quantity q)
{
	if (q == OUTCOME)
		return 1;
	for (size_t c = 0; c < m->column_count; c++)
		for (size_t i = 0; row->cells[c].state == CELL_FIGURES && i < row->cells[c].count;
		     i++)
			if (has(&row->cells[c].faults[i], q))
				return 1;
	return 0;
}

static void fault(struct html_table *t, struct html *h, const struct matrix_row *row)
{
	const struct matrix *m = h->r->matrix;

	html_table_group(t);
	html_code(h, row->name);
	if (row->fault) {
		fputs(" <span class=\"summary\">", h->out);
		html_text(h, "%s", row->fault->summary);
		fputs("</span>", h->out);
	}
	for (int q = 0; q < QUANTITIES; q++) {
		if (!row_has(m, row, (enum quantity)q))
			continue;
		html_table_row(t);
		html_table_cell(t);
		fputs(quantity_names[q], h->out);
		for (size_t c = 0; c < m->column_count; c++) {
			html_table_cell(t);
			cell(h, &row->cells[c], (enum quantity)q);
		}
	}
}

void html_matrix_faults(struct html *h)
{
	const struct matrix *m = h->r->matrix;
	char(*names)[NAME_SIZE];
	struct html_column *columns;
	struct html_table t;

	if (!m->fault_count)
		return;
	columns = html_matrix_columns(h, "Fault and recovery", &names);
	if (!columns)
		return;
	fputs("<h3 id=\"matrix-faults\">Every fault on every platform</h3>\n<p>The times to "
	      "detect of our own detector tell how it is set up. They stand in a line of their "
	      "own, and are never ranked against those of a platform.</p>\n",
	      h->out);
	html_table_begin_class(&t, h, columns, m->column_count + 1,
			       "Outcomes, share recovered, and median times with 95 % intervals; "
			       "censored: not seen by the horizon",
			       "cards matrix");
	for (size_t i = 0; i < m->fault_count; i++)
		fault(&t, h, &m->faults[i]);
	html_table_end(&t);
	html_term(h, TERM_OUTCOME);
	html_term(h, TERM_CENSORED);
	free(columns);
	free(names);
}
