/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is promised of verdicts, by simulation with fixed seeds: nothing changed is called a change
 * at most once in 20, and what a noise run calls detectable is found 9 times in 10, whatever the
 * number of trials, and however runs drift. VQ_SIMULATIONS=N: so many of each (make test-long).
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>

#include "harness/core/stats.h"
#include "tests/unit/simulate.h"

#define ALPHA	 0.05
#define RUNS	 5   /* of a noise run */
#define MOST	 100 /* trials a side */
#define ROUNDS	 400
#define ASSUMED	 0.08
#define BATCHES	 4
#define BLOCK_CV 0.03 /* what a block's trials have in common */

static const size_t sizes[] = {10, 20, 40, 100};

static int simulations(int otherwise)
{
	const char *text = getenv("VQ_SIMULATIONS");
	int n = text ? atoi(text) : 0;

	return n > otherwise ? n : otherwise;
}

/* Three standard errors of a simulated share beyond what was promised. */
static double slack(double share, int n)
{
	return 3 * sqrt(share * (1 - share) / n);
}

/* A host: how trials and runs vary on it, as logs. */
struct drifting {
	double trial, run;
};

static void one_run(struct random *r, const struct drifting *d, double *x, size_t n, double median)
{
	trials(r, x, n, median * exp(d->run * normal(r)), d->trial);
}

/* What a noise run of RUNS times n trials finds. */
static struct run_noise measure_noise(struct random *r, const struct drifting *d, size_t n)
{
	double means[RUNS], squares = 0, x[MOST];

	for (int run = 0; run < RUNS; run++) {
		one_run(r, d, x, n, 1000);
		for (size_t i = 0; i < n; i++)
			x[i] = log(x[i]);
		means[run] = stats_mean(x, n);
		squares += pow(stats_deviation(x, n), 2);
	}
	return (struct run_noise){stats_deviation(means, RUNS), (double)n, sqrt(squares / RUNS),
				  RUNS - 1};
}

static bool is_found(const struct comparison *c)
{
	return stats_verdict(c, c->p, ALPHA, 0, false) == VERDICT_REGRESSED ||
	       stats_verdict(c, c->p, ALPHA, 0, false) == VERDICT_IMPROVED;
}

/* ---- Inside a run: interleaved, paired by block ---- */

static struct comparison compare_blocks(struct random *r, const struct drifting *d, size_t n,
					double effect, uint64_t seed)
{
	double a[MOST], b[MOST], run = exp(d->run * normal(r));

	for (size_t i = 0; i < n; i++) {
		double block = 1000 * run * exp(BLOCK_CV * normal(r));

		a[i] = block * exp(d->trial * normal(r));
		b[i] = block * exp(d->trial * normal(r)) * (1 + effect);
	}
	return stats_compare_paired(a, b, n, 1 - ALPHA, ROUNDS, seed);
}

static void interleaved_sides(void **state)
{
	const struct drifting d = {.trial = 0.056, .run = 0.08};
	int n = simulations(500);
	struct random r;

	(void)state;
	random_seed(&r, 31);
	for (size_t k = 0; k < 4; k++) {
		int alarms = 0, found = 0;

		for (int s = 0; s < n; s++) {
			struct run_noise noise = measure_noise(&r, &d, sizes[k]);
			double freedom = RUNS * ((double)sizes[k] - 1);
			double effect = stats_paired_detectable(noise.trial_deviation, freedom,
								sizes[k], ALPHA);
			struct comparison c = compare_blocks(&r, &d, sizes[k], 0, (uint64_t)s);

			alarms += is_found(&c);
			c = compare_blocks(&r, &d, sizes[k], effect, (uint64_t)s);
			found += is_found(&c);
		}
		print_message("# %zu pairs: %.4f false alarms, power %.4f\n", sizes[k],
			      alarms / (double)n, found / (double)n);
		assert_true(alarms <= n * (ALPHA + slack(ALPHA, n)));
		assert_true(found >= n * (STATS_POWER - slack(STATS_POWER, n)));
		assert_true(found <= n * 0.96); /* not by calling everything undetectable */
	}
}

static void five_pairs_detect_nothing(void **state)
{
	struct random r;

	(void)state;
	for (size_t n = 0; n <= 5; n++)
		assert_true(isnan(stats_paired_detectable(0.01, 100, n, ALPHA)));
	assert_true(stats_paired_detectable(0.01, 100, 6, ALPHA) > 0.01);
	random_seed(&r, 32);
	for (int s = 0; s < 100; s++) {
		struct comparison c =
			compare_blocks(&r, &(struct drifting){.trial = 0.001}, 5, 1, (uint64_t)s);

		assert_true(isnan(c.detectable));
		assert_int_equal(stats_verdict(&c, c.p, ALPHA, 0.03, false), VERDICT_INCONCLUSIVE);
	}
}

/* ---- Separate runs ---- */

static struct comparison compare_runs(struct random *r, const struct drifting *d, size_t n,
				      double effect, const struct run_noise *noise, uint64_t seed)
{
	struct comparison c;
	double a[MOST], b[MOST];

	one_run(r, d, a, n, 1000);
	one_run(r, d, b, n, 1000 * (1 + effect));
	c = stats_compare(a, n, b, n, 1 - ALPHA, ROUNDS, seed);
	stats_widen(&c, a, n, b, n, 1 - ALPHA, noise, noise);
	return c;
}

/* Runs that drift a lot, a little, and not at all. */
static void separate_runs(void **state)
{
	static const struct drifting hosts[] = {{0.056, 0.08}, {0.05, 0.01}, {0.05, 0}};
	int n = simulations(400);
	struct random r;

	(void)state;
	random_seed(&r, 33);
	for (size_t k = 0; k < 12; k++) {
		const struct drifting *d = &hosts[k / 4];
		size_t trials_a_side = sizes[k % 4];
		int alarms = 0, found = 0, covered = 0;

		for (int s = 0; s < n; s++) {
			struct run_noise noise = measure_noise(&r, d, trials_a_side);
			double effect = stats_runs_detectable(&noise, trials_a_side, ALPHA);
			struct comparison c =
				compare_runs(&r, d, trials_a_side, 0, &noise, (uint64_t)s);

			alarms += is_found(&c);
			covered += c.ratio_interval.low <= 1 && c.ratio_interval.high >= 1;
			c = compare_runs(&r, d, trials_a_side, effect, &noise, (uint64_t)s);
			found += is_found(&c);
		}
		print_message("# %zu trials, runs drift by %.2f: %.4f false alarms, power %.4f\n",
			      trials_a_side, d->run, alarms / (double)n, found / (double)n);
		assert_true(alarms <= n * (ALPHA + slack(ALPHA, n)));
		assert_true(covered >= n * (1 - ALPHA - slack(ALPHA, n)));
		assert_true(found >= n * (STATS_POWER - slack(STATS_POWER, n)));
	}
}

/* A noise run of other sizes than what is compared: it must not become too narrow. */
static void noise_of_another_size(void **state)
{
	static const struct {
		size_t measured, compared;
	} cases[] = {{10, 100}, {100, 10}, {40, 10}, {10, 20}};
	int n = simulations(400);
	struct random r;

	(void)state;
	random_seed(&r, 34);
	for (size_t k = 0; k < 8; k++) {
		const struct drifting d = {0.06, k < 4 ? 0.02 : 0};
		int alarms = 0;

		for (int s = 0; s < n; s++) {
			struct run_noise noise = measure_noise(&r, &d, cases[k % 4].measured);
			struct comparison c =
				compare_runs(&r, &d, cases[k % 4].compared, 0, &noise, (uint64_t)s);

			alarms += is_found(&c);
		}
		assert_true(alarms <= n * (ALPHA + slack(ALPHA, n)));
	}
}

/* Nobody measured it: 8 % are assumed, and hold where runs drift by as much. Without them, most
 * comparisons of separate runs are false alarms: that is what all of this is for. */
static void assumed_noise(void **state)
{
	const struct drifting d = {0.056, ASSUMED};
	const struct run_noise assumed = {ASSUMED, 0, 0, INFINITY}, none = {0, 0, 0, INFINITY};
	int n = simulations(500), alarms = 0, narrow = 0;
	struct random r;

	(void)state;
	random_seed(&r, 35);
	for (int s = 0; s < n; s++) {
		struct comparison c = compare_runs(&r, &d, 40, 0, &assumed, (uint64_t)s);

		alarms += is_found(&c);
		c = compare_runs(&r, &d, 40, 0, &none, (uint64_t)s);
		narrow += is_found(&c);
	}
	print_message("# assumed: %.4f false alarms; unwidened: %.4f\n", alarms / (double)n,
		      narrow / (double)n);
	assert_true(alarms <= n * (ALPHA + slack(ALPHA, n)));
	assert_true(narrow > n / 2);
}

/* ---- Widening, by its formula ---- */

static void widening_follows_its_formula(void **state)
{
	const struct run_noise noise = {0.03, 8, 0.08, 4}, other = {0.06, 0, 0, INFINITY};
	double a[12], b[9], la = 0, lb = 0, squares = 0, variance, freedom, difference, t;
	struct comparison plain, c;
	struct random r;

	(void)state;
	random_seed(&r, 36);
	trials(&r, a, 12, 100, 0.05);
	trials(&r, b, 9, 130, 0.05);
	for (size_t i = 0; i < 12; i++)
		la += log(a[i]) / 12;
	for (size_t i = 0; i < 9; i++)
		lb += log(b[i]) / 9;
	for (size_t i = 0; i < 12; i++)
		squares += pow(log(a[i]) - la, 2);
	for (size_t i = 0; i < 9; i++)
		squares += pow(log(b[i]) - lb, 2);
	difference = lb - la;
	plain = c = stats_compare(a, 12, b, 9, 0.95, 4000, 1);

	/* One estimate for both: the trials' part is in it already. */
	assert_true(squares / 19 * (1 / 12.0 + 1 / 9.0) < 2 * 0.08 * 0.08 / 8);
	stats_widen(&c, a, 12, b, 9, 0.95, &noise, &noise);
	t = gsl_cdf_tdist_Qinv(0.025, 4) * sqrt(2 * 0.03 * 0.03);
	assert_near(log(c.ratio_interval.low), difference - t, 1e-8);
	assert_near(log(c.ratio_interval.high), difference + t, 1e-8);
	assert_near(c.p, 2 * gsl_cdf_tdist_Q(fabs(difference) / sqrt(2 * 0.03 * 0.03), 4), 1e-9);

	/* Two sources, one of them no estimate and without the trials' part. */
	c = plain;
	stats_widen(&c, a, 12, b, 9, 0.95, &noise, &other);
	t = squares / 19 * (1 / 12.0 + 1 / 9.0) - 0.08 * 0.08 / 8;
	t = t > 0 ? t : 0;
	variance = 0.03 * 0.03 + 0.06 * 0.06 + t;
	freedom = variance * variance / (pow(0.03, 4) / 4 + t * t / 19);
	t = gsl_cdf_tdist_Qinv(0.025, freedom) * sqrt(variance);
	assert_near(log(c.ratio_interval.high), difference + t, 1e-8);
	assert_near(c.p, 2 * gsl_cdf_tdist_Q(fabs(difference) / sqrt(variance), freedom), 1e-9);

	/* It never narrows, and what cannot tell still cannot. */
	c = plain;
	stats_widen(&c, a, 12, b, 9, 0.95, &(struct run_noise){0, 12, 0.05, 4},
		    &(struct run_noise){0, 12, 0.05, 4});
	assert_true(c.p >= plain.p && c.ratio_interval.low <= plain.ratio_interval.low);
	assert_true(c.ratio_interval.high >= plain.ratio_interval.high);
	c = stats_compare(a, 3, b, 3, 0.95, 4000, 1);
	stats_widen(&c, a, 3, b, 3, 0.95, &noise, &noise);
	assert_true(isnan(c.ratio_interval.low) && isnan(c.detectable));
	c = stats_compare(a, 0, b, 3, 0.95, 4000, 1);
	stats_widen(&c, a, 0, b, 3, 0.95, &noise, &noise);
	assert_near(c.p, 1, 0);
}

/* ---- One run against a limit ---- */

/* What a limit's interval is for: it holds the median that many runs would have. */
static void one_run_covers(void **state)
{
	static const struct drifting hosts[] = {{0.056, 0.08}, {0.05, 0.01}, {0.05, 0}};
	int n = simulations(400);
	struct random r;

	(void)state;
	random_seed(&r, 38);
	for (size_t k = 0; k < 12; k++) {
		const struct drifting *d = &hosts[k / 4];
		size_t count = sizes[k % 4];
		int covered = 0, alone = 0;

		for (int s = 0; s < n; s++) {
			struct run_noise noise = measure_noise(&r, d, count);
			struct interval i;
			double x[MOST], half;

			one_run(&r, d, x, count, 1000);
			i = stats_median_interval(x, count, 1 - ALPHA);
			alone += i.low <= 1000 && i.high >= 1000;
			i = stats_widen_run(i, stats_median(x, count), x, count, 1 - ALPHA, &noise,
					    &half);
			covered += i.low <= 1000 && i.high >= 1000;
		}
		print_message("# run %.2f, %zu trials: covered %.4f, alone %.4f\n", d->run, count,
			      covered / (double)n, alone / (double)n);
		assert_true(covered >= n * (1 - ALPHA - slack(ALPHA, n)));
		if (d->run > d->trial)
			assert_true(alone < n * 0.8);
	}
}

static void one_run_is_widened_as_written(void **state)
{
	const struct run_noise noise = {0.03, 4, 0.02, 4}, other = {0.03, 0, 0, INFINITY};
	const double a = 0.02 * sqrt(0.75); /* of variance 0.02^2 over four */
	const double x[] = {exp(a), exp(-a), exp(a), exp(-a)};
	const struct interval narrow = {0.999, 1.001}, wide = {0.5, 1.5}, none = {NAN, NAN};
	double half, part = 0.02 * 0.02 / 4, variance = 0.03 * 0.03 + part;
	struct interval i;

	(void)state;
	/* As many trials of the same variance: V is that of runs. */
	i = stats_widen_run(narrow, 1, x, 4, 0.95, &noise, &half);
	assert_near(half, gsl_cdf_tdist_Qinv(0.025, 4) * 0.03, 1e-9);
	assert_near(log(i.low), -half, 1e-12);
	assert_near(log(i.high), half, 1e-12);
	/* Runs known exactly: of the trials' part alone is an estimate. */
	i = stats_widen_run(narrow, 2, x, 4, 0.95, &other, &half);
	assert_near(half,
		    gsl_cdf_tdist_Qinv(0.025, variance * variance / (part * part / 3)) *
			    sqrt(variance),
		    1e-8);
	assert_near(i.high, 2 * exp(half), 1e-9);
	/* It never narrows, and makes none where there is none. */
	i = stats_widen_run(wide, 1, x, 4, 0.95, &noise, &half);
	assert_true(i.low == 0.5 && i.high == 1.5 && half > 0);
	i = stats_widen_run(none, 1, x, 4, 0.95, &noise, &half);
	assert_true(isnan(i.low) && isnan(half));
	stats_widen_run(wide, 1, x, 1, 0.95, &noise, &half);
	assert_true(isnan(half));
	stats_widen_run(wide, 1, (const double[]){1, 0, 1}, 3, 0.95, &noise, &half);
	assert_true(isnan(half));
}

/* P(T > critical) of the noncentral t: normal over root of chi squared, integrated over the latter
 * by Simpson's rule. */
static double power_of(double distance, double critical, double freedom)
{
	const int steps = 4000;
	double sum = 0, step = 4.0 / steps;

	for (int i = 1; i < steps; i++) {
		double root = i * step, squared = root * root * freedom;

		sum += (i % 2 ? 4 : 2) * gsl_ran_chisq_pdf(squared, freedom) * 2 * root * freedom *
		       gsl_cdf_ugaussian_P(distance - critical * root);
	}
	return sum * step / 3;
}

static void power_distance_has_the_power(void **state)
{
	static const double freedoms[] = {4, 9, 19, 39, 99, 198};

	(void)state;
	for (size_t i = 0; i < sizeof(freedoms) / sizeof(freedoms[0]); i++) {
		double critical = gsl_cdf_tdist_Qinv(0.025, freedoms[i]);
		double power = power_of(stats_power_distance(critical, freedoms[i]), critical,
					freedoms[i]);

		assert_true(power > STATS_POWER - 0.001 && power < STATS_POWER + 0.025);
	}
}

/* ---- Variance components ---- */

/* Values as what stats_nested takes: the first `count` of them a trial of that run. */
static struct nested_trial nested(uint32_t run, const double *x, size_t count)
{
	struct nested_trial t = {.run = run, .count = count, .mean = stats_mean(x, count)};

	for (size_t i = 0; i < count; i++)
		t.squares += pow(x[i] - t.mean, 2);
	return t;
}

/* By hand: two runs of two trials of two values; two of three trials of one. */
static void components_by_hand(void **state)
{
	const double x[] = {1, 3, 5, 7, 10, 14, 20, 24};
	struct nested_trial t[6];
	struct variance_parts p;

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		t[i] = nested(i / 2, x + 2 * i, 2);
	p = stats_nested(t, 4);
	/* Trials' means 2 6 12 22, runs' means 4 17, mean 10.5. Squares within: 2 2 8 8 of 4;
	 * of trials: 2 (4 + 4 + 25 + 25) = 116 of 2; of runs: 4 (2 * 6.5^2) = 338 of 1. */
	assert_near(p.within, 20 / 4.0, 1e-12);
	assert_near(p.trials, (116 / 2.0 - 5) / 2, 1e-12);
	assert_near(p.runs, (338 - 116 / 2.0) / 4, 1e-12);

	/* One value a trial: what is within counts as the trials'. Runs 1 3 5 and 7 10 14. */
	for (uint32_t i = 0; i < 6; i++)
		t[i] = nested(i / 3, x + i, 1);
	p = stats_nested(t, 6);
	assert_true(isnan(p.within));
	assert_near(p.trials, (8 + 74 / 3.0) / 4, 1e-12);
	assert_near(p.runs, (2 * 3 * pow(22 / 6.0, 2) - p.trials) / 3, 1e-12);
	assert_true(isnan(stats_nested(t, 3).runs)); /* one run */
	assert_true(isnan(stats_nested(t, 1).trials));
	assert_true(isnan(stats_nested(t, 0).within));
}

/* Unbalanced: runs of 2 to 5 trials of 1 to 4 values. Unbiased: over many, the mean is right. */
static void components_are_unbiased(void **state)
{
	const double within = 0.09, between = 0.04, run = 0.0225;
	double sums[3] = {0};
	int n = simulations(3000);
	struct random r;

	(void)state;
	random_seed(&r, 37);
	for (int s = 0; s < n; s++) {
		struct nested_trial t[16];
		struct variance_parts p;
		size_t count = 0;

		for (uint32_t i = 0; i < 4; i++) {
			double of_run = 5 + sqrt(run) * normal(&r);

			for (uint32_t j = 0; j < 2 + i; j++) {
				double of_trial = of_run + sqrt(between) * normal(&r), x[BATCHES];
				size_t values = 1 + (i + j) % BATCHES;

				for (size_t k = 0; k < values; k++)
					x[k] = of_trial + sqrt(within) * normal(&r);
				t[count++] = nested(i, x, values);
			}
		}
		p = stats_nested(t, count);
		sums[0] += p.within / n;
		sums[1] += p.trials / n;
		sums[2] += p.runs / n;
	}
	assert_near(sums[0], within, 0.002);
	assert_near(sums[1], between, 0.003);
	assert_near(sums[2], run, 0.003);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interleaved_sides),
		cmocka_unit_test(five_pairs_detect_nothing),
		cmocka_unit_test(separate_runs),
		cmocka_unit_test(noise_of_another_size),
		cmocka_unit_test(assumed_noise),
		cmocka_unit_test(widening_follows_its_formula),
		cmocka_unit_test(one_run_covers),
		cmocka_unit_test(one_run_is_widened_as_written),
		cmocka_unit_test(power_distance_has_the_power),
		cmocka_unit_test(components_by_hand),
		cmocka_unit_test(components_are_unbiased),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
