/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults: outcomes and times of one fault, recovery, platform, variant and detector.
 *
 * A trial that has not recovered by its horizon is censored there, never dropped. A trial that lost
 * its service for good (corruption) can never recover: it stays at risk to its own horizon. Since
 * every trial's horizon is known beforehand, Kaplan and Meier's estimate over these times is that
 * of the cumulative incidence of recovery, self and assisted together, with loss competing (Fine
 * and Gray 1999, 3.1, "censoring complete"); where nothing is lost it is plain Kaplan-Meier. So is
 * the time to detect: what recovered undetected will never be detected.
 */
#include "harness/core/text.h"
#include "report/analysis_item.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A trial that failed before its fault began has no fault half. */
static const char *detector(const struct result_trial *t)
{
	return t->fault_trial ? t->fault_trial->detector : "";
}

static int by_place(const struct item *a, const struct item *b)
{
	int order = item_by_side(a, b);

	if (!order)
		order = item_by_number((uintptr_t)a->fault, (uintptr_t)b->fault);
	if (!order)
		order = strcmp(a->trial->recovery, b->trial->recovery);
	if (!order)
		order = item_by_number((uintptr_t)a->platform, (uintptr_t)b->platform);
	if (!order)
		order = strcmp(a->trial->variant, b->trial->variant);
	if (!order)
		order = item_by_number(a->trial->execution, b->trial->execution);
	return order;
}

static int by_cell(const void *x, const void *y)
{
	const struct item *a = x, *b = y;
	int order = by_place(a, b);

	return order ? order : strcmp(detector(a->trial), detector(b->trial));
}

/*
 * Is b, next in order after a, of a's figure? Times to detect of different detectors are different
 * figures. A trial whose fault never began had none at work: it stands first, and counts among the
 * others.
 */
static bool is_same_figure(const struct item *a, const struct item *b)
{
	const char *of_a = detector(a->trial);

	return !by_place(a, b) && (!of_a[0] || !strcmp(of_a, detector(b->trial)));
}

static int by_item(const void *x, const void *y)
{
	const struct item *a = x, *b = y;
	int order = by_cell(x, y);

	if (!order)
		order = item_by_run(a, b);
	return order ? order : item_by_number(a->trial->ordinal, b->trial->ordinal);
}

/* ---- What one trial says ---- */

static int64_t stamp(const struct result_trial *t, enum fault_stamp s)
{
	return t->fault_trial->stamp_ns[s];
}

static bool has(const struct result_trial *t, enum fault_stamp s)
{
	return stamp(t, s) >= 0;
}

/* Was service lost? Masked and degraded never lost it. */
static bool is_lost(const struct result_trial *t)
{
	switch (t->fault_trial->outcome) {
	case OUTCOME_AUTO_RECOVERED:
	case OUTCOME_ASSISTED_RECOVERED:
	case OUTCOME_HANG:
	case OUTCOME_CRASH:
	case OUTCOME_DETECTED_CORRUPTION:
	case OUTCOME_SILENT_CORRUPTION:
		return true;
	case OUTCOME_COLLATERAL: /* about the neighbours; its own fate is in the stamps */
		return has(t, T4_FIRST_SERVICE) || t->fault_trial->downtime_ns > 0;
	default:
		return false;
	}
}

static bool is_recovered(const struct result_trial *t)
{
	if (t->fault_trial->outcome == OUTCOME_COLLATERAL)
		return has(t, T4_FIRST_SERVICE);
	return outcome_recovered(t->fault_trial->outcome);
}

static bool is_activated(const struct result_trial *t)
{
	return t->fault_trial->outcome != OUTCOME_NOT_ACTIVATED;
}

/* Why a trial says nothing about the platform; NULL where it does. */
static const char *contradiction(const struct result_trial *t)
{
	if (is_lost(t) && !has(t, T0_INJECTED))
		return "it lost service, but has no stamp of the injection";
	if (is_recovered(t) && !has(t, T4_FIRST_SERVICE))
		return "it recovered, but has no stamp of its first service";
	for (int s = T1_ACTIVE; s < FAULT_STAMPS; s++) {
		if (has(t, s) && !has(t, T0_INJECTED))
			return "it has a stamp, but none of the injection";
		if (has(t, s) && stamp(t, s) < stamp(t, T0_INJECTED))
			return "a stamp lies before the injection";
	}
	if (has(t, T5_BASELINE) && stamp(t, T5_BASELINE) < stamp(t, T4_FIRST_SERVICE))
		return "it was back at baseline before its first service";
	return NULL;
}

static const char *no_figure(const struct result_trial *t, enum trial_status *status)
{
	*status = t->status;
	if (t->status != TRIAL_OK)
		return t->reason[0] ? t->reason : "no reason is stored";
	*status = TRIAL_FAILED;
	if (t->fault_trial->outcome == OUTCOME_HARNESS_ERROR)
		return t->reason[0] ? t->reason : "our own failure";
	*status = TRIAL_INVALID;
	return contradiction(t);
}

const char *analysis_fault_no_figure(const struct result_trial *t)
{
	enum trial_status status;

	return no_figure(t, &status);
}

/* ---- Times over the trials of a cell ---- */

/* Nominal times, and the earliest and latest that the stamps' uncertainty allows. */
struct times {
	struct survival_time *nominal, *early, *late;
	size_t count, observed;
};

static int times_begin(struct analysis *a, struct times *t, size_t n)
{
	t->nominal = arena_array(&a->arena, n, sizeof(*t->nominal));
	t->early = arena_array(&a->arena, n, sizeof(*t->early));
	t->late = arena_array(&a->arena, n, sizeof(*t->late));
	t->count = t->observed = 0;
	return t->nominal && t->early && t->late ? 0 : analysis_no_memory(a);
}

static void times_add(struct times *t, double nominal, double early, double late, bool censored)
{
	size_t i = t->count++;

	t->nominal[i] = (struct survival_time){nominal, censored};
	t->early[i] = (struct survival_time){fmax(early, 0), censored};
	t->late[i] = (struct survival_time){late, censored};
	t->observed += !censored;
}

/* From one stamp to another, each true somewhere within [stamp - uncertainty, stamp]; censored
 * at `horizon` after the first where `seen` is not. */
static void times_add_stamps(struct times *t, const struct result_trial *trial,
			     enum fault_stamp from, enum fault_stamp to, bool seen, double horizon)
{
	const struct result_fault_trial *f = trial->fault_trial;
	double time = (double)(f->stamp_ns[to] - f->stamp_ns[from]);

	if (seen)
		times_add(t, time, time - (double)f->uncertainty_ns[to],
			  time + (double)f->uncertainty_ns[from], false);
	else
		times_add(t, fmax(horizon, 0), horizon, fmax(horizon, 0), true);
}

/* The median's interval where every time was observed: by order statistics, as for metrics. */
static struct interval observed_interval(const struct survival_time *t, size_t n)
{
	double *x = calloc(n, sizeof(*x));
	struct interval i = {NAN, NAN};

	for (size_t k = 0; x && k < n; k++)
		x[k] = t[k].time;
	if (x)
		i = stats_median_interval(x, n, CONFIDENCE);
	free(x);
	return i;
}

static struct interval interval_of(const struct times *t, const struct survival_time *bound)
{
	struct interval i;

	if (t->count && t->observed == t->count)
		return observed_interval(bound, t->count);
	stats_survival_quantile(bound, t->count, 0.5, CONFIDENCE, &i);
	return i;
}

static struct time_figure times_figure(const struct times *t)
{
	struct time_figure f = {
		.count = t->observed, .of = t->count, .early = t->early, .late = t->late};

	f.median = stats_survival_quantile(t->nominal, t->count, 0.5, CONFIDENCE, NULL);
	f.low = isnan(f.median) ? NAN : interval_of(t, t->early).low;
	f.high = isnan(f.median) ? NAN : interval_of(t, t->late).high;
	return f;
}

struct cell { /* everything about one fault_figure while it is computed */
	struct times ttd, ttr, repair, full, downtime;
	double *lost, *rate, *neighbour, *fairness, *wait, *steal;
	size_t lost_count, rate_count, neighbour_count, fairness_count, wait_count, steal_count;
};

static int cell_begin(struct analysis *a, struct cell *c, size_t n)
{
	double **const columns[] = {&c->lost,	  &c->rate, &c->neighbour,
				    &c->fairness, &c->wait, &c->steal};
	struct times *const times[] = {&c->ttd, &c->ttr, &c->repair, &c->full, &c->downtime};

	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (times_begin(a, times[i], n))
			return -1;
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		*columns[i] = arena_array(&a->arena, n, sizeof(double));
		if (!*columns[i])
			return analysis_no_memory(a);
	}
	return 0;
}

static void add_known(double *column, size_t *count, double v)
{
	if (isfinite(v))
		column[(*count)++] = v;
}

static double known(int64_t v)
{
	return v < 0 ? NAN : (double)v;
}

static void add_times(struct cell *c, const struct result_trial *t)
{
	double horizon = (double)t->fault_trial->horizon_ns;
	bool recovered = is_recovered(t);
	bool detected = has(t, T2_DETECTED);

	times_add_stamps(&c->ttd, t, T0_INJECTED, T2_DETECTED, detected, horizon);
	times_add_stamps(&c->ttr, t, T0_INJECTED, T4_FIRST_SERVICE, recovered, horizon);
	times_add_stamps(&c->full, t, T0_INJECTED, T5_BASELINE, recovered && has(t, T5_BASELINE),
			 horizon);
	/* What was served again before anybody noticed was not repaired. */
	if (detected && !(recovered && stamp(t, T4_FIRST_SERVICE) < stamp(t, T2_DETECTED)))
		times_add_stamps(&c->repair, t, T2_DETECTED, T4_FIRST_SERVICE, recovered,
				 horizon - (double)(stamp(t, T2_DETECTED) - stamp(t, T0_INJECTED)));
}

/* Service was slow but never lost: it is detected, and comes back to its baseline. */
static void add_degraded_times(struct cell *c, const struct result_trial *t)
{
	double horizon = (double)t->fault_trial->horizon_ns;

	times_add_stamps(&c->ttd, t, T0_INJECTED, T2_DETECTED, has(t, T2_DETECTED), horizon);
	times_add_stamps(&c->full, t, T0_INJECTED, T5_BASELINE, has(t, T5_BASELINE), horizon);
}

/* Service went on, and what commands the guest was lost: that is detected, and comes back. */
static bool lost_management(const struct result_trial *t)
{
	return t->fault_trial->outcome == OUTCOME_MASKED && has(t, T2_DETECTED);
}

static void add_management_times(struct cell *c, const struct result_trial *t)
{
	double horizon = (double)t->fault_trial->horizon_ns;
	bool back = has(t, T4_FIRST_SERVICE);

	times_add_stamps(&c->ttd, t, T0_INJECTED, T2_DETECTED, true, horizon);
	times_add_stamps(&c->ttr, t, T0_INJECTED, T4_FIRST_SERVICE, back, horizon);
	times_add_stamps(&c->repair, t, T2_DETECTED, T4_FIRST_SERVICE, back,
			 horizon - (double)(stamp(t, T2_DETECTED) - stamp(t, T0_INJECTED)));
}

/* May it have gone on beyond the watch? Also that of a guest which came back, was lost again, and
 * was not at its baseline before the end. */
static bool is_downtime_open(const struct result_trial *t)
{
	if (!is_lost(t) || !is_recovered(t))
		return is_lost(t);
	return !has(t, T5_BASELINE) &&
	       t->fault_trial->downtime_ns > stamp(t, T4_FIRST_SERVICE) - stamp(t, T0_INJECTED);
}

static void add_trial(struct cell *c, struct fault_figure *f, const struct result_trial *t)
{
	const struct result_fault_trial *ft = t->fault_trial;
	double downtime = (double)ft->downtime_ns;
	bool lost = is_lost(t);

	f->trials++;
	f->seconds += (double)t->duration_ns * 1e-9;
	f->detector_ours |= ft->detector_ours;
	f->outcomes[ft->outcome]++;
	if (!is_activated(t))
		return;
	f->activated++;
	f->recovered += lost && is_recovered(t);
	f->censored += lost && !is_recovered(t);
	if (lost)
		add_times(c, t);
	else if (ft->outcome == OUTCOME_DEGRADED)
		add_degraded_times(c, t);
	else if (lost_management(t))
		add_management_times(c, t);
	times_add(&c->downtime, downtime, downtime, downtime, is_downtime_open(t));
	add_known(c->lost, &c->lost_count, known(ft->lost_operations));
	if (ft->baseline_rate > 0)
		add_known(c->rate, &c->rate_count, ft->fault_rate / ft->baseline_rate);
	add_known(c->neighbour, &c->neighbour_count, ft->neighbour_ratio);
	add_known(c->fairness, &c->fairness_count, ft->fairness);
	add_known(c->wait, &c->wait_count, known(ft->worst_wait_ns));
	add_known(c->steal, &c->steal_count, known(ft->steal_ns));
}

static void finish(struct cell *c, struct fault_figure *f)
{
	size_t lost = f->recovered + f->censored;

	f->recovered_share = lost ? stats_share_interval(f->recovered, lost, CONFIDENCE)
				  : (struct interval){NAN, NAN};
	f->ttd = times_figure(&c->ttd);
	f->ttr = times_figure(&c->ttr);
	f->recoveries = c->ttr.nominal;
	f->recovery_count = c->ttr.count;
	f->repair = times_figure(&c->repair);
	f->full = times_figure(&c->full);
	f->downtime = times_figure(&c->downtime);
	f->lost_operations = stats_median(c->lost, c->lost_count);
	f->rate_ratio = stats_median(c->rate, c->rate_count);
	f->neighbour_ratio = stats_median(c->neighbour, c->neighbour_count);
	f->fairness = stats_median(c->fairness, c->fairness_count);
	f->worst_wait = stats_median(c->wait, c->wait_count);
	f->steal = stats_median(c->steal, c->steal_count);
}

/* How far a trial is from a typical one; less is better. */
static double oddity(const struct fault_figure *f, const struct result_trial *t)
{
	enum trial_status status;

	if (no_figure(t, &status) || !is_activated(t))
		return INFINITY;
	if (!is_lost(t))
		return 1e300;
	if (isnan(f->ttr.median) || !is_recovered(t))
		return isnan(f->ttr.median) && !is_recovered(t) ? 0 : 1e200;
	return fabs((double)(stamp(t, T4_FIRST_SERVICE) - stamp(t, T0_INJECTED)) - f->ttr.median);
}

static const struct result_trial *typical(const struct fault_figure *f, const struct item *items,
					  size_t n)
{
	const struct result_trial *best = NULL;
	double least = INFINITY;

	for (size_t i = 0; i < n; i++) {
		double odd = oddity(f, items[i].trial);

		if (odd < least) {
			least = odd;
			best = items[i].trial;
		}
	}
	return best;
}

static int note(struct analysis *a, const struct item *item, enum trial_status status,
		const char *why)
{
	char name[256];

	text_print(name, sizeof(name), "%s+%s", item->fault->name, item->trial->recovery);
	return analysis_problem(a, item->run, name, item->platform->label, status, why);
}

static int add_figure(struct analysis *a, const struct item *items, size_t n)
{
	struct fault_figure *f = &a->report.faults[a->report.fault_count];
	struct cell c;

	*f = (struct fault_figure){.run = items->side,
				   .fault = items->fault,
				   .platform = items->platform->label,
				   .platform_name = items->platform->name,
				   .recovery = items->trial->recovery,
				   .variant = items->trial->variant,
				   .execution = items->trial->execution,
				   .unit = unit_of_figure(NANOSECONDS, items->trial->execution),
				   .detector = detector(items[n - 1].trial),
				   .result = items->source->file->result};
	if (cell_begin(a, &c, n))
		return -1;
	for (size_t i = 0; i < n; i++) {
		enum trial_status status;
		const char *why = no_figure(items[i].trial, &status);

		if (!why)
			add_trial(&c, f, items[i].trial);
		else if (note(a, &items[i], status, why))
			return -1;
	}
	if (!f->trials) /* all of them are in the problems */
		return 0;
	finish(&c, f);
	f->example = typical(f, items, n);
	a->report.fault_count++;
	return 0;
}

int analysis_faults(struct analysis *a)
{
	struct item *items;
	size_t count;
	int failed;

	a->report.faults = arena_array(&a->arena, a->trial_count, sizeof(struct fault_figure));
	if (!a->report.faults)
		return analysis_no_memory(a);
	failed = analysis_items(a, ITEMS_OF_FAULTS, by_item, &items, &count);
	for (size_t i = 0, end; i < count && !failed; i = end) {
		for (end = i + 1; end < count && is_same_figure(&items[end - 1], &items[end]);)
			end++;
		failed = add_figure(a, items + i, end - i);
	}
	free(items);
	return failed;
}
