/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fleet: every limit on every host, and which host is the odd one out. That is Iglewicz and
 * Hoaglin's modified z-score (How to Detect and Handle Outliers, 1993): the distance from the
 * hosts' median in median absolute deviations, scaled to standard deviations of a normal
 * distribution. It marks, and judges nothing: hosts may differ and all keep the limit.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/text.h"
#include "report/criteria.h"
#include "report/label.h"
#include "report/section.h"

#define LEAST_HOSTS 4u	/* with fewer nobody can say which one is odd */
#define ODD	    3.5 /* modified z-score, as the authors advise */
#define SCALE	    0.6745

/* ---- Hosts of one limit ---- */

static int by_limit(const void *x, const void *y)
{
	const struct fleet_row *a = x, *b = y;
	int order = strcmp(a->judgement->what, b->judgement->what);

	if (!order)
		order = strcmp(a->judgement->platform, b->judgement->platform);
	if (!order)
		order = strcmp(a->judgement->wanted, b->judgement->wanted);
	return order;
}

static int by_limit_and_place(const void *x, const void *y)
{
	const struct fleet_row *a = x, *b = y;
	int order = by_limit(x, y);

	return order ? order : (a->judgement > b->judgement) - (a->judgement < b->judgement);
}

/* Are the rows of enough hosts? One may have been measured in several runs; one that is not
 * disclosed is taken for another, as in the comparison. */
static bool has_enough_hosts(const struct report *r, const struct fleet_row *rows, size_t n)
{
	const char *seen[LEAST_HOSTS];
	size_t hosts = 0;

	for (size_t i = 0; i < n && hosts < LEAST_HOSTS; i++) {
		const char *host = label_host(r, rows[i].judgement->run);
		bool known = false;

		for (size_t k = 0; host && k < hosts && !known; k++)
			known = seen[k] && !strcmp(seen[k], host);
		if (!known)
			seen[hosts++] = host;
	}
	return hosts == LEAST_HOSTS;
}

/* How far each of n rows is from their median; `space` holds n. */
static void rate(const struct report *r, struct fleet_row *rows, size_t n, double delta,
		 double *space)
{
	bool enough = has_enough_hosts(r, rows, n);
	double median, deviation;

	for (size_t i = 0; i < n; i++)
		space[i] = rows[i].judgement->value;
	median = stats_median(space, n);
	for (size_t i = 0; i < n; i++)
		space[i] = fabs(rows[i].judgement->value - median);
	deviation = stats_median(space, n);
	for (size_t i = 0; i < n; i++) {
		double distance = rows[i].judgement->value - median;

		rows[i].apart = distance == 0 ? 0 : SCALE * distance / deviation;
		/* What is worth acting on, and not only rarer than the rest. */
		rows[i].odd = enough && fabs(rows[i].apart) > ODD &&
			      fabs(distance) > delta * fabs(median);
	}
}

int criteria_fleet(struct analysis *a)
{
	struct report *r = &a->report;
	struct fleet_row *rows = arena_array(&a->arena, r->judgement_count + 1, sizeof(*rows));
	double *space = calloc(r->judgement_count + 1, sizeof(*space));
	size_t n = 0, kept = 0;

	if (!rows || !space) {
		free(space);
		return -1;
	}
	for (size_t i = 0; i < r->judgement_count; i++)
		if (r->judgements[i].criterion->kind == CRITERION_LIMIT &&
		    isfinite(r->judgements[i].value))
			rows[n++] = (struct fleet_row){.judgement = &r->judgements[i]};
	if (n)
		qsort(rows, n, sizeof(*rows), by_limit_and_place);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && !by_limit(&rows[i], &rows[end]);)
			end++;
		if (end - i < 2) /* of one host alone */
			continue;
		rate(r, rows + i, end - i, rows[i].judgement->run->delta, space);
		memmove(rows + kept, rows + i, (end - i) * sizeof(*rows));
		kept += end - i;
	}
	r->fleet = rows;
	r->fleet_count = kept;
	free(space);
	return 0;
}

/* ---- The table ---- */

enum { WHAT, PLATFORM, WANTED, RUN, HOST, VERDICT, FOUND, VALUE, APART, ODD_ONE };

static const struct section_column columns[] = {
	[WHAT] = {"what", "what", false},
	[PLATFORM] = {"platform", "platform", false},
	[WANTED] = {"wanted", "limit", false},
	[RUN] = {"run", NULL, false},
	[HOST] = {"host", "host", false},
	[VERDICT] = {"verdict", "verdict", false},
	[FOUND] = {"found", "found", false},
	[VALUE] = {"value", NULL, true},
	[APART] = {"apart", "deviations apart", true},
	[ODD_ONE] = {"odd", "odd one out", false},
};

static const char *text_of(const struct report *r, const struct fleet_row *f, size_t column)
{
	const struct judgement *x = f->judgement;

	switch (column) {
	case WHAT:
		return x->what;
	case PLATFORM:
		return x->platform;
	case WANTED:
		return x->wanted;
	case RUN:
		return x->run->uuid;
	case HOST:
		return label_host(r, x->run);
	case VERDICT:
		return judged_name(x->result);
	case FOUND:
		return x->found;
	}
	return f->odd ? "odd" : NULL;
}

static void cell(const struct report *r, size_t row, size_t column, struct section_cell *c)
{
	const struct fleet_row *f = &r->fleet[row];
	const char *text;

	if (columns[column].number) {
		c->number = column == VALUE ? f->judgement->value : f->apart;
		if (isfinite(c->number))
			text_print(c->text, sizeof(c->text), "%.1f", c->number);
		return;
	}
	text = text_of(r, f, column);
	text_print(c->text, sizeof(c->text), "%.*s", SECTION_TEXT - 1, text ? text : "");
	c->null = !text;
}

static size_t rows_of(const struct report *r)
{
	return r->fleet_count;
}

SECTION(fleet, .title = "Limits by host",
	.note = "a host is odd where it lies more than 3.5 robust standard deviations from the "
		"median of four hosts or more, and by more than the smallest effect worth acting "
		"on; it is marked, not judged",
	.columns = columns, .column_count = sizeof(columns) / sizeof(columns[0]), .rows = rows_of,
	.cell = cell);
