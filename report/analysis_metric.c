/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metrics: per trial first, then over trials. Batches and samples of different trials are never
 * pooled (that gives 69 % false alarms), but for the histogram that is only drawn.
 */
#include "harness/core/text.h"
#include "report/analysis_item.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Pictures of so many metrics; beyond that a file is no run of ours, and 34 KiB each add up. */
#define MAX_PICTURES 4096u

#define LOOP_TOLERANCE 0.02 /* stamped against un-instrumented means */
#define LOOP_WORTH     20   /* where the operation takes that many times the stamp's cost */

/* Every trial of one metric, as columns. */
struct columns {
	double *median, *mean, *p99, *plain, *undisturbed, *mean_ns, *plain_ns, *overhead, *exits,
		*emulated, *share;
	uint64_t *seed;
	uint32_t *block, *undisturbed_block;
	uint64_t *place, *undisturbed_place;
	const struct result_run *last_run; /* blocks come one after the other */
	size_t blocks;
	size_t count, batches, disturbed;
	bool watched;
	struct warm_up warm_up;
};

static int by_metric(const void *x, const void *y)
{
	const struct item *a = x, *b = y;
	int order = item_by_side(a, b);

	if (!order)
		order = item_by_number((uintptr_t)a->bench, (uintptr_t)b->bench);
	if (!order)
		order = (a->trial->parameter > b->trial->parameter) -
			(a->trial->parameter < b->trial->parameter);
	if (!order)
		order = item_by_number((uintptr_t)a->platform, (uintptr_t)b->platform);
	if (!order)
		order = strcmp(a->trial->variant, b->trial->variant);
	return order;
}

/* Within one metric: valid trials first, by execution, then in the order they ran. */
static int by_item(const void *x, const void *y)
{
	const struct item *a = x, *b = y;
	int order = by_metric(x, y);

	if (!order)
		order = (a->trial->status != TRIAL_OK) - (b->trial->status != TRIAL_OK);
	if (!order && a->trial->status == TRIAL_OK)
		order = (int)a->trial->execution - (int)b->trial->execution;
	if (!order)
		order = item_by_run(a, b);
	return order ? order : item_by_number(a->trial->ordinal, b->trial->ordinal);
}

/* "mem_copy bytes=4096" */
static void name_item(const struct item *item, char *name, size_t size)
{
	if (item->bench->parameter_name)
		text_print(name, size, "%s %s=%lld", item->bench->name, item->bench->parameter_name,
			   (long long)item->trial->parameter);
	else
		text_print(name, size, "%s", item->bench->name);
}

static int note(struct analysis *a, const struct item *item, enum trial_status status,
		const char *why)
{
	char name[256];

	name_item(item, name, sizeof(name));
	return analysis_problem(a, item->run, name, item->platform->label, status, why);
}

/* ---- One metric ---- */

static int allocate_columns(struct analysis *a, struct columns *c, size_t n)
{
	double **const columns[] = {
		&c->median,   &c->mean,	    &c->p99,   &c->plain,    &c->undisturbed, &c->mean_ns,
		&c->plain_ns, &c->overhead, &c->exits, &c->emulated, &c->share,
	};

	/* Some of these become the metric's: they outlive this. */
	c->seed = arena_array(&a->arena, n, sizeof(*c->seed));
	c->block = arena_array(&a->arena, n, sizeof(*c->block));
	c->undisturbed_block = arena_array(&a->arena, n, sizeof(*c->block));
	c->place = arena_array(&a->arena, n, sizeof(*c->place));
	c->undisturbed_place = arena_array(&a->arena, n, sizeof(*c->place));
	if (!c->seed || !c->block || !c->undisturbed_block || !c->place || !c->undisturbed_place)
		return analysis_no_memory(a);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		*columns[i] = arena_array(&a->arena, n, sizeof(double));
		if (!*columns[i])
			return analysis_no_memory(a);
	}
	return 0;
}

static size_t keep_known(double *x, size_t n)
{
	size_t known = 0;

	for (size_t i = 0; i < n; i++)
		if (isfinite(x[i]))
			x[known++] = x[i];
	return known;
}

double analysis_median_known(double *x, size_t n)
{
	return stats_median(x, keep_known(x, n));
}

static double figure_known(double *x, size_t n, struct interval *interval)
{
	size_t known = keep_known(x, n);

	*interval = stats_median_interval(x, known, CONFIDENCE);
	return stats_median(x, known);
}

static uint32_t block_of(struct columns *c, const struct result_run *run)
{
	if (run != c->last_run) {
		c->last_run = run;
		c->blocks++;
	}
	return (uint32_t)c->blocks - 1;
}

static void add_trial(struct columns *c, struct metric *m, const struct item *item,
		      const struct trial_figures *f)
{
	size_t i = c->count++;

	c->median[i] = f->median;
	c->mean[i] = f->mean;
	c->p99[i] = f->p99;
	c->plain[i] = f->plain;
	c->mean_ns[i] = f->mean_ns;
	c->plain_ns[i] = f->plain_ns;
	c->overhead[i] = f->overhead_ns;
	c->exits[i] = item->trial->exits_per_op;
	c->emulated[i] = item->trial->emulated_per_op;
	c->seed[i] = item->trial->seed;
	c->block[i] = block_of(c, item->run);
	c->place[i] = item->place;
	c->share[i] = f->batches ? (double)f->disturbed / (double)f->batches : 0;
	if (isfinite(f->undisturbed)) {
		c->undisturbed_block[m->undisturbed_count] = c->block[i];
		c->undisturbed_place[m->undisturbed_count] = item->place;
		c->undisturbed[m->undisturbed_count++] = f->undisturbed;
	}
	c->watched |= f->watched;
	c->batches += f->batches;
	c->disturbed += f->disturbed;
	m->disturbances |= f->disturbances;
	m->seconds += (double)item->trial->duration_ns * 1e-9;
}

/* Trials may have calibrated their clocks a little apart; a picture does not show that. */
static void add_picture(struct metric *m, const struct result_trial *t, const struct histogram *h)
{
	if (!m->histogram)
		return;
	if (!m->histogram->total)
		m->tick_ns = analysis_tick(t);
	if (fabs(analysis_tick(t) / m->tick_ns - 1) < 0.01)
		histogram_merge(m->histogram, h);
}

/*
 * Do the un-instrumented loops disagree with the stamps? Judged by the ratio within each trial, as
 * trials drift, and only where the interval of its median lies outside the tolerance: the mean of
 * a disturbed trial alone says nothing about stamps.
 */
static bool loops_disagree(const struct columns *c)
{
	double *ratio = calloc(c->count + 1, sizeof(*ratio));
	struct interval i = {NAN, NAN};
	size_t n = 0;

	for (size_t k = 0; ratio && k < c->count; k++)
		if (c->mean_ns[k] > 0 && c->plain_ns[k] > 0)
			ratio[n++] = c->plain_ns[k] / c->mean_ns[k];
	if (ratio)
		i = stats_median_interval(ratio, n, CONFIDENCE);
	if (ratio && isnan(i.low)) /* too few trials for an interval: the figure itself */
		i.low = i.high = stats_median(ratio, n);
	free(ratio);
	return i.low > 1 + LOOP_TOLERANCE || i.high < 1 - LOOP_TOLERANCE;
}

static void judge_loop(struct metric *m, struct columns *c)
{
	double mean = analysis_median_known(c->mean_ns, c->count);

	m->plain_mean = analysis_median_known(c->plain, c->count);
	m->loop_disagrees = mean > 0 && mean >= LOOP_WORTH * m->overhead && loops_disagree(c);
}

static void finish_metric(struct metric *m, struct columns *c)
{
	m->trials = c->count;
	m->values = c->median;
	m->undisturbed = c->undisturbed;
	m->seeds = c->seed;
	m->block = c->block;
	m->block_count = c->blocks;
	m->place = c->place;
	m->undisturbed_place = c->undisturbed_place;
	m->undisturbed_block = c->undisturbed_block;
	m->disturbed = c->share;
	m->median = stats_median(c->median, c->count);
	m->interval = stats_median_interval(c->median, c->count, CONFIDENCE);
	m->mean = figure_known(c->mean, c->count, &m->mean_interval);
	m->p99 = figure_known(c->p99, c->count, &m->p99_interval);
	m->overhead = analysis_median_known(c->overhead, c->count);
	m->exits_per_op = analysis_median_known(c->exits, c->count);
	m->emulated_per_op = analysis_median_known(c->emulated, c->count);
	if (c->watched && !m->bench->disturbance_exempt) {
		m->disturbed_share = (double)c->disturbed / (double)c->batches;
		m->median_undisturbed = stats_median(m->undisturbed, m->undisturbed_count);
	}
	analysis_warm_up_end(&c->warm_up, m);
	judge_loop(m, c);
}

/* A doubt stands beside the trials that failed, so that no format can leave it out. */
static int note_doubts(struct analysis *a, const struct metric *m, const struct item *item)
{
	char why[160];

	if (!m->loop_disagrees)
		return 0;
	snprintf(why, sizeof(why),
		 "the un-instrumented loop and the stamped operations differ by over %.0f %%: the "
		 "stamps disturb what they measure",
		 LOOP_TOLERANCE * 100);
	return note(a, item, TRIAL_OK, why);
}

/* The trials items[0..n) of one metric, all valid and of one execution. */
static int add_metric(struct analysis *a, const struct item *items, size_t n, size_t *discarded,
		      struct trial_space *space)
{
	struct metric *m = &a->report.metrics[a->report.metric_count];
	struct columns c = {0};

	*m = (struct metric){.run = items->side,
			     .bench = items->bench,
			     .platform = items->platform->label,
			     .platform_name = items->platform->name,
			     .variant = items->trial->variant,
			     .parameter = items->trial->parameter,
			     .execution = items->trial->execution,
			     .unit = unit_of_figure(items->bench->unit, items->trial->execution),
			     .disturbed_share = NAN,
			     .median_undisturbed = NAN,
			     .native_ratio = NAN,
			     .native_interval = {NAN, NAN}};
	if (allocate_columns(a, &c, n))
		return -1;
	if (a->report.metric_count < MAX_PICTURES)
		m->histogram = arena_alloc(&a->arena, sizeof(*m->histogram));
	for (size_t i = 0; i < n; i++) {
		struct trial_figures f;
		const char *why;
		int none = analysis_trial(a, items[i].source->file->result, items[i].trial,
					  items[i].bench, space, &f, &why);

		if (none < 0)
			return -1;
		if (none) {
			++*discarded;
			if (note(a, &items[i], TRIAL_INVALID, why))
				return -1;
			continue;
		}
		add_trial(&c, m, &items[i], &f);
		if (analysis_warm_up_add(a, &c.warm_up, n, &f))
			return -1;
		add_picture(m, items[i].trial, &space->all);
	}
	if (!c.count)
		return 0;
	finish_metric(m, &c);
	a->report.metric_count++;
	return note_doubts(a, m, items);
}

/* ---- All metrics ---- */

/* How many of items[0..n) belong together by `same`. */
static size_t stretch(const struct item *items, size_t n, int (*same)(const void *x, const void *y))
{
	size_t length = 1;

	while (length < n && !same(&items[0], &items[length]))
		length++;
	return length;
}

static int by_execution(const void *x, const void *y)
{
	const struct result_trial *a = ((const struct item *)x)->trial;
	const struct result_trial *b = ((const struct item *)y)->trial;

	return (a->status == TRIAL_OK) != (b->status == TRIAL_OK) || a->execution != b->execution;
}

static int by_order(const void *x, const void *y)
{
	const struct item *a = *(struct item *const *)x, *b = *(struct item *const *)y;
	int order = item_by_run(a, b);

	return order ? order : item_by_number(a->trial->ordinal, b->trial->ordinal);
}

/* Where each stands in its run, among those of its cell. */
static int number_places(struct analysis *a, struct item *items, size_t n)
{
	struct item **sorted = calloc(n, sizeof(*sorted));
	uint64_t place = 0;

	if (!sorted)
		return analysis_no_memory(a);
	for (size_t i = 0; i < n; i++)
		sorted[i] = &items[i];
	qsort(sorted, n, sizeof(*sorted), by_order);
	for (size_t i = 0; i < n; i++) {
		if (!i || sorted[i]->run != sorted[i - 1]->run)
			place = (uint64_t)analysis_run_order(a, sorted[i]->run) << 32;
		sorted[i]->place = place++;
	}
	free(sorted);
	return 0;
}

/* The trials of one bench, parameter, platform and variant: a metric for each execution. */
static int add_cell(struct analysis *a, struct item *items, size_t n, struct trial_space *space)
{
	size_t first = a->report.metric_count, discarded = 0, valid = 0;

	if (number_places(a, items, n))
		return -1;
	while (valid < n && items[valid].trial->status == TRIAL_OK)
		valid++;
	for (size_t i = valid; i < n; i++) {
		const struct result_trial *t = items[i].trial;

		discarded += t->status != TRIAL_UNSUPPORTED;
		if (note(a, &items[i], t->status, t->reason[0] ? t->reason : "no reason is stored"))
			return -1;
	}
	for (size_t i = 0, length; i < valid; i += length) {
		length = stretch(items + i, valid - i, by_execution);
		if (add_metric(a, items + i, length, &discarded, space))
			return -1;
	}
	for (size_t i = first; i < a->report.metric_count; i++) {
		a->report.metrics[i].discarded = discarded;
		a->report.metrics[i].tried = n;
	}
	return 0;
}

int analysis_metrics(struct analysis *a)
{
	struct trial_space *space = malloc(sizeof(*space));
	struct item *items = NULL;
	size_t count = 0;
	int failed = -1;

	a->report.metrics = arena_array(&a->arena, a->trial_count, sizeof(struct metric));
	if (!space || !a->report.metrics) {
		analysis_no_memory(a);
		goto out;
	}
	failed = analysis_items(a, ITEMS_OF_BENCHES, by_item, &items, &count);
	for (size_t i = 0, length; i < count && !failed; i += length) {
		length = stretch(items + i, count - i, by_metric);
		failed = add_cell(a, items + i, length, space);
	}
out:
	free(items);
	free(space);
	return failed;
}
