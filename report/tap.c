/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as TAP 13: a test point for every metric, fault and comparison, every skip and every
 * set of trials that failed. Not ok: a regression, and trials that failed or were cut off.
 */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report/label.h"
#include "report/number.h"

struct points {
	FILE *out;
	size_t number;
};

/* "#" begins a directive and a backslash escapes it. */
static void escaped(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '#' || *s == '\\')
			fputc('\\', out);
		fputc(*s, out);
	}
}

/* One test point; `skip` NULL, or why it is skipped. */
static void point(struct points *p, bool ok, const char *skip, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void point(struct points *p, bool ok, const char *skip, const char *format, ...)
{
	char *line = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&line, format, args) < 0)
		line = NULL;
	va_end(args);
	fprintf(p->out, "%sok %zu - ", ok ? "" : "not ", ++p->number);
	escaped(p->out, line ? line : "(no memory for its name)");
	free(line);
	if (skip) {
		fputs(" # SKIP ", p->out);
		escaped(p->out, skip);
	}
	fputc('\n', p->out);
}

static void print_metric(struct points *p, const struct metric *m)
{
	char name[LABEL_SIZE], platform[LABEL_SIZE], value[NUMBER_SIZE], range[NUMBER_SIZE];

	point(p, true, NULL, "%s on %s [%s]: %s (95 %%: %s), %zu trials", label_metric(name, m),
	      label_platform(platform, m->platform, m->variant), execution_name(m->execution),
	      number_figure(value, m->median, m->interval, m->unit),
	      number_interval(range, m->median, m->interval, m->unit), m->trials);
}

static void print_fault(struct points *p, const struct fault_figure *f)
{
	char name[LABEL_SIZE], platform[LABEL_SIZE], outcomes[LABEL_SIZE];
	char detect[LABEL_SIZE], recover[LABEL_SIZE];
	size_t lost = f->recovered + f->censored;

	point(p, true, NULL, "%s on %s [%s]: %s; time to detect %s, to recover %s",
	      label_fault(name, f), label_platform(platform, f->platform, f->variant),
	      execution_name(f->execution), label_outcomes(outcomes, f),
	      label_time(detect, &f->ttd, f->unit, lost),
	      label_time(recover, &f->ttr, f->unit, lost));
}

static const char *side(char *s, const struct metric *m, const char *name)
{
	char value[NUMBER_SIZE];

	if (!m)
		return "nothing";
	snprintf(s, LABEL_SIZE, "%s (%s [%s])", name,
		 number_figure(value, m->median, m->interval, m->unit),
		 execution_name(m->execution));
	return s;
}

static void print_comparison(struct points *p, const struct comparison_row *c, bool gates)
{
	const struct metric *m = c->base ? c->base : c->other;
	char name[LABEL_SIZE], platform[LABEL_SIZE], base[LABEL_SIZE], other[LABEL_SIZE];
	char ratio[NUMBER_SIZE], note[LABEL_SIZE];
	bool ranked = report_is_compared(c);

	label_metric(name, m);
	label_platform(platform, m->platform, m->variant);
	side(base, c->base, c->base_name);
	if (!ranked)
		point(p, true, c->why ? c->why : "not compared", "%s on %s: %s against %s", name,
		      platform, c->other ? side(other, c->other, c->other_name) : "nothing",
		      c->base ? base : "nothing");
	else
		point(p, !gates || c->verdict != VERDICT_REGRESSED, NULL,
		      "%s on %s: %s, %s against %s, ratio %s%s%s", name, platform,
		      verdict_name(c->verdict), side(other, c->other, c->other_name), base,
		      number_ratio(ratio, c->test.ratio, c->test.ratio_interval),
		      label_note(note, c)[0] ? "; " : "", note);
}

static void print_problem(struct points *p, const struct problem *x)
{
	const char *on = x->platform[0] ? " on " : "";

	if (x->status == TRIAL_UNSUPPORTED)
		point(p, true, x->why, "%s%s%s", x->what, on, x->platform);
	else
		point(p, false, NULL, "%s%s%s: %zu trial%s %s: %s", x->what, on, x->platform,
		      x->count, x->count == 1 ? "" : "s", trial_status_name(x->status), x->why);
}

/* A doubt is no test point; it must be read all the same. */
static size_t print_doubts(const struct report *r, FILE *out)
{
	size_t doubts = 0;

	for (size_t i = 0; i < r->problem_count; i++) {
		const struct problem *x = &r->problems[i];

		if (x->status != TRIAL_OK)
			continue;
		doubts++;
		fprintf(out, "# doubt: %s%s%s: %s\n", x->what, x->platform[0] ? " on " : "",
			x->platform, x->why);
	}
	return doubts;
}

static int print_tap(const struct report *r, FILE *out)
{
	struct points p = {.out = out};
	size_t doubts;

	fputs("TAP version 13\n", out);
	doubts = print_doubts(r, out);
	/* A plan must come first or last; a TAP consumer takes "1..0" for "nothing could run". */
	fprintf(out, "1..%zu\n",
		r->metric_count + r->fault_count + r->comparison_count + r->skip_count +
			r->problem_count - doubts);
	for (size_t i = 0; i < r->comparison_count; i++)
		/* As in report_exit_code: a platform that costs more has not regressed. */
		print_comparison(&p, &r->comparisons[i], strcmp(r->compared_by, "platform") != 0);
	for (size_t i = 0; i < r->metric_count; i++)
		print_metric(&p, &r->metrics[i]);
	for (size_t i = 0; i < r->fault_count; i++)
		print_fault(&p, &r->faults[i]);
	for (size_t i = 0; i < r->skip_count; i++)
		point(&p, true, r->skips[i]->why, "%s %s%s%s", r->skips[i]->kind, r->skips[i]->what,
		      r->skips[i]->platform ? " on " : "",
		      r->skips[i]->platform ? r->skips[i]->platform : "");
	for (size_t i = 0; i < r->problem_count; i++)
		if (r->problems[i].status != TRIAL_OK)
			print_problem(&p, &r->problems[i]);
	return ferror(out) ? -1 : 0;
}

FORMAT(tap, .summary = "TAP 13: a test point for every figure and verdict", .suffix = ".tap",
       .print = print_tap);
