/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The noise of a bench, from several runs of the same: on logarithms, as comparisons are. Variance
 * between batches of a trial, trials of a run, and runs by a nested analysis of variance
 * (stats_nested); what two runs, or two interleaved sides, must differ by to be told apart.
 */
#include "report/noise.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/distribution.h"
#include "report/analysis_item.h"
#include "report/label.h"

#define ALPHA	    (1 - CONFIDENCE)
#define TRIALS_MOST 5 /* with so many no side can be told from another, where they are paired */

/* The valid trials of one bench on one platform, over all runs; items stand sorted by run. */
struct cell {
	struct nested_trial *batches; /* [trials]: logs of batches' medians */
	double *figure;		      /* [trials]: log of the trial's figure */
	const struct result_run **run;
	size_t trials;
	double batch_ns, trial_ns, batch_count; /* sums */
};

static const char *fingerprint_of(const struct analysis *a, const struct result_run *run)
{
	const char *text = label_fact(&a->report, run, "host.fingerprint");

	return text ? text : "";
}

static int by_text(const char *a, const char *b)
{
	return strcmp(a, b);
}

/* What is the same in all runs that are taken together. */
static int by_cell(const void *x, const void *y)
{
	const struct item *a = x, *b = y;
	const struct result_trial *t = a->trial, *u = b->trial;
	int order = by_text(t->bench, u->bench);

	if (!order)
		order = (t->parameter > u->parameter) - (t->parameter < u->parameter);
	if (!order)
		order = by_text(t->platform, u->platform);
	if (!order)
		order = by_text(t->variant, u->variant);
	return order ? order : (int)t->execution - (int)u->execution;
}

static int by_run_in_cell(const void *x, const void *y)
{
	const struct item *a = x, *b = y;
	int order = by_cell(x, y);

	if (!order)
		order = item_by_run(a, b);
	return order ? order : item_by_number(a->trial->ordinal, b->trial->ordinal);
}

/* ---- One trial ---- */

/* The spread of its batches' medians, as logs of ns; where one has none: its own figure, whose log
 * that is, alone. */
static struct nested_trial spread_of(const struct result_trial *t, const struct result_batch *b,
				     size_t n, double log_figure)
{
	struct nested_trial spread = {.count = 1, .mean = log_figure};
	double squares = 0, mean = 0;
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		double log_ns, step;

		if (!b[i].count || !b[i].histogram)
			continue;
		log_ns = log((double)histogram_quantile(b[i].histogram, 1, 2) -
			     (double)t->overhead_ticks);
		if (!isfinite(log_ns))
			return spread;
		step = log_ns - mean; /* Welford 1962 */
		mean += step / (double)++count;
		squares += step * (log_ns - mean);
	}
	if (count > 1) {
		spread.count = count;
		spread.mean = mean + log(t->tick_ns); /* clocks are calibrated anew each time */
		spread.squares = squares;
	}
	return spread;
}

/* Of one operation, in ns: a rate's trials must be in the same unit as its batches. */
static double log_time(const struct item *item, double figure)
{
	if (item->bench->unit == NANOSECONDS)
		return log(figure);
	return log(item->trial->work) + log(1e9) - log(figure);
}

static double batches_ns(const struct result_trial *t, const struct result_batch *b, size_t n)
{
	double ticks = 0;

	for (size_t i = 0; i < n; i++)
		ticks += (double)b[i].sum_ticks + (double)b[i].plain_ticks;
	return ticks * t->tick_ns;
}

/* 0; 1 where it has no figure; -1 with the error line. */
static int add_trial(struct analysis *a, struct cell *c, const struct item *item,
		     struct trial_space *space)
{
	struct result *result = item->source->file->result;
	const struct result_batch *batches;
	struct trial_figures f;
	const char *why;
	size_t count;
	double ns;
	int none = analysis_trial(a, result, item->trial, item->bench, space, &f, &why);

	if (none)
		return none;
	if (!(f.median > 0))
		return 1;
	if (result_batches(result, item->trial->id, &batches, &count))
		return analysis_fail(a, "%s", result_error(result));
	ns = batches_ns(item->trial, batches, count);
	c->figure[c->trials] = log(f.median);
	c->batches[c->trials] = spread_of(item->trial, batches, count, log_time(item, f.median));
	c->run[c->trials] = item->run;
	c->trials++;
	c->batch_ns += ns;
	c->batch_count += (double)count;
	c->trial_ns += fmax(0, (double)item->trial->duration_ns - ns);
	return 0;
}

/* ---- One cell ---- */

/* Means of runs, and the trials' variance inside them. */
struct runs {
	double *mean;
	size_t count;
	double squares; /* of trials around their run's mean */
};

static void collect_runs(const struct cell *c, struct runs *r)
{
	for (size_t i = 0, end; i < c->trials; i = end) {
		double mean;

		for (end = i + 1; end < c->trials && c->run[end] == c->run[i];)
			end++;
		mean = r->mean[r->count] = stats_mean(c->figure + i, end - i);
		for (size_t k = i; k < end; k++) {
			r->squares += pow(c->figure[k] - mean, 2);
			c->batches[k].run = (uint32_t)r->count;
		}
		r->count++;
	}
}

/* A component below zero is one that is too small to be seen. */
static double root(double variance)
{
	return isnan(variance) ? NAN : sqrt(fmax(0, variance));
}

static void judge(struct result_noise *n, double freedom)
{
	struct run_noise noise = {.deviation = n->run_deviation,
				  .trials = n->trials,
				  .trial_deviation = n->trial_deviation,
				  .freedom = n->runs - 1.0};
	double quantile = distribution_t_quantile(1 - ALPHA / 2, noise.freedom);
	size_t trials = (size_t)n->trials;

	n->floor = expm1(quantile * M_SQRT2 * n->run_deviation);
	n->detectable = stats_paired_detectable(n->trial_deviation, freedom, trials, ALPHA);
	n->detectable_runs =
		trials > TRIALS_MOST ? stats_runs_detectable(&noise, trials, ALPHA) : NAN;
}

/* What beginning a run takes: platforms, host facts. Its trials' clock starts with it. */
static double run_cost(const struct source *s, const struct result_run *run)
{
	for (size_t i = 0; i < s->trial_count; i++)
		if (s->trials[i].run == run->id) /* they stand in execution order */
			return (double)s->trials[i].started_ns;
	return NAN;
}

static int finish_cell(struct analysis *a, const struct cell *c, const struct item *last,
		       struct result_noise *n)
{
	struct runs r = {.mean = calloc(c->trials + 1, sizeof(double))};
	struct variance_parts parts;
	double freedom;

	if (!r.mean)
		return analysis_no_memory(a);
	collect_runs(c, &r);
	freedom = (double)c->trials - (double)r.count;
	parts = stats_nested(c->batches, c->trials);
	*n = (struct result_noise){
		.run = last->run->id,
		.origin = c->run[0]->uuid,
		.fingerprint = fingerprint_of(a, last->run),
		.bench = last->trial->bench,
		.platform = last->trial->platform,
		.variant = last->trial->variant,
		.parameter = last->trial->parameter,
		.execution = last->trial->execution,
		.runs = (uint32_t)r.count,
		.trials = (double)c->trials / (double)r.count,
		.batches = c->batch_count / (double)c->trials,
		.within = root(parts.within),
		.between_trials = root(parts.trials),
		.between_runs = root(parts.runs),
		.trial_deviation = freedom > 0 ? sqrt(r.squares / freedom) : 0,
		.run_deviation = stats_deviation(r.mean, r.count),
		.batch_ns = c->batch_count > 0 ? c->batch_ns / c->batch_count : NAN,
		.trial_ns = c->trial_ns / (double)c->trials,
		.run_ns = run_cost(last->source, last->run),
	};
	free(r.mean);
	if (n->runs > 1)
		judge(n, freedom);
	return 0;
}

static int begin_cell(struct analysis *a, struct cell *c, size_t n)
{
	c->batches = arena_array(&a->arena, n, sizeof(*c->batches));
	c->figure = arena_array(&a->arena, n, sizeof(*c->figure));
	c->run = arena_array(&a->arena, n, sizeof(*c->run));
	return c->batches && c->figure && c->run ? 0 : analysis_no_memory(a);
}

static bool is_measured(const struct analysis *a, const struct item *item, const char *fingerprint)
{
	return item->trial->status == TRIAL_OK &&
	       item->trial->execution != EXECUTION_DETERMINISTIC &&
	       !strcmp(fingerprint_of(a, item->run), fingerprint);
}

/* items[0..n) of one cell: its row, unless fewer than two runs have figures. */
static int add_cell(struct analysis *a, const struct item *items, size_t n,
		    struct trial_space *space, struct result_noise *rows, size_t *count)
{
	const char *fingerprint = fingerprint_of(a, items[n - 1].run);
	const struct item *last = NULL;
	struct cell c = {0};

	if (begin_cell(a, &c, n))
		return -1;
	for (size_t i = 0; i < n; i++) {
		int none;

		if (!is_measured(a, &items[i], fingerprint))
			continue;
		none = add_trial(a, &c, &items[i], space);
		if (none < 0)
			return -1;
		if (!none)
			last = &items[i];
	}
	if (!last || c.run[0] == last->run)
		return 0;
	if (finish_cell(a, &c, last, &rows[*count]))
		return -1;
	++*count;
	return 0;
}

int noise_measure(struct report *r, struct result_noise **rows, size_t *count, char *error,
		  size_t size)
{
	struct analysis *a = (struct analysis *)r;
	struct trial_space *space = malloc(sizeof(*space));
	struct item *items = NULL;
	size_t n = 0, end;
	int failed = -1;

	a->error = error;
	a->error_size = size;
	*count = 0;
	*rows = arena_array(&a->arena, a->trial_count + 1, sizeof(**rows));
	if (!space || !*rows)
		analysis_no_memory(a);
	else
		failed = analysis_items(a, ITEMS_OF_BENCHES, by_run_in_cell, &items, &n);
	for (size_t i = 0; i < n && !failed; i = end) {
		for (end = i + 1; end < n && !by_cell(&items[i], &items[end]);)
			end++;
		failed = add_cell(a, items + i, end - i, space, *rows, count);
	}
	free(items);
	free(space);
	return failed;
}

/* ---- Stored ---- */

/* Rows that outlive the report they are from: nothing is written to a file that is being read. */
struct own_rows {
	struct result_noise *row;
	size_t count;
	struct arena arena;
};

static int take_over(struct own_rows *own, const struct result_noise *rows, size_t count)
{
	own->row = arena_array(&own->arena, count + 1, sizeof(*own->row));
	for (size_t i = 0; own->row && i < count; i++) {
		struct result_noise *n = &own->row[own->count++];
		const char **const texts[] = {&n->origin, &n->fingerprint, &n->bench, &n->platform,
					      &n->variant};

		*n = rows[i];
		for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++) {
			*texts[k] = arena_printf(&own->arena, "%s", *texts[k]);
			if (!*texts[k])
				return -1;
		}
	}
	return own->row ? 0 : -1;
}

static int measure_file(const char *path, struct own_rows *own, char *error, size_t size)
{
	const char *const paths[] = {path};
	struct report *r = report_load(paths, 1, error, size);
	struct result_noise *rows;
	size_t count;
	int failed;

	if (!r)
		return -1;
	failed = noise_measure(r, &rows, &count, error, size);
	if (!failed && take_over(own, rows, count)) {
		snprintf(error, size, "%s: no memory for its noise", path);
		failed = -1;
	}
	report_free(r);
	return failed;
}

static int store(struct result *file, const struct own_rows *own)
{
	if (result_begin(file))
		return -1;
	for (size_t i = 0; i < own->count; i++)
		if (result_add_noise(file, &own->row[i]))
			return -1;
	return result_commit(file);
}

int noise_store(const char *path, size_t *count, char *error, size_t size)
{
	struct own_rows own = {0};
	int failed = measure_file(path, &own, error, size);

	if (!failed) {
		struct result *file = result_append(path);

		failed = !file || store(file, &own) ? -1 : 0;
		if (failed)
			snprintf(error, size, "%s", result_error(file));
		result_close(file);
	}
	*count = own.count;
	arena_free(&own.arena);
	return failed;
}

/* ---- Where time is best spent ---- */

/*
 * The variance of a run's figure is R + T / n + W / (n b), for n trials of b batches. What one
 * more batch a trial, trial or run takes off it, for each nanosecond that it costs (after Cochran,
 * Sampling Techniques, 3rd ed., 10.6).
 */
const char *noise_best_spent(const struct result_noise *n)
{
	double within = isnan(n->within) ? 0 : n->within * n->within;
	double trials = isnan(n->between_trials) ? 0 : n->between_trials * n->between_trials;
	double runs = isnan(n->between_runs) ? 0 : n->between_runs * n->between_runs;
	double trial = trials + within / n->batches;
	double trial_cost = n->trial_ns + n->batches * n->batch_ns;
	double of_batch =
		within / (n->batches * n->batches) / (n->trials * n->trials * n->batch_ns);
	double of_trial = trial / (n->trials * n->trials) / trial_cost;
	double of_run = (runs + trial / n->trials) / (n->run_ns + n->trials * trial_cost);

	if (isnan(of_trial) || isnan(of_run) || !(runs + trial > 0))
		return NULL;
	if (n->batches > 1 && of_batch > of_trial && of_batch > of_run)
		return "batches";
	return of_trial >= of_run ? "trials" : "runs";
}
