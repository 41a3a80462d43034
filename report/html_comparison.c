/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The comparison: how many metrics got which verdict, and a table with a forest plot, one row a
 * metric, for each way of execution. What was not compared is listed with its reason.
 */
#include "report/axis.h"
#include "report/html.h"
#include "report/label.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PLOT_HEIGHT 26.0
#define ROOM	    0.17 /* for a tick's name, as a share of the narrowest plot */
#define WIDEST	    8.0	 /* a ratio beyond which the forest plot cuts */

static const struct {
	const char *name, *mark, *class;
	enum ink ink;
	enum shape shape;
	int hollow;
} looks[] = {
	[VERDICT_INCONCLUSIVE] = {"inconclusive", "?", "v-none", INK_NEUTRAL, SHAPE_CIRCLE, 1},
	[VERDICT_EQUIVALENT] = {"equivalent", "=", "v-same", INK_NEUTRAL, SHAPE_SQUARE, 0},
	[VERDICT_IMPROVED] = {"improved", "\xe2\x9c\x93", "v-good", INK_GOOD, SHAPE_DIAMOND, 0},
	[VERDICT_REGRESSED] = {"regressed", "\xe2\x9c\x97", "v-bad", INK_BAD, SHAPE_TRIANGLE, 0},
};

/* The order of the page: what wants action first. */
static const enum verdict verdict_order[] = {VERDICT_REGRESSED, VERDICT_IMPROVED,
					     VERDICT_INCONCLUSIVE, VERDICT_EQUIVALENT};

/* What does not gate is never red, nor first. */
static enum verdict shown_as(const struct comparison_row *c)
{
	return !c->gates && c->verdict == VERDICT_REGRESSED ? VERDICT_INCONCLUSIVE : c->verdict % 4;
}

static int compared(const struct comparison_row *c)
{
	return report_is_compared(c) && isfinite(c->test.ratio) &&
	       c->base->execution == c->other->execution;
}

void html_verdicts(struct html *h)
{
	struct verdict_counts n = report_verdict_counts(h->r);

	fputs("<ul class=\"verdicts\" aria-label=\"Verdicts\">", h->out);
	for (int i = 0; i < 4; i++) {
		enum verdict v = verdict_order[i];

		fprintf(h->out, "<li class=\"%s%s\"><b>%zu</b> <span>%s %s</span></li>",
			looks[v].class, n.of[v] ? "" : " zero", n.of[v], looks[v].mark,
			looks[v].name);
	}
	fprintf(h->out,
		"<li class=\"v-none%s\"><b>%zu</b> <span>\xe2\x80\x93 not compared</span></li>",
		n.not_compared ? "" : " zero", n.not_compared);
	if (n.shown)
		fprintf(h->out,
			"<li class=\"v-none\"><b>%zu</b> <span>that do not gate, %zu of them "
			"worse</span></li>",
			n.shown, n.shown_worse);
	fputs("</ul>\n", h->out);
}

/* ---- The forest plot ---- */

static double delta_of(const struct comparison_row *c)
{
	return c->delta > 0 && c->delta < 1 ? c->delta : 0;
}

/* As far to the left as to the right, so that the eye can weigh both. */
static struct axis ratio_axis(const struct comparison_row *const *rows, size_t count)
{
	double reach = log(1.1);
	struct axis a;

	for (size_t i = 0; i < count; i++) {
		double values[] = {rows[i]->test.ratio, rows[i]->test.ratio_interval.low,
				   rows[i]->test.ratio_interval.high};

		for (int k = 0; k < 3; k++)
			if (isfinite(values[k]) && values[k] > 0)
				reach = fmax(reach, fabs(log(values[k])));
		reach = fmax(reach, delta_of(rows[i]) * 1.5);
	}
	reach = fmin(reach * 1.06, log(WIDEST));
	a = (struct axis){.low = exp(-reach), .high = exp(reach), .logarithmic = 1};
	a.from = 0.02;
	a.to = 0.98;
	return a;
}

/* Round ratios outwards from 1, each with room for its name. */
static size_t ratio_ticks(const struct axis *a, double *ticks)
{
	static const double up[] = {1.02, 1.05, 1.1, 1.2, 1.5, 2, 3, 4, 6, 8};
	static const double down[] = {0.98, 0.95, 0.9, 0.8, 0.67, 0.5, 0.33, 0.25, 0.17, 0.125};
	double one = axis_place(a, 1), right = one, left = one;
	size_t n = 0;

	ticks[n++] = 1;
	for (size_t i = 0; i < sizeof(up) / sizeof(*up); i++) {
		double x = axis_place(a, up[i]), y = axis_place(a, down[i]);

		if (up[i] < a->high && x > right + ROOM && x < 0.96) {
			ticks[n++] = up[i];
			right = x;
		}
		if (down[i] > a->low && y < left - ROOM && y > 0.04) {
			ticks[n++] = down[i];
			left = y;
		}
	}
	return n;
}

static void scale_row(struct html *h, const struct axis *a)
{
	double ticks[AXIS_TICKS];
	size_t n = ratio_ticks(a, ticks);
	struct svg s;

	svg_begin(&s, h->out, ++h->plots, 20, "Scale of the ratio", "Logarithmic; 1 is no change.");
	for (size_t i = 0; i < n; i++) {
		char text[FIGURE_SIZE];
		double x = axis_place(a, ticks[i]);

		svg_line(&s, x, 15, x, 20, INK_MUTED, 1, NULL);
		snprintf(text, sizeof(text), "%.3g\xc3\x97", ticks[i]);
		svg_text(&s, x, 11, ANCHOR_MIDDLE, INK_MUTED, 0, text);
	}
	svg_end(&s);
}

/* An end of an interval; an arrow where it lies beyond the axis or is unknown. */
static void end_mark(const struct svg *s, const struct axis *a, double value, int right,
		     enum ink ink, double y)
{
	double x = axis_place(a, value), inwards = right ? -0.02 : 0.02;

	if (isfinite(value) && value >= a->low && value <= a->high) {
		svg_line(s, x, y - 5, x, y + 5, ink, 2, NULL);
		return;
	}
	x = right ? a->to : a->from;
	svg_line(s, x, y, x + inwards, y - 4, ink, 2, NULL);
	svg_line(s, x, y, x + inwards, y + 4, ink, 2, NULL);
}

static void forest_row(struct html *h, const struct axis *a, const struct comparison_row *c)
{
	const struct interval *i = &c->test.ratio_interval;
	enum verdict v = c->verdict % 4;
	enum ink ink = looks[shown_as(c)].ink;
	double y = PLOT_HEIGHT / 2, delta = delta_of(c), one = axis_place(a, 1);
	char name[400], title[500], text[500], r[FIGURE_SIZE], s1[FIGURE_SIZE];
	struct svg s;

	html_bench_name(name, sizeof(name), c->base);
	snprintf(title, sizeof(title), "%s: %s", name, html_ratio(r, c->test.ratio, *i));
	snprintf(text, sizeof(text), "Ratio %s, interval %s, %s.", r,
		 html_ratio_interval(s1, c->test.ratio, *i), looks[v].name);
	svg_begin(&s, h->out, ++h->plots, PLOT_HEIGHT, title, text);
	if (delta > 0)
		svg_box(&s, axis_place(a, 1 - delta), axis_place(a, 1 + delta), 0, PLOT_HEIGHT,
			INK_NEUTRAL, FILL_FAINT);
	svg_line(&s, one, 0, one, PLOT_HEIGHT, INK_MUTED, 1, NULL);
	if (isfinite(i->low) || isfinite(i->high)) {
		double low = isfinite(i->low) ? axis_place(a, i->low) : a->from;
		double high = isfinite(i->high) ? axis_place(a, i->high) : a->to;

		svg_line(&s, low, y, high, y, ink, 2, NULL);
		end_mark(&s, a, i->low, 0, ink, y);
		end_mark(&s, a, i->high, 1, ink, y);
	}
	svg_mark(&s, axis_place(a, c->test.ratio), y, looks[v].shape, ink, looks[v].hollow, NULL);
	svg_end(&s);
}

/* ---- The table ---- */

static const struct html_column columns[] = {
	{"Metric", "h"},
	{"Verdict", ""},
	{"Base", "n"},
	{"Other", "n"},
	{"Ratio [95\xc2\xa0%]", "n"},
	{"Ratio, other to base", "plot"},
	{"p, adjusted", "n"},
	{"Detectable change", "n"},
};

static void change_in_words(const struct html *h, const struct comparison_row *c)
{
	double change = c->test.ratio - 1;
	int better = (change > 0) == (c->base->bench->better == HIGHER);

	fputs("<span class=\"note\">", h->out);
	if (fabs(change) < 0.0005)
		html_text(h, "no change");
	else if (fabs(change) < 1)
		html_text(h, "%.1f\xc2\xa0%% %s", fabs(change) * 100, better ? "better" : "worse");
	else
		html_text(h, "%.3g times, %s", c->test.ratio, better ? "better" : "worse");
	fputs("</span>", h->out);
}

static void side_cell(struct html_table *t, const struct metric *m, const char *name, int execution)
{
	const struct html *h = t->h;
	char s[FIGURE_SIZE];

	html_table_cell(t);
	if (!m) {
		fputs("<span class=\"none\">none</span><span class=\"note\">", h->out);
		html_text(h, "%s", name);
		fputs("</span>", h->out);
		return;
	}
	html_text(h, "%s", number_figure(s, m->median, m->interval, m->unit));
	if (execution) {
		fputc(' ', h->out);
		html_execution(h, m->execution, 1);
	}
	fputs("<span class=\"note\">", h->out);
	html_text(h, "%s, n\xc2\xa0=\xc2\xa0%zu", name, m->trials);
	fputs("</span>", h->out);
}

static void metric_name(const struct html *h, const struct comparison_row *c)
{
	const struct metric *m = c->base ? c->base : c->other;
	const struct metric *n = c->other ? c->other : c->base;
	char name[400], variant[200];

	fputs("<code>", h->out);
	html_text(h, "%s", html_bench_name(name, sizeof(name), m));
	fputs("</code>", h->out);
	/* What tells the sides apart stands beside their figures. */
	if (strcmp(m->platform, n->platform))
		return;
	fputs("<span class=\"note\">", h->out);
	html_text(h, "%s", m->platform);
	if (*m->variant && !strcmp(m->variant, n->variant))
		html_text(h, " \xc2\xb7 %s", html_cut(variant, sizeof(variant), m->variant, 28));
	fputs("</span>", h->out);
}

static void p_cell(const struct html *h, const struct comparison_row *c)
{
	char s[FIGURE_SIZE];

	html_text(h, "%s", number_p(s, isnan(c->adjusted_p) ? c->test.p : c->adjusted_p));
}

/* The cells that every row begins with: metric, verdict, both sides. */
static void first_cells(struct html *h, struct html_table *t, const struct comparison_row *c)
{
	enum verdict v = c->verdict % 4;

	html_table_row(t);
	html_table_cell(t);
	metric_name(h, c);
	html_table_cell(t);
	fprintf(h->out, "<span class=\"verdict %s\"><span aria-hidden=\"true\">%s</span> %s</span>",
		looks[shown_as(c)].class, looks[v].mark, looks[v].name);
	change_in_words(h, c);
	if (c->why) {
		fputs("<span class=\"note\">", h->out);
		html_text(h, "%s", c->why);
		fputs("</span>", h->out);
	}
	if (!c->gates)
		fputs("<span class=\"note\">does not gate</span>", h->out);
	side_cell(t, c->base, c->base_name, 0);
	side_cell(t, c->other, c->other_name, 0);
}

static void between_runs(const struct html *h, const struct comparison_row *c)
{
	char s[LABEL_SIZE];

	if (!c->between_runs.counts)
		return;
	fputs("<span class=\"note\">", h->out);
	html_text(h, "%s", label_between_runs(s, c));
	fputs("</span>", h->out);
}

static void comparison_row(struct html *h, struct html_table *t, const struct axis *a,
			   const struct comparison_row *c)
{
	char s[FIGURE_SIZE];

	first_cells(h, t, c);
	html_table_cell(t);
	fputs("<strong>", h->out);
	html_text(h, "%s", html_ratio(s, c->test.ratio, c->test.ratio_interval));
	fputs("</strong> <span class=\"interval\">", h->out);
	html_text(h, "%s", html_ratio_interval(s, c->test.ratio, c->test.ratio_interval));
	fputs("</span>", h->out);
	between_runs(h, c);
	html_table_cell(t);
	forest_row(h, a, c);
	html_table_cell(t);
	p_cell(h, c);
	html_table_cell(t);
	if (isnan(c->test.detectable))
		fputs("<span class=\"none\">none</span>", h->out);
	else
		html_text(h, "%s", number_share(s, c->test.detectable));
}

static const struct html_column exact_columns[] = {
	{"Metric", "h"}, {"Verdict", ""},	   {"Base", "n"},
	{"Other", "n"},	 {"Exact difference", ""}, {"Smallest effect worth acting on", "n"},
};

/* No test and no interval: what differs is said to the instruction. */
static void exact_row(struct html *h, struct html_table *t, const struct comparison_row *c)
{
	char s[LABEL_SIZE];

	first_cells(h, t, c);
	html_table_cell(t);
	fputs(c->exact.differing ? "<strong class=\"whole\">" : "<span>", h->out);
	html_text(h, "%s", label_exact(s, c));
	fputs(c->exact.differing ? "</strong>" : "</span>", h->out);
	if (c->exact.unmatched) {
		fputs("<span class=\"note\">", h->out);
		html_text(h, "%zu trials found no partner", c->exact.unmatched);
		fputs("</span>", h->out);
	}
	html_table_cell(t);
	html_text(h, "%s", number_share(s, c->delta));
}

static void exact_table(struct html *h, const struct comparison_row *const *rows, size_t n)
{
	struct html_table t;

	html_term(h, TERM_EXACT);
	html_table_begin(&t, h, exact_columns, sizeof(exact_columns) / sizeof(*exact_columns),
			 "Other minus base, in virtual time: instructions for one operation, or a "
			 "rate in 10^9 instructions");
	for (size_t i = 0; i < n; i++)
		exact_row(h, &t, rows[i]);
	html_table_end(&t);
}

static void test_table(struct html *h, const struct comparison_row *const *rows, size_t n)
{
	struct axis a = ratio_axis(rows, n);
	struct html_table t;

	html_table_begin(&t, h, columns, sizeof(columns) / sizeof(*columns),
			 "Ratio of other to base; the shaded band is the smallest effect worth "
			 "acting on");
	html_table_row(&t);
	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
		html_table_cell(&t);
		if (!strcmp(columns[i].class, "h"))
			fputs("<span class=\"unseen\">scale</span>", h->out);
		if (!strcmp(columns[i].class, "plot"))
			scale_row(h, &a);
	}
	for (size_t i = 0; i < n; i++)
		comparison_row(h, &t, &a, rows[i]);
	html_table_end(&t);
}

static int rank(enum verdict v)
{
	int i = 0;

	while (i < 3 && verdict_order[i] != v)
		i++;
	return i;
}

static int by_verdict(const void *a, const void *b)
{
	const struct comparison_row *p = *(const struct comparison_row *const *)a;
	const struct comparison_row *q = *(const struct comparison_row *const *)b;

	if (rank(shown_as(p)) != rank(shown_as(q)))
		return rank(shown_as(p)) - rank(shown_as(q));
	return p < q ? -1 : p > q;
}

static void of_execution(struct html *h, enum execution e, const struct comparison_row **rows)
{
	static const char *const names[EXECUTIONS] = {"In hardware", "Interpreted", "Emulated host",
						      "Deterministic, in instructions"};
	const struct report *r = h->r;
	size_t n = 0;

	for (size_t i = 0; i < r->comparison_count; i++)
		if (compared(&r->comparisons[i]) && r->comparisons[i].base->execution == e)
			rows[n++] = &r->comparisons[i];
	if (!n)
		return;
	qsort(rows, n, sizeof(*rows), by_verdict);
	fprintf(h->out, "<h3>%s</h3>\n", names[e]);
	if (e == EXECUTION_DETERMINISTIC)
		exact_table(h, rows, n);
	else
		test_table(h, rows, n);
}

static void not_compared(struct html *h)
{
	static const struct html_column list[] = {
		{"Metric", "h"}, {"Base", "n"}, {"Other", "n"}, {"Why", ""}};
	const struct report *r = h->r;
	struct html_table t;
	int begun = 0;

	for (size_t i = 0; i < r->comparison_count; i++) {
		const struct comparison_row *c = &r->comparisons[i];

		if (compared(c) || (!c->base && !c->other))
			continue;
		if (!begun++) {
			fputs("<h3>Not compared</h3>\n", h->out);
			html_table_begin(&t, h, list, 4, "Metrics that were not compared, and why");
		}
		html_table_row(&t);
		html_table_cell(&t);
		metric_name(h, c);
		side_cell(&t, c->base, c->base_name, 1);
		side_cell(&t, c->other, c->other_name, 1);
		html_table_cell(&t);
		html_text(h, "%s", c->why ? c->why : "no reason was recorded");
	}
	if (begun)
		html_table_end(&t);
}

/* A difference in figures may be the hosts'. */
static void differences(struct html *h)
{
	static const struct html_column list[] = {{"Fact", "h"}, {"Base", ""}, {"Other", ""}};
	const struct report *r = h->r;
	struct html_table t;
	char letter[8];

	if (!r->difference_count)
		return;
	fprintf(h->out, "<details%s><summary>What the runs\xe2\x80\x99 hosts differ in</summary>\n",
		r->difference_count <= 12 ? " open" : "");
	html_table_begin(&t, h, list, 3, "Facts and versions that the runs do not share");
	for (size_t i = 0; i < r->difference_count; i++) {
		const struct fact_difference *d = &r->differences[i];

		html_table_row(&t);
		html_table_cell(&t);
		fputs("<code>", h->out);
		html_text(h, "%s", d->name);
		fputs("</code>", h->out);
		html_table_cell(&t);
		html_text(h, "%s", d->base_value ? d->base_value : "NOT DISCLOSED");
		html_table_cell(&t);
		html_text(h, "%s", d->other_value ? d->other_value : "NOT DISCLOSED");
		if (r->run_count > 2)
			html_text(h, " [%s]", html_run_letter(h, letter, d->other));
	}
	html_table_end(&t);
	fputs("</details>\n", h->out);
}

void html_comparison(struct html *h)
{
	const struct comparison_row **rows;

	if (!h->r->comparison_count)
		return;
	rows = calloc(h->r->comparison_count, sizeof(*rows));
	if (!rows)
		return;
	fputs("<section aria-labelledby=\"comparison\"><h2 id=\"comparison\">Comparison", h->out);
	html_text(h, " by %s", h->r->compared_by ? h->r->compared_by : "side");
	fputs("</h2>\n", h->out);
	html_term(h, TERM_VERDICT);
	for (int e = 0; e < EXECUTIONS; e++)
		of_execution(h, (enum execution)e, rows);
	not_compared(h);
	differences(h);
	fputs("</section>\n", h->out);
	free(rows);
}
