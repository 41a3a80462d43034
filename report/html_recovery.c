/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recovery curves: of the trials that lost service, the share that had it back by a time after the
 * injection, platforms atop each other. A trial that we stopped watching leaves a cross where it
 * did: from there on the curve rests on fewer trials (Kaplan and Meier's estimate, as in the
 * tables). A line ends where nothing more was watched.
 */
#include "report/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/stats.h"

#define HEIGHT 230.0
#define TOP    14.0
#define BOTTOM (HEIGHT - 28.0)
#define STEP   0.004 /* of the width */
#define POINTS 512   /* of a curve: two for each of at most 1 / STEP steps, and its ends */
#define LINES  12    /* in one panel */

static int drawable(const struct fault_figure *f)
{
	return f->recovery_count && f->recoveries;
}

static int same_panel(const struct fault_figure *a, const struct fault_figure *b)
{
	return !strcmp(a->fault->name, b->fault->name) && !strcmp(a->recovery, b->recovery) &&
	       a->unit == b->unit;
}

static int by_time(const void *a, const void *b)
{
	const struct survival_time *p = a, *q = b;

	if (p->time != q->time)
		return p->time < q->time ? -1 : 1;
	return (int)p->censored - (int)q->censored; /* watched up to that very time */
}

struct curve {
	double x[POINTS], y[POINTS];
	size_t count;
	double cross_x[POINTS], cross_y[POINTS];
	size_t crosses;
};

static double height(double recovered)
{
	return BOTTOM - recovered * (BOTTOM - TOP);
}

static void add_point(struct curve *c, double x, double y)
{
	if (c->count < POINTS) {
		c->x[c->count] = x;
		c->y[c->count++] = y;
	}
}

/* Along at the height it had, then up: steps closer than a pixel are one. */
static void step_to(struct curve *c, double x, double y)
{
	if (x < c->x[c->count - 1] + STEP && c->count > 1) {
		c->y[c->count - 1] = y;
		return;
	}
	add_point(c, x, c->y[c->count - 1]);
	add_point(c, x, y);
}

static void add_cross(struct curve *c, double x, double y)
{
	if (c->crosses && x < c->cross_x[c->crosses - 1] + STEP)
		return;
	c->cross_x[c->crosses] = x;
	c->cross_y[c->crosses++] = y;
}

/* The steps of one curve. 0, or -1: no memory. */
static int follow(struct curve *c, const struct axis *a, const struct fault_figure *f)
{
	struct survival_time *t = calloc(f->recovery_count, sizeof(*t));
	size_t at_risk = f->recovery_count;
	double lost = 1, x = a->from;

	if (!t)
		return -1;
	memcpy(t, f->recoveries, f->recovery_count * sizeof(*t));
	qsort(t, f->recovery_count, sizeof(*t), by_time);
	add_point(c, x, height(0));
	for (size_t i = 0; i < f->recovery_count; i++, at_risk--) {
		x = axis_place(a, t[i].time);
		if (t[i].censored) {
			add_cross(c, x, height(1 - lost));
			continue;
		}
		lost *= (double)(at_risk - 1) / (double)at_risk;
		step_to(c, x, height(1 - lost));
	}
	add_point(c, x, height(1 - lost)); /* watched up to there */
	free(t);
	return 0;
}

static struct axis axis_for(const struct fault_figure *const *f, size_t count)
{
	double low = INFINITY, high = -INFINITY;
	struct axis a;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < f[i]->recovery_count; k++) {
			low = fmin(low, f[i]->recoveries[k].time);
			high = fmax(high, f[i]->recoveries[k].time);
		}
	a = low > 0 && high / low > 10 ? axis_logarithmic(low * 0.7, high)
				       : axis_linear(0, high * 1.04);
	a.from = 0.09; /* the names of the shares stand before it */
	a.to = 0.985;
	return a;
}

static void scales(const struct svg *s, const struct axis *a, enum unit unit)
{
	double ticks[AXIS_TICKS], x[AXIS_TICKS], y[5];
	char text[FIGURE_SIZE];
	size_t n = axis_ticks(a, 5, ticks);

	for (int quarter = 0; quarter <= 4; quarter++)
		y[quarter] = height(quarter / 4.0);
	svg_levels(s, y, 5, INK_GRID);
	for (int quarter = 0; quarter <= 4; quarter++) {
		snprintf(text, sizeof(text), "%d\xc2\xa0%%", quarter * 25);
		svg_text(s, 0, y[quarter] - 3, ANCHOR_START, INK_MUTED, 0, text);
	}
	axis_places(a, ticks, n, x);
	svg_rules(s, x, n, BOTTOM, BOTTOM + 5, INK_MUTED, NULL);
	for (size_t i = 0; i < n; i++)
		svg_text(s, x[i], BOTTOM + 19, ANCHOR_MIDDLE, INK_MUTED, 0,
			 html_tick(text, ticks[i], n > 1 ? ticks[1] - ticks[0] : ticks[0], unit));
}

static void draw(const struct html *h, const struct svg *s, const struct axis *a,
		 const struct fault_figure *f)
{
	size_t k = html_series(h, f->run, f->platform, f->variant);
	struct curve c = {.count = 0};

	if (follow(&c, a, f))
		return;
	svg_curve(s, c.x, c.y, c.count, BOTTOM, html_ink(k), FILL_OUTLINE, html_dash(k));
	for (size_t i = 0; i < c.crosses; i++)
		svg_mark(s, c.cross_x[i], c.cross_y[i], SHAPE_CROSS, html_ink(k), 1, NULL);
}

static void words(const struct html *h, const struct fault_figure *f, char *s, size_t size)
{
	char name[NAME_SIZE];
	size_t used = (size_t)snprintf(
		s, size, "%s%s%s: %zu of %zu recovered",
		html_platform(h, name, f->run, f->platform, f->variant, NAME_WHOLE),
		f->execution == EXECUTION_HARDWARE ? "" : ", ",
		f->execution == EXECUTION_HARDWARE ? "" : execution_name(f->execution),
		f->recovered, f->recovered + f->censored);

	if (f->censored && used < size)
		snprintf(s + used, size - used, ", %zu censored", f->censored);
}

static void panel(struct html *h, const struct fault_figure *const *f, size_t count)
{
	struct axis a = axis_for(f, count);
	char title[300], line[600], text[3000] = "";
	size_t used = 0;
	struct svg s;

	snprintf(title, sizeof(title), "%.80s + %.80s", f[0]->fault->name, f[0]->recovery);
	html_figure_begin(h, title);
	fputs("<ul class=\"legend row\">", h->out);
	for (size_t i = 0; i < count; i++) {
		size_t k = html_series(h, f[i]->run, f[i]->platform, f[i]->variant);

		words(h, f[i], line, sizeof(line));
		fputs("<li>", h->out);
		svg_swatch_line(h->out, html_ink(k), html_dash(k));
		html_text(h, " %s", line);
		fputs("</li>", h->out);
		if (used + 1 < sizeof(text))
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
						 i ? "; " : "", line);
	}
	fputs("</ul>\n", h->out);
	snprintf(line, sizeof(line), "Share recovered over time: %s", title);
	svg_begin(&s, h->out, ++h->plots, HEIGHT, line, text);
	scales(&s, &a, f[0]->unit);
	for (size_t i = 0; i < count; i++)
		draw(h, &s, &a, f[i]);
	svg_end(&s);
	html_figure_end(h, NULL);
}

/* All of one fault and recovery, from the i-th on; 0 where an earlier one began that panel. */
static size_t collect(const struct report *r, size_t i, const struct fault_figure **list)
{
	size_t n = 0;

	for (size_t j = 0; j < i; j++)
		if (drawable(&r->faults[j]) && same_panel(&r->faults[j], &r->faults[i]))
			return 0;
	for (size_t j = i; j < r->fault_count; j++)
		if (drawable(&r->faults[j]) && same_panel(&r->faults[j], &r->faults[i]))
			list[n++] = &r->faults[j];
	return n;
}

void html_recoveries(struct html *h)
{
	const struct report *r = h->r;
	const struct fault_figure **list = calloc(r->fault_count + 1, sizeof(*list));
	size_t panels = 0;
	int begun = 0;

	for (size_t i = 0; list && i < r->fault_count; i++) {
		size_t n = drawable(&r->faults[i]) ? collect(r, i, list) : 0;

		if (n && !begun++) {
			fputs("<h3 id=\"recoveries\">How soon service was back</h3>\n", h->out);
			html_term(h, TERM_RECOVERY);
			html_multiples_begin(h);
		}
		for (size_t from = 0; from < n; from += LINES, panels++)
			panel(h, list + from, n - from < LINES ? n - from : LINES);
	}
	if (begun)
		html_multiples_end(h, panels);
	free(list);
}
