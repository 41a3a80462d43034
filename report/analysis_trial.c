/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One trial's figures: from the ticks that its batches stamped to times and rates. The stamp's own
 * cost is subtracted, never clamped: a figure below zero tells of a bad calibration, and hiding it
 * would make the others look better than they are.
 *
 * In virtual time a tick is an instruction, whatever the guest took it for, and a trial repeats to
 * the instruction. Buckets of a histogram are up to 0.2 % wide, the sums of batches are exact:
 * there a trial's median is that over its batches of their means, which a timer interrupt of the
 * host in a batch or two does not move.
 */
#include "report/analysis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/stats.h"

#define BUCKET (1.0 / (1u << HISTOGRAM_SUB_BITS)) /* the widest bucket, over its lowest value */

/* What the batches of a trial add up to. */
struct sums {
	uint64_t count, plain_count;
	double ticks, plain_ticks;
};

static const char *add_up(const struct result_batch *b, size_t n, struct trial_space *space,
			  struct sums *sums, struct trial_figures *f)
{
	for (size_t i = 0; i < n; i++, b++) {
		if (b->count && !b->histogram)
			return "a batch has stamped operations but no histogram of them";
		f->batches++;
		f->disturbed += b->disturbances != 0;
		f->disturbances |= b->disturbances;
		sums->count += b->count;
		sums->ticks += (double)b->sum_ticks;
		sums->plain_count += b->plain_count;
		sums->plain_ticks += (double)b->plain_ticks;
		if (b->histogram)
			histogram_merge(&space->all, b->histogram);
	}
	return sums->count ? NULL : "it holds no stamped operation";
}

/* A host that watched saw something: time on a run queue, a switch, or a counter of its own. */
bool analysis_is_watched(struct result *r, int64_t trial, const struct result_batch *b, size_t n)
{
	const struct result_count *counts;
	size_t count;

	for (size_t i = 0; i < n; i++)
		if (b[i].wait_ns || b[i].voluntary || b[i].involuntary || b[i].disturbances)
			return true;
	if (result_counts(r, trial, &counts, &count))
		return false;
	for (size_t i = 0; i < count; i++)
		if (counts[i].batch != RESULT_WHOLE_TRIAL)
			return true;
	return false;
}

/* The undisturbed batches alone; all of them where none was disturbed, which saves a merge. */
static const struct histogram *undisturbed(const struct result_batch *b, size_t n,
					   struct trial_space *space, const struct trial_figures *f)
{
	if (!f->disturbed)
		return &space->all;
	histogram_clear(&space->calm);
	for (size_t i = 0; i < n; i++)
		if (!b[i].disturbances && b[i].histogram)
			histogram_merge(&space->calm, b[i].histogram);
	return &space->calm;
}

double analysis_tick(const struct result_trial *t)
{
	return t->execution == EXECUTION_DETERMINISTIC ? 1 : t->tick_ns;
}

/* Nanoseconds, or instructions, of one operation, the stamp's cost taken off. */
static double net_ns(const struct result_trial *t, double ticks)
{
	return (ticks - (double)t->overhead_ticks) * analysis_tick(t);
}

static double quantile_ns(const struct result_trial *t, const struct histogram *h,
			  uint64_t numerator, uint64_t denominator)
{
	if (!h->total)
		return NAN;
	return net_ns(t, (double)histogram_quantile(h, numerator, denominator));
}

/* In the bench's unit: a rate is work over time, and has none where no time is left. */
static double in_unit(const struct result_trial *t, const struct result_bench *bench, double ns)
{
	if (bench->unit == NANOSECONDS)
		return ns;
	return ns > 0 ? t->work / (ns * 1e-9) : NAN;
}

static const char *compute(const struct result_trial *t, const struct result_bench *bench,
			   const struct trial_space *space, const struct histogram *calm,
			   const struct sums *sums, struct trial_figures *f)
{
	if (bench->unit != NANOSECONDS && !(t->work > 0))
		return "its bench is a rate, and it does not say how much work an operation does";
	f->mean_ns = net_ns(t, sums->ticks / (double)sums->count);
	f->plain_ns = NAN;
	if (sums->plain_count)
		f->plain_ns = sums->plain_ticks / (double)sums->plain_count * analysis_tick(t);
	f->plain = in_unit(t, bench, f->plain_ns);
	f->overhead_ns = (double)t->overhead_ticks * analysis_tick(t);
	f->median = in_unit(t, bench, quantile_ns(t, &space->all, 1, 2));
	f->p99 = in_unit(t, bench, quantile_ns(t, &space->all, 99, 100));
	f->mean = in_unit(t, bench, f->mean_ns);
	f->undisturbed = in_unit(t, bench, quantile_ns(t, calm, 1, 2));
	if (!isfinite(f->median))
		return "its stamps cost more than the operation: there is no rate";
	return NULL;
}

/* The median over batches of their exact means, ticks; NaN for none. */
static double median_of_means(const struct result_batch *b, size_t n, bool calm, double *means)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		if (b[i].count && !(calm && b[i].disturbances))
			means[count++] = (double)b[i].sum_ticks / (double)b[i].count;
	return stats_median(means, count);
}

/* The two medians of a trial in virtual time. 0, or -1: no memory. */
static int exact_medians(const struct result_trial *t, const struct result_bench *bench,
			 const struct result_batch *b, size_t n, struct trial_figures *f)
{
	double *means = calloc(n + 1, sizeof(*means));

	if (!means)
		return -1;
	f->median = in_unit(t, bench, net_ns(t, median_of_means(b, n, false, means)));
	f->undisturbed = in_unit(t, bench, net_ns(t, median_of_means(b, n, true, means)));
	free(means);
	/* In one bucket with the median it is no other number, as far as is known. */
	if (fabs(f->p99 / f->median - 1) <= BUCKET)
		f->p99 = f->median;
	return 0;
}

int analysis_trial(struct analysis *a, struct result *result, const struct result_trial *t,
		   const struct result_bench *bench, struct trial_space *space,
		   struct trial_figures *f, const char **why)
{
	const struct result_batch *batches;
	struct sums sums = {0};
	size_t count;

	memset(f, 0, sizeof(*f));
	if (result_batches(result, t->id, &batches, &count))
		return analysis_fail(a, "%s", result_error(result));
	histogram_clear(&space->all);
	*why = add_up(batches, count, space, &sums, f);
	if (!*why)
		*why = compute(t, bench, space, undisturbed(batches, count, space, f), &sums, f);
	if (*why)
		return 1;
	f->watched = analysis_is_watched(result, t->id, batches, count);
	analysis_warm_up_trial(batches, count, t->overhead_ticks, f);
	if (t->execution == EXECUTION_DETERMINISTIC && exact_medians(t, bench, batches, count, f))
		return analysis_no_memory(a);
	return 0;
}
