/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requirements: what must really have been measured, or broken, for a host to be qualified. What
 * was skipped, failed, ran in another way, or has too few trials fails; there is nothing
 * inconclusive about it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/core/text.h"
#include "report/criteria.h"
#include "report/label.h"

#define MAX_LABELS 1024u /* faults with their recoveries */

/* How often one thing was exercised on one platform. */
struct exercised {
	const char *platform; /* as in plans; NULL: nowhere */
	size_t trials;
	const char *why; /* why not more; NULL: it was */
};

static bool is_like(const struct result_criterion *c, enum execution e)
{
	return c->execution < 0 || c->execution == (int)e;
}

static const char *unlike(struct judging *j, enum execution ran, const struct result_criterion *c)
{
	return criteria_text(j, "it ran %s, and %s is required", execution_name(ran),
			     execution_name((enum execution)c->execution));
}

const char *criteria_skipped(struct judging *j, const char *what, const char *platform)
{
	const struct report *r = &j->a->report;
	bool fault = strchr(what, '+') != NULL;

	for (size_t i = 0; i < r->skip_count; i++) {
		const struct result_skip *s = r->skips[i];
		size_t length = strcspn(s->what, fault ? "" : "+");

		if (label_run_of_skip(r, i) != j->run)
			continue;
		if (!s->platform ? !strcmp(s->what, platform)
				 : !strcmp(s->platform, platform) && strlen(what) == length &&
					   !strncmp(s->what, what, length))
			return criteria_text(j, "skipped: %s", s->why);
	}
	return NULL;
}

/* Trials of every block count. */
static bool is_of_side(const struct judging *j, const struct result_trial *t)
{
	return t->run == j->run->id || report_block_of(&j->a->report, j->run, t->run);
}

/* ---- Benches ---- */

/* Valid trials of one cell that ran alike; `other` becomes how it ran where that was otherwise. */
static size_t trials_of_cell(const struct judging *j, const struct result_criterion *c,
			     const struct result_trial *t, int *other)
{
	const struct report *r = &j->a->report;

	for (size_t i = 0; i < r->metric_count; i++) {
		const struct metric *m = &r->metrics[i];

		if (m->run != j->run || m->parameter != t->parameter ||
		    strcmp(m->bench->name, t->bench) != 0 ||
		    strcmp(m->platform_name, t->platform) != 0 ||
		    strcmp(m->variant, t->variant) != 0)
			continue;
		if (is_like(c, m->execution))
			return m->trials;
		*other = (int)m->execution;
	}
	return 0;
}

/* A bench is exercised as often as the least of its parameters and variants. */
static struct exercised bench_on(struct judging *j, const struct result_criterion *c,
				 const char *bench, const char *platform)
{
	struct exercised e = {.platform = platform};
	const struct result_trial *t;
	bool any = false;
	int other = -1;
	size_t count;

	if (result_trials(j->file->result, &t, &count))
		return e; /* read before: it cannot fail now */
	for (size_t i = 0; i < count; i++) {
		size_t n;

		if (!t[i].bench || strcmp(t[i].bench, bench) != 0 ||
		    strcmp(t[i].platform, platform) != 0 || !is_of_side(j, &t[i]))
			continue;
		n = trials_of_cell(j, c, &t[i], &other);
		e.trials = !any || n < e.trials ? n : e.trials;
		any = true;
	}
	if (!e.trials)
		e.why = criteria_skipped(j, bench, platform);
	if (!e.trials && !e.why)
		e.why = other >= 0 ? unlike(j, (enum execution)other, c)
			: any	   ? "no trial is valid"
				   : "it did not run there";
	return e;
}

/* ---- Faults ---- */

/* `wanted`: "hang" for any recovery of it, or "hang+restart". */
static bool is_fault(const char *name, const char *recovery, const char *wanted)
{
	char label[LABEL_SIZE];

	if (!strcmp(name, wanted))
		return true;
	text_print(label, sizeof(label), "%s+%s", name, recovery);
	return !strcmp(label, wanted);
}

/* What keeps a fault from counting, where no trial of it does. */
struct shortfall {
	bool inactive;
	int other; /* how it ran instead; -1 */
};

/* In how many trials of a variant it was active: with the recovery that has most. */
static size_t active_in(const struct judging *j, const struct result_criterion *c,
			const char *fault, const struct result_trial *t, struct shortfall *missing)
{
	const struct report *r = &j->a->report;
	size_t most = 0;

	for (size_t i = 0; i < r->fault_count; i++) {
		const struct fault_figure *f = &r->faults[i];

		if (f->run != j->run || strcmp(f->platform_name, t->platform) != 0 ||
		    strcmp(f->variant, t->variant) != 0 ||
		    !is_fault(f->fault->name, f->recovery, fault))
			continue;
		if (!is_like(c, f->execution))
			missing->other = (int)f->execution;
		else if (!f->activated)
			missing->inactive = true;
		else
			most = f->activated > most ? f->activated : most;
	}
	return most;
}

/* A fault is exercised as often as in the least of its variants. */
static struct exercised fault_on(struct judging *j, const struct result_criterion *c,
				 const char *fault, const char *platform)
{
	struct exercised e = {.platform = platform};
	struct shortfall missing = {.other = -1};
	const struct result_trial *t;
	bool any = false;
	size_t count;

	if (result_trials(j->file->result, &t, &count))
		return e; /* read before: it cannot fail now */
	for (size_t i = 0; i < count; i++) {
		size_t n;

		if (!t[i].fault || strcmp(t[i].platform, platform) != 0 || !is_of_side(j, &t[i]) ||
		    !is_fault(t[i].fault, t[i].recovery, fault))
			continue;
		n = active_in(j, c, fault, &t[i], &missing);
		e.trials = !any || n < e.trials ? n : e.trials;
		any = true;
	}
	if (!e.trials)
		e.why = criteria_skipped(j, fault, platform);
	if (!e.trials && !e.why)
		e.why = missing.inactive     ? "it was active in no trial"
			: missing.other >= 0 ? unlike(j, (enum execution)missing.other, c)
			: any		     ? "no trial is valid"
					     : "it did not run there";
	return e;
}

/* ---- A requirement ---- */

struct required {
	struct judging *j;
	const struct result_criterion *c;
	bool any; /* something of the run matches */
	struct exercised (*on)(struct judging *j, const struct result_criterion *c,
			       const char *what, const char *platform);
};

static int conclude(struct required *q, const char *what, const char *platform,
		    const struct exercised *e)
{
	struct judging *j = q->j;
	const struct result_criterion *c = q->c;
	struct judgement x = {.criterion = c,
			      .what = what,
			      .platform = platform ? platform : "",
			      .value = e ? (double)e->trials : NAN,
			      .interval = {NAN, NAN},
			      .found = "",
			      .result = JUDGED_FAILED};

	q->any = true;
	x.wanted =
		criteria_text(j, "%u trials%s%s", c->trials, c->execution < 0 ? "" : " in ",
			      c->execution < 0 ? "" : execution_name((enum execution)c->execution));
	if (e && e->platform && e->trials)
		x.found = criteria_text(j, "%zu trials on %s", e->trials, e->platform);
	if (e && e->trials >= c->trials)
		x.result = JUDGED_PASSED;
	else if (e && e->trials)
		x.why = "too few trials";
	else if (e)
		x.why = e->why;
	else
		x.why = platform ? "no such platform in this run"
				 : "the run has no such bench or fault";
	return criteria_add(j, &x);
}

/* On each platform that the requirement names. */
static int on_named(struct required *q, const char *what, const struct result_platform *p,
		    size_t count)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		struct exercised e;

		if (p[i].run != q->j->run->id || !criterion_is_about(q->c, NULL, p[i].name))
			continue;
		any = true;
		e = q->on(q->j, q->c, what, p[i].name);
		if (conclude(q, what, p[i].label, &e))
			return -1;
	}
	return any ? 0 : conclude(q, what, q->c->platform, NULL);
}

/* On one platform at least, which is not the baseline: native is no virtualization. */
static int on_any(struct required *q, const char *what, const struct result_platform *p,
		  size_t count)
{
	struct exercised best = {.why = "no platform but native"};

	for (size_t i = 0; i < count; i++) {
		struct exercised e;

		if (p[i].run != q->j->run->id || !strcmp(p[i].name, BASELINE_PLATFORM))
			continue;
		e = q->on(q->j, q->c, what, p[i].name);
		if (!best.platform || e.trials > best.trials)
			best = e;
	}
	return conclude(q, what, NULL, &best);
}

static int require_one(struct required *q, const char *what)
{
	const struct result_platform *p;
	size_t count;

	if (result_platforms(q->j->file->result, &p, &count))
		return analysis_fail(q->j->a, "%s", result_error(q->j->file->result));
	return q->c->platform ? on_named(q, what, p, count) : on_any(q, what, p, count);
}

static int require_benches(struct required *q)
{
	const struct result_bench *b;
	size_t count;

	q->on = bench_on;
	if (result_benches(q->j->file->result, &b, &count))
		return analysis_fail(q->j->a, "%s", result_error(q->j->file->result));
	for (size_t i = 0; i < count; i++)
		if (b[i].run == q->j->run->id && criterion_is_about(q->c, b[i].name, NULL) &&
		    require_one(q, b[i].name))
			return -1;
	return 0;
}

static int require_faults(struct required *q)
{
	const struct result_fault *f;
	size_t count;

	q->on = fault_on;
	if (result_faults(q->j->file->result, &f, &count))
		return analysis_fail(q->j->a, "%s", result_error(q->j->file->result));
	for (size_t i = 0; i < count; i++)
		if (f[i].run == q->j->run->id && criterion_is_about(q->c, f[i].name, NULL) &&
		    require_one(q, f[i].name))
			return -1;
	return 0;
}

/* ---- With their recoveries: what was tried, and what was skipped ---- */

struct labels {
	const char *list[MAX_LABELS];
	size_t count;
};

static void add_label(struct labels *l, const struct required *q, const char *label)
{
	if (l->count == MAX_LABELS || !strchr(label, '+') || !criterion_is_about(q->c, label, NULL))
		return;
	for (size_t i = 0; i < l->count; i++)
		if (!strcmp(l->list[i], label))
			return;
	label = criteria_text(q->j, "%s", label);
	if (label)
		l->list[l->count++] = label;
}

static int require_recoveries(struct required *q)
{
	const struct report *r = &q->j->a->report;
	const struct result_trial *t;
	struct labels labels = {.count = 0};
	char label[LABEL_SIZE];
	size_t count;

	q->on = fault_on;
	if (result_trials(q->j->file->result, &t, &count))
		return analysis_fail(q->j->a, "%s", result_error(q->j->file->result));
	for (size_t i = 0; i < count; i++) {
		if (!t[i].fault || !is_of_side(q->j, &t[i]))
			continue;
		text_print(label, sizeof(label), "%s+%s", t[i].fault, t[i].recovery);
		add_label(&labels, q, label);
	}
	for (size_t i = 0; i < r->skip_count; i++)
		if (label_run_of_skip(r, i) == q->j->run && !strcmp(r->skips[i]->kind, "fault"))
			add_label(&labels, q, r->skips[i]->what);
	for (size_t i = 0; i < labels.count; i++)
		if (require_one(q, labels.list[i]))
			return -1;
	return 0;
}

int criteria_required(struct judging *j)
{
	for (size_t i = 0; i < j->count; i++) {
		struct required q = {.j = j, .c = &j->rows[i]};
		int failed;

		if (q.c->run != j->run->id || q.c->kind != CRITERION_REQUIRE)
			continue;
		failed = strchr(q.c->what, '+') ? require_recoveries(&q)
						: require_benches(&q) || require_faults(&q);
		if (failed || (!q.any && conclude(&q, q.c->what, NULL, NULL)))
			return -1;
	}
	return 0;
}
