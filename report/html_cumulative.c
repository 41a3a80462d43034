/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The distribution of an operation once more, in the two forms that put platforms atop each other:
 * the share of operations up to a cost (ECDF), and the cost of each percentile, which spreads the
 * tail out. Curves differ in dashes as well as in colour.
 */
#include "report/html.h"

#include <math.h>

#define POINTS 97
#define HEIGHT 210.0
#define TOP    10.0
#define BOTTOM (HEIGHT - 26.0)

/* ---- Share of operations up to a cost ---- */

/* Operations that cost at most so many ticks, over all; a bucket's are spread evenly over it. */
static void cumulate(const struct metric *m, const double *cost, double *share, size_t n)
{
	double below = 0;
	size_t i = 0;

	for (uint32_t b = histogram_next(m->histogram, 0); b < HISTOGRAM_BUCKETS && i < n;
	     b = histogram_next(m->histogram, b + 1)) {
		double count = m->histogram->count[b], low, width;

		low = ((double)histogram_bucket_low(b) - 0.5) * m->tick_ns - m->overhead;
		width = (double)histogram_bucket_width(b) * m->tick_ns;
		for (; i < n && cost[i] < low + width; i++)
			share[i] = below + count * fmax((cost[i] - low) / width, 0);
		below += count;
	}
	for (; i < n; i++)
		share[i] = below;
	for (i = 0; i < n; i++)
		share[i] /= (double)m->histogram->total;
}

static double cost_at(const struct axis *a, size_t point)
{
	double share = (double)point / (POINTS - 1);

	return a->logarithmic ? a->low * pow(a->high / a->low, share)
			      : a->low + (a->high - a->low) * share;
}

static void share_curve(const struct html *h, const struct svg *s, const struct axis *a,
			const struct metric *m)
{
	size_t series = html_series(h, m->run, m->platform, m->variant);
	double cost[POINTS], share[POINTS], x[POINTS], y[POINTS];

	for (size_t i = 0; i < POINTS; i++)
		cost[i] = cost_at(a, i);
	cumulate(m, cost, share, POINTS);
	for (size_t i = 0; i < POINTS; i++) {
		x[i] = axis_place(a, cost[i]);
		y[i] = BOTTOM - share[i] * (BOTTOM - TOP);
	}
	svg_curve(s, x, y, POINTS, BOTTOM, html_ink(series), FILL_OUTLINE, html_dash(series));
}

static void cost_ticks(const struct svg *s, const struct axis *a, enum unit unit)
{
	double ticks[AXIS_TICKS], x[AXIS_TICKS];
	size_t n = axis_ticks(a, 4, ticks);

	axis_places(a, ticks, n, x);
	svg_rules(s, x, n, TOP, BOTTOM + 4, INK_GRID, NULL);
	for (size_t i = 0; i < n; i++) {
		char text[FIGURE_SIZE];

		svg_text(s, x[i], BOTTOM + 18, ANCHOR_MIDDLE, INK_MUTED, 0,
			 html_tick(text, ticks[i], n > 1 ? ticks[1] - ticks[0] : ticks[0], unit));
	}
}

static void shares(struct html *h, const struct metric *const *m, size_t count,
		   const struct axis *cost, const char *name)
{
	struct axis inside = *cost, *a = &inside;
	char title[500];
	double y[5];
	struct svg s;

	inside.from = 0.1; /* the names of the shares stand before it */
	snprintf(title, sizeof(title), "Share of operations of %s up to a cost", name);
	svg_begin(&s, h->out, ++h->plots, HEIGHT, title,
		  "Cumulative distribution; medians and percentiles stand in the tables.");
	cost_ticks(&s, a, m[0]->unit);
	for (int quarter = 0; quarter <= 4; quarter++) {
		char text[16];

		y[quarter] = BOTTOM - quarter * (BOTTOM - TOP) / 4;
		snprintf(text, sizeof(text), "%d\xc2\xa0%%", quarter * 25);
		if (quarter && quarter < 4)
			svg_text(&s, 0, y[quarter] - 3, ANCHOR_START, INK_MUTED, 0, text);
	}
	svg_curves_begin(&s);
	svg_levels(&s, y, 5, INK_GRID);
	for (size_t i = 0; i < count; i++)
		share_curve(h, &s, a, m[i]);
	svg_curves_end(&s);
	svg_end(&s);
}

/* ---- The cost of each percentile ---- */

#define NINES_STEP 0.2 /* of the axis: 1 is 90 %, 2 is 99 %, 3 is 99.9 % */
#define MOST_NINES 6.0
#define TAIL	   5 /* operations beyond a percentile, for it to be drawn */

static double nines_of(const struct metric *m)
{
	return fmin(log10((double)m->histogram->total / TAIL), MOST_NINES);
}

static double cost_of(const struct metric *m, double nines)
{
	uint64_t of = 1000000000, part = of - (uint64_t)llround((double)of * pow(10, -nines));

	return (double)histogram_quantile(m->histogram, part, of) * m->tick_ns - m->overhead;
}

/* Room for what is drawn; logarithmic where all of it is above zero. */
static struct axis axis_for(const struct metric *const *m, size_t count)
{
	double low = INFINITY, high = -INFINITY;
	struct axis a;

	for (size_t i = 0; i < count; i++) {
		low = fmin(low, cost_of(m[i], 0));
		high = fmax(high, cost_of(m[i], fmax(nines_of(m[i]), 0)));
	}
	a = low > 0.5 ? axis_logarithmic(low, high) : axis_linear(low, high);
	a.from = BOTTOM;
	a.to = TOP;
	return a;
}

static void percentile_curve(const struct html *h, const struct svg *s, const struct axis *x_axis,
			     const struct axis *y_axis, const struct metric *m)
{
	size_t series = html_series(h, m->run, m->platform, m->variant), n = 0;
	double x[POINTS], y[POINTS], nines = nines_of(m);

	for (; n < POINTS && (double)n * NINES_STEP <= nines; n++) {
		x[n] = axis_place(x_axis, (double)n * NINES_STEP);
		y[n] = axis_place(y_axis, cost_of(m, (double)n * NINES_STEP));
	}
	svg_curve(s, x, y, n, BOTTOM, html_ink(series), FILL_OUTLINE, html_dash(series));
}

static void percentile_scales(const struct svg *s, const struct axis *x_axis,
			      const struct axis *y_axis, enum unit unit)
{
	static const char *const names[] = {"0\xc2\xa0%",      "90\xc2\xa0%",	 "99\xc2\xa0%",
					    "99.9\xc2\xa0%",   "99.99\xc2\xa0%", "99.999\xc2\xa0%",
					    "99.9999\xc2\xa0%"};
	double ticks[AXIS_TICKS], y[AXIS_TICKS], x[7];
	size_t n = 0;

	for (; n < 7 && (double)n <= x_axis->high; n++)
		x[n] = axis_place(x_axis, (double)n);
	svg_rules(s, x, n, TOP, BOTTOM + 4, INK_GRID, NULL);
	for (size_t i = 0; i < n; i++)
		svg_text(s, x[i], BOTTOM + 18, ANCHOR_MIDDLE, INK_MUTED, 0, names[i]);
	n = axis_ticks(y_axis, 4, ticks);
	axis_places(y_axis, ticks, n, y);
	svg_levels(s, y, n, INK_GRID);
	for (size_t i = 0; i < n; i++) {
		char text[FIGURE_SIZE];

		svg_text(s, 0, y[i] - 3, ANCHOR_START, INK_MUTED, 0,
			 html_tick(text, ticks[i], n > 1 ? ticks[1] - ticks[0] : ticks[0], unit));
	}
}

static void percentiles(struct html *h, const struct metric *const *m, size_t count,
			const char *name)
{
	struct axis y_axis = axis_for(m, count), x_axis;
	double nines = 1;
	char title[500];
	struct svg s;

	for (size_t i = 0; i < count; i++)
		nines = fmax(nines, nines_of(m[i]));
	x_axis = axis_linear(0, nines);
	x_axis.from = 0.1; /* the names of the costs stand before it */
	x_axis.to = 0.97;
	snprintf(title, sizeof(title), "Cost of each percentile of %s", name);
	svg_begin(&s, h->out, ++h->plots, HEIGHT, title,
		  "From the cheapest operations to the tail, which takes most of the width.");
	percentile_scales(&s, &x_axis, &y_axis, m[0]->unit);
	svg_curves_begin(&s);
	for (size_t i = 0; i < count; i++)
		percentile_curve(h, &s, &x_axis, &y_axis, m[i]);
	svg_curves_end(&s);
	svg_end(&s);
}

void html_cumulative(struct html *h, const struct metric *const *m, size_t count,
		     const struct axis *a)
{
	char name[400];

	html_bench_name(name, sizeof(name), m[0]);
	fputs("<details class=\"curves\"><summary>Shares and percentiles<span class=\"unseen\">",
	      h->out);
	html_text(h, " of %s", name);
	fputs("</span></summary>\n", h->out);
	html_line_legend(h, m, count);
	fputs("<h4>Share of operations up to a cost</h4>\n", h->out);
	shares(h, m, count, a, name);
	fputs("<h4>Cost of each percentile</h4>\n", h->out);
	percentiles(h, m, count, name);
	fputs("</details>\n", h->out);
}
