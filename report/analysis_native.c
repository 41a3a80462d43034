/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a platform costs over native: time over time, or rate under rate, so that above 1 is always
 * slower. Only where both ran on the hardware, and where native itself did not trap into another
 * hypervisor; everywhere else it says why there is none.
 */
#include "report/analysis.h"

#include <math.h>
#include <string.h>

#define NATIVE_NESTED "native (nested)"

static bool is_native(const struct metric *m)
{
	return !strcmp(m->platform_name, BASELINE_PLATFORM);
}

static bool is_same_cell(const struct metric *a, const struct metric *b)
{
	return a->run == b->run && a->bench == b->bench && a->parameter == b->parameter;
}

/* Prefer the variant itself, then the plain one; prefer hardware. */
static int fitness(const struct metric *native, const struct metric *m)
{
	int variant = !strcmp(native->variant, m->variant) ? 2 : !native->variant[0] ? 1 : 0;

	return variant ? 2 * variant + (native->execution == EXECUTION_HARDWARE) : 0;
}

static const struct metric *find_native(const struct metric *natives, size_t count,
					const struct metric *m)
{
	const struct metric *best = NULL;
	int best_fitness = 0;

	for (size_t i = 0; i < count && best_fitness < 5; i++) {
		int f = is_native(&natives[i]) ? fitness(&natives[i], m) : 0;

		if (f > best_fitness) {
			best_fitness = f;
			best = &natives[i];
		}
	}
	return best;
}

static void set_against(struct metric *m, const struct metric *native)
{
	if (is_native(m))
		m->native_why = "it is the baseline itself";
	else if (m->execution != EXECUTION_HARDWARE)
		m->native_why = "it did not run on the hardware alone: no cost is claimed";
	else if (!native)
		m->native_why = "native was not measured in this run";
	else if (native->execution != EXECUTION_HARDWARE)
		m->native_why = "native did not run on the hardware alone";
	else if (m->bench->traps && !strcmp(native->platform, NATIVE_NESTED))
		m->native_why = "this host is a guest: native traps here too";
	else if (!(m->median > 0) || !(native->median > 0))
		m->native_why = "a figure is not above zero";
	else if (m->bench->unit == NANOSECONDS)
		m->native_ratio = m->median / native->median;
	else
		m->native_ratio = native->median / m->median;
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
