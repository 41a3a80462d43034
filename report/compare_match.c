/* SPDX-License-Identifier: Apache-2.0 */
/* Which metrics of a report are set against each other, and what the two sides are called. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/text.h"
#include "report/compare.h"

/* More than two runs of ours make: every metric of one against a lack of it in hundreds. */
#define MAX_COMPARISONS 100000u

/* ---- The rows ---- */

static void add_row(struct comparison_rows *rows, const struct comparison_row *row)
{
	rows->too_many |= rows->count == MAX_COMPARISONS;
	if (rows->too_many || rows->failed)
		return;
	if (rows->count == rows->room) {
		size_t room = rows->room ? rows->room * 2 : 64;
		struct comparison_row *longer = reallocarray(rows->row, room, sizeof(*longer));

		if (!longer) {
			rows->failed = -1;
			return;
		}
		rows->row = longer;
		rows->room = room;
	}
	rows->row[rows->count++] = *row;
}

static bool is_virtual(const struct metric *m)
{
	return m->execution == EXECUTION_DETERMINISTIC;
}

/* Why two metrics cannot be ranked; NULL where they can. */
static const char *unlike(const struct metric *a, const struct metric *b, enum compare_by by)
{
	if (is_virtual(a) != is_virtual(b))
		return "one side counts instructions of virtual time, the other measures time: "
		       "they are never compared";
	if (a->execution != b->execution)
		return "they did not run alike: only like is compared with like";
	if (a->bench->unit != b->bench->unit || a->bench->better != b->bench->better)
		return "the bench has another unit or direction on the other side";
	if (by == BY_PLATFORM && a->bench->traps && analysis_is_nested(a))
		return "this host is a guest: native traps here too, so it is no baseline";
	return NULL;
}

/* ---- Sides ---- */

/* A metric as it is matched. */
struct candidate {
	const struct metric *metric;
	const char *side; /* what tells the sides apart within a run */
	const char *rest; /* of its form, which does not: its counterpart has the same */
	size_t order;	  /* in the report */
};

struct matching {
	const struct report *r;
	enum compare_by by;
	struct comparison_rows *rows;
	struct candidate *all; /* [metric_count]: as the report has them */
	bool *seen;	       /* [metric_count] */
};

/*
 * Among variants: the variant where the run declares any, and the placement is left; of undeclared
 * variants nothing is known. Else the whole form has to be the same.
 */
static struct candidate candidate_of(const struct matching *m, size_t i)
{
	const struct metric *x = &m->r->metrics[i];
	const struct result_variant *v;

	if (m->by != BY_VARIANT)
		return (struct candidate){x, x->platform_name, x->variant, i};
	v = label_variant(m->r, x->run, x->variant);
	return (struct candidate){x, v ? v->name : x->variant,
				  v ? x->variant + strlen(v->name) : "", i};
}

/* 0: the two measure the same thing, but for what tells the sides apart. */
static int by_cell(const void *x, const void *y, void *context)
{
	const struct candidate *a = *(struct candidate *const *)x;
	const struct candidate *b = *(struct candidate *const *)y;
	const struct matching *m = context;
	int order = strcmp(a->metric->bench->name, b->metric->bench->name);

	if (!order)
		order = (a->metric->parameter > b->metric->parameter) -
			(a->metric->parameter < b->metric->parameter);
	if (!order && m->by != BY_PLATFORM)
		order = strcmp(a->metric->platform_name, b->metric->platform_name);
	return order ? order : strcmp(a->rest, b->rest);
}

static int by_cell_and_order(const void *x, const void *y, void *context)
{
	const struct candidate *a = *(struct candidate *const *)x;
	const struct candidate *b = *(struct candidate *const *)y;
	int order = by_cell(x, y, context);

	return order ? order : (a->order > b->order) - (a->order < b->order);
}

static void name_variant(const struct matching *m, char *name, size_t size, const struct metric *x)
{
	const struct result_variant *v = label_variant(m->r, x->run, x->variant);
	char s[LABEL_SIZE];

	if (v)
		text_print(name, size, "%.100s", label_variant_name(s, v));
	else
		text_print(name, size, "%.60s", x->variant[0] ? x->variant : "(no variant)");
}

static void name_side(const struct matching *m, char *name, size_t size, const struct metric *x)
{
	const struct report_file *file = label_file(m->r, x->run);
	const char *version = label_version(m->r, x->run, x->platform_name);
	const char *host = label_host(m->r, x->run);
	char run[16];

	label_run(run, m->r, x->run);
	switch (m->by) {
	case BY_VERSION:
		text_print(name, size, "%s: %.60s", run,
			   version ? version
			   : file  ? file->path
				   : x->run->started);
		break;
	case BY_HOST:
		text_print(name, size, "%s: %.60s", run, host ? host : "host not disclosed");
		break;
	case BY_PLATFORM:
		text_print(name, size, "%.60s", x->platform);
		break;
	case BY_VARIANT:
		name_variant(m, name, size, x);
		break;
	}
}

static void add_pair(struct matching *m, const struct metric *base, const struct metric *other,
		     const char *why)
{
	struct comparison_row row = compare_empty_row();

	row.base = base;
	row.other = other;
	row.why = why;
	if (base) {
		row.delta = base->run->delta;
		name_side(m, row.base_name, sizeof(row.base_name), base);
	}
	if (other)
		name_side(m, row.other_name, sizeof(row.other_name), other);
	/* Where two plans differ, the stricter one: to pass is what has to be shown. */
	if (base && other) {
		row.delta = fmin(base->run->delta, other->run->delta);
		row.why = unlike(base, other, m->by);
	}
	add_row(m->rows, &row);
}

/* One side, or a cell of it. A side is sorted by cells, a cell by the order in the report. */
struct side {
	const struct candidate **list;
	size_t count;
};

/* Those of a side that measure what `wanted` does. */
static struct side cell_of(struct matching *m, const struct side *side,
			   const struct candidate *wanted)
{
	size_t low = 0, high = side->count;
	struct side cell;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (by_cell(&side->list[middle], &wanted, m) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	cell = (struct side){side->list + low, 0};
	while (low + cell.count < side->count && !by_cell(&cell.list[cell.count], &wanted, m))
		cell.count++;
	return cell;
}

/* The one of a cell that ran alike; NULL: there is none. */
static const struct metric *find_alike(const struct side *cell, const struct metric *wanted)
{
	for (size_t i = 0; i < cell->count; i++)
		if (cell->list[i]->metric->execution == wanted->execution)
			return cell->list[i]->metric;
	return NULL;
}

/* How many of a cell, before `end`, find nothing alike in the cell `across`. */
static size_t leftovers(const struct side *cell, const struct side *across,
			const struct candidate *end)
{
	size_t n = 0;

	for (size_t i = 0; i < cell->count && cell->list[i] != end; i++)
		n += !find_alike(across, cell->list[i]->metric);
	return n;
}

/* The leftover of a cell of that rank, so that none is named twice; NULL: there is none. */
static const struct metric *find_leftover(const struct side *cell, const struct side *across,
					  size_t rank)
{
	for (size_t i = 0; i < cell->count; i++)
		if (!find_alike(across, cell->list[i]->metric) && !rank--)
			return cell->list[i]->metric;
	return NULL;
}

/* The counterpart of x, which is of the cell `own`, in the cell `across`: like with like first;
 * then what is left of a cell, only to be listed. NULL: there is none. */
static const struct metric *counterpart(const struct side *own, const struct side *across,
					const struct candidate *x)
{
	const struct metric *alike = find_alike(across, x->metric);

	return alike ? alike : find_leftover(across, own, leftovers(own, across, x));
}

static int by_order(const void *x, const void *y)
{
	const struct candidate *a = *(struct candidate *const *)x;
	const struct candidate *b = *(struct candidate *const *)y;

	return (a->order > b->order) - (a->order < b->order);
}

/* The metrics of a side as the report has them; NULL: no memory. */
static const struct candidate **in_order(struct matching *m, const struct side *side)
{
	const struct candidate **list = calloc(side->count + 1, sizeof(*list));

	if (!list) {
		m->rows->failed = -1;
		return NULL;
	}
	memcpy(list, side->list, side->count * sizeof(*list));
	qsort(list, side->count, sizeof(*list), by_order);
	return list;
}

static void match_other(struct matching *m, const struct side *base, const struct side *other)
{
	const struct candidate **list = in_order(m, other);

	for (size_t i = 0; list && i < other->count; i++) {
		struct side own = cell_of(m, other, list[i]), across = cell_of(m, base, list[i]);

		add_pair(m, counterpart(&own, &across, list[i]), list[i]->metric,
			 across.count ? "the base did not run it in that way"
				      : "the base has no such metric");
	}
	free(list);
}

/* What of the base no metric of the other side was set against. */
static void match_base(struct matching *m, const struct side *base, const struct side *other)
{
	const struct candidate **list = in_order(m, base);

	for (size_t i = 0; list && i < base->count && !m->rows->too_many; i++) {
		struct side own = cell_of(m, base, list[i]), across = cell_of(m, other, list[i]);

		if (!counterpart(&own, &across, list[i]))
			add_pair(m, list[i]->metric, NULL,
				 across.count ? "the other side did not run it in that way"
					      : "the other side has no such metric");
	}
	free(list);
}

static void match(struct matching *m, const struct side *base, const struct side *other)
{
	match_other(m, base, other);
	match_base(m, base, other);
}

static void sort_side(struct matching *m, struct side *side)
{
	qsort_r(side->list, side->count, sizeof(*side->list), by_cell_and_order, m);
}

/* ---- Between runs: by version, by host ---- */

static struct side side_of_run(struct matching *m, const struct result_run *run,
			       const struct candidate **space)
{
	struct side s = {.list = space};

	for (size_t i = 0; i < m->r->metric_count; i++)
		if (m->all[i].metric->run == run)
			space[s.count++] = &m->all[i];
	return s;
}

static bool is_other_side(const struct matching *m, const struct result_run *base,
			  const struct result_run *run)
{
	const char *a, *b;

	if (m->by == BY_VERSION)
		return true;
	a = label_host(m->r, base);
	b = label_host(m->r, run);
	return !a || !b || strcmp(a, b) != 0;
}

static void match_runs(struct matching *m, const struct candidate **space)
{
	const struct report *r = m->r;
	struct side base = side_of_run(m, r->runs[0], space);

	sort_side(m, &base);
	for (size_t i = 1; i < r->run_count && !m->rows->too_many; i++) {
		struct side other = side_of_run(m, r->runs[i], space + base.count);

		if (r->sides[i] != r->runs[i] || !is_other_side(m, r->runs[0], r->runs[i]))
			continue;
		sort_side(m, &other);
		match(m, &base, &other);
	}
}

/* ---- Within a run: by platform, by variant ---- */

/* The first variant that the plan names, of those that ran; NULL: it names none. */
static const char *first_variant(const struct matching *m, const struct side *all)
{
	size_t count;
	const struct result_variant *v = label_variants(m->r, all->list[0]->metric->run, &count);

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < all->count; k++)
			if (!strcmp(all->list[k]->side, v[i].name))
				return v[i].name;
	return NULL;
}

/* The side that the others are held against: native; else the first of the plan, or that ran. */
static const char *base_key(const struct matching *m, const struct side *all)
{
	const char *first = m->by == BY_VARIANT ? first_variant(m, all) : NULL;

	if (first)
		return first;
	for (size_t i = 0; i < all->count && m->by == BY_PLATFORM; i++)
		if (!strcmp(all->list[i]->metric->platform_name, BASELINE_PLATFORM))
			return BASELINE_PLATFORM;
	for (size_t i = 0; i < all->count && m->by == BY_VARIANT; i++)
		if (!all->list[i]->metric->variant[0])
			return "";
	return all->list[0]->side;
}

static int by_side(const void *x, const void *y, void *context)
{
	const struct candidate *a = *(struct candidate *const *)x;
	const struct candidate *b = *(struct candidate *const *)y;
	int order = strcmp(a->side, b->side);

	return order ? order : by_cell_and_order(x, y, context);
}

/* Where the side of that name begins in all, which is sorted by sides; it may be empty. */
static struct side side_of_key(const struct side *all, const char *key)
{
	size_t low = 0, high = all->count;
	struct side s;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(all->list[middle]->side, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	s = (struct side){all->list + low, 0};
	while (low + s.count < all->count && !strcmp(s.list[s.count]->side, key))
		s.count++;
	return s;
}

/* Each other side once, in the order of its first metric. */
static void match_within(struct matching *m, struct side *all)
{
	const char *key = base_key(m, all);
	const struct candidate **list = in_order(m, all);
	struct side base;

	qsort_r(all->list, all->count, sizeof(*all->list), by_side, m);
	base = side_of_key(all, key);
	for (size_t i = 0; list && i < all->count && !m->rows->too_many; i++) {
		struct side other;

		if (m->seen[list[i]->order] || !strcmp(list[i]->side, key))
			continue;
		other = side_of_key(all, list[i]->side);
		for (size_t k = 0; k < other.count; k++)
			m->seen[other.list[k]->order] = true;
		match(m, &base, &other);
	}
	free(list);
}

static void match_all(struct matching *m, const struct candidate **space)
{
	const struct report *r = m->r;

	for (size_t i = 0; i < r->metric_count; i++)
		m->all[i] = candidate_of(m, i);
	if (m->by == BY_VERSION || m->by == BY_HOST) {
		match_runs(m, space);
		return;
	}
	for (size_t i = 0; i < r->run_count && !m->rows->too_many; i++) {
		struct side all = side_of_run(m, r->runs[i], space);

		if (all.count)
			match_within(m, &all);
	}
}

void compare_match(const struct report *r, enum compare_by by, struct comparison_rows *rows)
{
	size_t n = r->metric_count;
	const struct candidate **space = calloc(2 * n + 1, sizeof(*space));
	struct matching m = {.r = r,
			     .by = by,
			     .rows = rows,
			     .all = calloc(n + 1, sizeof(*m.all)),
			     .seen = calloc(n + 1, sizeof(*m.seen))};

	if (space && m.all && m.seen)
		match_all(&m, space);
	else
		rows->failed = -1;
	free(space);
	free(m.all);
	free(m.seen);
}
