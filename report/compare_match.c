/* SPDX-License-Identifier: Apache-2.0 */
/* Which metrics of a report are set against each other, and what the two sides are called. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/text.h"
#include "report/compare.h"

/* ---- The rows ---- */

static void add_row(struct comparison_rows *rows, const struct comparison_row *row)
{
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

struct matching {
	const struct report *r;
	enum compare_by by;
	struct comparison_rows *rows;
};

static int by_text(const char *a, const char *b)
{
	return strcmp(a, b);
}

/* A metric's side among variants: the variant where the run declares any, else whatever form. */
static const char *variant_key(const struct matching *m, const struct metric *x)
{
	const struct result_variant *v = label_variant(m->r, x->run, x->variant);

	return v ? v->name : x->variant;
}

/* What is left of its form: the placement. Of undeclared variants nothing is known. */
static const char *form_rest(const struct matching *m, const struct metric *x)
{
	const struct result_variant *v = label_variant(m->r, x->run, x->variant);

	return v ? x->variant + strlen(v->name) : "";
}

/* Do the two measure the same thing, but for what tells the sides apart? */
static bool is_counterpart(const struct matching *m, const struct metric *a, const struct metric *b)
{
	if (a->parameter != b->parameter || by_text(a->bench->name, b->bench->name))
		return false;
	if (m->by != BY_PLATFORM && by_text(a->platform_name, b->platform_name))
		return false;
	if (m->by == BY_VARIANT)
		return !by_text(form_rest(m, a), form_rest(m, b));
	return !by_text(a->variant, b->variant);
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

/* A range of metrics that form one side. */
struct side {
	const struct metric **metrics;
	size_t count;
};

static bool is_alike(const struct matching *m, const struct metric *a, const struct metric *b)
{
	return is_counterpart(m, a, b) && a->execution == b->execution;
}

/* The counterpart that ran alike; NULL: there is none. */
static const struct metric *find_alike(const struct matching *m, const struct side *side,
				       const struct metric *wanted)
{
	for (size_t i = 0; i < side->count; i++)
		if (is_alike(m, side->metrics[i], wanted))
			return side->metrics[i];
	return NULL;
}

/*
 * The counterpart of a metric among those of `side` that found nothing alike on the side `across`:
 * of its own cell, and of the same rank among the cell's leftovers, so that none is named twice.
 */
static const struct metric *find_leftover(const struct matching *m, const struct side *side,
					  const struct side *across, size_t rank,
					  const struct metric *wanted)
{
	for (size_t i = 0; i < side->count; i++)
		if (is_counterpart(m, side->metrics[i], wanted) &&
		    !find_alike(m, across, side->metrics[i]) && !rank--)
			return side->metrics[i];
	return NULL;
}

/* How many leftovers of its cell stand before side->metrics[at]. */
static size_t rank_of(const struct matching *m, const struct side *side, const struct side *across,
		      size_t at)
{
	size_t rank = 0;

	for (size_t i = 0; i < at; i++)
		rank += is_counterpart(m, side->metrics[i], side->metrics[at]) &&
			!find_alike(m, across, side->metrics[i]);
	return rank;
}

static bool has_cell(const struct matching *m, const struct side *side, const struct metric *wanted)
{
	for (size_t i = 0; i < side->count; i++)
		if (is_counterpart(m, side->metrics[i], wanted))
			return true;
	return false;
}

/* Like with like first; then what is left of a cell, only to be listed. */
static void match(struct matching *m, const struct side *base, const struct side *other)
{
	for (size_t i = 0; i < other->count; i++) {
		const struct metric *x = other->metrics[i], *y = find_alike(m, base, x);

		if (!y)
			y = find_leftover(m, base, other, rank_of(m, other, base, i), x);
		add_pair(m, y, x,
			 has_cell(m, base, x) ? "the base did not run it in that way"
					      : "the base has no such metric");
	}
	for (size_t i = 0; i < base->count; i++) {
		const struct metric *x = base->metrics[i];

		if (find_alike(m, other, x) ||
		    find_leftover(m, other, base, rank_of(m, base, other, i), x))
			continue;
		add_pair(m, x, NULL,
			 has_cell(m, other, x) ? "the other side did not run it in that way"
					       : "the other side has no such metric");
	}
}

/* What a metric's side is called inside the run or among the runs. */
static const char *side_key(const struct matching *m, const struct metric *x)
{
	return m->by == BY_PLATFORM ? x->platform_name : variant_key(m, x);
}

/* ---- Between runs: by version, by host ---- */

static struct side side_of_run(const struct report *r, const struct result_run *run,
			       const struct metric **space)
{
	struct side s = {.metrics = space};

	for (size_t i = 0; i < r->metric_count; i++)
		if (r->metrics[i].run == run)
			space[s.count++] = &r->metrics[i];
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

static void match_runs(struct matching *m, const struct metric **space)
{
	const struct report *r = m->r;
	struct side base = side_of_run(r, r->runs[0], space);

	for (size_t i = 1; i < r->run_count; i++) {
		struct side other = side_of_run(r, r->runs[i], space + base.count);

		if (r->sides[i] == r->runs[i] && is_other_side(m, r->runs[0], r->runs[i]))
			match(m, &base, &other);
	}
}

/* ---- Within a run: by platform, by variant ---- */

/* The first variant that the plan names, of those that ran; NULL: it names none. */
static const char *first_variant(const struct matching *m, const struct side *all)
{
	size_t count;
	const struct result_variant *v = label_variants(m->r, all->metrics[0]->run, &count);

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < all->count; k++)
			if (!strcmp(side_key(m, all->metrics[k]), v[i].name))
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
		if (!strcmp(all->metrics[i]->platform_name, BASELINE_PLATFORM))
			return BASELINE_PLATFORM;
	for (size_t i = 0; i < all->count && m->by == BY_VARIANT; i++)
		if (!all->metrics[i]->variant[0])
			return "";
	return side_key(m, all->metrics[0]);
}

static struct side side_of_key(const struct matching *m, const struct side *all, const char *key,
			       const struct metric **space)
{
	struct side s = {.metrics = space};

	for (size_t i = 0; i < all->count; i++)
		if (!strcmp(side_key(m, all->metrics[i]), key))
			space[s.count++] = all->metrics[i];
	return s;
}

/* Each other key once, in the order of their first metric. */
static void match_within(struct matching *m, const struct side *all, const struct metric **space)
{
	const char *key = base_key(m, all);
	struct side base = side_of_key(m, all, key, space);

	for (size_t i = 0; i < all->count; i++) {
		const char *other_key = side_key(m, all->metrics[i]);
		struct side other;
		bool seen = !strcmp(other_key, key);

		for (size_t k = 0; k < i && !seen; k++)
			seen = !strcmp(side_key(m, all->metrics[k]), other_key);
		if (seen)
			continue;
		other = side_of_key(m, all, other_key, space + base.count);
		match(m, &base, &other);
	}
}

static void match_all(struct matching *m, const struct metric **space)
{
	const struct report *r = m->r;

	if (m->by == BY_VERSION || m->by == BY_HOST) {
		match_runs(m, space);
		return;
	}
	for (size_t i = 0; i < r->run_count; i++) {
		struct side all = side_of_run(r, r->runs[i], space);

		if (all.count)
			match_within(m, &all, space + all.count);
	}
}

void compare_match(const struct report *r, enum compare_by by, struct comparison_rows *rows)
{
	const struct metric **space = calloc(2 * r->metric_count + 1, sizeof(*space));
	struct matching m = {.r = r, .by = by, .rows = rows};

	if (space)
		match_all(&m, space);
	else
		rows->failed = -1;
	free(space);
}
