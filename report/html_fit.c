/* SPDX-License-Identifier: Apache-2.0 */
/* The line through a bench's figures over its parameter: points, line, and both in words. */
#include "report/axis.h"
#include "report/html.h"

#include <math.h>
#include <string.h>

#define HEIGHT 280.0
#define TOP    14.0
#define BOTTOM (HEIGHT - 30.0)

static int on_line(const struct metric *m, const struct metric_fit *f)
{
	return m->run == f->run && !strcmp(m->bench->name, f->bench->name) &&
	       !strcmp(m->platform, f->platform) && !strcmp(m->variant, f->variant) &&
	       m->execution == f->execution && isfinite(m->median);
}

static int same_panel(const struct metric_fit *a, const struct metric_fit *b)
{
	return a->run == b->run && a->unit == b->unit && !strcmp(a->bench->name, b->bench->name);
}

struct panel {
	const struct metric_fit *first;
	struct axis x, y;
	double x_low, x_high;
};

static double line_at(const struct metric_fit *f, double x)
{
	return f->fit.intercept + f->fit.slope * x;
}

/* Axes that hold every point of every line, and zero. */
static int frame(const struct html *h, struct panel *p)
{
	double x_low = INFINITY, x_high = -INFINITY, y_low = 0, y_high = 0;
	const struct report *r = h->r;

	for (size_t i = 0; i < r->fit_count; i++)
		for (size_t j = 0; same_panel(p->first, &r->fits[i]) && j < r->metric_count; j++) {
			const struct metric *m = &r->metrics[j];

			if (!on_line(m, &r->fits[i]))
				continue;
			x_low = fmin(x_low, (double)m->parameter);
			x_high = fmax(x_high, (double)m->parameter);
			y_low = fmin(y_low, fmin(m->median, m->interval.low));
			y_high = fmax(y_high, fmax(m->median, m->interval.high));
		}
	if (!(x_low <= x_high))
		return -1;
	p->x_low = x_low;
	p->x_high = x_high;
	p->x = axis_linear(fmin(x_low, 0), x_high);
	p->x.from = 0.02;
	p->x.to = 0.97;
	p->y = axis_linear(y_low, y_high * 1.08);
	p->y.from = BOTTOM;
	p->y.to = TOP;
	return 0;
}

/* Marks of the y axis stand on their lines, inside: a margin would eat a phone's width. */
static void scales(const struct svg *s, const struct panel *p)
{
	enum unit unit = p->first->unit;
	double ticks[AXIS_TICKS], x[AXIS_TICKS], y[AXIS_TICKS];
	char text[FIGURE_SIZE];
	size_t n = axis_ticks(&p->y, 5, ticks);

	axis_places(&p->y, ticks, n, y);
	svg_levels(s, y, n, INK_GRID);
	for (size_t i = 0; i < n; i++) {
		if (ticks[i] != 0)
			svg_text(s, 0, y[i] - 4, ANCHOR_START, INK_MUTED, 0,
				 html_tick(text, ticks[i], ticks[1] - ticks[0], unit));
	}
	n = axis_ticks(&p->x, 6, ticks);
	axis_places(&p->x, ticks, n, x);
	svg_rules(s, x, n, BOTTOM, BOTTOM + 5, INK_MUTED, NULL);
	for (size_t i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%.7g", ticks[i]);
		svg_text(s, x[i], BOTTOM + 19, ANCHOR_MIDDLE, INK_MUTED, 0, text);
	}
	svg_line(s, 0, BOTTOM, 1, BOTTOM, INK_MUTED, 1, NULL);
}

static void point(const struct html *h, const struct svg *s, const struct panel *p,
		  const struct metric *m)
{
	size_t series = html_series(h, m->run, m->platform, m->variant);
	double x = axis_place(&p->x, (double)m->parameter);
	enum ink ink = html_ink(series);
	char tip[200], figure[FIGURE_SIZE];

	if (isfinite(m->interval.low) && isfinite(m->interval.high))
		svg_line(s, x, axis_place(&p->y, m->interval.low), x,
			 axis_place(&p->y, m->interval.high), ink, 1.6, NULL);
	snprintf(tip, sizeof(tip), "%lld: %s", (long long)m->parameter,
		 number_figure(figure, m->median, m->interval, m->unit));
	svg_mark(s, x, axis_place(&p->y, m->median), html_shape(series), ink,
		 m->execution != EXECUTION_HARDWARE, tip);
}

/* Only the part of the line that the points span: beyond it nothing was measured. */
static void one_line(const struct html *h, const struct svg *s, const struct panel *p,
		     const struct metric_fit *f)
{
	enum ink ink = html_ink(html_series(h, f->run, f->platform, f->variant));

	if (isfinite(f->fit.slope) && isfinite(f->fit.intercept))
		svg_line(s, axis_place(&p->x, p->x_low), axis_place(&p->y, line_at(f, p->x_low)),
			 axis_place(&p->x, p->x_high), axis_place(&p->y, line_at(f, p->x_high)),
			 ink, 1.4, f->execution == EXECUTION_HARDWARE ? NULL : "5 4");
	for (size_t i = 0; i < h->r->metric_count; i++)
		if (on_line(&h->r->metrics[i], f))
			point(h, s, p, &h->r->metrics[i]);
}

static void words(const struct html *h, const struct metric_fit *f)
{
	const struct line_fit *fit = &f->fit;
	const char *parameter = f->bench->parameter_name ? f->bench->parameter_name : "parameter";
	size_t series = html_series(h, f->run, f->platform, f->variant);
	char platform[NAME_SIZE], a[FIGURE_SIZE], b[FIGURE_SIZE];

	fputs("<li>", h->out);
	svg_swatch(h->out, html_ink(series), html_shape(series),
		   f->execution != EXECUTION_HARDWARE);
	fputs(" <strong>", h->out);
	html_text(h, "%s", html_platform(h, platform, f->run, f->platform, f->variant, NAME_WHOLE));
	fputs("</strong> ", h->out);
	html_execution(h, f->execution, 0);
	if (!isfinite(fit->slope)) {
		html_text(h, " no line: too few points");
		fputs("</li>\n", h->out);
		return;
	}
	html_text(h, " each step of %s costs ", parameter);
	fputs("<strong>", h->out);
	html_text(h, "%s", number_figure(a, fit->slope, fit->slope_interval, f->unit));
	fputs("</strong> ", h->out);
	html_text(h, "%s on top of %s", html_interval(b, fit->slope, fit->slope_interval, f->unit),
		  html_figure(a, fit->intercept, f->unit));
	if (isfinite(fit->residual))
		html_text(h, "; points lie about %s off the line",
			  html_figure(a, fit->residual, f->unit));
	if (isfinite(fit->r_squared))
		html_text(h, " (R\xc2\xb2\xc2\xa0%s)", number_r_squared(a, fit->r_squared));
	fputs("</li>\n", h->out);
}

static void panel(struct html *h, struct panel *p)
{
	const struct metric_fit *f = p->first;
	char title[400], name[200], parameter[120], text[500], letter[8];
	struct svg s;

	snprintf(title, sizeof(title), "%s over %s",
		 html_cut(name, sizeof(name), f->bench->name, 40),
		 html_cut(parameter, sizeof(parameter),
			  f->bench->parameter_name ? f->bench->parameter_name : "its parameter",
			  24));
	html_figure_begin(h, NULL);
	fputs("<h3>", h->out);
	html_text(h, "%s", title);
	if (h->r->run_count > 1)
		html_text(h, " [%s]", html_run_letter(h, letter, f->run));
	fputs("</h3>\n", h->out);
	snprintf(text, sizeof(text),
		 "Points with 95 %% intervals and the fitted line of each platform. The list after "
		 "the plot holds slope, intercept and residual.");
	svg_begin(&s, h->out, ++h->plots, HEIGHT, title, text);
	scales(&s, p);
	for (size_t i = 0; i < h->r->fit_count; i++)
		if (same_panel(f, &h->r->fits[i]))
			one_line(h, &s, p, &h->r->fits[i]);
	svg_text(&s, 1, BOTTOM - 6, ANCHOR_END, INK_MUTED, 0, parameter);
	svg_end(&s);
	fputs("<ul class=\"legend\">\n", h->out);
	for (size_t i = 0; i < h->r->fit_count; i++)
		if (same_panel(f, &h->r->fits[i]))
			words(h, &h->r->fits[i]);
	fputs("</ul>\n", h->out);
	html_figure_end(h, NULL);
}

void html_fits(struct html *h)
{
	const struct report *r = h->r;

	if (!r->fit_count)
		return;
	fputs("<section aria-labelledby=\"fits\"><h2 id=\"fits\">Cost over a parameter</h2>\n",
	      h->out);
	html_term(h, TERM_FIT);
	fputs("<div class=\"multiples\">\n", h->out);
	for (size_t i = 0; i < r->fit_count; i++) {
		struct panel p = {.first = &r->fits[i]};
		size_t before = 0;

		while (before < i && !same_panel(&r->fits[before], &r->fits[i]))
			before++;
		if (before == i && !frame(h, &p))
			panel(h, &p);
	}
	fputs("</div></section>\n", h->out);
}
