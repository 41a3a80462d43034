/* SPDX-License-Identifier: Apache-2.0 */
#include "report/point.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/text.h"
#include "report/label.h"
#include "report/number.h"

#define POINT_FIGURES 32u

struct collecting {
	struct points *points;
	const struct report *r;
	struct point_figure figures[POINT_FIGURES]; /* of the point being made */
	size_t figure_count;
	bool failed;
};

const char *point_kind_name(enum point_kind kind)
{
	static const char *const names[] = {"comparison", "limit", "requirement", "bench",
					    "fault",	  "skip",  "problem"};

	return names[kind];
}

bool point_is_of(const struct point *p, const struct result_run *run)
{
	return run ? p->kind != POINT_COMPARISON && p->run == run : p->kind == POINT_COMPARISON;
}

static const char *copy(struct collecting *c, const char *s)
{
	const char *kept = arena_strdup(&c->points->arena, s);

	c->failed |= !kept;
	return kept ? kept : "";
}

static const char *line(struct collecting *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static const char *line(struct collecting *c, const char *format, ...)
{
	char *s = NULL;
	const char *kept;
	va_list args;

	va_start(args, format);
	if (vasprintf(&s, format, args) < 0)
		s = NULL;
	va_end(args);
	kept = s ? copy(c, s) : "";
	c->failed |= !s;
	free(s);
	return kept;
}

static void figure(struct collecting *c, const char *name, double value, const char *unit)
{
	if (isfinite(value) && c->figure_count < POINT_FIGURES)
		c->figures[c->figure_count++] = (struct point_figure){name, value, unit};
}

static void interval_figures(struct collecting *c, const char *low, const char *high,
			     struct interval i, const char *unit)
{
	figure(c, low, i.low, unit);
	figure(c, high, i.high, unit);
}

static void add(struct collecting *c, struct point p)
{
	if (c->figure_count) {
		p.figures = arena_array(&c->points->arena, c->figure_count, sizeof(c->figures[0]));
		c->failed |= !p.figures;
	}
	if (p.figures) {
		memcpy(p.figures, c->figures, c->figure_count * sizeof(c->figures[0]));
		p.figure_count = c->figure_count;
	}
	c->figure_count = 0;
	c->points->list[c->points->count++] = p;
}

/* ---- Benches ---- */

static void metric_figures(struct collecting *c, const struct metric *m)
{
	const char *unit = unit_name(m->unit);

	figure(c, "median", m->median, unit);
	interval_figures(c, "low", "high", m->interval, unit);
	figure(c, "mean", m->mean, unit);
	figure(c, "p99", m->p99, unit);
	figure(c, "median_undisturbed", m->median_undisturbed, unit);
	figure(c, "plain_mean", m->plain_mean, unit);
	figure(c, "overhead", m->overhead, unit_name(unit_of_figure(NANOSECONDS, m->execution)));
	figure(c, "native_ratio", m->native_ratio, "");
	interval_figures(c, "native_low", "native_high", m->native_interval, "");
	figure(c, "exits_per_op", m->exits_per_op, "");
	figure(c, "emulated_per_op", m->emulated_per_op, "");
	figure(c, "disturbed_share", m->disturbed_share, "");
	figure(c, "trials", (double)m->trials, "trials");
	figure(c, "discarded", (double)m->discarded, "trials");
}

static void add_metric(struct collecting *c, const struct metric *m)
{
	char name[LABEL_SIZE], platform[LABEL_SIZE], value[NUMBER_SIZE], range[NUMBER_SIZE];

	label_metric(name, m);
	label_platform(platform, m->platform, m->variant);
	metric_figures(c, m);
	add(c, (struct point){
		       .kind = POINT_BENCH,
		       .result = POINT_MEASURED,
		       .run = m->run,
		       .group = m->bench->group,
		       .what = m->bench->name,
		       .name = copy(c, name),
		       .platform = copy(c, platform),
		       .execution = execution_name(m->execution),
		       .text = line(c, "%s on %s [%s]: %s (95 %%: %s), %zu trials", name, platform,
				    execution_name(m->execution),
				    number_figure(value, m->median, m->interval, m->unit),
				    number_interval(range, m->median, m->interval, m->unit),
				    m->trials),
		       .seconds = m->seconds,
	       });
}

/* ---- Faults ---- */

static void time_figures(struct collecting *c, const char *const names[4],
			 const struct time_figure *t, enum unit unit)
{
	figure(c, names[0], t->median, unit_name(unit));
	figure(c, names[1], t->low, unit_name(unit));
	figure(c, names[2], t->high, unit_name(unit));
	figure(c, names[3], (double)t->count, "trials");
}

#define TIME_FIGURES(c, f, name)                                                                   \
	time_figures(c, (const char *const[]){#name, #name "_low", #name "_high", #name "_count"}, \
		     &(f)->name, (f)->unit)

static void fault_figures(struct collecting *c, const struct fault_figure *f)
{
	TIME_FIGURES(c, f, ttd);
	TIME_FIGURES(c, f, ttr);
	TIME_FIGURES(c, f, repair);
	TIME_FIGURES(c, f, full);
	TIME_FIGURES(c, f, downtime);
	figure(c, "trials", (double)f->trials, "trials");
	figure(c, "activated", (double)f->activated, "trials");
	figure(c, "recovered", (double)f->recovered, "trials");
	figure(c, "censored", (double)f->censored, "trials");
	figure(c, "lost_operations", f->lost_operations, "op");
	figure(c, "rate_ratio", f->rate_ratio, "");
	figure(c, "neighbour_ratio", f->neighbour_ratio, "");
	figure(c, "fairness", f->fairness, "");
	figure(c, "worst_wait", f->worst_wait, unit_name(f->unit));
	figure(c, "steal", f->steal, unit_name(f->unit));
}

static void add_fault(struct collecting *c, const struct fault_figure *f)
{
	char name[LABEL_SIZE], platform[LABEL_SIZE], outcomes[LABEL_SIZE];
	char detect[LABEL_SIZE], recover[LABEL_SIZE];
	size_t lost = f->recovered + f->censored;

	label_fault(name, f);
	label_platform(platform, f->platform, f->variant);
	fault_figures(c, f);
	add(c, (struct point){
		       .kind = POINT_FAULT,
		       .result = POINT_MEASURED,
		       .run = f->run,
		       .group = f->fault->group,
		       .what = copy(c, name),
		       .name = copy(c, name),
		       .platform = copy(c, platform),
		       .execution = execution_name(f->execution),
		       .text = line(c, "%s on %s [%s]: %s; time to detect %s, to recover %s", name,
				    platform, execution_name(f->execution),
				    label_outcomes(outcomes, f),
				    label_time(detect, &f->ttd, f->unit, lost),
				    label_time(recover, &f->ttr, f->unit, lost)),
		       .seconds = f->seconds,
	       });
}

/* ---- Comparisons ---- */

static const char *side(char *s, const struct metric *m, const char *name)
{
	char value[NUMBER_SIZE];

	if (!m)
		return "nothing";
	text_print(s, LABEL_SIZE, "%s (%s [%s])", name,
		   number_figure(value, m->median, m->interval, m->unit),
		   execution_name(m->execution));
	return s;
}

/* As in report_exit_code: a platform that costs more has not regressed. */
static enum point_result verdict_result(const struct report *r, const struct comparison_row *row)
{
	enum verdict v = row->verdict;

	if (v == VERDICT_INCONCLUSIVE || !row->gates)
		return POINT_MEASURED;
	if (v == VERDICT_REGRESSED && strcmp(r->compared_by, "platform") != 0)
		return POINT_FAILED;
	return POINT_PASSED;
}

static void comparison_figures(struct collecting *c, const struct comparison_row *row)
{
	figure(c, "ratio", row->test.ratio, "");
	interval_figures(c, "low", "high", row->test.ratio_interval, "");
	figure(c, "p", row->test.p, "");
	figure(c, "adjusted_p", row->adjusted_p, "");
	figure(c, "detectable", row->test.detectable, "");
	figure(c, "delta", row->delta, "");
	if (row->exact.layouts) {
		const char *unit = unit_name((row->other ? row->other : row->base)->unit);

		figure(c, "difference", row->exact.median, unit);
		figure(c, "difference_least", row->exact.least, unit);
		figure(c, "difference_most", row->exact.most, unit);
		figure(c, "layouts", (double)row->exact.layouts, "");
	}
	if (row->base)
		figure(c, "base_median", row->base->median, unit_name(row->base->unit));
	if (row->other)
		figure(c, "other_median", row->other->median, unit_name(row->other->unit));
}

static void add_comparison(struct collecting *c, const struct comparison_row *row)
{
	const struct metric *m = row->other ? row->other : row->base;
	bool unlike = row->base && row->other && row->base->execution != row->other->execution;
	char name[LABEL_SIZE], platform[LABEL_SIZE], base[LABEL_SIZE], other[LABEL_SIZE];
	char ratio[NUMBER_SIZE], note[LABEL_SIZE];
	struct point p = {.kind = POINT_COMPARISON,
			  .run = m->run,
			  .group = m->bench->group,
			  .what = m->bench->name,
			  .execution = unlike ? NULL : execution_name(m->execution),
			  .why = row->why,
			  .seconds = NAN};
	const char *of_base = side(base, row->base, row->base_name);
	const char *of_other = side(other, row->other, row->other_name);

	label_metric(name, m);
	label_platform(platform, m->platform, m->variant);
	p.name = copy(c, name);
	p.platform = copy(c, platform);
	comparison_figures(c, row);
	if (!report_is_compared(row)) {
		p.result = POINT_SKIPPED;
		p.why = row->why ? row->why : "not compared";
		p.text = line(c, "%s on %s: %s against %s", name, platform, of_other, of_base);
	} else {
		p.result = verdict_result(c->r, row);
		p.text = line(c, "%s on %s: %s, %s against %s, ratio %s%s%s", name, platform,
			      verdict_name(row->verdict), of_other, of_base,
			      number_ratio(ratio, row->test.ratio, row->test.ratio_interval),
			      label_note(note, row)[0] ? "; " : "", note);
	}
	add(c, p);
}

/* ---- Limits and requirements ---- */

static const char *judged_unit(const struct judgement *x)
{
	if (x->criterion->kind == CRITERION_REQUIRE)
		return "trials";
	return x->criterion->unit < 0 ? "" : unit_name((enum unit)x->criterion->unit);
}

static void add_judgement(struct collecting *c, const struct judgement *x)
{
	static const enum point_result results[] = {POINT_MEASURED, POINT_PASSED, POINT_FAILED};
	bool limit = x->criterion->kind == CRITERION_LIMIT;
	const char *unit = judged_unit(x);

	figure(c, "value", x->value, unit);
	interval_figures(c, "low", "high", x->interval, unit);
	figure(c, "at_least", limit ? x->criterion->low : (double)x->criterion->trials, unit);
	figure(c, "at_most", limit ? x->criterion->high : NAN, unit);
	if (x->of) {
		figure(c, "within", (double)x->within, "trials");
		figure(c, "of", (double)x->of, "trials");
	}
	add(c, (struct point){
		       .kind = limit ? POINT_LIMIT : POINT_REQUIREMENT,
		       .result = results[x->result],
		       .run = x->run,
		       .group = x->metric  ? x->metric->bench->group
				: x->fault ? x->fault->fault->group
					   : "",
		       .what = x->metric ? x->metric->bench->name : x->what,
		       .name = line(c, "%s: %s", x->what, x->wanted),
		       .platform = x->platform,
		       .execution = x->metric  ? execution_name(x->metric->execution)
				    : x->fault ? execution_name(x->fault->execution)
					       : NULL,
		       .text = line(c, "%s%s%s: %s, %s%s%s%s%s", x->what,
				    x->platform[0] ? " on " : "", x->platform, x->wanted,
				    judged_name(x->result), x->found[0] ? ": " : "", x->found,
				    x->why ? "; " : "", x->why ? x->why : ""),
		       .why = x->why,
		       .seconds = NAN,
	       });
}

/* ---- What has no figure ---- */

static void add_skip(struct collecting *c, size_t i)
{
	const struct result_skip *s = c->r->skips[i];
	const struct result_run *run = label_run_of_skip(c->r, i);

	add(c, (struct point){
		       .kind = POINT_SKIP,
		       .result = POINT_SKIPPED,
		       .run = report_side(c->r, run ? run : c->r->runs[0]),
		       .group = s->kind,
		       .what = s->what,
		       .name = s->what,
		       .platform = s->platform ? s->platform : "",
		       .text = line(c, "%s %s%s%s", s->kind, s->what, s->platform ? " on " : "",
				    s->platform ? s->platform : ""),
		       .why = s->why,
		       .seconds = NAN,
	       });
}

/* Figures of a part of the plan are no pass of it: a job that was killed is not green. */
static void add_unfinished(struct collecting *c, const struct problem *x)
{
	char block[LABEL_SIZE], where[LABEL_SIZE + 4] = "";

	if (label_block(block, c->r, x->run)[0])
		snprintf(where, sizeof(where), ", %s", block);
	add(c, (struct point){
		       .kind = POINT_PROBLEM,
		       .result = POINT_CUT_OFF,
		       .run = report_side(c->r, x->run),
		       .group = "",
		       .what = x->what,
		       .name = line(c, "%s%s", x->what, where),
		       .platform = "",
		       .text = line(c, "%s%s: %s", x->what, where, x->why),
		       .why = x->why,
		       .seconds = NAN,
	       });
}

static void add_problem(struct collecting *c, const struct problem *x)
{
	static const enum point_result results[TRIAL_STATUSES] = {
		[TRIAL_INVALID] = POINT_BROKEN,
		[TRIAL_FAILED] = POINT_BROKEN,
		[TRIAL_UNSUPPORTED] = POINT_SKIPPED,
		[TRIAL_INTERRUPTED] = POINT_CUT_OFF,
	};
	const char *on = x->platform[0] ? " on " : "";
	char block[LABEL_SIZE], where[LABEL_SIZE + 4] = "";
	struct point p = {.kind = POINT_PROBLEM,
			  .result = results[x->status],
			  .run = report_side(c->r, x->run),
			  .group = "",
			  .what = x->what,
			  .name = x->what,
			  .platform = x->platform,
			  .why = x->why,
			  .seconds = NAN};

	if (x->status == TRIAL_OK) { /* a doubt */
		if (label_is_unfinished(x))
			add_unfinished(c, x);
		return;
	}
	if (label_block(block, c->r, x->run)[0]) {
		snprintf(where, sizeof(where), ", %s", block);
		p.name = line(c, "%s%s", x->what, where);
	}
	if (x->status == TRIAL_UNSUPPORTED)
		p.text = line(c, "%s%s%s%s", x->what, on, x->platform, where);
	else
		p.text = line(c, "%s%s%s%s: %zu trial%s %s: %s", x->what, on, x->platform, where,
			      x->count, x->count == 1 ? "" : "s", trial_status_name(x->status),
			      x->why);
	figure(c, "count", (double)x->count, "trials");
	add(c, p);
}

int points_collect(struct points *p, const struct report *r)
{
	struct collecting c = {.points = p, .r = r};
	size_t most = r->judgement_count + r->comparison_count + r->metric_count + r->fault_count +
		      r->skip_count + r->problem_count;

	memset(p, 0, sizeof(*p));
	p->list = arena_array(&p->arena, most + 1, sizeof(*p->list));
	if (!p->list) {
		errno = ENOMEM;
		return -1;
	}
	for (size_t i = 0; i < r->comparison_count; i++)
		add_comparison(&c, &r->comparisons[i]);
	for (size_t i = 0; i < r->judgement_count; i++)
		add_judgement(&c, &r->judgements[i]);
	for (size_t i = 0; i < r->metric_count; i++)
		add_metric(&c, &r->metrics[i]);
	for (size_t i = 0; i < r->fault_count; i++)
		add_fault(&c, &r->faults[i]);
	for (size_t i = 0; i < r->skip_count; i++)
		add_skip(&c, i);
	for (size_t i = 0; i < r->problem_count; i++)
		add_problem(&c, &r->problems[i]);
	if (!c.failed)
		return 0;
	points_free(p);
	errno = ENOMEM;
	return -1;
}

void points_free(struct points *p)
{
	arena_free(&p->arena);
	p->list = NULL;
	p->count = 0;
}
