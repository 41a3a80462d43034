/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits. The rule is that of ISO 14253-1 and JCGM 106:2012 (8.3.2, 8.3.3) for proving conformity
 * and non-conformity: passed where the whole 95 % interval lies within the limit, failed where all
 * of it lies beyond, inconclusive between. Many limits need no correction: that all are met is
 * shown where each is (Berger, Technometrics 24, 1982).
 *
 * A fault's time may be censored, and its limit is on a quantile. What is judged is the share of
 * trials that kept the limit, with its exact interval (Clopper, Pearson 1934), against that
 * quantile; a trial that was not watched for long enough to say counts against either verdict.
 *
 * A limit is meant for one way of execution, hardware unless it says so: nothing else can pass it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/criteria.h"
#include "report/label.h"
#include "report/noise.h"
#include "report/number.h"

#define TRIALS_LEAST   6u  /* for an interval of 95 % */
#define DISCARDED_MOST 0.2 /* of a cell's trials, beside a limit that is passed */

static const struct interval none = {NAN, NAN};

/* ---- What was wanted ---- */

static const char *amount(char *s, double v, const struct result_criterion *c)
{
	if (c->unit >= 0)
		return number_exact(s, v, (enum unit)c->unit);
	if (c->figure == LIMIT_NATIVE_RATIO)
		snprintf(s, NUMBER_SIZE, "%.9g×", v);
	else
		snprintf(s, NUMBER_SIZE, "%.9g %%", v * 100);
	return s;
}

static const char *wanted(struct judging *j, const struct result_criterion *c)
{
	char low[NUMBER_SIZE], high[NUMBER_SIZE], share[64] = "";
	const char *name = limit_figure_name(c->figure);

	if (!isnan(c->quantile))
		snprintf(share, sizeof(share), " in %.9g %% of trials", c->quantile * 100);
	if (isnan(c->low))
		return criteria_text(j, "%s at most %s%s", name, amount(high, c->high, c), share);
	if (isnan(c->high))
		return criteria_text(j, "%s at least %s%s", name, amount(low, c->low, c), share);
	return criteria_text(j, "%s from %s to %s%s", name, amount(low, c->low, c),
			     amount(high, c->high, c), share);
}

/* ---- An interval against a limit ---- */

static enum judged judge(const struct result_criterion *c, struct interval i)
{
	bool above = i.low > c->high, below = i.high < c->low; /* false for NaN */

	if (isnan(i.low) || isnan(i.high))
		return JUDGED_INCONCLUSIVE;
	if (above || below)
		return JUDGED_FAILED;
	if ((isnan(c->high) || i.high <= c->high) && (isnan(c->low) || i.low >= c->low))
		return JUDGED_PASSED;
	return JUDGED_INCONCLUSIVE;
}

/* Why a limit is neither kept nor broken. */
static const char *why_open(const struct judgement *x)
{
	if (!isnan(x->interval.low) && !isnan(x->interval.high))
		return "the limit lies within the interval";
	if (x->metric && x->metric->trials >= TRIALS_LEAST)
		return "too few trials have that figure above zero: there is no interval";
	return "fewer than six trials have no interval";
}

static void conclude(struct judgement *x)
{
	x->result = judge(x->criterion, x->interval);
	if (x->result == JUDGED_FAILED)
		x->why = "the whole interval lies beyond the limit";
	else if (x->result == JUDGED_INCONCLUSIVE)
		x->why = why_open(x);
}

/* ---- Benches ---- */

/* What is deterministic has no noise: its interval is from the least to the most layout. */
static struct interval range_of(const double *x, size_t n)
{
	struct interval i = {n ? x[0] : NAN, n ? x[0] : NAN};

	for (size_t k = 1; k < n; k++) {
		i.low = fmin(i.low, x[k]);
		i.high = fmax(i.high, x[k]);
	}
	return i;
}

/* A run's median is not the host's: where `aa` measured what runs differ in, the interval holds it.
 */
static struct interval between_runs(struct judging *j, struct judgement *x, struct interval i,
				    double median, const double *values, size_t count)
{
	const struct result_noise *n = noise_find(&j->a->report, x->metric);
	struct run_noise noise;
	double half;

	if (!n || x->metric->execution == EXECUTION_DETERMINISTIC)
		return i;
	noise = noise_of_side(n, x->metric);
	i = stats_widen_run(i, median, values, count, CONFIDENCE, &noise, &half);
	if (isnan(half))
		return i;
	x->between_runs = noise.deviation;
	x->between_runs_over = n->runs;
	return i;
}

/* The verdict must hold over the undisturbed batches alone, as that of a comparison. */
static void confirm(struct judging *j, struct judgement *x)
{
	const struct metric *m = x->metric;
	struct judgement without = *x;
	struct interval calm;

	if (x->result == JUDGED_INCONCLUSIVE || !m->disturbances || m->bench->disturbance_exempt)
		return;
	calm = stats_median_interval(m->undisturbed, m->undisturbed_count, CONFIDENCE);
	calm = between_runs(j, &without, calm, m->median_undisturbed, m->undisturbed,
			    m->undisturbed_count);
	if (judge(x->criterion, calm) == x->result)
		return;
	x->result = JUDGED_INCONCLUSIVE;
	x->why = isnan(calm.low) ? "too few trials have an undisturbed batch to confirm it"
				 : "undisturbed batches alone lead to another verdict";
}

static void take_figure(struct judging *j, struct judgement *x)
{
	const struct metric *m = x->metric;

	switch (x->criterion->figure) {
	case LIMIT_P99:
		x->value = m->p99;
		x->interval = m->p99_interval;
		break;
	case LIMIT_MEAN:
		x->value = m->mean;
		x->interval = m->mean_interval;
		break;
	case LIMIT_NATIVE_RATIO:
		x->value = m->native_ratio;
		x->interval = m->native_interval;
		break;
	default:
		x->value = m->median;
		x->interval =
			m->execution == EXECUTION_DETERMINISTIC
				? range_of(m->values, m->trials)
				: between_runs(j, x, m->interval, m->median, m->values, m->trials);
	}
}

/* Why the interval holds nothing of what runs differ in; NULL: it does, or has nothing to hold. */
static const char *why_not_held(struct judging *j, const struct judgement *x)
{
	const struct metric *m = x->metric;

	if (m && (m->execution == EXECUTION_DETERMINISTIC || !isnan(x->between_runs) ||
		  (isnan(x->interval.low) && isnan(x->interval.high))))
		return NULL;
	if (!m || x->criterion->figure != LIMIT_MEDIAN)
		return "aa measures what runs differ in of benches' medians alone";
	return noise_find(&j->a->report, m)
		       ? "its trials have no logarithms"
		       : "aa has not measured what runs differ in on this kind of host";
}

/* What stands beside an interval of them. */
static const char *held(char s[LABEL_SIZE], const struct judgement *x)
{
	char share[NUMBER_SIZE];

	s[0] = '\0';
	if (x->why_not_held)
		return ", variation between runs not included";
	if (!isnan(x->between_runs))
		snprintf(s, LABEL_SIZE, ", with %s between runs",
			 number_share(share, x->between_runs));
	return s;
}

static const char *metric_found(struct judging *j, const struct judgement *x)
{
	char value[NUMBER_SIZE], range[LABEL_SIZE], runs[LABEL_SIZE];
	enum unit unit = x->metric->unit;

	if (isnan(x->value))
		return "";
	if (x->criterion->figure == LIMIT_NATIVE_RATIO) {
		number_ratio(value, x->value, x->interval);
		label_ratio_interval(range, x->value, x->interval);
		return criteria_text(j, "%s× (%s%s)", value, range[0] ? range : NUMBER_NONE,
				     held(runs, x));
	}
	number_figure(value, x->value, x->interval, unit);
	number_interval(range, x->value, x->interval, unit);
	return criteria_text(j, "%s (%s%s)", value, range, held(runs, x));
}

/* What was discarded may be just what would have broken the limit. */
static void doubt_discarded(struct judging *j, struct judgement *x)
{
	const struct metric *m = x->metric;
	size_t all = m->trials + m->discarded;

	if (x->result != JUDGED_PASSED || (double)m->discarded <= DISCARDED_MOST * (double)all)
		return;
	x->result = JUDGED_INCONCLUSIVE;
	x->why = criteria_text(j,
			       "%zu of %zu trials were discarded: the rest does not stand for all",
			       m->discarded, all);
}

static void judge_metric(struct judging *j, struct judgement *x)
{
	const struct result_criterion *c = x->criterion;
	const struct metric *m = x->metric;

	take_figure(j, x);
	x->why_not_held = why_not_held(j, x);
	x->found = metric_found(j, x);
	if (c->execution >= 0 && (int)m->execution != c->execution) {
		x->why = criteria_text(j, "%s, and the limit is meant for %s: it cannot pass",
				       execution_name(m->execution),
				       execution_name((enum execution)c->execution));
	} else if (c->figure == LIMIT_NATIVE_RATIO && isnan(x->value)) {
		x->why = m->native_why;
	} else if (c->unit >= 0 && (enum unit)c->unit != m->unit) {
		x->why = criteria_text(j, "the limit is in %s, the figure in %s",
				       unit_name((enum unit)c->unit), unit_name(m->unit));
	} else {
		conclude(x);
		if (c->figure == LIMIT_MEDIAN)
			confirm(j, x);
		doubt_discarded(j, x);
	}
}

static int limit_on_metric(struct judging *j, const struct result_criterion *c,
			   const struct metric *m)
{
	char name[LABEL_SIZE], platform[LABEL_SIZE];
	struct judgement x = {.criterion = c, .metric = m, .between_runs = NAN};

	/* A ratio to native is about the others. */
	if (c->figure == LIMIT_NATIVE_RATIO && !strcmp(m->platform_name, BASELINE_PLATFORM))
		return 0;
	x.what = criteria_text(j, "%s", label_metric(name, m));
	x.platform = criteria_text(j, "%s", label_platform(platform, m->platform, m->variant));
	x.wanted = wanted(j, c);
	judge_metric(j, &x);
	return criteria_add(j, &x);
}

/* ---- Faults ---- */

static const struct time_figure *time_of(const struct fault_figure *f, enum limit_figure figure)
{
	const struct time_figure *const times[LIMIT_FIGURES] = {
		[LIMIT_TIME_TO_DETECT] = &f->ttd, [LIMIT_TIME_TO_RECOVER] = &f->ttr,
		[LIMIT_REPAIR] = &f->repair,	  [LIMIT_FULL_RECOVERY] = &f->full,
		[LIMIT_DOWNTIME] = &f->downtime,
	};

	return times[figure];
}

/* Trials that kept the limit for sure, and that cannot have. */
static void count_kept(const struct time_figure *t, double limit, size_t *kept, size_t *missed)
{
	*kept = *missed = 0;
	for (size_t i = 0; i < t->of; i++) {
		*kept += !t->late[i].censored && t->late[i].time <= limit;
		/* Watched for longer than the limit, and not seen by then. */
		*missed +=
			t->early[i].censored ? t->early[i].time >= limit : t->early[i].time > limit;
	}
}

static const char *share_found(struct judging *j, const struct judgement *x,
			       const struct time_figure *t, struct interval share)
{
	char low[NUMBER_SIZE], high[NUMBER_SIZE], time[LABEL_SIZE], runs[LABEL_SIZE];

	return criteria_text(j, "%zu of %zu trials (%s – %s%s); median %s%s", x->within, x->of,
			     number_share(low, share.low), number_share(high, share.high),
			     held(runs, x), label_time(time, t, x->fault->unit, t->of),
			     x->criterion->figure == LIMIT_TIME_TO_DETECT && x->fault->detector_ours
				     ? ", by our own detector"
				     : "");
}

static void judge_time(struct judging *j, struct judgement *x)
{
	const struct time_figure *t = time_of(x->fault, x->criterion->figure);
	double share = x->criterion->quantile;
	struct interval least, most;
	size_t missed;

	count_kept(t, x->criterion->high, &x->within, &missed);
	x->of = t->of;
	x->value = t->median;
	x->interval = (struct interval){t->low, t->high};
	if (!t->of) {
		x->why = "no trial lost what this is the time of";
		return;
	}
	x->why_not_held = why_not_held(j, x);
	least = stats_share_interval(x->within, t->of, CONFIDENCE);
	most = stats_share_interval(t->of - missed, t->of, CONFIDENCE);
	x->found = share_found(j, x, t, least);
	if (least.low >= share) {
		x->result = JUDGED_PASSED;
	} else if (most.high < share) {
		x->result = JUDGED_FAILED;
		x->why = "too many trials took longer";
	} else {
		x->why = x->within + missed < t->of
				 ? "some trials were not watched for as long as the limit"
				 : "so many trials show neither";
	}
}

static void judge_recovered(struct judging *j, struct judgement *x)
{
	const struct fault_figure *f = x->fault;
	size_t lost = f->recovered + f->censored;
	char text[LABEL_SIZE], runs[LABEL_SIZE];

	if (!lost) {
		x->why = "no trial lost service";
		return;
	}
	x->value = (double)f->recovered / (double)lost;
	x->interval = f->recovered_share;
	x->why_not_held = why_not_held(j, x);
	x->found = criteria_text(j, "%s%s", label_recovered(text, f), held(runs, x));
	conclude(x);
	if (x->result == JUDGED_INCONCLUSIVE)
		x->why = "so many trials show neither";
}

static int limit_on_fault(struct judging *j, const struct result_criterion *c,
			  const struct fault_figure *f)
{
	char name[LABEL_SIZE], platform[LABEL_SIZE];
	struct judgement x = {.criterion = c,
			      .fault = f,
			      .found = "",
			      .value = NAN,
			      .interval = none,
			      .between_runs = NAN};

	x.what = criteria_text(j, "%s", label_fault(name, f));
	x.platform = criteria_text(j, "%s", label_platform(platform, f->platform, f->variant));
	x.wanted = wanted(j, c);
	if (c->figure == LIMIT_RECOVERED)
		judge_recovered(j, &x);
	else if (c->unit >= 0 && (enum unit)c->unit != f->unit)
		x.why = criteria_text(j, "the limit is in %s, the figure in %s",
				      unit_name((enum unit)c->unit), unit_name(f->unit));
	else
		judge_time(j, &x);
	if (c->execution >= 0 && (int)f->execution != c->execution) {
		x.result = JUDGED_INCONCLUSIVE;
		x.why = criteria_text(j, "%s, and the limit is meant for %s: it cannot pass",
				      execution_name(f->execution),
				      execution_name((enum execution)c->execution));
	}
	return criteria_add(j, &x);
}

/* ---- All limits of a run ---- */

static int limit_on_nothing(struct judging *j, const struct result_criterion *c)
{
	struct judgement x = {.criterion = c,
			      .found = "",
			      .value = NAN,
			      .interval = none,
			      .what = c->what,
			      .between_runs = NAN};
	const char *skip = criteria_skip(j, c);

	x.platform = c->platform ? c->platform : "";
	x.wanted = wanted(j, c);
	x.why = criteria_text(j, "nothing that it is about was measured%s%s", skip ? ": " : "",
			      skip ? skip : "");
	return criteria_add(j, &x);
}

static int limits_of_entry(struct judging *j, size_t entry)
{
	const struct report *r = &j->a->report;
	bool of_bench = j->rows[entry].figure <= LIMIT_NATIVE_RATIO, any = false;
	const struct result_criterion *c;
	char name[LABEL_SIZE];

	for (size_t i = 0; i < r->metric_count && of_bench; i++) {
		const struct metric *m = &r->metrics[i];

		if (m->run != j->run)
			continue;
		c = criteria_match(j, entry, m->bench->name, m->platform_name);
		if (c && limit_on_metric(j, c, m))
			return -1;
		any |= c != NULL;
	}
	for (size_t i = 0; i < r->fault_count && !of_bench; i++) {
		const struct fault_figure *f = &r->faults[i];

		if (f->run != j->run)
			continue;
		c = criteria_match(j, entry, label_fault(name, f), f->platform_name);
		if (c && limit_on_fault(j, c, f))
			return -1;
		any |= c != NULL;
	}
	return any ? 0 : limit_on_nothing(j, &j->rows[entry]);
}

int criteria_limits(struct judging *j)
{
	for (size_t i = 0; i < j->count; i++)
		if (criteria_is_first(j, i, CRITERION_LIMIT) && limits_of_entry(j, i))
			return -1;
	return 0;
}
