/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each trial's own figure over the median of its platform, as strips from the first trial (top) to
 * the last, so that noise, outliers and a drift over the run are seen as such; and what the batches
 * within a trial cost one after the other, which shows whether the warm-up was long enough.
 */
#include "report/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/stats.h"

#define LANE	46.0
#define SCALE	26.0
#define LANES	12 /* in one panel */
#define DOTS	60 /* of a strip: more cannot be told apart */
#define WIDEST	4.0
#define HEIGHT	150.0 /* of the warm-up */
#define TOP	8.0
#define BOTTOM	(HEIGHT - 26.0)
#define BATCHES 3 /* fewer make no line */

static int drawable(const struct metric *m)
{
	return m->trials > 1 && m->values && m->median > 0 && isfinite(m->median);
}

int html_has_trials(const struct report *r)
{
	for (size_t i = 0; i < r->metric_count; i++)
		if (drawable(&r->metrics[i]))
			return 1;
	return 0;
}

/* ---- Strips ---- */

/* As far to the left as to the right; wide enough for the plan's delta, and for all trials but
 * those beyond the widest, which lie at its ends. */
static struct axis axis_for(const struct metric *const *m, size_t count)
{
	double reach = log(1.05);
	struct axis a = {.logarithmic = 1, .from = 0.015, .to = 0.985};

	for (size_t i = 0; i < count; i++) {
		if (m[i]->run->delta > 0 && m[i]->run->delta < 1)
			reach = fmax(reach, log1p(m[i]->run->delta) * 1.2);
		for (size_t k = 0; k < m[i]->trials; k++)
			if (m[i]->values[k] > 0)
				reach = fmax(reach, fabs(log(m[i]->values[k] / m[i]->median)));
	}
	reach = isfinite(reach) ? fmin(reach * 1.05, log(WIDEST)) : log(WIDEST);
	a.low = exp(-reach);
	a.high = exp(reach);
	return a;
}

static void dots(const struct svg *s, const struct axis *a, const struct metric *m, double top,
		 enum ink ink)
{
	double x[DOTS + 1], y[DOTS + 1];
	size_t stride = (m->trials + DOTS - 1) / DOTS, n = 0;

	for (size_t i = 0; i < m->trials && n <= DOTS; i += stride) {
		x[n] = axis_place(a, m->values[i] / m->median);
		y[n++] = top + 20 + 20 * (double)i / (double)(m->trials - 1);
	}
	svg_dots(s, x, y, n, ink);
}

static const char *scatter(char *s, const struct metric *m)
{
	double *logs = calloc(m->trials, sizeof(*logs)), deviation = NAN;
	char share[NUMBER_SIZE];

	for (size_t i = 0; logs && i < m->trials; i++)
		logs[i] = log(m->values[i] / m->median);
	if (logs)
		deviation = stats_deviation(logs, m->trials);
	free(logs);
	if (isfinite(deviation))
		snprintf(s, FIGURE_SIZE, "\xc2\xb1\xc2\xa0%.30s, n\xc2\xa0=\xc2\xa0%zu",
			 number_share(share, expm1(deviation)), m->trials);
	else
		snprintf(s, FIGURE_SIZE, "n\xc2\xa0=\xc2\xa0%zu", m->trials);
	return s;
}

static void strip(const struct html *h, const struct svg *s, const struct axis *a,
		  const struct metric *m, double top)
{
	enum ink ink = html_ink(html_series(h, m->run, m->platform, m->variant));
	double delta = m->run->delta > 0 && m->run->delta < 1 ? m->run->delta : 0;
	double one = axis_place(a, 1);
	char cut[NAME_SIZE], line[400], figure[FIGURE_SIZE];

	if (delta > 0)
		svg_box(s, axis_place(a, 1 - delta), axis_place(a, 1 + delta), top + 17, 26,
			INK_NEUTRAL, FILL_FAINT);
	svg_line(s, one, top + 17, one, top + 43, INK_MUTED, 1, NULL);
	dots(s, a, m, top, ink);
	snprintf(line, sizeof(line), "%s%s%s",
		 html_platform(h, cut, m->run, m->platform, m->variant, 20),
		 m->execution == EXECUTION_HARDWARE ? "" : " \xc2\xb7 ",
		 m->execution == EXECUTION_HARDWARE ? "" : execution_name(m->execution));
	svg_text(s, a->from, top + 12, ANCHOR_START, INK_TEXT, 0, line);
	svg_text(s, a->to, top + 12, ANCHOR_END, INK_MUTED, 0, scatter(figure, m));
}

static void ratio_scale(const struct svg *s, const struct axis *a)
{
	double ticks[AXIS_TICKS], x[AXIS_TICKS], last = -1;
	size_t n = axis_ticks(a, 5, ticks);

	axis_places(a, ticks, n, x);
	svg_rules(s, x, n, 17, s->height - 22, INK_GRID, NULL);
	for (size_t i = 0; i < n; i++) {
		char text[FIGURE_SIZE];

		if (x[i] < last + 0.13)
			continue;
		last = x[i];
		snprintf(text, sizeof(text), "%.4g\xc3\x97", ticks[i]);
		svg_text(s, x[i], s->height - 8, ANCHOR_MIDDLE, INK_MUTED, 0, text);
	}
}

static void strips(struct html *h, const struct metric *const *m, size_t count, const char *name)
{
	struct axis a = axis_for(m, count);
	char title[500], text[2000] = "";
	size_t used = 0;
	struct svg s;

	snprintf(title, sizeof(title), "Trials of %s over the median of each platform", name);
	for (size_t i = 0; i < count && used + 1 < sizeof(text); i++) {
		char platform[NAME_SIZE], figure[FIGURE_SIZE];

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s: %s",
					 i ? "; " : "",
					 html_platform(h, platform, m[i]->run, m[i]->platform,
						       m[i]->variant, NAME_WHOLE),
					 scatter(figure, m[i]));
	}
	svg_begin(&s, h->out, ++h->plots, (double)count * LANE + SCALE, title, text);
	ratio_scale(&s, &a);
	for (size_t i = 0; i < count; i++)
		strip(h, &s, &a, m[i], (double)i * LANE);
	svg_end(&s);
}

/* ---- Warm-up ---- */

static int has_warm_up(const struct metric *m)
{
	return m->warm_up_count >= BATCHES;
}

static void warm_up_axes(const struct metric *const *m, size_t count, struct axis *x,
			 struct axis *y)
{
	double reach = 0.03;
	size_t most = BATCHES;

	for (size_t i = 0; i < count; i++) {
		most = m[i]->warm_up_count > most ? m[i]->warm_up_count : most;
		for (size_t k = 0; k < m[i]->warm_up_count; k++)
			if (isfinite(m[i]->warm_up[k]))
				reach = fmax(reach, fabs(m[i]->warm_up[k] - 1));
	}
	*x = axis_linear(1, (double)most);
	x->from = 0.1; /* the names of the costs stand before it */
	x->to = 0.985;
	*y = axis_linear(1 - fmin(reach * 1.1, 1), 1 + fmin(reach, 10) * 1.1);
	y->from = BOTTOM;
	y->to = TOP;
}

static void warm_up_scales(const struct svg *s, const struct axis *x, const struct axis *y)
{
	double ticks[AXIS_TICKS], at[AXIS_TICKS], one = axis_place(y, 1);
	size_t n = axis_ticks(y, 3, ticks);
	char text[FIGURE_SIZE];

	axis_places(y, ticks, n, at);
	svg_levels(s, at, n, INK_GRID);
	svg_levels(s, &one, 1, INK_MUTED);
	for (size_t i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%.4g\xc3\x97", ticks[i]);
		svg_text(s, 0, at[i] - 3, ANCHOR_START, INK_MUTED, 0, text);
	}
	n = axis_ticks(x, 6, ticks);
	for (size_t i = 0; i < n; i++) {
		if (ticks[i] != floor(ticks[i]))
			continue;
		snprintf(text, sizeof(text), "%.0f", ticks[i]);
		svg_text(s, axis_place(x, ticks[i]), BOTTOM + 18, ANCHOR_MIDDLE, INK_MUTED, 0,
			 text);
	}
}

static void warm_up_curve(const struct html *h, const struct svg *s, const struct axis *x,
			  const struct axis *y, const struct metric *m)
{
	size_t series = html_series(h, m->run, m->platform, m->variant), n = 0;
	double at[64], cost[64];

	for (size_t k = 0; k < m->warm_up_count && n < 64; k++)
		if (isfinite(m->warm_up[k])) {
			at[n] = axis_place(x, (double)k + 1);
			cost[n++] = axis_place(y, m->warm_up[k]);
		}
	svg_curve(s, at, cost, n, BOTTOM, html_ink(series), FILL_OUTLINE, html_dash(series));
}

/* Those of `m` that have enough batches, drawn atop each other. */
static void warm_up(struct html *h, const struct metric *const *m, size_t count, const char *name)
{
	const struct metric *with[LANES];
	size_t n = 0;
	char title[500];
	struct axis x, y;
	struct svg s;

	for (size_t i = 0; i < count; i++)
		if (has_warm_up(m[i]))
			with[n++] = m[i];
	if (!n)
		return;
	fputs("<details class=\"curves\"><summary>Warm-up<span class=\"unseen\">", h->out);
	html_text(h, " of %s", name);
	fputs("</span></summary>\n", h->out);
	html_line_legend(h, with, n);
	fputs("<h4>Cost of each batch over its trial\xe2\x80\x99s median batch</h4>\n", h->out);
	snprintf(title, sizeof(title), "Cost of the batches of a trial of %s, by their number",
		 name);
	warm_up_axes(with, n, &x, &y);
	svg_begin(
		&s, h->out, ++h->plots, HEIGHT, title,
		"Medians over trials. A line that starts high and falls is a warm-up that was too "
		"short.");
	warm_up_scales(&s, &x, &y);
	svg_curves_begin(&s);
	for (size_t i = 0; i < n; i++)
		warm_up_curve(h, &s, &x, &y, with[i]);
	svg_curves_end(&s);
	svg_end(&s);
	fputs("</details>\n", h->out);
}

/* ---- The section ---- */

static void panel(struct html *h, const struct metric *const *m, size_t count)
{
	char name[400];

	html_bench_name(name, sizeof(name), m[0]);
	html_figure_begin(h, NULL);
	fputs("<h3>", h->out);
	html_text(h, "%s%s", name, m[0]->unit == INSTRUCTIONS ? ", instructions" : "");
	fputs("</h3>\n", h->out);
	strips(h, m, count, name);
	if (!h->lean)
		warm_up(h, m, count, name);
	html_figure_end(h, NULL);
}

void html_trials(struct html *h)
{
	struct html_alike p;
	size_t panels = 0;

	if (!html_has_trials(h->r) || html_alike_begin(&p, h, drawable))
		return;
	fputs("<section aria-labelledby=\"trials\"><h2 id=\"trials\">Trials</h2>\n<p>Each dot is "
	      "one "
	      "trial over its platform\xe2\x80\x99s median, from the first (top) to the last. "
	      "Shaded: "
	      "the smallest effect worth acting on.</p>\n",
	      h->out);
	if (h->lean)
		fprintf(h->out,
			"<p>With %zu figures on this page, their warm-ups are left out: make one "
			"of "
			"fewer benches to see them.</p>\n",
			h->r->metric_count);
	html_term(h, TERM_TRIALS);
	html_multiples_begin(h);
	while (html_alike_next(&p))
		for (size_t from = 0; from < p.count; from += LANES, panels++)
			panel(h, p.m + from, p.count - from < LANES ? p.count - from : LANES);
	html_multiples_end(h, panels);
	fputs("</section>\n", h->out);
	html_alike_end(&p);
}
