/* SPDX-License-Identifier: Apache-2.0 */
/* Faults: what each did, how soon it was noticed, and how long until service was back. */
#include "report/html.h"
#include "report/label.h"

#include <math.h>
#include <string.h>

static const struct html_column columns[] = {
	{"Platform and recovery", "h"},
	{"Outcomes", "words"},
	{"Recovered [95\xc2\xa0% interval]", "n"},
	{"Time to detect", "n"},
	{"Repair", "n"},
	{"Time to recover", "n"},
	{"Full recovery", "n"},
	{"Downtime", "n"},
};

/* How an outcome is drawn: good ones filled, a loss hatched, the rest faint. */
static const struct {
	enum ink ink;
	enum fill fill;
} looks[OUTCOMES] = {
	[OUTCOME_NOT_ACTIVATED] = {INK_NEUTRAL, FILL_OUTLINE},
	[OUTCOME_MASKED] = {INK_GOOD, FILL_FAINT},
	[OUTCOME_DEGRADED] = {INK_WARN, FILL_FAINT},
	[OUTCOME_AUTO_RECOVERED] = {INK_GOOD, FILL_SOLID},
	[OUTCOME_ASSISTED_RECOVERED] = {INK_SERIES, FILL_SOLID},
	[OUTCOME_HANG] = {INK_BAD, FILL_HATCHED},
	[OUTCOME_CRASH] = {INK_BAD, FILL_SOLID},
	[OUTCOME_DETECTED_CORRUPTION] = {INK_WARN, FILL_SOLID},
	[OUTCOME_SILENT_CORRUPTION] = {INK_TEXT, FILL_SOLID},
	[OUTCOME_COLLATERAL] = {INK_WARN, FILL_HATCHED},
	[OUTCOME_HARNESS_ERROR] = {INK_MUTED, FILL_OUTLINE},
};

static size_t lost_service(const struct fault_figure *f)
{
	return f->recovered + f->censored;
}

/* "9 assisted-recovered, 1 hang" */
static const char *outcomes(char *s, size_t size, const struct fault_figure *f)
{
	size_t used = 0;

	snprintf(s, size, "no trial");
	for (int i = 0; i < OUTCOMES && used + 1 < size; i++)
		if (f->outcomes[i])
			used += (size_t)snprintf(s + used, size - used, "%s%zu %s",
						 used ? ", " : "", f->outcomes[i],
						 outcome_name((enum outcome)i));
	return s;
}

static void note(const struct html *h, const char *label, double value, const char *figure)
{
	if (isnan(value))
		return;
	fputs("<span class=\"note\">", h->out);
	html_text(h, "%s %s", label, figure);
	fputs("</span>", h->out);
}

/* One time, of the `all` trials in which it could have been seen. */
static void time_cell(struct html_table *t, const struct time_figure *time, enum unit unit,
		      size_t all, const char *none)
{
	const struct html *h = t->h;
	size_t censored = all > time->count ? all - time->count : 0;
	char s[FIGURE_SIZE];

	html_table_cell(t);
	if (isnan(time->median)) {
		if (!all)
			fprintf(h->out, "<span class=\"none\">%s</span>", none);
		else
			html_text(h, "censored (%zu\xc2\xa0of\xc2\xa0%zu)", censored, all);
		return;
	}
	fputs("<strong>", h->out);
	html_text(h, "%s",
		  number_figure(s, time->median, (struct interval){time->low, time->high}, unit));
	fputs("</strong> <span class=\"interval\">", h->out);
	html_text(h, "%s",
		  html_interval(s, time->median, (struct interval){time->low, time->high}, unit));
	fputs("</span>", h->out);
	if (censored) {
		fputs("<span class=\"note\">", h->out);
		html_text(h, "%zu of %zu censored", censored, all);
		fputs("</span>", h->out);
	}
}

static void share_cell(struct html_table *t, const struct fault_figure *f)
{
	const struct html *h = t->h;
	char low[FIGURE_SIZE], high[FIGURE_SIZE];

	html_table_cell(t);
	if (!lost_service(f)) {
		fputs("<span class=\"none\">no service lost</span>", h->out);
		return;
	}
	fputs("<strong>", h->out);
	html_text(h, "%zu of %zu", f->recovered, lost_service(f));
	fputs("</strong> <span class=\"interval\">", h->out);
	html_text(h, "[%s, %s]", number_share(low, f->recovered_share.low),
		  number_share(high, f->recovered_share.high));
	fputs("</span>", h->out);
}

/* What the fault cost besides time; only what is known. */
static void side_notes(const struct html *h, const struct fault_figure *f)
{
	char s[FIGURE_SIZE];

	if (f->lost_operations < 1e15) { /* a count: not "3.00" */
		snprintf(s, sizeof(s), "%.*f",
			 f->lost_operations == floor(f->lost_operations) ? 0 : 1,
			 f->lost_operations);
		note(h, "acknowledged operations lost:", f->lost_operations, s);
	}
	note(h, "rate under the fault:", f->rate_ratio, number_share(s, f->rate_ratio));
	note(h, "neighbours kept:", f->neighbour_ratio, number_share(s, f->neighbour_ratio));
	note(h, "fairness (Jain):", f->fairness, number_plain(s, f->fairness));
	note(h, "worst wait:", f->worst_wait, html_figure(s, f->worst_wait, f->unit));
	note(h, "stolen:", f->steal, html_figure(s, f->steal, f->unit));
}

static void platform_cell(struct html_table *t, const struct fault_figure *f)
{
	const struct html *h = t->h;
	char s[NAME_SIZE];

	html_table_cell(t);
	html_text(h, "%s", html_platform(h, s, f->run, f->platform, f->variant, NAME_WHOLE));
	html_text(h, " + %s", f->recovery);
	fputc(' ', h->out);
	html_execution(h, f->execution, 1);
	fputs("<span class=\"note\">", h->out);
	html_text(h, "detector: %s", f->detector && *f->detector ? f->detector : "none");
	if (f->detector_ours)
		html_text(h, " (our own; not ranked)");
	fputs("</span>", h->out);
}

static void figure_row(struct html_table *t, const struct fault_figure *f)
{
	const struct html *h = t->h;
	size_t lost = lost_service(f);
	char s[600];

	html_table_row(t);
	platform_cell(t, f);
	html_table_cell(t);
	html_text(h, "%s", outcomes(s, sizeof(s), f));
	fputs("<span class=\"note\">", h->out);
	html_text(h, "%zu %s, fault active in %zu", f->trials, f->trials == 1 ? "trial" : "trials",
		  f->activated);
	fputs("</span>", h->out);
	side_notes(h, f);
	share_cell(t, f);
	time_cell(t, &f->ttd, f->unit, lost, "no service lost");
	time_cell(t, &f->repair, f->unit, label_repairable(f),
		  lost ? "not detected" : "no service lost");
	time_cell(t, &f->ttr, f->unit, lost, "no service lost");
	time_cell(t, &f->full, f->unit, lost, "no service lost");
	time_cell(t, &f->downtime, f->unit, f->activated, "not activated");
}

static int first_of_fault(const struct report *r, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (!strcmp(r->faults[j].fault->name, r->faults[i].fault->name))
			return 0;
	return 1;
}

static void table(const struct html *h)
{
	const struct report *r = h->r;
	struct html_table t;

	html_table_begin(&t, h, columns, sizeof(columns) / sizeof(*columns),
			 "Faults: medians with 95 % intervals");
	for (size_t i = 0; i < r->fault_count; i++) {
		if (!first_of_fault(r, i))
			continue;
		html_table_group(&t);
		fputs("<code>", h->out);
		html_text(h, "%s", r->faults[i].fault->name);
		fputs("</code> <span class=\"summary\">", h->out);
		html_text(h, "%s", r->faults[i].fault->summary);
		fputs("</span>", h->out);
		for (size_t j = i; j < r->fault_count; j++)
			if (!strcmp(r->faults[i].fault->name, r->faults[j].fault->name))
				figure_row(&t, &r->faults[j]);
	}
	html_table_end(&t);
}

/* ---- Outcome bars ---- */

#define ROW 44.0

static void bar(const struct html *h, const struct svg *s, const struct fault_figure *f, double top)
{
	double from = 0, all = 0;
	char name[NAME_SIZE], cut[NAME_SIZE], fault[200], line[600];

	for (int i = 0; i < OUTCOMES; i++)
		all += (double)f->outcomes[i];
	html_platform(h, cut, f->run, f->platform, f->variant, 14);
	snprintf(line, sizeof(line), "%s + %.40s, %s",
		 html_cut(fault, sizeof(fault), f->fault->name, 20), f->recovery, cut);
	html_cut(name, sizeof(name), line, 48);
	svg_text(s, 0, top + 13, ANCHOR_START, INK_TEXT, 0, name);
	for (int i = 0; i < OUTCOMES && all > 0; i++) {
		double to = from + (double)f->outcomes[i] / all;
		/* Hatched and faint boxes take dark digits, filled ones light. */
		enum ink ink = looks[i].fill == FILL_SOLID ? INK_PAPER : INK_TEXT;

		if (!f->outcomes[i])
			continue;
		svg_box(s, from + (from > 0 ? 0.003 : 0), to, top + 19, 17, looks[i].ink,
			looks[i].fill);
		snprintf(line, sizeof(line), "%zu", f->outcomes[i]);
		if (to - from > 0.06)
			svg_text(s, (from + to) / 2, top + 32, ANCHOR_MIDDLE, ink, 1, line);
		from = to;
	}
}

/* The shares alone; the words stand beside it. */
void html_outcome_bar(struct html *h, const struct fault_figure *f)
{
	double from = 0, all = 0;
	char text[600];
	struct svg s;

	for (int i = 0; i < OUTCOMES; i++)
		all += (double)f->outcomes[i];
	svg_begin(&s, h->out, ++h->plots, 10, "Outcomes", outcomes(text, sizeof(text), f));
	for (int i = 0; i < OUTCOMES && all > 0; i++) {
		double to = from + (double)f->outcomes[i] / all;

		if (f->outcomes[i])
			svg_box(&s, from, to, 1, 8, looks[i].ink, looks[i].fill);
		from = to;
	}
	svg_end(&s);
}

static void bars(struct html *h)
{
	const struct report *r = h->r;
	char text[4000] = "", line[600];
	size_t used = 0, seen[OUTCOMES] = {0};
	struct svg s;

	for (size_t i = 0; i < r->fault_count && used + 1 < sizeof(text); i++) {
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s with %s on %s: %s",
					 i ? "; " : "", r->faults[i].fault->name,
					 r->faults[i].recovery, r->faults[i].platform,
					 outcomes(line, sizeof(line), &r->faults[i]));
		for (int k = 0; k < OUTCOMES; k++)
			seen[k] += r->faults[i].outcomes[k];
	}
	html_figure_begin(h, NULL);
	fputs("<h3>Outcomes</h3>\n<ul class=\"legend row\">", h->out);
	for (int k = 0; k < OUTCOMES; k++) {
		if (!seen[k])
			continue;
		fputs("<li>", h->out);
		svg_swatch_box(h->out, ++h->plots, looks[k].ink, looks[k].fill);
		html_text(h, " %s", outcome_name((enum outcome)k));
		fputs("</li>", h->out);
	}
	fputs("</ul>\n", h->out);
	svg_begin(&s, h->out, ++h->plots, (double)r->fault_count * ROW, "Outcomes of each fault",
		  text);
	for (size_t i = 0; i < r->fault_count; i++)
		bar(h, &s, &r->faults[i], (double)i * ROW);
	svg_end(&s);
	html_figure_end(h, "Trials by outcome, each bar over all trials of its row.");
}

void html_faults(struct html *h)
{
	if (!h->r->fault_count)
		return;
	fputs("<section aria-labelledby=\"faults\"><h2 id=\"faults\">Faults and recovery</h2>\n",
	      h->out);
	table(h);
	html_term(h, TERM_OUTCOME);
	html_term(h, TERM_CENSORED);
	html_term(h, TERM_STAMPS);
	bars(h);
	html_timelines(h);
	fputs("</section>\n", h->out);
}
