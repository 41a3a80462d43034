/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/budget.h"

#include <stdio.h>
#include <string.h>

#include "harness/plan_internal.h"

#define USED	 0.9 /* of the time that is left: trials differ from those before them */
#define SCALES	 60  /* halvings of the scale: it is then known to the last trial */
#define LARGEST	 1e6
#define LEAST_NS 1000000000ll
#define MOST_NS	 (7 * 24 * 3600 * 1000000000ll)

/* In all, at that scale; never fewer than there are. */
static uint32_t trials_at(const struct budget_cell *c, double scale)
{
	double trials = c->wanted * scale;

	if (trials > BUDGET_MAX_TRIALS)
		trials = BUDGET_MAX_TRIALS;
	return trials > c->done ? (uint32_t)trials : c->done;
}

static double time_at(const struct budget_cell *cells, size_t count, double scale)
{
	double ns = 0;

	for (size_t i = 0; i < count; i++)
		ns += (double)cells[i].ns * (trials_at(&cells[i], scale) - cells[i].done);
	return ns;
}

bool budget_fill(struct budget_cell *cells, size_t count, int64_t left_ns)
{
	double low = 0, high = LARGEST, left = left_ns > 0 ? USED * (double)left_ns : 0;
	bool any = false;

	for (int i = 0; i < SCALES; i++) {
		double middle = low + (high - low) / 2;

		if (time_at(cells, count, middle) <= left)
			low = middle;
		else
			high = middle;
	}
	for (size_t i = 0; i < count; i++) {
		cells[i].more = trials_at(&cells[i], low) - cells[i].done;
		any |= cells[i].more > 0;
	}
	return any;
}

int budget_parse(const char *text, int64_t *ns)
{
	size_t n = strlen(text);
	char minutes[40];
	uint64_t value;

	/* "5m": on a command line nobody means milliseconds. */
	if (n && n < 32 && text[n - 1] == 'm') {
		snprintf(minutes, sizeof(minutes), "%sin", text);
		text = minutes;
	}
	if (plan_duration(text, &value) || value < LEAST_NS || value > MOST_NS)
		return -1;
	*ns = (int64_t)value;
	return 0;
}
