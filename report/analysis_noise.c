/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Noise that was taken over stands in the file of each run that took it (run --noise), and perhaps
 * in that of `aa` beside them: it is one measurement, and listed once.
 */
#include <stdlib.h>
#include <string.h>

#include "report/analysis.h"

struct row {
	const struct result_noise *noise;
	size_t position;
};

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* 0: of the same runs, about the same. */
static int by_measurement(const struct result_noise *a, const struct result_noise *b)
{
	int order = strcmp(a->bench, b->bench);

	order = order ? order : compare(a->parameter, b->parameter);
	order = order ? order : strcmp(a->platform, b->platform);
	order = order ? order : strcmp(a->variant, b->variant);
	order = order ? order : compare(a->execution, b->execution);
	order = order ? order : strcmp(a->fingerprint, b->fingerprint);
	order = order ? order : strcmp(a->origin, b->origin);
	return order;
}

/* Of one measurement the row that knows of most runs comes first, then the one listed first. */
static int by_row(const void *x, const void *y)
{
	const struct row *a = x, *b = y;
	int order = by_measurement(a->noise, b->noise);

	order = order ? order : compare(b->noise->runs, a->noise->runs);
	return order ? order : compare((int64_t)a->position, (int64_t)b->position);
}

int analysis_noise(struct analysis *a)
{
	struct report *r = &a->report;
	struct row *rows = arena_array(&a->arena, r->noise_count, sizeof(*rows));
	size_t n = 0;

	if (!rows)
		return analysis_no_memory(a);
	for (size_t i = 0; i < r->noise_count; i++)
		rows[i] = (struct row){r->noise[i], i};
	qsort(rows, r->noise_count, sizeof(*rows), by_row);
	for (size_t i = 1; i < r->noise_count; i++)
		if (!by_measurement(rows[i - 1].noise, rows[i].noise))
			r->noise[rows[i].position] = NULL;
	for (size_t i = 0; i < r->noise_count; i++)
		if (r->noise[i])
			r->noise[n++] = r->noise[i];
	r->noise_count = n;
	return 0;
}
