/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two sides of a metric set against each other, and a verdict.
 *
 * A verdict must hold twice: over all batches, and over the undisturbed ones alone. Where the two
 * differ, or one side was disturbed more than the other, it is inconclusive and says why: on a
 * noisy machine a red result must still mean a regression.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/analysis.h"
#include "report/label.h"

#define ALPHA 0.05
/* Random relabellings: few at first; more where p is small, so that Benjamini and Hochberg's
 * correction over many metrics does not drown it in the coarseness of the draw. */
#define ROUNDS	     4000u
#define ROUNDS_MORE  40000u
#define ROUNDS_WORTH 0.02

#define DISTURBED_ALPHA 0.01
#define DISTURBED_MORE	0.1 /* difference in the share of batches that is worth a doubt */

struct sides { /* the two series that one test is about */
	const double *a, *b;
	size_t na, nb;
	bool paired;
	uint64_t seed;
};

/* ---- The test ---- */

static struct comparison test_sides(const struct sides *s, unsigned int rounds)
{
	if (s->paired)
		return stats_compare_paired(s->a, s->b, s->na, CONFIDENCE, rounds, s->seed);
	return stats_compare(s->a, s->na, s->b, s->nb, CONFIDENCE, rounds, s->seed);
}

static struct comparison test_twice(const struct sides *s)
{
	struct comparison c = test_sides(s, ROUNDS);

	return c.p <= ROUNDS_WORTH ? test_sides(s, ROUNDS_MORE) : c;
}

/*
 * A run's trials come in blocks, one of each cell (harness/runner.c): the k-th of one cell and the
 * k-th of another of the same size are of one block. Only as long as none is missing, or they would
 * be matched with others.
 */
static bool is_paired(const struct metric *a, const struct metric *b)
{
	return a->run == b->run && a->trials == b->trials && !a->discarded && !b->discarded;
}

static struct sides all_batches(const struct metric *a, const struct metric *b, uint64_t seed)
{
	return (struct sides){a->values, b->values, a->trials, b->trials, is_paired(a, b), seed};
}

/* Undisturbed figures exist only of some trials: pairs only where none is missing. */
static struct sides undisturbed_batches(const struct metric *a, const struct metric *b,
					uint64_t seed)
{
	bool whole = a->undisturbed_count == a->trials && b->undisturbed_count == b->trials;

	return (struct sides){a->undisturbed,	    b->undisturbed,	      a->undisturbed_count,
			      b->undisturbed_count, whole && is_paired(a, b), seed};
}

/* The smallest effect worth acting on: the plan's; where two plans differ, the less strict. */
static double delta_of(const struct comparison_row *row)
{
	return fmax(row->base->run->delta, row->other->run->delta);
}

/* log(n choose k) */
static double log_choose(double n, double k)
{
	return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1);
}

/*
 * Fisher's exact test, two-sided: is the share of trials with a disturbance the same on both
 * sides? k of n against l of m.
 */
static double fisher(size_t k, size_t n, size_t l, size_t m)
{
	size_t sum = k + l, low = sum > m ? sum - m : 0, high = sum < n ? sum : n;
	double all = log_choose((double)(n + m), (double)sum);
	double observed = log_choose((double)n, (double)k) + log_choose((double)m, (double)l) - all;
	double p = 0;

	for (size_t i = low; i <= high; i++) {
		double one = log_choose((double)n, (double)i) +
			     log_choose((double)m, (double)(sum - i)) - all;

		if (one <= observed + 1e-9)
			p += exp(one);
	}
	return fmin(p, 1);
}

static bool is_disturbed_more(const struct metric *a, const struct metric *b)
{
	if (!(fabs(a->disturbed_share - b->disturbed_share) > DISTURBED_MORE))
		return false;
	return fisher(a->disturbed_trials, a->trials, b->disturbed_trials, b->trials) <
	       DISTURBED_ALPHA;
}

/* ---- The rows ---- */

struct rows {
	struct comparison_row *row;
	size_t count, room;
	int failed;
};

static void add_row(struct rows *rows, const struct comparison_row *row)
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

/* Why two metrics cannot be ranked; NULL where they can. */
static const char *unlike(const struct metric *a, const struct metric *b, enum compare_by by)
{
	if (a->execution != b->execution)
		return "they did not run alike: only like is compared with like";
	if (a->bench->unit != b->bench->unit || a->bench->better != b->bench->better)
		return "the bench has another unit or direction on the other side";
	if (by == BY_PLATFORM && a->bench->traps && !strcmp(a->platform, "native (nested)"))
		return "this host is a guest: native traps here too, so it is no baseline";
	return NULL;
}

static struct comparison_row empty_row(void)
{
	return (struct comparison_row){.test = {NAN, {NAN, NAN}, NAN, NAN, NAN}, .adjusted_p = NAN};
}

/* ---- Sides ---- */

struct matching {
	const struct report *r;
	enum compare_by by;
	struct rows *rows;
};

static int by_text(const char *a, const char *b)
{
	return strcmp(a, b);
}

/* Do the two measure the same thing, but for what tells the sides apart? */
static bool is_counterpart(const struct matching *m, const struct metric *a, const struct metric *b)
{
	if (a->parameter != b->parameter || by_text(a->bench->name, b->bench->name))
		return false;
	if (m->by != BY_PLATFORM && by_text(a->platform_name, b->platform_name))
		return false;
	return m->by == BY_VARIANT || !by_text(a->variant, b->variant);
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
		snprintf(name, size, "%s: %.60s", run,
			 version ? version
			 : file	 ? file->path
				 : x->run->started);
		break;
	case BY_HOST:
		snprintf(name, size, "%s: %.60s", run, host ? host : "host not disclosed");
		break;
	case BY_PLATFORM:
		snprintf(name, size, "%.60s", x->platform);
		break;
	case BY_VARIANT:
		snprintf(name, size, "%.60s", x->variant[0] ? x->variant : "(no variant)");
		break;
	}
}

static void add_pair(struct matching *m, const struct metric *base, const struct metric *other)
{
	struct comparison_row row = empty_row();

	row.base = base;
	row.other = other;
	if (base)
		name_side(m, row.base_name, sizeof(row.base_name), base);
	if (other)
		name_side(m, row.other_name, sizeof(row.other_name), other);
	if (!base)
		row.why = "the base has no such metric";
	else if (!other)
		row.why = "the other side has no such metric";
	else
		row.why = unlike(base, other, m->by);
	add_row(m->rows, &row);
}

/* A range of metrics that form one side. */
struct side {
	const struct metric **metrics;
	size_t count;
};

/* The counterpart of the same execution, or else one of another. */
static const struct metric *find(const struct matching *m, const struct side *side,
				 const struct metric *wanted)
{
	const struct metric *found = NULL;

	for (size_t i = 0; i < side->count; i++) {
		if (!is_counterpart(m, side->metrics[i], wanted))
			continue;
		if (side->metrics[i]->execution == wanted->execution)
			return side->metrics[i];
		if (!found)
			found = side->metrics[i];
	}
	return found;
}

static void match(struct matching *m, const struct side *base, const struct side *other)
{
	for (size_t i = 0; i < other->count; i++)
		add_pair(m, find(m, base, other->metrics[i]), other->metrics[i]);
	for (size_t i = 0; i < base->count; i++)
		if (!find(m, other, base->metrics[i]))
			add_pair(m, base->metrics[i], NULL);
}

/* What a metric's side is called inside the run or among the runs. */
static const char *side_key(const struct matching *m, const struct metric *x)
{
	return m->by == BY_PLATFORM ? x->platform_name : x->variant;
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

		if (is_other_side(m, r->runs[0], r->runs[i]))
			match(m, &base, &other);
	}
}

/* ---- Within a run: by platform, by variant ---- */

/* The side that the others are held against: native; else the first that ran. */
static const char *base_key(const struct matching *m, const struct side *all)
{
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

/* ---- Verdicts ---- */

static const char *why_inconclusive(const struct comparison_row *row, enum verdict all,
				    enum verdict undisturbed, size_t tests)
{
	const struct metric *a = row->base, *b = row->other;

	if (isnan(row->test.p))
		return "a figure is not above zero";
	if (!a->bench->disturbance_exempt) {
		if (all != undisturbed && (!a->undisturbed_count || !b->undisturbed_count))
			return "every batch of a side was disturbed: nothing confirms it";
		if (all != undisturbed)
			return "undisturbed batches alone lead to another verdict";
		if (all != VERDICT_INCONCLUSIVE && is_disturbed_more(a, b))
			return "one side was disturbed more than the other";
	}
	if (all != VERDICT_INCONCLUSIVE)
		return NULL;
	if (row->test.least_p > ALPHA)
		return "so few trials cannot tell anything";
	if (row->test.least_p * (double)tests > ALPHA && row->test.p <= ALPHA)
		return "so few trials cannot single out one of so many metrics";
	return "neither a change nor the lack of one is shown";
}

/* p of all rows, over all batches or the undisturbed ones, and their adjusted ones. */
struct tests {
	struct comparison *test;
	double *p, *q;
};

static int allocate_tests(struct analysis *a, struct tests *t, size_t n)
{
	t->test = arena_array(&a->arena, n, sizeof(*t->test));
	t->p = arena_array(&a->arena, n, sizeof(*t->p));
	t->q = arena_array(&a->arena, n, sizeof(*t->q));
	return t->test && t->p && t->q ? 0 : -1;
}

/* `all` NULL: over all batches; else over the undisturbed ones, where these are not all. */
static void run_tests(struct tests *t, const struct rows *rows, const struct tests *all)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct comparison_row *row = &rows->row[i];
		struct sides s;

		t->test[i] = empty_row().test;
		if (!row->why && all && !row->base->disturbances && !row->other->disturbances) {
			t->test[i] = all->test[i];
		} else if (!row->why) {
			uint64_t seed = row->base->run->seed + i;

			s = all ? undisturbed_batches(row->base, row->other, seed)
				: all_batches(row->base, row->other, seed);
			t->test[i] = test_twice(&s);
		}
		t->p[i] = t->test[i].p;
	}
	stats_adjust(t->p, t->q, rows->count);
}

static void judge(struct rows *rows, const struct tests *all, const struct tests *calm)
{
	size_t tests = 0;

	for (size_t i = 0; i < rows->count; i++)
		tests += !isnan(all->p[i]);
	for (size_t i = 0; i < rows->count; i++) {
		struct comparison_row *row = &rows->row[i];
		enum verdict verdict, undisturbed;
		bool higher;

		if (row->why)
			continue;
		higher = row->base->bench->better == HIGHER;
		row->test = all->test[i];
		row->adjusted_p = all->q[i];
		verdict = stats_verdict(&row->test, row->adjusted_p, ALPHA, delta_of(row), higher);
		undisturbed =
			stats_verdict(&calm->test[i], calm->q[i], ALPHA, delta_of(row), higher);
		row->why = why_inconclusive(row, verdict, undisturbed, tests);
		row->verdict = row->why ? VERDICT_INCONCLUSIVE : verdict;
	}
}

static const char *nothing(const struct report *r, enum compare_by by)
{
	if ((by == BY_VERSION || by == BY_HOST) && r->run_count < 2)
		return "there is one run only; name a second file, or compare inside the run with "
		       "--by platform or --by variant";
	if (by == BY_HOST)
		return "all runs are of one host; try --by version";
	if (by == BY_PLATFORM)
		return "no run measured two platforms";
	if (by == BY_VARIANT)
		return "no run measured two variants; see run --variant";
	return "no run holds a metric";
}

int report_compare(struct report *r, enum compare_by by, char *error, size_t size)
{
	static const char *const names[] = {"version", "host", "platform", "variant"};
	struct analysis *a = (struct analysis *)r;
	const struct metric **space = calloc(2 * r->metric_count + 1, sizeof(*space));
	struct rows rows = {0};
	struct matching m = {.r = r, .by = by, .rows = &rows};
	struct tests all, calm;
	int failed = -1;

	if (!space)
		goto out;
	match_all(&m, space);
	if (rows.failed || allocate_tests(a, &all, rows.count) ||
	    allocate_tests(a, &calm, rows.count))
		goto out;
	if (!rows.count) {
		snprintf(error, size, "nothing to compare: %s", nothing(r, by));
		free(space);
		return -1;
	}
	run_tests(&all, &rows, NULL);
	run_tests(&calm, &rows, &all);
	judge(&rows, &all, &calm);
	r->comparisons = arena_array(&a->arena, rows.count, sizeof(*rows.row));
	if (!r->comparisons)
		goto out;
	memcpy(r->comparisons, rows.row, rows.count * sizeof(*rows.row));
	r->comparison_count = rows.count;
	r->compared_by = names[by];
	failed = 0;
out:
	if (failed)
		snprintf(error, size, "no memory to compare");
	free(space);
	free(rows.row);
	return failed;
}

int report_exit_code(const struct report *r, int fail_on_inconclusive)
{
	bool inconclusive = false, regressed = false;

	for (size_t i = 0; i < r->comparison_count; i++) {
		regressed |= r->comparisons[i].verdict == VERDICT_REGRESSED;
		/* What could not be compared counts: a gate that asks for certainty has none. */
		inconclusive |= r->comparisons[i].verdict == VERDICT_INCONCLUSIVE;
	}
	/* That one platform costs more than another is a finding; nothing got worse. */
	if (regressed && strcmp(r->compared_by, "platform") != 0)
		return 1;
	return inconclusive && fail_on_inconclusive ? 3 : 0;
}
