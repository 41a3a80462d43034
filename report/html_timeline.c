/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One typical trial of each fault against time: what each guest acknowledged, when the platform
 * noticed, when service was back. Time runs from the injection, t0.
 */
#include "report/axis.h"
#include "report/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HEIGHT	  300.0
#define TOP	  54.0 /* the stamps' names stand above */
#define BOTTOM	  (HEIGHT - 30.0)
#define GUESTS	  6
#define POINTS	  300  /* of one guest */
#define TIMELINES 70   /* of a page: 4 kB each */
#define EVENTS	  40   /* of one trial */
#define CONSOLE	  6000 /* characters, the last ones */

static const char *const stamp_names[FAULT_STAMPS] = {
	"injected", "active", "detected", "recovery started", "first service", "back at baseline"};

struct timeline {
	const struct fault_figure *f;
	const struct result_fault_trial *trial;
	const struct result_progress *progress;
	size_t progress_count;
	const struct result_event *events;
	size_t event_count;
	struct axis x, y;
	double t0;
	uint32_t guest[GUESTS]; /* the members drawn */
	size_t guests;
	int more;
};

int html_has_timelines(const struct report *r)
{
	for (size_t i = 0; i < r->fault_count; i++)
		if (r->faults[i].example && r->faults[i].example->fault_trial)
			return 1;
	return 0;
}

/* From the trial itself where it holds them, else from its file. */
static void load(struct timeline *t)
{
	const struct result_trial *trial = t->f->example;
	struct result *file = t->f->result;

	t->trial = trial->fault_trial;
	t->progress = trial->progress;
	t->progress_count = trial->progress_count;
	t->events = trial->events;
	t->event_count = trial->event_count;
	if (!file)
		return;
	if (!t->progress_count &&
	    result_progress(file, trial->id, &t->progress, &t->progress_count))
		t->progress_count = 0;
	if (!t->event_count && result_events(file, trial->id, &t->events, &t->event_count))
		t->event_count = 0;
}

static void find_guests(struct timeline *t)
{
	for (size_t i = 0; i < t->progress_count; i++) {
		uint32_t member = t->progress[i].member;
		size_t k = 0;

		while (k < t->guests && t->guest[k] != member)
			k++;
		if (k < t->guests)
			continue;
		if (t->guests < GUESTS)
			t->guest[t->guests++] = member;
		else
			t->more = 1;
	}
}

/* When service was lost and regained, from t0; 0 where none was lost. */
static int outage(const struct timeline *t, double *from, double *to)
{
	const struct result_fault_trial *f = t->trial;
	int64_t start =
		f->stamp_ns[T1_ACTIVE] >= 0 ? f->stamp_ns[T1_ACTIVE] : f->stamp_ns[T0_INJECTED];

	if (f->downtime_ns <= 0)
		return 0;
	*from = (double)start - t->t0;
	*to = f->stamp_ns[T4_FIRST_SERVICE] >= 0 ? (double)f->stamp_ns[T4_FIRST_SERVICE] - t->t0
						 : (double)f->horizon_ns;
	return *to >= *from;
}

static void frame(struct timeline *t)
{
	double end = 0, first = INFINITY, last = -INFINITY, from, to;

	t->t0 = t->trial->stamp_ns[T0_INJECTED] >= 0 ? (double)t->trial->stamp_ns[T0_INJECTED] : 0;
	for (int i = 0; i < FAULT_STAMPS; i++)
		if (t->trial->stamp_ns[i] >= 0)
			end = fmax(end, (double)t->trial->stamp_ns[i] - t->t0);
	if (outage(t, &from, &to))
		end = fmax(end, to);
	for (size_t i = 0; i < t->progress_count; i++) {
		first = fmin(first, (double)t->progress[i].at_ns - t->t0);
		last = fmax(last, (double)t->progress[i].at_ns - t->t0);
	}
	if (end <= 0)
		end = isfinite(last) && last > 0 ? last : 1e6;
	else
		end *= t->trial->stamp_ns[T4_FIRST_SERVICE] >= 0 ? 1.25 : 1.02;
	t->x = axis_linear(isfinite(first) ? fmax(fmin(first, 0), -0.3 * end) : -0.1 * end, end);
	t->x.from = 0.005;
	t->x.to = 0.995;
}

static int in_window(const struct timeline *t, const struct result_progress *p)
{
	double at = (double)p->at_ns - t->t0;

	return at >= t->x.low && at <= t->x.high;
}

/* Acknowledged operations of one guest before the window: lines start from zero there. */
static double base_of(const struct timeline *t, uint32_t member)
{
	double base = NAN;

	for (size_t i = 0; i < t->progress_count; i++) {
		const struct result_progress *p = &t->progress[i];

		if (p->member != member)
			continue;
		if (isnan(base) || (double)p->at_ns - t->t0 <= t->x.low)
			base = (double)p->operations;
	}
	return isnan(base) ? 0 : base;
}

static double most(const struct timeline *t)
{
	double top = 0;

	for (size_t k = 0; k < t->guests; k++) {
		double base = base_of(t, t->guest[k]);

		for (size_t i = 0; i < t->progress_count; i++)
			if (t->progress[i].member == t->guest[k] && in_window(t, &t->progress[i]))
				top = fmax(top, (double)t->progress[i].operations - base);
	}
	return top;
}

/* ---- Drawing ---- */

static const char *count_text(char *s, double v)
{
	if (v >= 1e6)
		snprintf(s, FIGURE_SIZE, "%.4g\xc2\xa0M", v / 1e6);
	else if (v >= 1e4)
		snprintf(s, FIGURE_SIZE, "%.4g\xc2\xa0k", v / 1e3);
	else
		snprintf(s, FIGURE_SIZE, "%.4g", v);
	return s;
}

static void scales(const struct svg *s, const struct timeline *t)
{
	double ticks[AXIS_TICKS], x[AXIS_TICKS], y[AXIS_TICKS];
	char text[FIGURE_SIZE];
	size_t n = axis_ticks(&t->y, 4, ticks);

	axis_places(&t->y, ticks, n, y);
	svg_levels(s, y, n, INK_GRID);
	for (size_t i = 0; i < n; i++) {
		if (ticks[i] > 0)
			svg_text(s, 0, y[i] - 4, ANCHOR_START, INK_MUTED, 0,
				 count_text(text, ticks[i]));
	}
	n = axis_ticks(&t->x, 5, ticks);
	axis_places(&t->x, ticks, n, x);
	svg_rules(s, x, n, BOTTOM, BOTTOM + 5, INK_MUTED, NULL);
	for (size_t i = 0; i < n; i++)
		svg_text(s, x[i], BOTTOM + 19, ANCHOR_MIDDLE, INK_MUTED, 0,
			 html_tick(text, ticks[i], ticks[1] - ticks[0], t->f->unit));
	svg_line(s, 0, BOTTOM, 1, BOTTOM, INK_MUTED, 1, NULL);
}

static void shade(const struct svg *s, const struct timeline *t)
{
	double from, to;

	if (outage(t, &from, &to))
		svg_box(s, axis_place(&t->x, from), axis_place(&t->x, to), TOP, BOTTOM - TOP,
			INK_BAD, FILL_FAINT);
}

/* Drawn last: lines must not run through it. */
static void shade_name(const struct svg *s, const struct timeline *t)
{
	double from, to, left, right;
	char text[FIGURE_SIZE + 32], figure[FIGURE_SIZE];

	if (!outage(t, &from, &to))
		return;
	left = axis_place(&t->x, from);
	right = axis_place(&t->x, to);
	snprintf(text, sizeof(text), "no service%s%s",
		 t->trial->stamp_ns[T4_FIRST_SERVICE] >= 0 ? ", " : " up to the horizon",
		 t->trial->stamp_ns[T4_FIRST_SERVICE] >= 0
			 ? html_figure(figure, to - from, t->f->unit)
			 : "");
	/* Beside the shade where it is narrower than its name, also on a phone. */
	if (right - left > 0.4)
		svg_text(s, (left + right) / 2, BOTTOM - 8, ANCHOR_MIDDLE, INK_BAD, 1, text);
	else if (right < 0.6)
		svg_text(s, right + 0.01, BOTTOM - 8, ANCHOR_START, INK_BAD, 1, text);
	else
		svg_text(s, left - 0.01, BOTTOM - 8, ANCHOR_END, INK_BAD, 1, text);
}

/* The name of each stamp beside the top of its line, in the first of three rows that has room. */
static void stamp_marks(const struct svg *s, const struct timeline *t)
{
	double taken[3] = {-1, -1, -1}; /* right edge of the last name in each row */

	for (int i = 0; i < FAULT_STAMPS; i++) {
		double x = axis_place(&t->x, (double)t->trial->stamp_ns[i] - t->t0);
		char name[16];
		int row = 0;

		if (t->trial->stamp_ns[i] < 0)
			continue;
		while (row < 2 && x < taken[row])
			row++;
		taken[row] = x + 0.07; /* "t0 " at phone width */
		snprintf(name, sizeof(name), "t%d", i);
		svg_text(s, x + 0.004, 22.0 + 14 * row, ANCHOR_START, INK_TEXT, 1, name);
	}
}

static void stamps(const struct svg *s, const struct timeline *t)
{
	double later[FAULT_STAMPS];
	size_t n = 0;

	for (int i = 0; i < FAULT_STAMPS; i++) {
		double at = (double)t->trial->stamp_ns[i] - t->t0, x = axis_place(&t->x, at);
		double from = axis_place(&t->x, at - (double)t->trial->uncertainty_ns[i]);

		if (t->trial->stamp_ns[i] < 0)
			continue;
		if (x - from > 0.004) /* else it is as thin as the line */
			svg_box(s, from, x, TOP, BOTTOM - TOP, INK_TEXT, FILL_FAINT);
		if (i)
			later[n++] = x;
		else
			svg_line(s, x, 10, x, BOTTOM, INK_TEXT, 1.2, NULL);
	}
	svg_rules(s, later, n, 10, BOTTOM, INK_TEXT, "4 3");
	stamp_marks(s, t);
}

static void guest_line(const struct svg *s, const struct timeline *t, size_t k)
{
	double x[POINTS + 2], y[POINTS + 2], base = base_of(t, t->guest[k]);
	size_t all = 0, seen = 0, n = 0, stride;

	for (size_t i = 0; i < t->progress_count; i++)
		all += t->progress[i].member == t->guest[k] && in_window(t, &t->progress[i]);
	stride = all / POINTS + 1;
	for (size_t i = 0; i < t->progress_count && n < POINTS + 2; i++) {
		const struct result_progress *p = &t->progress[i];

		if (p->member != t->guest[k] || !in_window(t, p))
			continue;
		if (seen % stride == 0 || seen + 1 == all) {
			x[n] = axis_place(&t->x, (double)p->at_ns - t->t0);
			y[n++] = axis_place(&t->y, (double)p->operations - base);
		}
		seen++;
	}
	svg_curve(s, x, y, n, BOTTOM, html_ink(k), FILL_OUTLINE, html_dash(k));
}

/* ---- Words ---- */

static void guest_legend(const struct html *h, const struct timeline *t)
{
	fputs("<ul class=\"legend row\">", h->out);
	for (size_t k = 0; k < t->guests; k++) {
		fputs("<li>", h->out);
		svg_swatch_line(h->out, html_ink(k), html_dash(k));
		html_text(h, " guest %u", (unsigned int)t->guest[k]);
		fputs("</li>", h->out);
	}
	if (t->more)
		fputs("<li>further guests are not drawn</li>", h->out);
	fputs("</ul>\n", h->out);
}

static void stamp_list(const struct html *h, const struct timeline *t)
{
	const struct result_fault_trial *f = t->trial;
	char s[FIGURE_SIZE];

	fputs("<ol class=\"stamps\">", h->out);
	for (int i = 0; i < FAULT_STAMPS; i++) {
		fprintf(h->out, "<li><b>t%d</b> %s ", i, stamp_names[i]);
		if (f->stamp_ns[i] < 0) {
			fputs("<span class=\"none\">never came</span></li>", h->out);
			continue;
		}
		html_text(h, "%s", html_figure(s, (double)f->stamp_ns[i] - t->t0, t->f->unit));
		if (f->uncertainty_ns[i] > 0)
			html_text(h, " (to within %s)",
				  html_figure(s, (double)f->uncertainty_ns[i], t->f->unit));
		fputs("</li>", h->out);
	}
	fputs("</ol>\n", h->out);
}

static void event_table(const struct html *h, const struct timeline *t)
{
	static const struct html_column columns[] = {
		{"Time from t0", "n"}, {"To within", "n"}, {"Who", ""}, {"What", ""}};
	struct html_table table;
	char s[FIGURE_SIZE];

	if (!t->event_count)
		return;
	fputs("<details><summary>Events of this trial</summary>\n", h->out);
	html_table_begin_class(&table, h, columns, 4, "Events of this trial", "plain");
	for (size_t i = 0; i < t->event_count && i < EVENTS; i++) {
		const struct result_event *e = &t->events[i];

		html_table_row(&table);
		html_table_cell(&table);
		html_text(h, "%s", html_figure(s, (double)e->at_ns - t->t0, t->f->unit));
		html_table_cell(&table);
		html_text(h, "%s", html_figure(s, (double)e->uncertainty_ns, t->f->unit));
		html_table_cell(&table);
		html_text(h, "%s", e->subject);
		html_table_cell(&table);
		html_text(h, "%s", e->what);
	}
	html_table_end(&table);
	if (t->event_count > EVENTS)
		html_text(h, "%zu further events are in the result file.", t->event_count - EVENTS);
	fputs("</details>\n", h->out);
}

static void console(const struct html *h, const struct result_trial *trial)
{
	size_t length = trial->console ? strlen(trial->console) : 0;
	const char *from = trial->console;

	if (!length)
		return;
	if (length > CONSOLE)
		from += length - CONSOLE;
	/* Not in the middle of a character. */
	while ((*from & 0xc0) == 0x80)
		from++;
	fputs("<details><summary>Console of this trial</summary><pre tabindex=\"0\">", h->out);
	html_text(h, "%s%s", length > CONSOLE ? "\xe2\x80\xa6\n" : "", from);
	fputs("</pre></details>\n", h->out);
}

static void timeline(struct html *h, const struct fault_figure *f)
{
	struct timeline t = {.f = f};
	char title[700], platform[NAME_SIZE], text[900], from_to[FIGURE_SIZE];
	double from, to;
	struct svg s;

	load(&t);
	find_guests(&t);
	frame(&t);
	t.y = axis_linear(0, fmax(most(&t) * 1.12, 1));
	t.y.from = BOTTOM;
	t.y.to = TOP;
	snprintf(title, sizeof(title), "%.80s + %.80s on %s", f->fault->name, f->recovery,
		 html_platform(h, platform, f->run, f->platform, f->variant, NAME_WHOLE));
	snprintf(text, sizeof(text),
		 "Acknowledged operations of %zu guests over time, outcome %s. %s%s.", t.guests,
		 outcome_name(t.trial->outcome),
		 outage(&t, &from, &to) ? "Without service for " : "No service was lost",
		 outage(&t, &from, &to) ? html_figure(from_to, to - from, f->unit) : "");
	html_figure_begin(h, NULL);
	fputs("<h4>", h->out);
	html_text(h, "%s", title);
	fputs("</h4>\n<p class=\"tight\">", h->out);
	html_text(h, "Trial %u, outcome: %s. Acknowledged operations since the left edge.",
		  (unsigned int)f->example->ordinal, outcome_name(t.trial->outcome));
	fputs("</p>\n", h->out);
	guest_legend(h, &t);
	svg_begin(&s, h->out, ++h->plots, HEIGHT, title, text);
	scales(&s, &t);
	shade(&s, &t);
	stamps(&s, &t);
	for (size_t k = 0; k < t.guests; k++)
		guest_line(&s, &t, k);
	shade_name(&s, &t);
	svg_end(&s);
	stamp_list(h, &t);
	event_table(h, &t);
	console(h, f->example);
	html_figure_end(h, NULL);
}

void html_timelines(struct html *h)
{
	size_t drawn = 0, left = 0;

	if (!html_has_timelines(h->r))
		return;
	fputs("<h3>One typical trial of each</h3>\n", h->out);
	html_multiples_begin(h);
	for (size_t i = 0; i < h->r->fault_count; i++) {
		if (!h->r->faults[i].example || !h->r->faults[i].example->fault_trial)
			continue;
		if (drawn < TIMELINES) {
			timeline(h, &h->r->faults[i]);
			drawn++;
		} else {
			left++;
		}
	}
	html_multiples_end(h, drawn);
	if (left)
		fprintf(h->out,
			"<p>%zu more are left out to keep this page small: report --trace shows "
			"the "
			"trials behind each figure.</p>\n",
			left);
}
