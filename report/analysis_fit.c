/* SPDX-License-Identifier: Apache-2.0 */
/* Lines through a bench's figures over its parameter, one point a trial. */
#include "report/analysis.h"

#include <stdlib.h>
#include <string.h>

/* Metrics of one bench stand together, its parameters in order; this sorts by line instead. */
static int by_line(const void *x, const void *y)
{
	const struct metric *a = *(const struct metric *const *)x;
	const struct metric *b = *(const struct metric *const *)y;
	int order = 0;

	/* The same bench: its run is the same. */
	if (a->bench != b->bench)
		return (uintptr_t)a->bench < (uintptr_t)b->bench ? -1 : 1;
	order = strcmp(a->platform_name, b->platform_name);
	if (!order)
		order = strcmp(a->variant, b->variant);
	if (!order)
		order = (int)a->execution - (int)b->execution;
	return order;
}

static int by_place(const void *x, const void *y)
{
	const struct metric *a = *(const struct metric *const *)x;
	const struct metric *b = *(const struct metric *const *)y;
	int order = by_line(x, y);

	return order ? order : (a->parameter > b->parameter) - (a->parameter < b->parameter);
}

static int add_fit(struct analysis *a, const struct metric *const *m, size_t n)
{
	struct metric_fit *fit = &a->report.fits[a->report.fit_count];
	size_t points = 0, k = 0;
	double *x, *y;

	/* Two parameters make a line through anything. */
	if (n < 3)
		return 0;
	for (size_t i = 0; i < n; i++)
		points += m[i]->trials;
	x = arena_array(&a->arena, points, sizeof(*x));
	y = arena_array(&a->arena, points, sizeof(*y));
	if (!x || !y)
		return analysis_no_memory(a);
	for (size_t i = 0; i < n; i++) {
		for (size_t t = 0; t < m[i]->trials; t++, k++) {
			x[k] = (double)m[i]->parameter;
			y[k] = m[i]->values[t];
		}
	}
	*fit = (struct metric_fit){.run = m[0]->run,
				   .bench = m[0]->bench,
				   .platform = m[0]->platform,
				   .variant = m[0]->variant,
				   .execution = m[0]->execution,
				   .unit = m[0]->unit,
				   .fit = stats_fit_line(x, y, points, CONFIDENCE)};
	a->report.fit_count++;
	return 0;
}

/* The lines of one bench in one run: metrics[0..n). */
static int add_bench(struct analysis *a, const struct metric *metrics, size_t n)
{
	const struct metric **sorted = arena_array(&a->arena, n, sizeof(*sorted));

	if (!sorted)
		return analysis_no_memory(a);
	for (size_t i = 0; i < n; i++)
		sorted[i] = &metrics[i];
	qsort(sorted, n, sizeof(*sorted), by_place);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && !by_line(&sorted[i], &sorted[end]);)
			end++;
		if (add_fit(a, sorted + i, end - i))
			return -1;
	}
	return 0;
}

int analysis_fits(struct analysis *a)
{
	const struct metric *m = a->report.metrics;
	size_t count = a->report.metric_count;

	a->report.fits = arena_array(&a->arena, count, sizeof(*a->report.fits));
	if (!a->report.fits)
		return analysis_no_memory(a);
	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count && m[i].bench == m[end].bench;)
			end++;
		if (m[i].bench->fit_line && add_bench(a, m + i, end - i))
			return -1;
	}
	return 0;
}
