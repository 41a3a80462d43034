/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Do the first batches of a trial cost more than the others? Each batch is taken over the median
 * batch of its own trial, so that trials which ran faster or slower as a whole tell the same.
 */
#include "report/analysis.h"

#include <math.h>

#include "harness/core/stats.h"

void analysis_warm_up_trial(const struct result_batch *b, size_t n, int64_t overhead_ticks,
			    struct trial_figures *f)
{
	double sorted[WARM_UP_BATCHES], median;

	f->batch_costs = n < WARM_UP_BATCHES ? n : WARM_UP_BATCHES;
	for (size_t i = 0; i < f->batch_costs; i++)
		sorted[i] = f->batch_cost[i] =
			b[i].count ? (double)b[i].sum_ticks / b[i].count - (double)overhead_ticks
				   : NAN;
	for (size_t i = 0; i < f->batch_costs; i++)
		if (!(f->batch_cost[i] > 0)) {
			f->batch_costs = 0; /* as cheap as the stamps: no ratio holds */
			return;
		}
	median = stats_median(sorted, f->batch_costs);
	for (size_t i = 0; i < f->batch_costs; i++)
		f->batch_cost[i] /= median;
}

int analysis_warm_up_add(struct analysis *a, struct warm_up *w, size_t trials,
			 const struct trial_figures *f)
{
	if (!w->cost) {
		w->room = trials < WARM_UP_TRIALS ? trials : WARM_UP_TRIALS;
		w->batches = f->batch_costs;
		w->cost = arena_array(&a->arena, w->room * w->batches + 1, sizeof(*w->cost));
		if (!w->cost)
			return analysis_no_memory(a);
	}
	if (w->trials == w->room)
		return 0;
	/* Trials of one metric have the same number of batches, but for those cut off. */
	for (size_t i = 0; i < w->batches; i++)
		w->cost[i * w->room + w->trials] = i < f->batch_costs ? f->batch_cost[i] : NAN;
	w->trials++;
	return 0;
}

void analysis_warm_up_end(struct warm_up *w, struct metric *m)
{
	m->warm_up = w->cost;
	m->warm_up_count = w->batches;
	/* A median lands left of the next row: its own is not needed any more. */
	for (size_t i = 0; i < w->batches; i++)
		m->warm_up[i] = analysis_median_known(w->cost + i * w->room, w->trials);
}
