/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Comparing two sides: by hand where relabellings are few, by simulation with fixed seeds where
 * the claim is about how often it is right.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>
#include <gsl/gsl_cdf.h>

#include "harness/core/distribution.h"
#include "harness/core/stats.h"
#include "tests/unit/simulate.h"

/* Three against three, all relabellings by hand: 2 of 20 are as extreme. */
static void permutation_by_hand(void **state)
{
	const double a[] = {1, 2, 3}, b[] = {10, 11, 12};
	const double c[] = {1, 2, 11}, d[] = {3, 10, 12};
	struct comparison r = stats_compare(a, 3, b, 3, 0.9, 1000, 1);

	(void)state;
	assert_near(r.p, 2 / 20.0, 1e-12);
	assert_near(r.least_p, 2 / 20.0, 1e-12);
	assert_near(r.ratio, 5.5, 1e-12);
	/* At 95 % three against three cannot tell: no interval, "none" detectable. */
	r = stats_compare(a, 3, b, 3, 0.95, 1000, 1);
	assert_true(isnan(r.ratio_interval.low) && isnan(r.ratio_interval.high));
	assert_true(isnan(r.detectable));
	/* The product of {1,2,11} is 22. Of the triples out of all six values, these lie as far
	 * below or above 3960 ^ 1/2 = 88.99: {1,2,3}, {1,2,10}, {1,2,11} and the mirror images. */
	r = stats_compare(c, 3, d, 3, 0.9, 1000, 1);
	assert_near(r.p, 6 / 20.0, 1e-12);
	/* Unequal sides have no mirror image. */
	r = stats_compare(a, 2, b, 3, 0.9, 1000, 1);
	assert_near(r.p, 1 / 10.0, 1e-12);
	assert_near(r.least_p, 1 / 10.0, 1e-12);
}

static void pairs_by_hand(void **state)
{
	const double a[] = {1, 1, 1, 1, 1, 1}, b[] = {2, 4, 8, 2, 4, 8};
	const double c[] = {2, 4, 8, 2, 4, 0.125};
	struct comparison r = stats_compare_paired(a, b, 6, 0.95, 1000, 1);

	(void)state;
	assert_near(r.p, 2 / 64.0, 1e-12);
	assert_near(r.least_p, 2 / 64.0, 1e-12);
	assert_near(r.ratio, 4, 1e-12);
	/* Level 0.05 lets 3 of 64 intervals hold a rejected theta: two are endless, the third
	 * comes from turning round one of the two smallest: (D - d) / (1 - c) = 1. */
	assert_near(r.ratio_interval.low, 2, 1e-9);
	assert_near(r.ratio_interval.high, 8, 1e-9);
	/* Logs 1 2 3 1 2 -3, sum 6: sign choices with |sum| >= 6, that is, whose turned-round part
	 * weighs at most 3 of 12: {}, {1}, {1}, {2}, {2}, {3}, {3}, {1,1}, {1,2} four times. */
	r = stats_compare_paired(a, c, 6, 0.95, 1000, 1);
	assert_near(r.p, 2 * 12 / 64.0, 1e-12);
}

/* Every relabelling as the bits of a number: plain, slow, and nothing of stats_compare's. */
static double enumerated_p(const double *a, size_t na, const double *b, size_t nb)
{
	size_t n = na + nb, all = 0, extreme = 0;
	double z[16], observed = 0;

	for (size_t i = 0; i < n; i++) {
		z[i] = log(i < na ? a[i] : b[i - na]);
		observed += i < na ? -z[i] / (double)na : z[i] / (double)nb;
	}
	for (unsigned int bits = 0; bits < 1u << n; bits++) {
		double d = 0;

		if ((size_t)__builtin_popcount(bits) != nb)
			continue;
		for (size_t i = 0; i < n; i++)
			d += bits >> i & 1 ? z[i] / (double)nb : -z[i] / (double)na;
		all++;
		extreme += fabs(d) >= fabs(observed) - 1e-12;
	}
	return (double)extreme / (double)all;
}

static double enumerated_paired_p(const double *a, const double *b, size_t n)
{
	double observed = 0;
	size_t extreme = 0;

	for (size_t i = 0; i < n; i++)
		observed += log(b[i] / a[i]);
	for (unsigned int bits = 0; bits < 1u << n; bits++) {
		double d = 0;

		for (size_t i = 0; i < n; i++)
			d += bits >> i & 1 ? -log(b[i] / a[i]) : log(b[i] / a[i]);
		extreme += fabs(d) >= fabs(observed) - 1e-12;
	}
	return (double)extreme / (double)(1u << n);
}

static void permutation_matches_enumeration(void **state)
{
	double a[7], b[7];
	struct random r;

	(void)state;
	random_seed(&r, 41);
	for (int s = 0; s < 60; s++) {
		size_t na = 2 + (size_t)s % 6, nb = 2 + (size_t)s / 6 % 6;

		trials(&r, a, 7, 100, 0.05);
		trials(&r, b, 7, 104, 0.05);
		assert_near(stats_compare(a, na, b, nb, 0.95, 100000, 1).p,
			    enumerated_p(a, na, b, nb), 1e-12);
		assert_near(stats_compare_paired(a, b, na, 0.95, 100000, 1).p,
			    enumerated_paired_p(a, b, na), 1e-12);
	}
}

/* Benjamini and Hochberg's rule as they wrote it: reject the k least, k the largest for which
 * p_(k) <= k q / m. The adjusted p are at most q for exactly these. */
static void adjustment_is_the_rule(void **state)
{
	struct random r;

	(void)state;
	random_seed(&r, 42);
	for (int s = 0; s < 300; s++) {
		double p[25], adjusted[25], level = 0.05 + 0.3 * random_double(&r);
		size_t n = 1 + random_below(&r, 25), rejected = 0;

		for (size_t i = 0; i < n; i++)
			p[i] = random_double(&r) * random_double(&r);
		for (size_t k = 1; k <= n; k++) {
			size_t below = 0;

			for (size_t i = 0; i < n; i++)
				below += p[i] <= level * (double)k / (double)n;
			rejected = below >= k ? k : rejected;
		}
		stats_adjust(p, adjusted, n);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(adjusted[i] <= level,
					 p[i] <= level * (double)rejected / (double)n);
	}
}

static void five_pairs_cannot_tell(void **state)
{
	struct random r;

	(void)state;
	random_seed(&r, 10);
	for (int s = 0; s < 200; s++) {
		double a[5], b[5];
		struct comparison c;

		trials(&r, a, 5, 100, 0.001);
		trials(&r, b, 5, 1000, 0.001);
		c = stats_compare_paired(a, b, 5, 0.95, 10000, (uint64_t)s);
		assert_near(c.p, 0.0625, 1e-12);
		assert_near(c.least_p, 0.0625, 1e-12);
		assert_true(isnan(c.detectable));
		assert_true(isnan(c.ratio_interval.low));
		assert_int_equal(stats_verdict(&c, c.p, 0.05, 0.03, false), VERDICT_INCONCLUSIVE);
		trials(&r, b, 5, 100, 0.1);
		assert_true(stats_compare_paired(a, b, 5, 0.95, 10000, 1).p >= 0.0625 - 1e-12);
	}
}

static void bad_values_give_nothing(void **state)
{
	const double good[] = {1, 2, 3, 4}, zero[] = {1, 2, 0, 4}, nan[] = {1, 2, NAN, 4};
	const double endless[] = {1, 2, INFINITY, 4};
	const double *const bad[] = {zero, nan, endless};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct comparison c = stats_compare(good, 4, bad[i], 4, 0.95, 100, 1);

		assert_true(isnan(c.p) && isnan(c.ratio) && isnan(c.least_p));
		c = stats_compare_paired(bad[i], good, 4, 0.95, 100, 1);
		assert_true(isnan(c.p) && isnan(c.ratio) && isnan(c.detectable));
	}
	assert_near(stats_compare(good, 0, good, 4, 0.95, 100, 1).p, 1, 0);
	assert_near(stats_compare(good, 1, good, 1, 0.95, 100, 1).p, 1, 0);
	assert_near(stats_compare_paired(good, good, 0, 0.95, 100, 1).p, 1, 0);
	assert_near(stats_compare(good, 4, good, 4, 0.95, 0, 1).p, 1, 0);
}

/* Equal sides: p is 1, the ratio 1, in units of any size. */
static void the_same_is_the_same(void **state)
{
	double a[12], b[12];
	struct comparison c;
	struct random r;

	(void)state;
	random_seed(&r, 11);
	trials(&r, a, 12, 1e-9, 0.05);
	c = stats_compare(a, 12, a, 12, 0.95, 500, 1);
	assert_near(c.p, 1, 0);
	assert_near(c.ratio, 1, 0);
	assert_true(c.ratio_interval.low < 1 && c.ratio_interval.high > 1);
	assert_near(stats_compare_paired(a, a, 12, 0.95, 500, 1).p, 1, 0);
	for (size_t i = 0; i < 12; i++) /* timings from a coarse clock: all alike */
		a[i] = b[i] = 41;
	c = stats_compare(a, 12, b, 12, 0.95, 500, 1);
	assert_near(c.p, 1, 0);
	assert_near(c.ratio_interval.low, 1, 1e-12);
	assert_near(c.ratio_interval.high, 1, 1e-12);
	assert_near(c.detectable, 0, 1e-12);
}

/* Multiplying b multiplies ratio and interval; swapping the sides inverts them; p stays. */
static void comparison_is_equivariant(void **state)
{
	double a[9], b[9], scaled[9];
	struct random r;

	(void)state;
	random_seed(&r, 12);
	for (int s = 0; s < 50; s++) {
		struct comparison c, d;

		trials(&r, a, 9, 100, 0.05);
		trials(&r, b, 9, 103, 0.05);
		for (size_t i = 0; i < 9; i++)
			scaled[i] = 7 * b[i];
		c = stats_compare(a, 9, b, 9, 0.95, 50000, 1);
		d = stats_compare(b, 9, a, 9, 0.95, 50000, 1);
		assert_near(d.p, c.p, 1e-12);
		assert_near(d.ratio_interval.low * c.ratio_interval.high, 1, 1e-9);
		assert_near(d.ratio_interval.high * c.ratio_interval.low, 1, 1e-9);
		d = stats_compare(a, 9, scaled, 9, 0.95, 50000, 1);
		assert_near(d.ratio / c.ratio, 7, 1e-9);
		assert_near(d.ratio_interval.low / c.ratio_interval.low, 7, 1e-9);
		assert_near(d.ratio_interval.high / c.ratio_interval.high, 7, 1e-9);
		assert_near(d.detectable, c.detectable, 1e-9);
	}
}

/* p of the hypothesis "b is a times ratio", by the test itself. */
static double p_at(const double *a, size_t na, const double *b, size_t nb, double ratio)
{
	double shifted[16];

	for (size_t i = 0; i < nb; i++)
		shifted[i] = b[i] / ratio;
	return stats_compare(a, na, shifted, nb, 0.95, 100000, 1).p;
}

/* The interval is the inversion: just inside its ends the test does not reject, just outside it
 * does. Unequal sides on purpose: the shift then weighs differently on each relabelling. */
static void interval_inverts_the_test(void **state)
{
	double a[8], b[16];
	struct random r;

	(void)state;
	random_seed(&r, 13);
	for (int s = 0; s < 20; s++) {
		size_t na = 5 + (size_t)s % 4, nb = 5 + (size_t)s % 3;
		struct comparison c;

		trials(&r, a, na, 100, 0.1);
		trials(&r, b, nb, 120, 0.1);
		c = stats_compare(a, na, b, nb, 0.95, 100000, 1);
		assert_true(p_at(a, na, b, nb, c.ratio_interval.low * (1 + 1e-6)) > 0.05);
		assert_true(p_at(a, na, b, nb, c.ratio_interval.low * (1 - 1e-6)) <= 0.05);
		assert_true(p_at(a, na, b, nb, c.ratio_interval.high * (1 - 1e-6)) > 0.05);
		assert_true(p_at(a, na, b, nb, c.ratio_interval.high * (1 + 1e-6)) <= 0.05);
	}
}

/* Nothing changed, 10 trials a side: at most 5 % alarms, and the test is not asleep either. */
static void false_alarms_stay_below_alpha(void **state)
{
	const int simulations = 2000;
	int unpaired = 0, paired = 0, few = 0;
	struct random r;

	(void)state;
	random_seed(&r, 14);
	for (int s = 0; s < simulations; s++) {
		double a[10], b[10];

		trials(&r, a, 10, 1500, 0.05);
		trials(&r, b, 10, 1500, 0.05);
		for (size_t i = 0; i < 20 && s % 2; i++) /* a noisy host: one in ten is slow */
			*(i < 10 ? &a[i] : &b[i - 10]) *= random_below(&r, 10) ? 1 : 2;
		unpaired += stats_compare(a, 10, b, 10, 0.95, 999, (uint64_t)s).p <= 0.05;
		paired += stats_compare_paired(a, b, 10, 0.95, 2000, (uint64_t)s).p <= 0.05;
		few += stats_compare(a, 5, b, 5, 0.95, 999, (uint64_t)s).p <= 0.05;
	}
	/* 5 % and three standard errors of the simulation. */
	assert_true(unpaired < 0.065 * simulations && unpaired > 0.03 * simulations);
	assert_true(paired < 0.065 * simulations && paired > 0.03 * simulations);
	assert_true(few < 0.065 * simulations && few > 0.02 * simulations);
}

static void comparison_intervals_cover(void **state)
{
	const int simulations = 2000;
	int unpaired = 0, paired = 0, unequal = 0;
	struct random r;

	(void)state;
	random_seed(&r, 15);
	for (int s = 0; s < simulations; s++) {
		double a[12], b[12];
		struct interval i;

		trials(&r, a, 12, 100, 0.04);
		trials(&r, b, 12, 110, 0.04);
		i = stats_compare(a, 12, b, 12, 0.95, 999, (uint64_t)s).ratio_interval;
		unpaired += i.low <= 1.1 && i.high >= 1.1;
		i = stats_compare_paired(a, b, 12, 0.95, 999, (uint64_t)s).ratio_interval;
		paired += i.low <= 1.1 && i.high >= 1.1;
		i = stats_compare(a, 12, b, 7, 0.95, 999, (uint64_t)s).ratio_interval;
		unequal += i.low <= 1.1 && i.high >= 1.1;
	}
	assert_near(unpaired / (double)simulations, 0.95, 0.017);
	assert_near(paired / (double)simulations, 0.95, 0.017);
	assert_near(unequal / (double)simulations, 0.95, 0.017);
}

/* An effect of the size called detectable is found about 9 times in 10. */
static void detectable_is_detected(void **state)
{
	const int simulations = 1500;
	int unpaired = 0, paired = 0;
	double width = 0.04, effect, pair_effect;
	struct random r;

	(void)state;
	random_seed(&r, 16);
	/* What the product prints for trials whose deviation is just that. */
	effect = expm1(stats_power_distance(distribution_t_quantile(0.975, 38), 38) * width *
		       sqrt(2.0 / 20));
	pair_effect = expm1(stats_power_distance(distribution_t_quantile(0.975, 19), 19) * width *
			    sqrt(2.0 / 20));
	for (int s = 0; s < simulations; s++) {
		double a[20], b[20], c[20];

		trials(&r, a, 20, 100, width);
		trials(&r, b, 20, 100 * (1 + effect), width);
		trials(&r, c, 20, 100 * (1 + pair_effect), width);
		unpaired += stats_compare(a, 20, b, 20, 0.95, 999, (uint64_t)s).p <= 0.05;
		paired += stats_compare_paired(a, c, 20, 0.95, 999, (uint64_t)s).p <= 0.05;
	}
	assert_near(unpaired / (double)simulations, 0.9, 0.02);
	assert_near(paired / (double)simulations, 0.9, 0.02);
}

/* Standard errors from nothing to what a level finds 9 times in 10. */
static double distance(double level, double freedom)
{
	double critical = gsl_cdf_tdist_Qinv(level / 2, freedom);

	return critical +
	       gsl_cdf_ugaussian_Pinv(STATS_POWER) * sqrt(1 + critical * critical / (2 * freedom));
}

static void detectable_follows_its_formula(void **state)
{
	double a[20], b[14], ratio[14], pooled, expected;
	struct comparison c;
	struct random r;

	(void)state;
	random_seed(&r, 17);
	trials(&r, a, 20, 100, 0.04);
	trials(&r, b, 14, 100, 0.04);
	c = stats_compare(a, 20, b, 14, 0.95, 2000, 1);
	for (size_t i = 0; i < 20; i++)
		a[i] = log(a[i]);
	for (size_t i = 0; i < 14; i++)
		b[i] = log(b[i]);
	pooled = sqrt((19 * pow(stats_deviation(a, 20), 2) + 13 * pow(stats_deviation(b, 14), 2)) /
		      32);
	/* Of 2001 relabellings 100 may be rejected: the level is 100/2001. */
	expected = distance(100 / 2001.0, 32);
	assert_near(c.detectable, expm1(expected * pooled * sqrt(1 / 20.0 + 1 / 14.0)), 1e-8);

	for (size_t i = 0; i < 14; i++) {
		ratio[i] = b[i] - a[i];
		a[i] = exp(a[i]);
		b[i] = exp(b[i]);
	}
	c = stats_compare_paired(a, b, 14, 0.95, 1 << 14, 1);
	expected = distance(818 / 16384.0, 13);
	assert_near(c.detectable, expm1(expected * stats_deviation(ratio, 14) / sqrt(14)), 1e-8);
}

static void sampling_agrees_with_enumeration(void **state)
{
	double a[8], b[8];
	struct random r;

	(void)state;
	random_seed(&r, 18);
	for (int s = 0; s < 10; s++) {
		struct comparison all, some;

		trials(&r, a, 8, 100, 0.05);
		trials(&r, b, 8, 104, 0.05);
		all = stats_compare(a, 8, b, 8, 0.95, 12870, 1);
		some = stats_compare(a, 8, b, 8, 0.95, 12869, 1);
		assert_near(all.least_p, 2 / 12870.0, 1e-12);
		assert_near(some.least_p, 1 / 12870.0, 1e-12);
		assert_near(some.p, all.p, 0.02);
		assert_near(some.ratio_interval.low, all.ratio_interval.low, 0.01);
		assert_near(some.ratio_interval.high, all.ratio_interval.high, 0.01);
		all = stats_compare_paired(a, b, 8, 0.95, 256, 1);
		some = stats_compare_paired(a, b, 8, 0.95, 255, 1);
		assert_near(some.p, all.p, 0.1);
	}
}

static void seed_decides(void **state)
{
	double a[30], b[30];
	struct comparison c, d;
	struct random r;

	(void)state;
	random_seed(&r, 19);
	trials(&r, a, 30, 100, 0.05);
	trials(&r, b, 30, 101, 0.05);
	c = stats_compare(a, 30, b, 30, 0.95, 2000, 1);
	d = stats_compare(a, 30, b, 30, 0.95, 2000, 1);
	assert_memory_equal(&c, &d, sizeof(c));
	d = stats_compare(a, 30, b, 30, 0.95, 2000, 2);
	assert_true(d.ratio_interval.low != c.ratio_interval.low);
	assert_near(d.p, c.p, 0.05);
}

/* 200 metrics, 100 trials a side, 2000 rounds: under a second of processor time, so that a
 * comparison feels instant (ten where a sanitizer watches every access). */
static void large_comparisons_are_fast(void **state)
{
#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
	const double limit = 10;
#else
	const double limit = 1;
#endif
	static double a[100], b[100];
	clock_t start = clock();
	struct random r;

	(void)state;
	random_seed(&r, 20);
	for (uint64_t s = 0; s < 200; s++) {
		trials(&r, a, 100, 100, 0.05);
		trials(&r, b, 100, 105, 0.05);
		assert_true(stats_compare(a, 100, b, 100, 0.95, 2000, s).p < 0.05);
	}
	assert_true((double)(clock() - start) / CLOCKS_PER_SEC < limit);
}

/* ---- Many tests ---- */

/* The 15 p-values of Benjamini and Hochberg 1995, section 3.2: at 0.05 the first four fall. */
static void adjustment_of_the_published_example(void **state)
{
	const double p[15] = {0.0459, 0.0001, 0.0004, 0.7590, 0.0095, 0.0201, 0.0278, 0.0298,
			      0.0344, 0.0019, 0.3240, 0.4262, 0.5719, 0.6528, 1.0000};
	double q[15];
	int rejected = 0;

	(void)state;
	stats_adjust(p, q, 15);
	for (size_t i = 0; i < 15; i++)
		rejected += q[i] <= 0.05;
	assert_int_equal(rejected, 4);
	assert_near(q[1], 0.0001 * 15, 1e-12);
	assert_near(q[4], 0.0095 * 15 / 4, 1e-12);
	assert_near(q[6], 0.0298 * 15 / 7, 1e-12); /* takes that of the larger p behind it */
	assert_near(q[0], 0.0459 * 15 / 9, 1e-12);
	assert_near(q[14], 1, 0);
}

static void adjustment_skips_what_is_no_number(void **state)
{
	const double p[] = {0.01, NAN, 0.04, NAN};
	double q[4];

	(void)state;
	stats_adjust(p, q, 4);
	assert_near(q[0], 0.02, 1e-12);
	assert_near(q[2], 0.04, 1e-12);
	assert_true(isnan(q[1]) && isnan(q[3]));
	stats_adjust(p, q, 0);
}

/* Two kinds of trials in one side: its median falls by 4 %, its mean rises by 10. */
static void two_kinds_of_trials(void **state)
{
	double a[20], b[20];
	struct comparison c;

	(void)state;
	for (int i = 0; i < 20; i++) {
		a[i] = (i < 12 ? 100 : 70) + 0.1 * (i % 4);
		b[i] = 96 + 0.1 * (i % 4);
	}
	c = stats_compare(a, 20, b, 20, 0.95, 4000, 7);
	assert_true(c.p <= 0.05 && c.ratio < 0.97 && c.ratio_interval.low > 1);
	assert_true(stats_is_at_odds(&c));
	assert_int_equal(stats_verdict(&c, c.p, 0.05, 0.03, false), VERDICT_INCONCLUSIVE);
}

static void verdicts(void **state)
{
	struct comparison c = {1.10, {1.06, 1.14}, 0.001, 0.0005, 0.02};

	(void)state;
	assert_int_equal(stats_verdict(&c, 0.01, 0.05, 0.03, false), VERDICT_REGRESSED);
	assert_int_equal(stats_verdict(&c, 0.01, 0.05, 0.03, true), VERDICT_IMPROVED);
	assert_int_equal(stats_verdict(&c, 0.06, 0.05, 0.03, false), VERDICT_INCONCLUSIVE);
	assert_int_equal(stats_verdict(&c, NAN, 0.05, 0.03, false), VERDICT_INCONCLUSIVE);
	assert_int_equal(stats_verdict(&c, 0.01, 0.05, 0.12, false), VERDICT_INCONCLUSIVE);
	assert_int_equal(stats_verdict(&c, 0.01, 0.05, 0.20, false), VERDICT_EQUIVALENT);
	c = (struct comparison){0.90, {0.86, 0.94}, 0.001, 0.0005, 0.02};
	assert_int_equal(stats_verdict(&c, 0.01, 0.05, 0.03, false), VERDICT_IMPROVED);
	assert_int_equal(stats_verdict(&c, 0.01, 0.05, 0.03, true), VERDICT_REGRESSED);
	c = (struct comparison){1.01, {0.99, 1.02}, 0.3, 0.0005, 0.02};
	assert_int_equal(stats_verdict(&c, 0.4, 0.05, 0.03, false), VERDICT_EQUIVALENT);
	c.ratio_interval = (struct interval){NAN, NAN};
	assert_int_equal(stats_verdict(&c, 0.4, 0.05, 0.03, false), VERDICT_INCONCLUSIVE);
	/* Estimate and interval contradict each other. */
	c = (struct comparison){1.05, {0.99, 1.02}, 0.01, 0.0005, 0.02};
	assert_int_equal(stats_verdict(&c, 0.01, 0.05, 0.03, false), VERDICT_INCONCLUSIVE);
	c = (struct comparison){0.95, {1.01, 1.09}, 0.01, 0.0005, 0.02};
	assert_int_equal(stats_verdict(&c, 0.01, 0.05, 0.03, false), VERDICT_INCONCLUSIVE);
	c = (struct comparison){1.05, {0.91, 0.99}, 0.01, 0.0005, 0.02};
	assert_int_equal(stats_verdict(&c, 0.01, 0.05, 0.03, true), VERDICT_INCONCLUSIVE);
	assert_string_equal(verdict_name(VERDICT_REGRESSED), "regressed");
	assert_string_equal(verdict_name(VERDICT_INCONCLUSIVE), "inconclusive");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(permutation_by_hand),
		cmocka_unit_test(pairs_by_hand),
		cmocka_unit_test(permutation_matches_enumeration),
		cmocka_unit_test(adjustment_is_the_rule),
		cmocka_unit_test(five_pairs_cannot_tell),
		cmocka_unit_test(bad_values_give_nothing),
		cmocka_unit_test(the_same_is_the_same),
		cmocka_unit_test(comparison_is_equivariant),
		cmocka_unit_test(interval_inverts_the_test),
		cmocka_unit_test(false_alarms_stay_below_alpha),
		cmocka_unit_test(comparison_intervals_cover),
		cmocka_unit_test(detectable_is_detected),
		cmocka_unit_test(detectable_follows_its_formula),
		cmocka_unit_test(sampling_agrees_with_enumeration),
		cmocka_unit_test(seed_decides),
		cmocka_unit_test(large_comparisons_are_fast),
		cmocka_unit_test(adjustment_of_the_published_example),
		cmocka_unit_test(adjustment_skips_what_is_no_number),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(two_kinds_of_trials),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
