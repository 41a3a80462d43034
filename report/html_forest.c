/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ratios to native of a page without a comparison, as a forest plot: one panel for each group
 * of benches and way of execution, a line a bench and platform, all on one axis. Only like stands
 * on it: a figure that did not run as native did has no ratio, and its table says why.
 */
#include "report/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HEADING 24.0
#define ROW	31.0
#define SCALE	26.0
#define WIDEST	1e4 /* a ratio beyond which a figure lies at the edge */

static int drawable(const struct metric *m)
{
	return isfinite(m->native_ratio) && m->native_ratio > 0;
}

static double bounded(double ratio)
{
	return fmin(fmax(ratio, 1 / WIDEST), WIDEST);
}

static struct axis axis_for(const struct metric *const *m, size_t count)
{
	double low = 1 / 1.05, high = 1.05;
	struct axis a;

	for (size_t i = 0; i < count; i++) {
		const struct interval *v = &m[i]->native_interval;

		low = fmin(low, m[i]->native_ratio);
		high = fmax(high, m[i]->native_ratio);
		low = isfinite(v->low) && v->low > 0 ? fmin(low, v->low) : low;
		high = isfinite(v->high) ? fmax(high, v->high) : high;
	}
	a = axis_logarithmic(bounded(low), bounded(high));
	a.from = 0.01;
	a.to = 0.99;
	return a;
}

static void scale(const struct svg *s, const struct axis *a, double bottom)
{
	double ticks[AXIS_TICKS], x[AXIS_TICKS], one = axis_place(a, 1), last = -1;
	size_t n = axis_ticks(a, 5, ticks);

	axis_places(a, ticks, n, x);
	svg_rules(s, x, n, 4, bottom + 2, INK_GRID, NULL);
	svg_rules(s, &one, 1, 4, bottom + 2, INK_MUTED, NULL);
	for (size_t i = 0; i < n; i++) {
		char text[FIGURE_SIZE];

		if (x[i] < last + 0.13)
			continue;
		last = x[i];
		snprintf(text, sizeof(text), "%.4g\xc3\x97", ticks[i]);
		svg_text(s, x[i], bottom + 17, ANCHOR_MIDDLE, INK_MUTED, 0, text);
	}
}

static void row(const struct html *h, const struct svg *s, const struct axis *a,
		const struct metric *m, double top)
{
	size_t series = html_series(h, m->run, m->platform, m->variant);
	const struct interval *i = &m->native_interval;
	char name[NAME_SIZE], parameter[40] = "", ratio[FIGURE_SIZE], interval[FIGURE_SIZE];
	char line[2 * FIGURE_SIZE + NAME_SIZE + 40];

	if (m->bench->parameter_name)
		snprintf(parameter, sizeof(parameter), ", %lld", (long long)m->parameter);
	html_platform(h, name, m->run, m->platform, m->variant, 20);
	snprintf(line, sizeof(line), "%s%s", name, parameter);
	svg_text(s, a->from, top + 12, ANCHOR_START, INK_TEXT, 0, line);
	html_ratio(ratio, m->native_ratio, *i);
	html_ratio_interval(interval, m->native_ratio, *i);
	snprintf(line, sizeof(line), "%s %s", ratio, interval);
	svg_text(s, a->to, top + 12, ANCHOR_END, INK_MUTED, 0, line);
	if (isfinite(i->low) && isfinite(i->high))
		svg_whisker(s, axis_place(a, i->low), axis_place(a, i->high), top + 21,
			    html_ink(series));
	svg_mark(s, axis_place(a, m->native_ratio), top + 21, html_shape(series), html_ink(series),
		 m->execution != EXECUTION_HARDWARE, NULL);
}

static int starts_bench(const struct metric *const *m, size_t i)
{
	return !i || strcmp(m[i]->bench->name, m[i - 1]->bench->name) != 0;
}

static void describe(const struct html *h, const struct metric *const *m, size_t count, char *text,
		     size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < count && used + 1 < size; i++) {
		char bench[400], name[NAME_SIZE], ratio[FIGURE_SIZE];

		used += (size_t)snprintf(
			text + used, size - used, "%s%s on %s: %s", i ? "; " : "",
			html_bench_name(bench, sizeof(bench), m[i]),
			html_platform(h, name, m[i]->run, m[i]->platform, m[i]->variant,
				      NAME_WHOLE),
			html_ratio(ratio, m[i]->native_ratio, m[i]->native_interval));
	}
}

static void panel(struct html *h, const struct metric *const *m, size_t count)
{
	struct axis a = axis_for(m, count);
	double height = SCALE, y = 0;
	char title[500], group[200], text[3000] = "";
	struct svg s;

	for (size_t i = 0; i < count; i++)
		height += ROW + (starts_bench(m, i) ? HEADING : 0);
	describe(h, m, count, text, sizeof(text));
	snprintf(title, sizeof(title), "%s, %s over native",
		 html_cut(group, sizeof(group), m[0]->bench->group, 32),
		 execution_name(m[0]->execution));
	html_figure_begin(h, title);
	svg_begin(&s, h->out, ++h->plots, height, title, text);
	scale(&s, &a, height - SCALE);
	for (size_t i = 0; i < count; i++) {
		if (starts_bench(m, i)) {
			char name[200];

			svg_text(&s, a.from, y + 17, ANCHOR_START, INK_TEXT, 1,
				 html_cut(name, sizeof(name), m[i]->bench->name, 40));
			y += HEADING;
		}
		row(h, &s, &a, m[i], y);
		y += ROW;
	}
	svg_end(&s);
	html_figure_end(h, NULL);
}

/* The figures of one group that ran so; they follow each other in the order of the page. */
static size_t collect(const struct html *h, size_t from, enum execution e,
		      const struct metric **list)
{
	const struct metric *const *m = h->metrics;
	size_t n = 0;

	for (size_t i = from; i < h->r->metric_count; i++) {
		if (strcmp(m[i]->bench->group, m[from]->bench->group))
			break;
		if (m[i]->execution == e && drawable(m[i]))
			list[n++] = m[i];
	}
	return n;
}

void html_forest(struct html *h)
{
	const struct metric *const *m = h->metrics;
	const struct metric **list = calloc(h->r->metric_count + 1, sizeof(*list));
	int begun = 0;

	for (size_t i = 0; list && i < h->r->metric_count; i++) {
		if (i && !strcmp(m[i]->bench->group, m[i - 1]->bench->group))
			continue;
		for (int e = 0; e < EXECUTIONS; e++) {
			size_t n = collect(h, i, (enum execution)e, list);

			if (n && !begun++)
				fputs("<h3 id=\"forest\">Ratios to native</h3>\n<p>Each bench on "
				      "each platform that ran it as native did, with its "
				      "95\xc2\xa0% interval; to the right of 1\xc3\x97 is dearer. "
				      "An "
				      "interval that holds 1\xc3\x97 shows no difference.</p>\n"
				      "<div class=\"multiples\">\n",
				      h->out);
			if (n)
				panel(h, list, n);
		}
	}
	if (begun)
		fputs("</div>\n", h->out);
	free(list);
}
