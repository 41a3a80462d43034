/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Separate runs drift apart: what a comparison of trials of two of them must allow for.
 *
 * S^2 is the variance of a run's mean (of logs of trials' figures) from run to run, as r runs of
 * the same code had it, each of m trials with a variance M in a run. It holds the trials' own part
 * M / m already. The difference of the means of two runs has the variance
 *
 *	V = S^2 + S^2 + max(0, P (1 / na + 1 / nb) - M / m - M / m)
 *
 * P being the pooled variance of the trials compared: where these are fewer than those of the r
 * runs, their part grows. Difference over root of V has Student's t distribution, exactly so with r
 * - 1 degrees of freedom for as many trials as the r runs had; elsewhere degrees are those of
 * Satterthwaite (Biometrics Bulletin 2, 1946). No part is an estimate of a component that could
 * come out as zero by chance.
 */
#include <math.h>

#include "harness/core/distribution.h"
#include "harness/core/stats.h"

/* Normal quantiles: of 0.95, and of a little more than STATS_POWER, as relabellings are drawn. */
#define HALF	1.6448536269514722
#define RESERVE 1.3407550336902165

/* The variance of a difference, and how well it is known. */
struct spread {
	double variance, freedom;
};

static double pooled_variance(const double *a, size_t na, const double *b, size_t nb)
{
	const struct {
		const double *x;
		size_t n;
	} sides[] = {{a, na}, {b, nb}};
	double squares = 0;

	for (int s = 0; s < 2; s++) {
		double mean = stats_log_mean(sides[s].x, sides[s].n);

		for (size_t i = 0; i < sides[s].n; i++)
			squares += pow(log(sides[s].x[i]) - mean, 2);
	}
	return na + nb > 2 ? squares / (double)(na + nb - 2) : NAN;
}

static double own_part(const struct run_noise *n)
{
	return n->trials > 0 ? n->trial_deviation * n->trial_deviation / n->trials : 0;
}

/* A part of the sum of variances adds its square over its freedom. */
static double weight(double variance, double freedom)
{
	return isinf(freedom) ? 0 : variance * variance / freedom;
}

static struct spread spread_of(double trials, double freedom, const struct run_noise *na,
			       const struct run_noise *nb)
{
	double sa = na->deviation * na->deviation, sb = nb->deviation * nb->deviation;
	double more = fmax(0, trials - own_part(na) - own_part(nb));
	double variance = sa + sb + more, weights;

	/* Measured once for both sides, the two are one estimate: they are added as such, which is
	 * never too narrow. */
	weights = pow(sqrt(weight(sa, na->freedom)) + sqrt(weight(sb, nb->freedom)), 2);
	weights += weight(more, freedom);
	return (struct spread){variance, weights > 0 ? variance * variance / weights : INFINITY};
}

static double t_quantile(double p, double freedom)
{
	return isinf(freedom) ? distribution_normal_quantile(p)
			      : distribution_t_quantile(p, freedom);
}

static double two_sided_p(double t, double freedom)
{
	if (isinf(freedom))
		return erfc(fabs(t) / M_SQRT2);
	return 2 * distribution_t(-fabs(t), freedom);
}

double stats_detectable(double variance, double freedom, double alpha)
{
	return expm1(stats_power_distance(t_quantile(1 - alpha / 2, freedom), freedom) *
		     sqrt(variance));
}

void stats_widen(struct comparison *c, const double *a, size_t na, const double *b, size_t nb,
		 double confidence, const struct run_noise *noise_a,
		 const struct run_noise *noise_b)
{
	double difference, half, alpha = 1 - confidence;
	struct spread s;

	if (isnan(c->p) || !na || !nb || na + nb < 3)
		return;
	s = spread_of(pooled_variance(a, na, b, nb) * (1 / (double)na + 1 / (double)nb),
		      (double)(na + nb) - 2, noise_a, noise_b);
	difference = stats_log_mean(b, nb) - stats_log_mean(a, na);
	half = t_quantile(1 - alpha / 2, s.freedom) * sqrt(s.variance);
	if (s.variance > 0)
		c->p = fmax(c->p, two_sided_p(difference / sqrt(s.variance), s.freedom));
	/* NaN where the trials alone give none stays. */
	c->ratio_interval.low = isnan(c->ratio_interval.low)
					? NAN
					: fmin(c->ratio_interval.low, exp(difference - half));
	c->ratio_interval.high = isnan(c->ratio_interval.high)
					 ? NAN
					 : fmax(c->ratio_interval.high, exp(difference + half));
	if (!isnan(c->detectable))
		c->detectable = fmax(c->detectable, stats_detectable(s.variance, s.freedom, alpha));
}

/* One side alone: V = S^2 + max(0, P / n - M / m). */
struct interval stats_widen_run(struct interval i, double figure, const double *x, size_t n,
				double confidence, const struct run_noise *noise, double *half)
{
	static const struct run_noise nothing = {.freedom = INFINITY};
	double mean, squares = 0;
	struct spread s;

	*half = NAN;
	mean = stats_log_mean(x, n);
	if (n < 2 || !isfinite(mean) || !(figure > 0) || isnan(i.low) || isnan(i.high))
		return i;
	for (size_t k = 0; k < n; k++)
		squares += pow(log(x[k]) - mean, 2);
	s = spread_of(squares / (double)(n - 1) / (double)n, (double)n - 1, noise, &nothing);
	*half = t_quantile(1 - (1 - confidence) / 2, s.freedom) * sqrt(s.variance);
	i.low = fmin(i.low, figure * exp(-*half));
	i.high = fmax(i.high, figure * exp(*half));
	return i;
}

/*
 * As stats_power_distance, for an effect in standard errors that were estimated beforehand with
 * `estimated` degrees of freedom: where they came out too small, so does the effect, and that
 * uncertainty counts like the others. A few rounds settle it to many digits.
 */
static double distance_for(double critical, double freedom, double estimated, double power_quantile)
{
	double distance = critical;

	for (int i = 0; i < 50; i++)
		distance =
			critical + power_quantile * sqrt(1 + critical * critical / (2 * freedom) +
							 distance * distance / (2 * estimated));
	return distance;
}

double stats_runs_detectable(const struct run_noise *noise, size_t trials, double alpha)
{
	double n = (double)trials, part = noise->trial_deviation * noise->trial_deviation / n;
	struct spread s = spread_of(2 * part, 2 * n - 2, noise, noise);
	double of_runs, of_trials;

	if (trials < 2 || !(s.variance >= 0) || !(s.freedom > 0))
		return NAN;
	/* Both tests must find it: of the one in ten that may be missed, each has a half. */
	of_runs = distance_for(t_quantile(1 - alpha / 2, s.freedom), s.freedom, INFINITY, HALF) *
		  sqrt(s.variance);
	of_trials = distance_for(t_quantile(1 - alpha / 2, 2 * n - 2), 2 * n - 2,
				 (noise->freedom + 1) * (noise->trials - 1), HALF) *
		    sqrt(2 * part);
	return expm1(fmax(of_runs, noise->trials > 0 ? of_trials : 0));
}

/* The level that sign flips of n pairs attain, all of them taken; at most alpha. */
static double attained(size_t n, double alpha)
{
	double least = ldexp(1, 1 - (int)n);

	return n > 50 ? alpha : floor(alpha / least + 1e-9) * least;
}

double stats_paired_detectable(double deviation, double freedom, size_t trials, double alpha)
{
	double own = (double)trials - 1, level = attained(trials, alpha);

	if (trials < 2 || !(level > 0) || !(freedom > 0))
		return NAN;
	return expm1(
		distance_for(distribution_t_quantile(1 - level / 2, own), own, freedom, RESERVE) *
		deviation * sqrt(2 / (double)trials));
}
