/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statistics of trials. Everything works on one figure per trial: trials are the unit of
 * replication, batches and samples are never pooled across them.
 *
 * All functions take unsorted values and leave them unchanged unless they say otherwise. NaN marks
 * "no such number" and reaches the user as null, never as 0.
 */
#ifndef VQ_STATS_H
#define VQ_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct interval {
	double low, high; /* NaN, NaN: the data cannot give one at that confidence */
};

/* ---- Random numbers: xoshiro256** (Blackman, Vigna 2018), seeded by SplitMix64 ---- */

struct random {
	uint64_t s[4];
};

void random_seed(struct random *r, uint64_t seed);
uint64_t random_next(struct random *r);
/* Uniform over 0 to bound - 1, without bias (Lemire 2019); bound > 0. */
uint64_t random_below(struct random *r, uint64_t bound);
/* Uniform over [0, 1). */
double random_double(struct random *r);

/* ---- Location and spread; NaN for n == 0 ---- */

double stats_mean(const double *x, size_t n);
double stats_median(const double *x, size_t n);
/* Sample standard deviation (n - 1); NaN for n < 2. */
double stats_deviation(const double *x, size_t n);
/* Quantile q in [0,1], linear interpolation (Hyndman and Fan 1996, definition 7). */
double stats_quantile(const double *x, size_t n, double q);

/*
 * Confidence interval for the median from order statistics: distribution-free (David and
 * Nagaraja, Order Statistics, 3rd ed., 7.1). NaN, NaN where n is too small for the level
 * (95 % needs n >= 6).
 */
struct interval stats_median_interval(const double *x, size_t n, double confidence);

/* Interval for the mean by Student's t; NaN, NaN for n < 2. */
struct interval stats_mean_interval(const double *x, size_t n, double confidence);

/* Exact binomial interval (Clopper, Pearson 1934) for k successes of n. n == 0: [0, 1]. */
struct interval stats_share_interval(uint64_t k, uint64_t n, double confidence);

/* ---- Comparing two sides ---- */

enum verdict { VERDICT_INCONCLUSIVE, VERDICT_EQUIVALENT, VERDICT_IMPROVED, VERDICT_REGRESSED };

const char *verdict_name(enum verdict v);

#define STATS_POWER	     0.9 /* an effect of the size called detectable is found so often */
#define STATS_POWER_QUANTILE 1.2815515655446004 /* of the normal distribution */

struct comparison {
	double ratio; /* median(b) / median(a), or median of pair ratios if paired */
	struct interval ratio_interval; /* by inverting the permutation test; NaN: none */
	double p;			/* two-sided; 1 where the trials cannot tell */
	double least_p;			/* the smallest p that so many trials can give */
	double detectable; /* smallest |ratio - 1| found with STATS_POWER, NaN: "none" */
};

/*
 * Permutation test over trials for log(b) - log(a) (difference of means of logs, robust to
 * scale; Fisher-Pitman; Ernst 2004), `rounds` random relabellings (or all, where fewer), seeded.
 * Every value must be > 0, else all fields are NaN. The interval inverts the test: the ratios
 * that the test would not reject at 1 - confidence.
 */
struct comparison stats_compare(const double *a, size_t na, const double *b, size_t nb,
				double confidence, unsigned int rounds, uint64_t seed);

/* The same for n pairs (a[i], b[i]) by flipping signs. */
struct comparison stats_compare_paired(const double *a, const double *b, size_t n,
				       double confidence, unsigned int rounds, uint64_t seed);

/* ---- Separate runs ---- */

/* How much a run's mean (of logs of its trials' figures) differs from one run to the next. */
struct run_noise {
	double deviation; /* standard deviation over runs: 0.08 is 8 % */
	double trials; /* trials that each of these runs had; 0: `deviation` is the runs' alone */
	double trial_deviation; /* standard deviation of a trial's log within a run */
	double freedom;		/* degrees of freedom of `deviation`; INFINITY: it is no estimate */
};

/*
 * Widen a comparison of trials of two separate runs, as stats_compare gave it, by what runs differ
 * in: p becomes the larger of its own and that of a t test whose variance holds it; the interval
 * becomes wide enough for both; so does `detectable`. harness/core/stats_runs.c has the formulas.
 */
void stats_widen(struct comparison *c, const double *a, size_t na, const double *b, size_t nb,
		 double confidence, const struct run_noise *noise_a,
		 const struct run_noise *noise_b);

/*
 * Widen the interval of one run's figure, median or mean, by what runs differ in: it becomes wide
 * enough for its own and for a t interval whose variance holds that of runs, on logs around
 * `figure`. Unchanged, with *half NaN, where a trial is not above zero or there are fewer than two;
 * else *half is that interval's half width: 0.02 is about 2 %.
 */
struct interval stats_widen_run(struct interval i, double figure, const double *x, size_t n,
				double confidence, const struct run_noise *noise, double *half);

/* Mean of logs; every value > 0. NaN for n == 0. */
double stats_log_mean(const double *x, size_t n);

/*
 * So many standard errors must an effect measure for a two-sided t test with this critical value
 * to find it with STATS_POWER: the usual sum of quantiles (Bloom, Evaluation Review 19, 1995) with
 * the normal approximation of the noncentral t (Johnson and Welch, Biometrika 31, 1940), which
 * the sum of t quantiles falls short of.
 */
double stats_power_distance(double critical, double freedom);

/* The effect that a t test on a log ratio of that variance finds with STATS_POWER. */
double stats_detectable(double variance, double freedom, double alpha);

/*
 * The effect that `trials` pairs will show with STATS_POWER, where the standard deviation of a
 * trial's log was estimated beforehand with `freedom` degrees of freedom (INFINITY: it is known).
 * The pairs are taken to have nothing in common. NaN, "none", where flipping the signs of so few
 * cannot give p <= alpha.
 */
double stats_paired_detectable(double deviation, double freedom, size_t trials, double alpha);

/* The effect that as many trials on either side of two separate runs will show with STATS_POWER,
 * compared with that noise. NaN where the noise is unknown. */
double stats_runs_detectable(const struct run_noise *noise, size_t trials, double alpha);

/* ---- Variance within trials, between trials, between runs ---- */

/* One trial's values; trials of one run stand together. */
struct nested_trial {
	uint32_t run;
	size_t count;	/* of values, at least 1 */
	double mean;	/* of these */
	double squares; /* sum of squared deviations from it */
};

/* Estimates of the three variances. Each may come out below zero, where the truth is near it; NaN:
 * there is nothing to estimate it from. With one value a trial, `trials` holds `within`, too. */
struct variance_parts {
	double within, trials, runs;
};

struct variance_parts stats_nested(const struct nested_trial *t, size_t n);

/* Benjamini and Hochberg (1995): q[i] becomes the adjusted p of p[i]; NaN stays NaN and does not
 * count. */
void stats_adjust(const double *p, double *q, size_t n);

/* Does the whole interval lie on the other side of 1 than the ratio? One is of medians, the other
 * of means of logs: trials that are skewed or of several kinds may set the two against each other.
 */
bool stats_is_at_odds(const struct comparison *c);

/*
 * The verdict from the adjusted p, the interval of the ratio b/a and the smallest effect worth
 * acting on (delta, 0.03 is 3 %). `higher_is_better` tells which way is worse. Where ratio and
 * interval contradict each other, neither is believed.
 */
enum verdict stats_verdict(const struct comparison *c, double adjusted_p, double alpha,
			   double delta, bool higher_is_better);

/* ---- A line through points: y = a + b x ---- */

struct line_fit {
	double intercept, slope;
	struct interval slope_interval; /* from Student's t, NaN for n < 3 */
	double residual;		/* residual standard deviation, NaN for n < 3 */
	double r_squared;
};

struct line_fit stats_fit_line(const double *x, const double *y, size_t n, double confidence);

/* ---- Times that may be censored ---- */

struct survival_time {
	double time;
	bool censored; /* the event had not happened when observation ended, at `time` */
};

/*
 * Kaplan-Meier quantile: the least time by which at least the share q has had the event.
 * NaN where censoring leaves it undefined. `interval` (may be NULL) by the complementary log-log
 * transform of Greenwood's variance (Kalbfleisch, Prentice 2002, 1.4); ends that are not defined
 * are NaN.
 */
double stats_survival_quantile(const struct survival_time *t, size_t n, double q, double confidence,
			       struct interval *interval);

#endif
