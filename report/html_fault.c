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
	[OUTCOME_MASKED] = {INK_GOOD, FILL_EDGED},
	[OUTCOME_DEGRADED] = {INK_WARN, FILL_EDGED},
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
/* What the bars' boxes mean: of the outcomes that there are. */
static void legend(const struct html *h)
{
	const struct report *r = h->r;
	size_t seen[OUTCOMES] = {0};

	fputs("<ul class=\"legend row\" aria-label=\"Outcomes\">", h->out);
	for (size_t i = 0; i < r->fault_count; i++)
		for (int k = 0; k < OUTCOMES; k++)
			seen[k] += r->faults[i].outcomes[k];
	for (int k = 0; k < OUTCOMES; k++) {
		if (!seen[k])
			continue;
		fputs("<li>", h->out);
		svg_swatch_box(h->out, looks[k].ink, looks[k].fill);
		html_text(h, " %s", outcome_name((enum outcome)k));
		fputs("</li>", h->out);
	}
	fputs("</ul>\n", h->out);
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
	if (time->median == 0 && !(time->high > 0)) {
		html_text(h, "0");
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

static void figure_row(struct html *h, struct html_table *t, const struct fault_figure *f)
{
	size_t lost = lost_service(f);
	char s[600];

	html_table_row(t);
	platform_cell(t, f);
	html_table_cell(t);
	html_outcome_bar(h, f);
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

static void table(struct html *h)
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
				figure_row(h, &t, &r->faults[j]);
	}
	html_table_end(&t);
}

void html_faults(struct html *h)
{
	if (!h->r->fault_count)
		return;
	fputs("<section aria-labelledby=\"faults\"><h2 id=\"faults\">Faults and recovery</h2>\n",
	      h->out);
	legend(h);
	table(h);
	html_term(h, TERM_OUTCOME);
	html_term(h, TERM_CENSORED);
	html_term(h, TERM_STAMPS);
	html_recoveries(h);
	html_timelines(h);
	fputs("</section>\n", h->out);
}
