/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a platform costs over native: time over time, or rate under rate, so that above 1 is always
 * slower. Only where both ran alike in the same run, and where native itself did not trap into
 * another hypervisor; everywhere else it says why there is none.
 */
#include "report/analysis.h"

#include <math.h>
#include <string.h>

#include "harness/core/text.h"
#include "report/label.h"

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

/* Those of native in one cell: they stand together, sorted by variant. */
struct natives {
	const struct metric *list;
	size_t count;
	const char *plain; /* the run's first variant that changes nothing; NULL: none is */
};

static struct natives natives_of(const struct report *r, const struct metric *cell, size_t count)
{
	struct natives n = {NULL, 0, NULL};
	const struct result_variant *v;
	size_t variants;

	for (size_t i = 0; i < count; i++) {
		if (!is_native(&cell[i]))
			continue;
		n.list = n.count ? n.list : &cell[i];
		n.count++;
	}
	v = label_variants(r, cell->run, &variants);
	for (size_t i = 0; i < variants && !n.plain; i++)
		if (!v[i].settings[0])
			n.plain = v[i].name;
	return n;
}

/* The one of that variant, with its rest ", PLACEMENT"; best one that ran as `wanted` did. */
static const struct metric *find_variant(const struct natives *n, const char *name,
					 const char *rest, enum execution wanted)
{
	const struct metric *found = NULL;
	char variant[LABEL_SIZE];
	size_t low = 0, high = n->count;

	text_print(variant, sizeof(variant), "%s%s", name, rest);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(n->list[middle].variant, variant) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < n->count && !strcmp(n->list[low].variant, variant); low++)
		if (!found || n->list[low].execution == wanted)
			found = &n->list[low];
	return found;
}

/*
 * Prefer what ran alike, then the variant itself, then native as it is: native does not take every
 * setting of the others.
 */
static const struct metric *find_native(const struct report *r, const struct natives *n,
					const struct metric *m)
{
	const struct result_variant *v = label_variant(r, m->run, m->variant);
	const char *rest = v ? m->variant + strlen(v->name) : "";
	const struct metric *const found[] = {
		find_variant(n, m->variant, "", m->execution),
		n->plain ? find_variant(n, n->plain, rest, m->execution) : NULL,
		find_variant(n, "", "", m->execution),
	};
	const struct metric *best = NULL;

	for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++)
		if (found[i] && (!best || (best->execution != m->execution &&
					   found[i]->execution == m->execution)))
			best = found[i];
	return best;
}

/* Why there is no ratio of m to native; NULL where there is one. */
static const char *why_none(const struct metric *m, const struct metric *native, bool measured)
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
		return measured ? "native has no figure of it in this variant, nor as it is"
				: "native has no figure of it in this run";
	if (native->execution != m->execution)
		return unlike[m->execution % EXECUTIONS];
	if (m->bench->traps && analysis_is_nested(native))
		return "this host is a guest: native traps here too";
	if (!(m->median > 0) || !(native->median > 0))
		return "a figure is not above zero";
	return NULL;
}

/* The ratio and its interval as compare would give them, turned round for rates. */
static void set_against(struct metric *m, const struct metric *native, bool measured)
{
	struct comparison c;
	bool rate = m->bench->unit != NANOSECONDS;

	m->native_why = why_none(m, native, measured);
	if (m->native_why)
		return;
	m->native_variant = native->variant;
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
	struct natives natives;

	/* Metrics stand sorted by run, bench and parameter, native among them. */
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && is_same_cell(&metrics[i], &metrics[end]);)
			end++;
		natives = natives_of(&a->report, &metrics[i], end - i);
		for (size_t k = i; k < end; k++)
			set_against(&metrics[k], find_native(&a->report, &natives, &metrics[k]),
				    natives.count);
	}
}
