/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two deterministic sides. Virtual time counts instructions, and a trial repeats to the
 * instruction: there is no noise to test against, and the difference of two trials is the
 * difference of what ran. What does vary is the memory layout, drawn from the trial's seed. So
 * trials of equal seed are set against each other, and the verdict must hold over all layouts.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/compare.h"

#define LAYOUTS_LEAST 2 /* one layout cannot tell code from layout */

bool compare_is_exact(const struct comparison_row *row)
{
	return row->base && row->other && row->base->execution == EXECUTION_DETERMINISTIC &&
	       row->other->execution == EXECUTION_DETERMINISTIC;
}

/* A trial, to be sorted by its seed. */
struct seeded {
	uint64_t seed;
	size_t order; /* of its run, so that equal seeds stay in order */
	double value;
};

static int by_seed(const void *x, const void *y)
{
	const struct seeded *a = x, *b = y;

	if (a->seed != b->seed)
		return a->seed < b->seed ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

/* `blocks`: the k-th trials of both are a pair, whatever their seeds. */
static void sort_trials(const struct metric *m, bool blocks, struct seeded *out)
{
	for (size_t i = 0; i < m->trials; i++)
		out[i] = (struct seeded){blocks ? i : m->seeds[i], i, m->values[i]};
	if (m->trials)
		qsort(out, m->trials, sizeof(*out), by_seed);
}

struct pairs {
	struct seeded *a, *b;
	double *difference, *share;
	size_t count;
};

static bool pairs_begin(struct pairs *p, const struct metric *a, const struct metric *b)
{
	size_t n = a->trials + b->trials + 1;

	p->a = calloc(a->trials + 1, sizeof(*p->a));
	p->b = calloc(b->trials + 1, sizeof(*p->b));
	p->difference = calloc(n, sizeof(*p->difference));
	p->share = calloc(n, sizeof(*p->share));
	p->count = 0;
	return p->a && p->b && p->difference && p->share;
}

static void pairs_end(struct pairs *p)
{
	free(p->a);
	free(p->b);
	free(p->difference);
	free(p->share);
}

static void find_pairs(struct pairs *p, size_t na, size_t nb)
{
	for (size_t i = 0, k = 0; i < na && k < nb;) {
		if (p->a[i].seed < p->b[k].seed) {
			i++;
		} else if (p->a[i].seed > p->b[k].seed) {
			k++;
		} else {
			p->difference[p->count] = p->b[k].value - p->a[i].value;
			p->share[p->count++] = (p->b[k].value - p->a[i].value) / p->a[i].value;
			i++;
			k++;
		}
	}
}

static void summarize(struct exact_difference *e, const struct pairs *p)
{
	e->least = e->least_share = INFINITY;
	e->most = e->most_share = -INFINITY;
	for (size_t i = 0; i < p->count; i++) {
		e->least = fmin(e->least, p->difference[i]);
		e->most = fmax(e->most, p->difference[i]);
		e->least_share = fmin(e->least_share, p->share[i]);
		e->most_share = fmax(e->most_share, p->share[i]);
		e->differing += p->difference[i] != 0;
	}
	e->median = stats_median(p->difference, p->count);
	e->median_share = stats_median(p->share, p->count);
	e->layouts = p->count;
}

static enum verdict verdict_of(const struct exact_difference *e, double delta, bool higher)
{
	if (e->least_share >= -delta && e->most_share <= delta)
		return VERDICT_EQUIVALENT;
	if (e->least_share > delta)
		return higher ? VERDICT_IMPROVED : VERDICT_REGRESSED;
	if (e->most_share < -delta)
		return higher ? VERDICT_REGRESSED : VERDICT_IMPROVED;
	return VERDICT_INCONCLUSIVE;
}

static bool all_above_zero(const struct metric *m)
{
	for (size_t i = 0; i < m->trials; i++)
		if (!(m->values[i] > 0) || !isfinite(m->values[i]))
			return false;
	return true;
}

static void judge(struct comparison_row *row)
{
	struct exact_difference *e = &row->exact;

	row->test.ratio = 1 + e->median_share;
	row->verdict = verdict_of(e, row->delta, row->base->bench->better == HIGHER);
	if (row->verdict == VERDICT_INCONCLUSIVE)
		row->why = "it depends on the memory layout: not all differences lie on one side "
			   "of the smallest effect worth acting on";
	if (e->layouts < LAYOUTS_LEAST) {
		row->verdict = VERDICT_INCONCLUSIVE;
		row->why = "one memory layout alone cannot tell code from layout";
	}
}

int compare_exact(struct comparison_row *row)
{
	const struct metric *a = row->base, *b = row->other;
	bool blocks = analysis_is_paired(a, b); /* in one run no two trials share a seed */
	struct pairs p;
	int failed = -1;

	if (!all_above_zero(a) || !all_above_zero(b)) {
		row->why = "a figure is not above zero";
		return 0;
	}
	if (!pairs_begin(&p, a, b))
		goto out;
	sort_trials(a, blocks, p.a);
	sort_trials(b, blocks, p.b);
	find_pairs(&p, a->trials, b->trials);
	failed = 0;
	row->exact.by_seed = !blocks;
	row->exact.unmatched = a->trials + b->trials - 2 * p.count;
	if (p.count) {
		summarize(&row->exact, &p);
		judge(row);
	} else {
		row->why = "no trial of one side has the seed of one of the other: run both with "
			   "the same plan and --seed";
	}
out:
	pairs_end(&p);
	return failed;
}
