/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two sides compared: the Fisher-Pitman permutation test on logarithms (Ernst, Permutation
 * Methods, Statistical Science 19, 2004), its inversion into an interval, the effect it could
 * have found, and the verdict.
 *
 * The inversion is exact and needs no search. Under the hypothesis "b is a, shifted by theta", b
 * less theta and a are relabelled together. The difference of means is then linear in theta for
 * each relabelling: d - c theta, where d is its difference at theta = 0 and |c| <= 1 says how much
 * of b stayed on b's side; with the labels as observed it is D - theta. The relabelling is at
 * least as extreme as what was observed where
 *
 *	(d - c theta)^2 >= (D - theta)^2
 *
 * a quadratic in theta that opens downward and holds at theta = D: it is true exactly between
 * (D - d) / (1 - c) and (D + d) / (1 + c), an interval around D. p(theta) is the share of these
 * intervals that hold theta, so the thetas with p(theta) > alpha lie between two order statistics
 * of their ends. Sign flips of pairs have the same form, c being the mean of the signs.
 *
 * Where all relabellings number no more than the rounds asked for, all are taken and p is exact;
 * otherwise random ones together with the observed one (Phipson, Smyth 2010: p is never 0).
 */
#include "harness/core/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/core/distribution.h"

/* All relabellings of one test, as the ends of their intervals. */
struct test {
	double observed; /* D */
	double slack;	 /* differences closer than this are ties: rounding must not break them */
	double *low, *high;
	size_t count;	   /* relabellings so far */
	size_t as_extreme; /* of them, at theta = 0 */
};

static void *allocate(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size);

	if (!p) {
		fprintf(stderr, "virt-qualify: no memory for a test over %zu relabellings\n",
			count);
		abort();
	}
	return p;
}

static void test_begin(struct test *t, double observed, double scale, size_t relabellings)
{
	*t = (struct test){
		.observed = observed,
		.slack = 1e-11 * scale,
		.low = allocate(relabellings, sizeof(double)),
		.high = allocate(relabellings, sizeof(double)),
	};
}

/* Add a relabelling of difference d - c theta; `unchanged`: the labels as observed, or all of
 * them swapped, for which c is 1 or -1 and every theta counts. */
static void test_add(struct test *t, double d, double c, bool unchanged)
{
	double one = -INFINITY, other = INFINITY;

	if (unchanged || fabs(d) >= fabs(t->observed) - t->slack)
		t->as_extreme++;
	if (!unchanged) {
		one = (t->observed - d) / (1 - c);
		other = (t->observed + d) / (1 + c);
	}
	t->low[t->count] = fmin(one, other);
	t->high[t->count] = fmax(one, other);
	t->count++;
}

/* The value that would be at `k` if all were sorted; reorders them (C. A. R. Hoare, FIND,
 * CACM 4(7), 1961). */
static double select_value(double *v, size_t count, size_t k)
{
	ptrdiff_t left = 0, right = (ptrdiff_t)count - 1, at = (ptrdiff_t)k;

	while (left < right) {
		ptrdiff_t i = left, j = right;
		double pivot = v[at];

		while (i <= j) {
			while (v[i] < pivot)
				i++;
			while (pivot < v[j])
				j--;
			if (i <= j) {
				double swapped = v[i];

				v[i++] = v[j];
				v[j--] = swapped;
			}
		}
		if (j < at)
			left = i;
		if (at < i)
			right = j;
	}
	return v[at];
}

/* p, and the interval of exp(theta); frees what test_begin allocated. */
static void test_finish(struct test *t, double alpha, struct comparison *result)
{
	/* theta is rejected where at most alpha of all intervals hold it. */
	double rejectable = floor(alpha * (double)t->count + 1e-9);

	result->p = (double)t->as_extreme / (double)t->count;
	if (rejectable < (double)t->count) {
		size_t k = (size_t)rejectable;
		double low = select_value(t->low, t->count, k);
		double high = select_value(t->high, t->count, t->count - 1 - k);

		if (isfinite(low) && isfinite(high)) {
			result->ratio_interval.low = exp(fmin(low, t->observed));
			result->ratio_interval.high = exp(fmax(high, t->observed));
		}
	}
	free(t->low);
	free(t->high);
}

double stats_power_distance(double critical, double freedom)
{
	return critical + STATS_POWER_QUANTILE * sqrt(1 + critical * critical / (2 * freedom));
}

/* The least ratio found with STATS_POWER, at the level that a test with so few relabellings really
 * attains. */
static double detectable(double standard_error, double freedom, double alpha, double least_p)
{
	double steps = floor(alpha / least_p + 1e-9);

	if (steps < 1 || !(freedom >= 1))
		return NAN;
	if (least_p * steps < alpha)
		alpha = least_p * steps;
	return expm1(
		stats_power_distance(distribution_t_quantile(1 - alpha / 2, freedom), freedom) *
		standard_error);
}

static struct comparison no_comparison(void)
{
	return (struct comparison){NAN, {NAN, NAN}, NAN, NAN, NAN};
}

/* Too little to tell anything: p is 1. */
static struct comparison cannot_tell(void)
{
	return (struct comparison){NAN, {NAN, NAN}, 1, 1, NAN};
}

static bool all_positive(const double *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!(x[i] > 0) || !isfinite(x[i]))
			return false;
	return true;
}

/* n over k, or `limit` + 1 where that is more than `limit`. */
static uint64_t choose(uint64_t n, uint64_t k, uint64_t limit)
{
	unsigned __int128 result = 1;

	for (uint64_t i = 1; i <= k; i++) {
		result = result * (n - k + i) / i;
		if (result > limit)
			return limit + 1;
	}
	return (uint64_t)result;
}

/* ---- Unpaired ---- */

/* Logs of both sides, centred; the first `small` of them are the smaller side. */
struct pool {
	double *z;
	size_t small, large;
	double sum;  /* of all, about 0 */
	double sign; /* +1: the smaller side is b */
};

static void pool_fill(struct pool *pool, const double *a, size_t na, const double *b, size_t nb)
{
	bool b_is_small = nb < na;
	const double *first = b_is_small ? b : a, *second = b_is_small ? a : b;
	size_t n = na + nb;
	double mean;

	pool->small = b_is_small ? nb : na;
	pool->large = n - pool->small;
	pool->sign = b_is_small ? 1 : -1;
	pool->z = allocate(n, sizeof(double));
	for (size_t i = 0; i < n; i++)
		pool->z[i] = log(i < pool->small ? first[i] : second[i - pool->small]);
	mean = stats_mean(pool->z, n);
	pool->sum = 0;
	for (size_t i = 0; i < n; i++) {
		pool->z[i] -= mean;
		pool->sum += pool->z[i];
	}
}

/* Mean of b's labels less mean of a's, where the smaller side's values sum to `sum`. */
static double pool_difference(const struct pool *pool, double sum)
{
	return pool->sign * (sum / (double)pool->small - (pool->sum - sum) / (double)pool->large);
}

static void pool_add(struct test *t, const struct pool *pool, double sum, size_t foreign)
{
	double c =
		1 - (double)foreign / (double)pool->small - (double)foreign / (double)pool->large;
	bool swapped = pool->small == pool->large && foreign == pool->small;

	test_add(t, pool_difference(pool, sum), c, !foreign || swapped);
}

/* Every choice of `small` out of all, in lexicographic order (Knuth, TAOCP 4A, 7.2.1.3 L). */
static void pool_enumerate(struct test *t, const struct pool *pool)
{
	size_t n = pool->small + pool->large, k = pool->small, i;
	size_t *chosen = allocate(k, sizeof(*chosen));

	for (i = 0; i < k; i++)
		chosen[i] = i;
	do {
		double sum = 0;
		size_t foreign = 0;

		for (i = 0; i < k; i++) {
			sum += pool->z[chosen[i]];
			foreign += chosen[i] >= pool->small;
		}
		pool_add(t, pool, sum, foreign);
		for (i = k; i > 0 && chosen[i - 1] == n - k + i - 1; i--)
			;
		if (i > 0)
			chosen[i - 1]++;
		for (size_t j = i; i > 0 && j < k; j++)
			chosen[j] = chosen[j - 1] + 1;
	} while (i > 0);
	free(chosen);
}

/* The observed labels and `rounds` random ones: the first steps of a Fisher-Yates shuffle. */
static void pool_sample(struct test *t, const struct pool *pool, unsigned int rounds, uint64_t seed)
{
	size_t n = pool->small + pool->large;
	uint32_t *order = allocate(n, sizeof(*order));
	struct random r;
	double sum = 0;

	random_seed(&r, seed);
	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t)i;
	for (size_t i = 0; i < pool->small; i++)
		sum += pool->z[i];
	pool_add(t, pool, sum, 0);

	for (unsigned int round = 0; round < rounds; round++) {
		size_t foreign = 0;

		sum = 0;
		for (size_t i = 0; i < pool->small; i++) {
			size_t j = i + random_below(&r, n - i);
			uint32_t drawn = order[j];

			order[j] = order[i];
			order[i] = drawn;
			sum += pool->z[drawn];
			foreign += drawn >= pool->small;
		}
		pool_add(t, pool, sum, foreign);
	}
	free(order);
}

/* Standard error of the difference, from the pooled deviation. */
static double pool_error(const struct pool *pool)
{
	double ns = (double)pool->small, nl = (double)pool->large;
	double ds = pool->small > 1 ? stats_deviation(pool->z, pool->small) : 0;
	double dl = pool->large > 1 ? stats_deviation(pool->z + pool->small, pool->large) : 0;
	double variance = ((ns - 1) * ds * ds + (nl - 1) * dl * dl) / (ns + nl - 2);

	return sqrt(variance * (1 / ns + 1 / nl));
}

static double largest(const double *z, size_t n)
{
	double result = 0;

	for (size_t i = 0; i < n; i++)
		result = fmax(result, fabs(z[i]));
	return result;
}

struct comparison stats_compare(const double *a, size_t na, const double *b, size_t nb,
				double confidence, unsigned int rounds, uint64_t seed)
{
	struct comparison result = cannot_tell();
	double alpha = 1 - confidence, sum = 0;
	struct pool pool;
	struct test test;
	uint64_t all;

	if (!all_positive(a, na) || !all_positive(b, nb))
		return no_comparison();
	if (!na || !nb)
		return result;
	pool_fill(&pool, a, na, b, nb);
	for (size_t i = 0; i < pool.small; i++)
		sum += pool.z[i];
	all = choose(na + nb, pool.small, rounds);
	test_begin(&test, pool_difference(&pool, sum), largest(pool.z, na + nb),
		   all <= rounds ? all : rounds + 1ull);
	if (all <= rounds) {
		pool_enumerate(&test, &pool);
		/* With sides of one size, each relabelling has a mirror image as extreme as it. */
		result.least_p = (na == nb ? 2.0 : 1.0) / (double)all;
	} else {
		pool_sample(&test, &pool, rounds, seed);
		result.least_p = 1 / (1.0 + rounds);
	}
	result.ratio = stats_median(b, nb) / stats_median(a, na);
	result.detectable =
		detectable(pool_error(&pool), (double)(na + nb) - 2, alpha, result.least_p);
	test_finish(&test, alpha, &result);
	free(pool.z);
	return result;
}

/* ---- Paired ---- */

/* Bit i of `flips` turns pair i round. */
static void pairs_add(struct test *t, const double *z, size_t n, const uint64_t *flips)
{
	double sum = 0;
	size_t flipped = 0;

	for (size_t i = 0; i < n; i++) {
		bool flip = flips[i / 64] >> i % 64 & 1;

		sum += flip ? -z[i] : z[i];
		flipped += flip;
	}
	test_add(t, sum / (double)n, 1 - 2 * (double)flipped / (double)n, !flipped || flipped == n);
}

static void pairs_sample(struct test *t, const double *z, size_t n, unsigned int rounds,
			 uint64_t seed)
{
	size_t words = (n + 63) / 64;
	uint64_t *flips = allocate(words, sizeof(*flips));
	struct random r;

	random_seed(&r, seed);
	pairs_add(t, z, n, flips); /* as observed */
	for (unsigned int round = 0; round < rounds; round++) {
		for (size_t i = 0; i < words; i++)
			flips[i] = random_next(&r);
		pairs_add(t, z, n, flips);
	}
	free(flips);
}

struct comparison stats_compare_paired(const double *a, const double *b, size_t n,
				       double confidence, unsigned int rounds, uint64_t seed)
{
	struct comparison result = cannot_tell();
	double alpha = 1 - confidence;
	bool exhaustive = n < 32 && 1ull << n <= rounds;
	struct test test;
	double *z;

	if (!all_positive(a, n) || !all_positive(b, n))
		return no_comparison();
	if (!n)
		return result;
	z = allocate(n, sizeof(*z));
	for (size_t i = 0; i < n; i++)
		z[i] = log(b[i]) - log(a[i]);
	test_begin(&test, stats_mean(z, n), largest(z, n),
		   exhaustive ? (size_t)1 << n : rounds + (size_t)1);
	if (exhaustive) {
		for (uint64_t flips = 0; flips < 1ull << n; flips++)
			pairs_add(&test, z, n, &flips);
		/* All flipped is as extreme as none flipped. */
		result.least_p = 2 / (double)(1ull << n);
	} else {
		pairs_sample(&test, z, n, rounds, seed);
		result.least_p = 1 / (1.0 + rounds);
	}
	result.ratio = exp(stats_median(z, n));
	result.detectable = detectable(stats_deviation(z, n) / sqrt((double)n), (double)n - 1,
				       alpha, result.least_p);
	test_finish(&test, alpha, &result);
	free(z);
	return result;
}

/* ---- Many tests, and what they mean ---- */

struct ranked {
	double p;
	size_t index;
};

static int by_p(const void *a, const void *b)
{
	double x = ((const struct ranked *)a)->p, y = ((const struct ranked *)b)->p;

	return (x > y) - (x < y);
}

void stats_adjust(const double *p, double *q, size_t n)
{
	struct ranked *ranked = allocate(n, sizeof(*ranked));
	double least = 1;
	size_t tests = 0;

	for (size_t i = 0; i < n; i++) {
		q[i] = NAN;
		if (!isnan(p[i]))
			ranked[tests++] = (struct ranked){p[i], i};
	}
	qsort(ranked, tests, sizeof(*ranked), by_p);
	for (size_t i = tests; i-- > 0;) {
		least = fmin(least, ranked[i].p * (double)tests / (double)(i + 1));
		q[ranked[i].index] = least;
	}
	free(ranked);
}

const char *verdict_name(enum verdict v)
{
	switch (v) {
	case VERDICT_INCONCLUSIVE:
		return "inconclusive";
	case VERDICT_EQUIVALENT:
		return "equivalent";
	case VERDICT_IMPROVED:
		return "improved";
	case VERDICT_REGRESSED:
		return "regressed";
	}
	return "?";
}

bool stats_is_at_odds(const struct comparison *c)
{
	return c->ratio > 1 ? c->ratio_interval.high < 1 : c->ratio_interval.low > 1;
}

enum verdict stats_verdict(const struct comparison *c, double adjusted_p, double alpha,
			   double delta, bool higher_is_better)
{
	bool equivalent = c->ratio_interval.low >= 1 - delta && c->ratio_interval.high <= 1 + delta;
	bool changed = adjusted_p <= alpha && fabs(c->ratio - 1) > delta;

	if (changed && (equivalent || stats_is_at_odds(c)))
		return VERDICT_INCONCLUSIVE;
	if (changed)
		return (c->ratio > 1) == higher_is_better ? VERDICT_IMPROVED : VERDICT_REGRESSED;
	return equivalent ? VERDICT_EQUIVALENT : VERDICT_INCONCLUSIVE;
}
