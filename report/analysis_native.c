/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a platform costs over native: time over time, or rate under rate, so that above 1 is always
 * slower. Only where both ran alike in the same run, and where native itself did not trap into
 * another hypervisor; everywhere else it says why there is none.
 */
#include "report/analysis.h"

#include <math.h>
#include <string.h>

#define NESTED                                                                                     \
	" (nested)" /* ends the label of what runs like a process on a host that is a guest */
#define ROUNDS 400u /* random relabellings: for an interval, not for a verdict */

static bool is_native(const struct metric *m)
{
	return !strcmp(m->platform_name, BASELINE_PLATFORM);
}

bool analysis_is_nested(const struct metric *m)
{
	size_t length = strlen(m->platform), end = strlen(NESTED);

	return length >= end && !strcmp(m->platform + length - end, NESTED);
}

static bool is_same_cell(const struct metric *a, const struct metric *b)
{
	return a->run == b->run && a->bench == b->bench && a->parameter == b->parameter;
}

/* Prefer what ran alike, then the variant itself, then the plain one. */
static int fitness(const struct metric *native, const struct metric *m)
{
	int variant = !strcmp(native->variant, m->variant) ? 2 : !native->variant[0] ? 1 : 0;

	return variant ? variant + 2 * (native->execution == m->execution) : 0;
}

static const struct metric *find_native(const struct metric *natives, size_t count,
					const struct metric *m)
{
	const struct metric *best = NULL;
	int best_fitness = 0;

	for (size_t i = 0; i < count && best_fitness < 4; i++) {
		int f = is_native(&natives[i]) ? fitness(&natives[i], m) : 0;

		if (f > best_fitness) {
			best_fitness = f;
			best = &natives[i];
		}
	}
	return best;
}

/* Why there is no ratio of m to native; NULL where there is one. */
static const char *why_none(const struct metric *m, const struct metric *native)
{
	static const char *const unlike[EXECUTIONS] = {
		[EXECUTION_HARDWARE] = "hardware here, not so in native: only like is compared "
				       "with like",
		[EXECUTION_INTERPRETED] = "interpreted here, not so in native: only like is "
					  "compared with like",
		[EXECUTION_EMULATED] = "emulated here, not so in native: only like is compared "
				       "with like",
		[EXECUTION_DETERMINISTIC] = "instructions here, time in native: they are never "
					    "compared",
	};

	if (is_native(m))
		return "it is the baseline itself";
	if (!native)
		return "native was not measured in this run";
	if (native->execution != m->execution)
		return unlike[m->execution % EXECUTIONS];
	if (m->bench->traps && analysis_is_nested(native))
		return "this host is a guest: native traps here too";
	if (!(m->median > 0) || !(native->median > 0))
		return "a figure is not above zero";
	return NULL;
}

/* The ratio and its interval as compare would give them, turned round for rates. */
static void set_against(struct metric *m, const struct metric *native)
{
	struct comparison c;
	bool rate = m->bench->unit != NANOSECONDS;

	m->native_why = why_none(m, native);
	if (m->native_why)
		return;
	c = analysis_test(native, m, ALL_BATCHES, ROUNDS, m->run->seed);
	/* No test: a trial is not above zero, or they are too few. The ratio of the medians that
	 * stand beside it is all there is to say; that of so few pairs may point the other way. */
	if (!(c.ratio > 0) || isnan(c.ratio_interval.low))
		c.ratio = m->median / native->median;
	m->native_ratio = rate ? 1 / c.ratio : c.ratio;
	m->native_interval = c.ratio_interval;
	if (rate)
		m->native_interval =
			(struct interval){1 / c.ratio_interval.high, 1 / c.ratio_interval.low};
}

void analysis_native(struct analysis *a)
{
	struct metric *metrics = a->report.metrics;
	size_t count = a->report.metric_count;

	/* Metrics stand sorted by run, bench and parameter, native among them. */
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && is_same_cell(&metrics[i], &metrics[end]);)
			end++;
		for (size_t k = i; k < end; k++)
			set_against(&metrics[k], find_native(metrics + i, end - i, &metrics[k]));
	}
}
