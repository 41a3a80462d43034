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

/* What is added up over the values, trials and runs. */
struct nested_sums {
	double n, squares_within, squares_trials, squares_runs;
	double nij2, nij2_over_ni, ni2; /* sums of n_ij^2, of these over n_i, and of n_i^2 */
	size_t trials, runs;
};

static double mean_of(const struct nested_value *v, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += v[i].value;
	return sum / (double)n;
}

static bool is_same_trial(const struct nested_value *a, const struct nested_value *b)
{
	return a->run == b->run && a->trial == b->trial;
}

/* One run's values. */
static void add_run(struct nested_sums *s, const struct nested_value *v, size_t n, double grand)
{
	double mean = mean_of(v, n), nij2 = 0;

	for (size_t i = 0, end; i < n; i = end) {
		double trial, count;

		for (end = i + 1; end < n && is_same_trial(&v[i], &v[end]);)
			end++;
		count = (double)(end - i);
		trial = mean_of(v + i, end - i);
		for (size_t k = i; k < end; k++)
			s->squares_within += pow(v[k].value - trial, 2);
		s->squares_trials += count * pow(trial - mean, 2);
		nij2 += count * count;
		s->trials++;
	}
	s->squares_runs += (double)n * pow(mean - grand, 2);
	s->nij2 += nij2;
	s->nij2_over_ni += nij2 / (double)n;
	s->ni2 += (double)n * (double)n;
	s->runs++;
}

static struct nested_sums add_up(const struct nested_value *v, size_t n)
{
	struct nested_sums s = {.n = (double)n};
	double grand = n ? mean_of(v, n) : NAN;

	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && v[end].run == v[i].run;)
			end++;
		add_run(&s, v + i, end - i, grand);
	}
	return s;
}

struct variance_parts stats_nested(const struct nested_value *v, size_t n)
{
	struct nested_sums s = add_up(v, n);
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
