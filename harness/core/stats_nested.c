/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where variance comes from: the nested analysis of variance of runs, trials in runs and values in
 * trials, by the method of moments, the numbers in each unequal (Searle, Casella, McCulloch,
 * Variance Components, 1992, 3.6 and 5.2). With n values in all, n_i in run i, n_ij in its trial
 * j, a runs and b trials the mean squares estimate
 *
 *	within	W					n - b degrees of freedom
 *	trials	W + k1 T				b - a
 *	runs	W + k2 T + k3 R				a - 1
 *
 *	k1 = (n - sum_i (sum_j n_ij^2) / n_i) / (b - a)
 *	k2 = (sum_i (sum_j n_ij^2) / n_i - (sum_ij n_ij^2) / n) / (a - 1)
 *	k3 = (n - (sum_i n_i^2) / n) / (a - 1)
 */
#include "harness/core/stats.h"

#include <math.h>

/* What is added up over trials and runs. */
struct nested_sums {
	double n, squares_within, squares_trials, squares_runs;
	double nij2, nij2_over_ni, ni2; /* sums of n_ij^2, of these over n_i, and of n_i^2 */
	size_t trials, runs;
};

/* Mean of all values of these trials, and how many there are. */
static double mean_of(const struct nested_trial *t, size_t trials, double *count)
{
	double sum = 0;

	*count = 0;
	for (size_t i = 0; i < trials; i++) {
		sum += (double)t[i].count * t[i].mean;
		*count += (double)t[i].count;
	}
	return sum / *count;
}

static void add_run(struct nested_sums *s, const struct nested_trial *t, size_t trials,
		    double grand)
{
	double n, mean = mean_of(t, trials, &n), nij2 = 0;

	for (size_t i = 0; i < trials; i++) {
		double count = (double)t[i].count;

		s->squares_within += t[i].squares;
		s->squares_trials += count * pow(t[i].mean - mean, 2);
		nij2 += count * count;
	}
	s->squares_runs += n * pow(mean - grand, 2);
	s->nij2 += nij2;
	s->nij2_over_ni += nij2 / n;
	s->ni2 += n * n;
	s->trials += trials;
	s->runs++;
}

static struct nested_sums add_up(const struct nested_trial *t, size_t trials)
{
	struct nested_sums s = {0};
	double grand = mean_of(t, trials, &s.n);

	for (size_t i = 0, end; i < trials; i = end) {
		for (end = i + 1; end < trials && t[end].run == t[i].run;)
			end++;
		add_run(&s, t + i, end - i, grand);
	}
	return s;
}

struct variance_parts stats_nested(const struct nested_trial *t, size_t n)
{
	struct nested_sums s = add_up(t, n);
	double a = (double)s.runs, b = (double)s.trials, within = 0;
	struct variance_parts p = {NAN, NAN, NAN};

	if (s.n > b)
		within = p.within = s.squares_within / (s.n - b);
	if (b > a)
		p.trials =
			(s.squares_trials / (b - a) - within) / ((s.n - s.nij2_over_ni) / (b - a));
	if (a > 1 && b > a)
		p.runs = (s.squares_runs / (a - 1) - within -
			  (s.nij2_over_ni - s.nij2 / s.n) / (a - 1) * p.trials) /
			 ((s.n - s.ni2 / s.n) / (a - 1));
	return p;
}
