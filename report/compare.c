/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two sides of a metric set against each other, and a verdict.
 *
 * A verdict must hold twice: over all batches, and over the undisturbed ones alone. Where these
 * contradict it, or one side was disturbed more than the other, it is inconclusive and says why: on
 * a noisy machine a red result must still mean a regression. Sides of separate runs must differ by
 * more than such runs do by themselves (compare_noise.c). What is deterministic has no noise, and
 * a rule of its own (compare_exact.c).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/compare.h"
#include "report/criteria.h"

#define ALPHA  0.05
#define ROUNDS 4000u /* random relabellings; ten times as many where p is small */

#define DISTURBED_ALPHA 0.01
#define DISTURBED_MORE	0.1 /* difference in the share of batches that is worth a doubt */

/* ---- Was one side disturbed more? ---- */

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

static size_t above(const struct metric *m, double share)
{
	size_t n = 0;

	for (size_t i = 0; i < m->trials; i++)
		n += m->disturbed[i] > share;
	return n;
}

/* The median share of disturbed batches over the trials of both sides; NaN: no memory. */
static double common_share(const struct metric *a, const struct metric *b)
{
	size_t n = a->trials + b->trials;
	double *shares = calloc(n + 1, sizeof(*shares)), median;

	if (!shares)
		return NAN;
	memcpy(shares, a->disturbed, a->trials * sizeof(*shares));
	memcpy(shares + a->trials, b->disturbed, b->trials * sizeof(*shares));
	median = stats_median(shares, n);
	free(shares);
	return median;
}

/* Of a side that nobody watched, none is known: it counts as undisturbed, which raises the doubt.
 */
static double known_share(const struct metric *m)
{
	return isnan(m->disturbed_share) ? 0 : m->disturbed_share;
}

/*
 * Mood's median test on each trial's share of disturbed batches, with Fisher's exact p. To count
 * the trials with any disturbance would be blind on a busy host, where all of them have some.
 */
static bool is_disturbed_more(const struct metric *a, const struct metric *b)
{
	double share;

	if (!(fabs(known_share(a) - known_share(b)) > DISTURBED_MORE))
		return false;
	share = common_share(a, b);
	return !isnan(share) &&
	       fisher(above(a, share), a->trials, above(b, share), b->trials) < DISTURBED_ALPHA;
}

/* ---- Verdicts ---- */

struct comparison_row compare_empty_row(void)
{
	return (struct comparison_row){.test = {NAN, {NAN, NAN}, NAN, NAN, NAN}, .adjusted_p = NAN};
}

static const char *why_nothing_shown(const struct comparison_row *row, size_t tests)
{
	const struct between_runs *x = &row->between_runs;

	if (row->test.least_p > ALPHA)
		return "so few trials cannot tell anything";
	if (row->test.p <= ALPHA && stats_is_at_odds(&row->test))
		return "medians and means of the trials point to different sides: trials are of "
		       "several kinds";
	if (x->counts && x->trials_p <= ALPHA && row->test.p > ALPHA)
		return x->assumed ? "separate runs may differ as much by themselves: run aa, or "
				    "measure both as variants of one run"
				  : "separate runs of the same code differ as much by themselves";
	if (row->test.least_p * (double)tests > ALPHA && row->test.p <= ALPHA)
		return "so few trials cannot single out one of so many metrics";
	return "neither a change nor the lack of one is shown";
}

/* What the estimate alone says, however sure it is. */
static enum verdict estimated(const struct comparison *c, double delta, bool higher_is_better)
{
	if (fabs(c->ratio - 1) <= delta)
		return VERDICT_EQUIVALENT;
	return (c->ratio > 1) == higher_is_better ? VERDICT_IMPROVED : VERDICT_REGRESSED;
}

/*
 * Do the undisturbed batches contradict the verdict over all? They do by a verdict of their own.
 * That they are too few for one is none: the fewer they are, the noisier the machine, and there a
 * change of the code would never be seen. Then it is enough that they point to the same side of
 * delta, and that what all batches say lies within their interval.
 * Trials of one run are interleaved: what disturbs the host falls on both sides alike, and whether
 * it did is tested by itself (is_disturbed_more). There even none is no doubt; separate runs had
 * each its own disturbances.
 */
static const char *contradiction(const struct comparison_row *row, enum verdict all,
				 const struct comparison *calm, enum verdict undisturbed)
{
	bool higher = row->base->bench->better == HIGHER;
	bool interleaved = row->base->run == row->other->run;

	if (all == VERDICT_INCONCLUSIVE || all == undisturbed)
		return NULL;
	if (interleaved && isnan(calm->ratio_interval.low))
		return NULL;
	if (isnan(calm->ratio))
		return "every batch of a side was disturbed: nothing confirms it";
	if (isnan(calm->ratio_interval.low))
		return "too few trials have an undisturbed batch to confirm it";
	if (undisturbed != VERDICT_INCONCLUSIVE || estimated(calm, row->delta, higher) != all ||
	    !(row->test.ratio >= calm->ratio_interval.low) ||
	    !(row->test.ratio <= calm->ratio_interval.high))
		return "undisturbed batches alone lead to another verdict";
	return NULL;
}

static const char *why_inconclusive(const struct comparison_row *row, enum verdict all,
				    const struct comparison *calm, enum verdict undisturbed,
				    size_t tests)
{
	const struct metric *a = row->base, *b = row->other;
	const char *why;

	if (isnan(row->test.p))
		return "a figure is not above zero";
	if (!a->bench->disturbance_exempt) {
		why = contradiction(row, all, calm, undisturbed);
		if (why)
			return why;
		if (all != VERDICT_INCONCLUSIVE && is_disturbed_more(a, b))
			return "one side was disturbed more than the other";
	}
	if (all != VERDICT_INCONCLUSIVE)
		return NULL;
	return why_nothing_shown(row, tests);
}

/* p of all rows, over all batches or the undisturbed ones, and their adjusted ones. */
struct tests {
	struct comparison *test;
	double *p, *q;
	double *family; /* p of those that are corrected together, then their adjusted ones */
};

static int allocate_tests(struct analysis *a, struct tests *t, size_t n)
{
	t->test = arena_array(&a->arena, n, sizeof(*t->test));
	t->p = arena_array(&a->arena, n, sizeof(*t->p));
	t->q = arena_array(&a->arena, n, sizeof(*t->q));
	t->family = arena_array(&a->arena, 2 * n, sizeof(*t->family));
	return t->test && t->p && t->q && t->family ? 0 : -1;
}

/* What gates is corrected for its own number, declared beforehand; what is only shown, for its. */
static void adjust(struct tests *t, const struct comparison_rows *rows, bool gates)
{
	double *p = t->family, *q = t->family + rows->count;

	for (size_t i = 0; i < rows->count; i++)
		p[i] = rows->row[i].gates == gates ? t->p[i] : NAN;
	stats_adjust(p, q, rows->count);
	for (size_t i = 0; i < rows->count; i++)
		if (rows->row[i].gates == gates)
			t->q[i] = q[i];
}

/* One row's test, widened where the sides are of separate runs. */
static struct comparison test_row(const struct report *r, struct comparison_row *row,
				  enum batches which, uint64_t seed)
{
	struct comparison c = analysis_test(row->base, row->other, which, ROUNDS, seed);
	struct run_noise base, other;
	double trials_p = c.p;

	if (!compare_noise(r, row, &base, &other))
		return c;
	analysis_widen(&c, row->base, row->other, which, &base, &other);
	row->between_runs.trials_p = trials_p;
	return c;
}

/* `all` NULL: over all batches; else over the undisturbed ones, where these are not all. What gets
 * no verdict is not corrected for either: its small p would let others pass. */
static void run_tests(const struct report *r, enum compare_by by, struct tests *t,
		      struct comparison_rows *rows, const struct tests *all)
{
	for (size_t i = 0; i < rows->count; i++) {
		struct comparison_row *row = &rows->row[i];
		double trials_p = row->between_runs.trials_p;

		t->test[i] = compare_empty_row().test;
		if (row->why || compare_is_exact(row)) {
			t->p[i] = NAN;
			continue;
		}
		if (all && !row->base->disturbances && !row->other->disturbances) {
			t->test[i] = all->test[i];
		} else {
			t->test[i] = test_row(r, row, all ? UNDISTURBED_BATCHES : ALL_BATCHES,
					      row->base->run->seed + i);
			if (all)
				row->between_runs.trials_p = trials_p;
		}
		t->p[i] = compare_hosts(r, row, by) ? NAN : t->test[i].p;
	}
	adjust(t, rows, true);
	adjust(t, rows, false);
}

static void judge(const struct report *r, enum compare_by by, struct comparison_rows *rows,
		  const struct tests *all, const struct tests *calm)
{
	size_t tests[2] = {0};

	for (size_t i = 0; i < rows->count; i++)
		tests[rows->row[i].gates] += !isnan(all->p[i]);
	for (size_t i = 0; i < rows->count; i++) {
		struct comparison_row *row = &rows->row[i];
		enum verdict verdict, undisturbed;
		bool higher;

		if (row->why || compare_is_exact(row))
			continue;
		higher = row->base->bench->better == HIGHER;
		row->test = all->test[i];
		row->adjusted_p = all->q[i];
		verdict = stats_verdict(&row->test, row->adjusted_p, ALPHA, row->delta, higher);
		undisturbed = stats_verdict(&calm->test[i], calm->q[i], ALPHA, row->delta, higher);
		row->why = compare_hosts(r, row, by);
		if (!row->why)
			row->why = why_inconclusive(row, verdict, &calm->test[i], undisturbed,
						    tests[row->gates]);
		row->verdict = row->why ? VERDICT_INCONCLUSIVE : verdict;
	}
}

static const char *nothing(const struct report *r, enum compare_by by)
{
	if ((by == BY_VERSION || by == BY_HOST) && r->run_count < 2)
		return "there is one run only; name a second file, or compare inside the run with "
		       "--by platform or --by variant";
	if (by == BY_VERSION)
		return "all runs are blocks of one side: they measured the same thing on the same "
		       "host and kernel; name a second file";
	if (by == BY_HOST)
		return "all runs are of one host; try --by version";
	if (by == BY_PLATFORM)
		return "no run measured two platforms";
	if (by == BY_VARIANT)
		return "no run measured two variants; see run --variant";
	return "no run holds a metric";
}

/* Verdicts of all rows. 0, or -1: no memory. */
static int judge_rows(struct analysis *a, enum compare_by by, struct comparison_rows *rows)
{
	struct tests all, calm;

	if (allocate_tests(a, &all, rows->count) || allocate_tests(a, &calm, rows->count))
		return -1;
	run_tests(&a->report, by, &all, rows, NULL);
	run_tests(&a->report, by, &calm, rows, &all);
	judge(&a->report, by, rows, &all, &calm);
	for (size_t i = 0; i < rows->count; i++)
		if (!rows->row[i].why && compare_is_exact(&rows->row[i]) &&
		    compare_exact(&rows->row[i]))
			return -1;
	return 0;
}

int report_compare(struct report *r, enum compare_by by, char *error, size_t size)
{
	static const char *const names[] = {"version", "host", "platform", "variant"};
	struct analysis *a = (struct analysis *)r;
	struct comparison_rows rows = {0};
	int failed = -1;

	compare_match(r, by, &rows);
	if (rows.failed)
		goto out;
	if (rows.too_many) {
		snprintf(
			error, size,
			"the comparison has more than %zu rows, beyond any of our runs; name fewer "
			"files, or another --by",
			rows.count);
		free(rows.row);
		return -1;
	}
	if (!rows.count) {
		snprintf(error, size, "nothing to compare: %s", nothing(r, by));
		return -1;
	}
	for (size_t i = 0; i < rows.count; i++)
		rows.row[i].gates = criteria_gate(r, &rows.row[i]);
	if (by == BY_HOST && criteria_fleet(a))
		goto out;
	if (judge_rows(a, by, &rows) || compare_facts(a))
		goto out;
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
	free(rows.row);
	return failed;
}

enum compare_by report_compare_by(const struct report *r)
{
	size_t count;

	for (size_t i = 0; i < r->run_count && r->file_count == 1; i++) {
		label_variants(r, r->runs[i], &count);
		if (count > 1)
			return BY_VARIANT;
	}
	return BY_VERSION;
}

bool report_is_compared(const struct comparison_row *c)
{
	return c->base && c->other && (c->exact.layouts || isfinite(c->test.p));
}

struct verdict_counts report_verdict_counts(const struct report *r)
{
	struct verdict_counts n = {0};

	for (size_t i = 0; i < r->comparison_count; i++) {
		const struct comparison_row *c = &r->comparisons[i];

		if (!report_is_compared(c)) {
			n.not_compared++;
		} else if (c->gates) {
			n.of[c->verdict]++;
		} else {
			n.shown++;
			n.shown_worse += c->verdict == VERDICT_REGRESSED;
		}
	}
	return n;
}

int report_exit_code(const struct report *r, int fail_on_inconclusive)
{
	bool inconclusive = false, regressed = false, failed = false, gated = !r->comparison_count;

	for (size_t i = 0; i < r->comparison_count; i++) {
		const struct comparison_row *c = &r->comparisons[i];

		gated |= c->gates;
		regressed |= c->gates && c->verdict == VERDICT_REGRESSED;
		/* What could not be compared counts: a gate that asks for certainty has none. */
		inconclusive |= c->gates && c->verdict == VERDICT_INCONCLUSIVE;
	}
	inconclusive |= !gated;
	for (size_t i = 0; i < r->judgement_count; i++) {
		failed |= r->judgements[i].result == JUDGED_FAILED;
		inconclusive |= r->judgements[i].result == JUDGED_INCONCLUSIVE;
	}
	/* That one platform costs more than another is a finding; nothing got worse. */
	if (failed || (regressed && strcmp(r->compared_by, "platform") != 0))
		return 1;
	return inconclusive && fail_on_inconclusive ? 3 : 0;
}
