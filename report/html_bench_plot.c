/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures of one unit side by side. Close figures get bars from zero. Where they span decades the
 * axis is logarithmic, and there a bar's length would mean nothing: then a thin leader runs to a
 * mark. What did not run in hardware is hatched, has a hollow mark and says so in its line.
 */
#include "report/axis.h"
#include "report/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HEADING	 26.0 /* pixels of a bench's name, of a row, of the scale below */
#define ROW	 33.0
#define SCALE	 26.0
#define SPANNING 20.0 /* a ratio from which the axis is logarithmic */

static double low_of(const struct metric *m)
{
	return isfinite(m->interval.low) ? fmin(m->interval.low, m->median) : m->median;
}

static double high_of(const struct metric *m)
{
	return isfinite(m->interval.high) ? fmax(m->interval.high, m->median) : m->median;
}

static struct axis axis_for(const struct metric *const *m, size_t count)
{
	double low = low_of(m[0]), high = high_of(m[0]);
	struct axis a;

	for (size_t i = 1; i < count; i++) {
		low = fmin(low, low_of(m[i]));
		high = fmax(high, high_of(m[i]));
	}
	if (low > 0 && high / low > SPANNING)
		a = axis_logarithmic(low, high);
	else
		a = axis_linear(fmin(low, 0), fmax(high, 0) * 1.04);
	a.from = 0.01;
	a.to = 0.99;
	return a;
}

static void scale(const struct svg *s, const struct axis *a, enum unit unit, double bottom)
{
	double ticks[AXIS_TICKS], x[AXIS_TICKS];
	size_t n = axis_ticks(a, 5, ticks);

	axis_places(a, ticks, n, x);
	svg_rules(s, x, n, 4, bottom + 4, INK_GRID, NULL);
	for (size_t i = 0; i < n; i++) {
		char text[FIGURE_SIZE];

		svg_text(s, x[i], bottom + 19, ANCHOR_MIDDLE, INK_MUTED, 0,
			 html_tick(text, ticks[i], n > 1 ? ticks[1] - ticks[0] : ticks[0], unit));
	}
}

static void whisker(const struct svg *s, const struct axis *a, const struct metric *m, double y,
		    enum ink ink)
{
	if (isfinite(m->interval.low) && isfinite(m->interval.high))
		svg_whisker(s, axis_place(a, m->interval.low), axis_place(a, m->interval.high), y,
			    ink);
}

static void row(const struct html *h, const struct svg *s, const struct axis *a,
		const struct metric *m, double top)
{
	size_t series = html_series(h, m->run, m->platform, m->variant);
	enum ink ink = html_ink(series);
	int soft = m->execution != EXECUTION_HARDWARE;
	char name[NAME_SIZE], cut[NAME_SIZE], line[600], figure[FIGURE_SIZE], interval[FIGURE_SIZE];
	double x = axis_place(a, m->median);
	double zero = a->logarithmic ? a->from : axis_place(a, 0), y = top + 22;

	html_platform(h, name, m->run, m->platform, m->variant, NAME_WHOLE);
	html_platform(h, cut, m->run, m->platform, m->variant, 18);
	if (m->bench->parameter_name)
		snprintf(line, sizeof(line), "%s, %lld%s%s", cut, (long long)m->parameter,
			 soft ? " \xc2\xb7 " : "", soft ? execution_name(m->execution) : "");
	else
		snprintf(line, sizeof(line), "%s%s%s", cut, soft ? " \xc2\xb7 " : "",
			 soft ? execution_name(m->execution) : "");
	svg_text(s, a->from, top + 12, ANCHOR_START, INK_TEXT, 0, line);
	number_figure(figure, m->median, m->interval, m->unit);
	html_interval(interval, m->median, m->interval, m->unit);
	snprintf(line, sizeof(line), "%s", figure);
	svg_text(s, a->to, top + 12, ANCHOR_END, INK_TEXT, 0, line);
	if (soft)
		svg_box(s, fmin(zero, x), fmax(zero, x), y - 4, 8, ink, FILL_HATCHED);
	else if (!a->logarithmic)
		svg_box(s, fmin(zero, x), fmax(zero, x), y - 4, 8, ink, FILL_FAINT);
	else
		svg_line(s, zero, y, x, y, ink, 1, "1 3");
	whisker(s, a, m, y, ink);
	snprintf(line, sizeof(line), "%s: %s %s", name, figure, interval);
	svg_mark(s, x, y, html_shape(series), ink, soft, line);
}

static int same_bench(const struct metric *a, const struct metric *b)
{
	return !strcmp(a->bench->name, b->bench->name);
}

static double height_of(const struct metric *const *m, size_t count)
{
	double height = SCALE + (double)count * ROW + HEADING;

	for (size_t i = 1; i < count; i++)
		if (!same_bench(m[i], m[i - 1]))
			height += HEADING;
	return height;
}

static void describe(const struct html *h, const struct metric *const *m, size_t count, char *text,
		     size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < count && used + 1 < size; i++) {
		char bench[300], platform[NAME_SIZE], figure[FIGURE_SIZE];
		int n = snprintf(text + used, size - used, "%s%s on %s: %s%s%s", i ? "; " : "",
				 html_bench_name(bench, sizeof(bench), m[i]),
				 html_platform(h, platform, m[i]->run, m[i]->platform,
					       m[i]->variant, NAME_WHOLE),
				 number_figure(figure, m[i]->median, m[i]->interval, m[i]->unit),
				 m[i]->execution == EXECUTION_HARDWARE ? "" : ", ",
				 m[i]->execution == EXECUTION_HARDWARE
					 ? ""
					 : execution_name(m[i]->execution));

		if (n < 0)
			return;
		used += (size_t)n;
	}
}

void html_bench_plot(struct html *h, const struct metric *const *m, size_t count)
{
	struct axis a = axis_for(m, count);
	double height = height_of(m, count), y = 0;
	char title[300], group[200], text[4000] = "";
	struct svg s;

	describe(h, m, count, text, sizeof(text));
	snprintf(title, sizeof(title), "Medians of the group \xe2\x80\x9c%s\xe2\x80\x9d, %s",
		 html_cut(group, sizeof(group), m[0]->bench->group, 32),
		 m[0]->unit == NANOSECONDS    ? "time"
		 : m[0]->unit == INSTRUCTIONS ? "instructions"
					      : "rate");
	html_figure_begin(h, NULL);
	svg_begin(&s, h->out, ++h->plots, height, title, text);
	scale(&s, &a, m[0]->unit, height - SCALE);
	for (size_t i = 0; i < count; i++) {
		if (!i || !same_bench(m[i], m[i - 1])) {
			char name[200];

			svg_text(&s, a.from, y + 18, ANCHOR_START, INK_TEXT, 1,
				 html_cut(name, sizeof(name), m[i]->bench->name, 40));
			y += HEADING;
		}
		row(h, &s, &a, m[i], y);
		y += ROW;
	}
	svg_end(&s);
	html_figure_end(h, a.logarithmic ? "Median with its 95 % interval. Logarithmic scale: "
					   "equal distances are equal ratios."
					 : "Median with its 95 % interval; bars start at zero.");
}
