/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statistics of one side, held against GSL, closed forms, published examples, and simulations
 * with fixed seeds: what is claimed with a confidence must hold that often.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_fit.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics.h>

#include "harness/core/distribution.h"
#include "harness/core/stats.h"
#include "tests/unit/simulate.h"

/* ---- Random numbers ---- */

static void random_matches_the_reference(void **state)
{
	/* State 1, 2, 3, 4: the first numbers of the authors' own program. */
	struct random r = {{1, 2, 3, 4}};

	(void)state;
	assert_true(random_next(&r) == 11520);
	assert_true(random_next(&r) == 0);
	assert_true(random_next(&r) == 1509978240);
	assert_true(random_next(&r) == 1215971899390074240);
	/* SplitMix64 from 1234567: the published test vector. */
	random_seed(&r, 1234567);
	assert_true(r.s[0] == 6457827717110365317u);
	assert_true(r.s[1] == 3203168211198807973u);
	assert_true(r.s[2] == 9817491932198370423u);
	assert_true(r.s[3] == 4593380528125082431u);
}

static void random_below_is_uniform(void **state)
{
	unsigned int seen[7] = {0};
	double chi_squared = 0;
	struct random r;

	(void)state;
	random_seed(&r, 6);
	for (int i = 0; i < 70000; i++)
		seen[random_below(&r, 7)]++;
	for (int i = 0; i < 7; i++)
		chi_squared += (seen[i] - 1e4) * (seen[i] - 1e4) / 1e4;
	assert_true(chi_squared < gsl_cdf_chisq_Pinv(0.999, 6));
	for (int i = 0; i < 100; i++) {
		double x = random_double(&r);

		assert_true(random_below(&r, 1) == 0);
		assert_true(x >= 0 && x < 1);
	}
	/* A bound for which every other draw is refused. */
	for (int i = 0; i < 100; i++)
		assert_true(random_below(&r, (1ull << 63) + 1) <= 1ull << 63);
}

/* ---- Distributions against GSL ---- */

static void beta_matches_gsl(void **state)
{
	static const double shapes[] = {0.5, 1, 2.5, 10, 100, 5000};
	static const double xs[] = {1e-9, 0.001, 0.1, 0.3, 0.5, 0.77, 0.99, 0.999999};

	(void)state;
	for (size_t i = 0; i < 6; i++)
		for (size_t j = 0; j < 6; j++)
			for (size_t k = 0; k < 8; k++)
				assert_near(distribution_beta(xs[k], shapes[i], shapes[j]),
					    gsl_sf_beta_inc(shapes[i], shapes[j], xs[k]), 1e-10);
	assert_true(distribution_beta(0, 2, 3) == 0);
	assert_true(distribution_beta(1, 2, 3) == 1);
	assert_true(isnan(distribution_beta(0.5, 0, 1)));
	assert_true(isnan(distribution_beta(NAN, 1, 1)));
}

static void quantiles_match_gsl(void **state)
{
	static const double ps[] = {1e-6, 0.005, 0.025, 0.2, 0.5, 0.8, 0.975, 0.9995};
	static const double freedoms[] = {1, 2, 3.5, 10, 38, 1000};

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		assert_near(distribution_normal_quantile(ps[i]), gsl_cdf_ugaussian_Pinv(ps[i]),
			    1e-12);
		for (size_t j = 0; j < 6; j++) {
			double t = gsl_cdf_tdist_Pinv(ps[i], freedoms[j]);

			assert_near(distribution_t_quantile(ps[i], freedoms[j]), t,
				    1e-8 * (1 + fabs(t)));
			assert_near(distribution_t(t, freedoms[j]), ps[i], 1e-10);
		}
		assert_near(distribution_beta_quantile(ps[i], 3, 18),
			    gsl_cdf_beta_Pinv(ps[i], 3, 18), 1e-10);
	}
	assert_true(isnan(distribution_t_quantile(0.5, 0)));
	assert_true(isnan(distribution_t_quantile(1.5, 3)));
	assert_true(isinf(distribution_normal_quantile(0)));
}

/* ---- One side ---- */

static void location_and_spread_match_gsl(void **state)
{
	double x[101], sorted[101];
	struct random r;

	(void)state;
	random_seed(&r, 7);
	for (size_t n = 2; n <= 101; n += 9) {
		trials(&r, x, n, 1000, 0.3);
		memcpy(sorted, x, sizeof(sorted));
		gsl_sort(sorted, 1, n);
		assert_near(stats_mean(x, n), gsl_stats_mean(x, 1, n), 1e-9);
		assert_near(stats_deviation(x, n), gsl_stats_sd(x, 1, n), 1e-9);
		for (int q = 0; q <= 20; q++)
			assert_near(stats_quantile(x, n, q / 20.0),
				    gsl_stats_quantile_from_sorted_data(sorted, 1, n, q / 20.0),
				    1e-9);
	}
}

static void little_or_no_data(void **state)
{
	const double one[] = {5}, with_nan[] = {1, NAN, 2};

	(void)state;
	assert_true(isnan(stats_mean(NULL, 0)));
	assert_true(isnan(stats_median(NULL, 0)));
	assert_true(isnan(stats_deviation(one, 1)));
	assert_true(isnan(stats_median(with_nan, 3)));
	assert_true(isnan(stats_quantile(one, 1, 1.5)));
	assert_true(isnan(stats_mean_interval(one, 1, 0.95).low));
	assert_near(stats_median(one, 1), 5, 0);
}

static void median_interval_takes_the_right_ranks(void **state)
{
	double x[100];
	struct interval i;

	(void)state;
	for (size_t n = 0; n < 100; n++)
		x[n] = (double)(n * 37 % 100) + 1; /* 1 to 100, shuffled */
	for (size_t n = 1; n < 6; n++)
		assert_true(isnan(stats_median_interval(x, n, 0.95).low));
	i = stats_median_interval(x, 100, 0.95); /* tables: ranks 40 and 61 */
	assert_near(i.low, 40, 0);
	assert_near(i.high, 61, 0);
	for (size_t n = 0; n < 20; n++)
		x[n] = (double)(n * 7 % 20) + 1;
	i = stats_median_interval(x, 20, 0.95); /* tables: ranks 6 and 15 */
	assert_near(i.low, 6, 0);
	assert_near(i.high, 15, 0);
	i = stats_median_interval(x, 20, 1 - 0x1p-19); /* all of them: exactly that level */
	assert_near(i.low, 1, 0);
	assert_near(i.high, 20, 0);
	assert_true(isnan(stats_median_interval(x, 20, 0.9999999).low));
}

/* The ranks are the last that the binomial distribution allows, by GSL's. */
static void median_interval_matches_gsl(void **state)
{
	double x[300];

	(void)state;
	for (unsigned int n = 6; n <= 300; n += 7) {
		unsigned int rank = 0;
		struct interval i;

		for (unsigned int k = 0; k < n; k++)
			x[k] = k + 1;
		while (gsl_cdf_binomial_P(rank, 0.5, n) <= 0.025)
			rank++;
		i = stats_median_interval(x, n, 0.95);
		assert_near(i.low, rank, 0);
		assert_near(i.high, n + 1 - rank, 0);
	}
}

static void one_sided_intervals_cover(void **state)
{
	int median = 0, mean = 0;
	const int simulations = 4000;
	struct random r;

	(void)state;
	random_seed(&r, 8);
	for (int s = 0; s < simulations; s++) {
		double x[15], y[8];
		struct interval i;

		trials(&r, x, 15, 3, 0.5);
		i = stats_median_interval(x, 15, 0.95);
		median += i.low <= 3 && i.high >= 3;
		for (size_t k = 0; k < 8; k++)
			y[k] = 10 + normal(&r);
		i = stats_mean_interval(y, 8, 0.95);
		mean += i.low <= 10 && i.high >= 10;
	}
	/* 0.9648 and 0.95 in theory, standard error 0.0034. */
	assert_near(median / (double)simulations, 0.9648, 0.012);
	assert_near(mean / (double)simulations, 0.95, 0.012);
}

static void share_interval_matches_closed_forms(void **state)
{
	struct interval i;

	(void)state;
	i = stats_share_interval(0, 10, 0.95);
	assert_near(i.low, 0, 0);
	assert_near(i.high, 1 - pow(0.025, 0.1), 1e-12);
	i = stats_share_interval(10, 10, 0.95);
	assert_near(i.low, pow(0.025, 0.1), 1e-12);
	assert_near(i.high, 1, 0);
	i = stats_share_interval(5, 10, 0.95); /* 0.1871 to 0.8129 in the tables */
	assert_near(i.low, 0.1871, 5e-5);
	assert_near(i.high, 0.8129, 5e-5);
	i = stats_share_interval(0, 0, 0.95);
	assert_near(i.low, 0, 0);
	assert_near(i.high, 1, 0);
	assert_true(isnan(stats_share_interval(3, 2, 0.95).low));
	/* Each end leaves exactly the tail, whatever k and n. */
	for (uint64_t k = 1; k < 50; k += 7) {
		i = stats_share_interval(k, 50, 0.9);
		assert_near(gsl_cdf_binomial_Q((unsigned int)k - 1, i.low, 50), 0.05, 1e-9);
		assert_near(gsl_cdf_binomial_P((unsigned int)k, i.high, 50), 0.05, 1e-9);
	}
}

static void line_matches_gsl(void **state)
{
	double x[12], y[12], c0, c1, cov00, cov01, cov11, sum, half;
	struct line_fit fit;
	struct random r;

	(void)state;
	random_seed(&r, 9);
	for (size_t i = 0; i < 12; i++) {
		x[i] = 1e6 + (double)i; /* far from 0: sums of squares would cancel */
		y[i] = 3 + 0.5 * (double)i + 0.1 * normal(&r);
	}
	gsl_fit_linear(x, 1, y, 1, 12, &c0, &c1, &cov00, &cov01, &cov11, &sum);
	fit = stats_fit_line(x, y, 12, 0.95);
	half = gsl_cdf_tdist_Pinv(0.975, 10) * sqrt(cov11);
	assert_near(fit.slope, c1, 1e-9);
	assert_near(fit.intercept / c0, 1, 1e-9);
	assert_near(fit.residual, sqrt(sum / 10), 1e-9);
	assert_near(fit.slope_interval.low, c1 - half, 1e-8);
	assert_near(fit.slope_interval.high, c1 + half, 1e-8);
	assert_near(fit.r_squared, 1 - sum / gsl_stats_tss(y, 1, 12), 1e-9);

	fit = stats_fit_line(x, y, 2, 0.95);
	assert_near(fit.slope, y[1] - y[0], 1e-9);
	assert_true(isnan(fit.slope_interval.low) && isnan(fit.residual));
	assert_true(isnan(stats_fit_line(x, y, 1, 0.95).slope));
	x[1] = x[0];
	assert_true(isnan(stats_fit_line(x, y, 2, 0.95).slope)); /* no spread in x */
}

/* ---- Censored times ---- */

/*
 * Weeks of remission on 6-mercaptopurine (Freireich et al. 1963; Gehan 1965). The product limit is
 * 0.857 at 6, 0.807 at 7, 0.753 at 10, 0.690 at 13, 0.627 at 16, 0.538 at 22, 0.448 at 23
 * (Kalbfleisch and Prentice): the median is 23. By hand at 13: Greenwood's sum is 0.02396, the
 * error of log(-log S) 0.4175, the band 0.432 to 0.849; at 10 it begins at 0.503. So the median's
 * interval begins at 13, and has no end.
 */
static const struct survival_time remission[] = {
	{6, false},  {6, false},  {6, false},  {6, true},   {7, false}, {9, true},  {10, false},
	{10, true},  {11, true},  {13, false}, {16, false}, {17, true}, {19, true}, {20, true},
	{22, false}, {23, false}, {25, true},  {32, true},  {32, true}, {34, true}, {35, true},
};

static void survival_of_the_published_example(void **state)
{
	const size_t n = sizeof(remission) / sizeof(remission[0]);
	struct interval i;

	(void)state;
	assert_int_equal(n, 21);
	assert_near(stats_survival_quantile(remission, n, 0.5, 0.95, &i), 23, 0);
	assert_near(i.low, 13, 0);
	assert_true(isnan(i.high));
	assert_near(stats_survival_quantile(remission, n, 1 - 0.858, 0.95, NULL), 6, 0);
	assert_near(stats_survival_quantile(remission, n, 1 - 0.856, 0.95, NULL), 7, 0);
	assert_near(stats_survival_quantile(remission, n, 1 - 0.754, 0.95, NULL), 10, 0);
	assert_near(stats_survival_quantile(remission, n, 1 - 0.752, 0.95, NULL), 13, 0);
	assert_near(stats_survival_quantile(remission, n, 1 - 0.689, 0.95, NULL), 16, 0);
	assert_near(stats_survival_quantile(remission, n, 1 - 0.537, 0.95, NULL), 23, 0);
	assert_near(stats_survival_quantile(remission, n, 1 - 0.449, 0.95, NULL), 23, 0);
	assert_true(isnan(stats_survival_quantile(remission, n, 1 - 0.447, 0.95, NULL)));
}

/* With nothing censored it is the empirical distribution; order must not matter. */
static void survival_without_censoring(void **state)
{
	struct survival_time t[10];
	struct interval i;

	(void)state;
	for (size_t k = 0; k < 10; k++)
		t[k] = (struct survival_time){(double)(k * 7 % 10) + 1, false};
	for (int q = 1; q <= 10; q++)
		assert_near(stats_survival_quantile(t, 10, q / 10.0, 0.95, &i), q, 0);
	assert_near(stats_survival_quantile(t, 10, 0.5, 0.95, &i), 5, 0);
	assert_true(i.low < 5 && i.high > 5);
}

static void survival_of_little(void **state)
{
	const struct survival_time censored[] = {{5, true}, {6, true}};
	const struct survival_time tie[] = {{5, true}, {5, false}};
	struct interval i = {1, 1};

	(void)state;
	assert_true(isnan(stats_survival_quantile(censored, 2, 0.5, 0.95, &i)));
	assert_true(isnan(i.low) && isnan(i.high));
	assert_true(isnan(stats_survival_quantile(NULL, 0, 0.5, 0.95, &i)));
	/* Censored at 5 counts as at risk at 5: survival is 1/2, not 0. */
	assert_near(stats_survival_quantile(tie, 2, 0.5, 0.95, NULL), 5, 0);
	assert_true(isnan(stats_survival_quantile(tie, 2, 0.6, 0.95, NULL)));
	assert_true(isnan(stats_survival_quantile(tie, 2, 0, 0.95, NULL)));
}

static void survival_intervals_cover(void **state)
{
	const int simulations = 2000;
	int covered = 0;
	struct random r;

	(void)state;
	random_seed(&r, 21);
	for (int s = 0; s < simulations; s++) {
		struct survival_time t[40];
		struct interval i;

		/* Exponential, median ln 2; a third censored at random. */
		for (size_t k = 0; k < 40; k++) {
			double event = -log(1 - random_double(&r));
			double end = -2 * log(1 - random_double(&r));

			t[k] = (struct survival_time){fmin(event, end), end < event};
		}
		stats_survival_quantile(t, 40, 0.5, 0.95, &i);
		covered += !(i.low > M_LN2) && !(i.high < M_LN2);
	}
	assert_near(covered / (double)simulations, 0.95, 0.02);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_matches_the_reference),
		cmocka_unit_test(random_below_is_uniform),
		cmocka_unit_test(beta_matches_gsl),
		cmocka_unit_test(quantiles_match_gsl),
		cmocka_unit_test(location_and_spread_match_gsl),
		cmocka_unit_test(little_or_no_data),
		cmocka_unit_test(median_interval_takes_the_right_ranks),
		cmocka_unit_test(median_interval_matches_gsl),
		cmocka_unit_test(one_sided_intervals_cover),
		cmocka_unit_test(share_interval_matches_closed_forms),
		cmocka_unit_test(line_matches_gsl),
		cmocka_unit_test(survival_of_the_published_example),
		cmocka_unit_test(survival_without_censoring),
		cmocka_unit_test(survival_of_little),
		cmocka_unit_test(survival_intervals_cover),
	};

	gsl_set_error_handler_off(); /* it aborts on underflow; what it returns then is right */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
