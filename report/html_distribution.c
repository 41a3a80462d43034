/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Distributions of single operations, as small multiples: one panel a bench, one lane a platform,
 * all lanes of a panel on one axis. Lanes and not curves atop each other: they can be told apart
 * without colour.
 */
#include "report/axis.h"
#include "report/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BINS  96
#define LANE  54.0
#define SCALE 26.0
#define LANES 12 /* in one panel */

static int drawable(const struct metric *m)
{
	return m->histogram && m->histogram->total && m->bench->unit == NANOSECONDS &&
	       m->tick_ns > 0 && isfinite(m->tick_ns) && isfinite(m->overhead);
}

int html_has_distributions(const struct report *r)
{
	for (size_t i = 0; i < r->metric_count; i++)
		if (drawable(&r->metrics[i]))
			return 1;
	return 0;
}

static double net_quantile(const struct metric *m, uint64_t per_mille)
{
	return (double)histogram_quantile(m->histogram, per_mille, 1000) * m->tick_ns - m->overhead;
}

/* Room for all but the last per mille at either end, and for the marks. */
static struct axis axis_for(const struct metric *const *m, size_t count)
{
	double low = INFINITY, high = -INFINITY;
	struct axis a;

	for (size_t i = 0; i < count; i++) {
		low = fmin(low, net_quantile(m[i], 1) - m[i]->tick_ns);
		high = fmax(high, net_quantile(m[i], 999) + m[i]->tick_ns);
		low = isfinite(m[i]->median) ? fmin(low, m[i]->median) : low;
		high = isfinite(m[i]->p99) ? fmax(high, m[i]->p99) : high;
	}
	/* Operations as cheap as the stamps around them reach zero and below. */
	a = low > 0.5 ? axis_logarithmic(low, high) : axis_linear(low, high);
	a.from = 0.01;
	a.to = 0.99;
	return a;
}

static double bin_edge(const struct axis *a, int bin)
{
	double share = (double)bin / BINS;

	return a->logarithmic ? a->low * pow(a->high / a->low, share)
			      : a->low + (a->high - a->low) * share;
}

/* Share one bucket's count over the bins that it covers. */
static void spread(const double *edges, double *bins, double low, double high, double count)
{
	for (int i = 0; i < BINS && edges[i] < high; i++) {
		double overlap = fmin(high, edges[i + 1]) - fmax(low, edges[i]);

		if (overlap > 0)
			bins[i] += count * overlap / (high - low);
	}
}

/* Two passes of (1, 2, 1)/4: buckets finer than a pixel, or ticks coarser than a bin, comb. */
static void smooth(double *bins)
{
	for (int pass = 0; pass < 2; pass++) {
		double before = bins[0];

		for (int i = 0; i < BINS; i++) {
			double now = bins[i], after = i + 1 < BINS ? bins[i + 1] : now;

			bins[i] = (before + 2 * now + after) / 4;
			before = now;
		}
	}
}

static void density(const struct axis *a, const struct metric *m, double *bins)
{
	double edges[BINS + 1], most = 0;

	for (int i = 0; i <= BINS; i++)
		edges[i] = bin_edge(a, i);
	memset(bins, 0, BINS * sizeof(*bins));
	for (uint32_t b = histogram_next(m->histogram, 0); b < HISTOGRAM_BUCKETS;
	     b = histogram_next(m->histogram, b + 1)) {
		double low = (double)histogram_bucket_low(b) - 0.5;
		double high = low + (double)histogram_bucket_width(b);

		spread(edges, bins, low * m->tick_ns - m->overhead, high * m->tick_ns - m->overhead,
		       m->histogram->count[b]);
	}
	smooth(bins);
	for (int i = 0; i < BINS; i++)
		most = fmax(most, bins[i]);
	for (int i = 0; most > 0 && i < BINS; i++)
		bins[i] /= most;
}

static void marks(const struct svg *s, const struct axis *a, const struct metric *m, double base)
{
	double x = axis_place(a, m->median);

	if (isfinite(m->median))
		svg_line(s, x, base - 28, x, base + 2, INK_TEXT, 1.8, NULL);
	x = axis_place(a, m->p99);
	if (isfinite(m->p99))
		svg_line(s, x, base - 28, x, base + 2, INK_TEXT, 1.4, "3 2.5");
}

static void lane(const struct html *h, const struct svg *s, const struct axis *a,
		 const struct metric *m, double top)
{
	enum ink ink = html_ink(html_series(h, m->run, m->platform, m->variant));
	int soft = m->execution != EXECUTION_HARDWARE;
	double bins[BINS], x[BINS], y[BINS], base = top + LANE - 4;
	char cut[NAME_SIZE], line[400], median[FIGURE_SIZE], p99[FIGURE_SIZE];

	density(a, m, bins);
	for (int i = 0; i < BINS; i++) {
		x[i] = a->from + (a->to - a->from) * ((double)i + 0.5) / BINS;
		y[i] = base - bins[i] * 30;
	}
	svg_curve(s, x, y, BINS, base, ink, soft ? FILL_HATCHED : FILL_FAINT, NULL);
	svg_line(s, a->from, base, a->to, base, INK_GRID, 1, NULL);
	marks(s, a, m, base);
	html_platform(h, cut, m->run, m->platform, m->variant, 20);
	snprintf(line, sizeof(line), "%s%s%s", cut, soft ? " \xc2\xb7 " : "",
		 soft ? execution_name(m->execution) : "");
	svg_text(s, a->from, top + 12, ANCHOR_START, INK_TEXT, 0, line);
	snprintf(line, sizeof(line), "%s, p99 %s",
		 number_figure(median, m->median, m->interval, m->unit),
		 number_beside(p99, m->p99, m->median, m->interval, m->unit));
	svg_text(s, a->to, top + 12, ANCHOR_END, INK_MUTED, 0, line);
}

static void scale(const struct svg *s, const struct axis *a, enum unit unit)
{
	double ticks[AXIS_TICKS], x[AXIS_TICKS];
	size_t n = axis_ticks(a, 4, ticks);

	axis_places(a, ticks, n, x);
	svg_rules(s, x, n, 18, s->height - 22, INK_GRID, NULL);
	for (size_t i = 0; i < n; i++) {
		char text[FIGURE_SIZE];

		svg_text(s, x[i], s->height - 8, ANCHOR_MIDDLE, INK_MUTED, 0,
			 html_tick(text, ticks[i], n > 1 ? ticks[1] - ticks[0] : ticks[0], unit));
	}
}

static void panel(struct html *h, const struct metric *const *m, size_t count)
{
	const char *unit = m[0]->unit == INSTRUCTIONS ? ", instructions" : "";
	struct axis a = axis_for(m, count);
	char name[400], title[500], text[2000] = "";
	size_t used = 0;
	struct svg s;

	html_bench_name(name, sizeof(name), m[0]);
	snprintf(title, sizeof(title), "Distribution of %s%s", name, unit);
	for (size_t i = 0; i < count && used + 1 < sizeof(text); i++) {
		char platform[NAME_SIZE], median[FIGURE_SIZE], p99[FIGURE_SIZE];

		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "%s%s: median %s, 99th percentile %s",
			i ? "; " : "",
			html_platform(h, platform, m[i]->run, m[i]->platform, m[i]->variant,
				      NAME_WHOLE),
			number_figure(median, m[i]->median, m[i]->interval, m[i]->unit),
			number_beside(p99, m[i]->p99, m[i]->median, m[i]->interval, m[i]->unit));
	}
	html_figure_begin(h, NULL);
	fputs("<h3>", h->out);
	html_text(h, "%s%s", name, unit);
	fputs("</h3>\n", h->out);
	svg_begin(&s, h->out, ++h->plots, (double)count * LANE + SCALE, title, text);
	scale(&s, &a, m[0]->unit);
	for (size_t i = 0; i < count; i++)
		lane(h, &s, &a, m[i], (double)i * LANE);
	svg_end(&s);
	if (!h->lean)
		html_cumulative(h, m, count, &a);
	html_figure_end(h, a.logarithmic ? NULL
					 : "Linear scale: after subtraction some operations cost "
					   "no more than the stamps.");
}

void html_distributions(struct html *h)
{
	struct html_alike p;
	size_t panels = 0;

	if (!html_has_distributions(h->r) || html_alike_begin(&p, h, drawable))
		return;
	fputs("<section aria-labelledby=\"distributions\"><h2 id=\"distributions\">Distributions"
	      "</h2>\n<p>What single operations cost; solid line: median, dashed line: p99.</p>\n",
	      h->out);
	html_term(h, TERM_DISTRIBUTION);
	if (h->lean)
		fprintf(h->out,
			"<p>With %zu figures on this page, their shares and percentiles are left "
			"out: "
			"report -F hdr prints them.</p>\n",
			h->r->metric_count);
	else
		html_term(h, TERM_CUMULATIVE);
	html_multiples_begin(h);
	while (html_alike_next(&p))
		for (size_t from = 0; from < p.count; from += LANES, panels++)
			panel(h, p.m + from, p.count - from < LANES ? p.count - from : LANES);
	html_multiples_end(h, panels);
	fputs("</section>\n", h->out);
	html_alike_end(&p);
}
