/* SPDX-License-Identifier: Apache-2.0 */
/* Times to an event that may not have come before observation ended: Kaplan, Meier 1958. */
#include "harness/core/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/core/distribution.h"

static int by_time(const void *a, const void *b)
{
	double x = ((const struct survival_time *)a)->time;
	double y = ((const struct survival_time *)b)->time;

	return (x > y) - (x < y);
}

static struct survival_time *sorted_copy(const struct survival_time *t, size_t n)
{
	struct survival_time *copy;

	if (!n)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (isnan(t[i].time))
			return NULL;
	copy = malloc(n * sizeof(*copy));
	if (!copy) {
		fprintf(stderr, "virt-qualify: no memory for %zu times\n", n);
		abort();
	}
	for (size_t i = 0; i < n; i++)
		copy[i] = t[i];
	qsort(copy, n, sizeof(*copy), by_time);
	return copy;
}

/* The curve just after one time. */
struct curve {
	double survival;
	double greenwood; /* sum of d / (n (n - d)) over the events so far */
};

/*
 * The confidence band at a point: survival to the power exp(+-z s), s the standard error of
 * log(-log survival). Not defined while nothing has happened or once nobody is left.
 */
static struct interval band(const struct curve *c, double z)
{
	double error;

	if (!(c->survival > 0 && c->survival < 1))
		return (struct interval){NAN, NAN};
	error = z * sqrt(c->greenwood) / fabs(log(c->survival));
	return (struct interval){pow(c->survival, exp(error)), pow(c->survival, exp(-error))};
}

/* Note `time` as the first at which `survival` is down to `left`. */
static void first_down_to(double *first, double survival, double left, double time)
{
	/* The product of fractions is a rounding off from 1 - q. */
	if (isnan(*first) && survival <= left + 1e-12)
		*first = time;
}

double stats_survival_quantile(const struct survival_time *t, size_t n, double q, double confidence,
			       struct interval *interval)
{
	struct interval found = {NAN, NAN};
	struct curve curve = {.survival = 1};
	struct survival_time *sorted = NULL;
	double result = NAN, z = distribution_normal_quantile((1 + confidence) / 2);

	if (q > 0 && q <= 1)
		sorted = sorted_copy(t, n);
	for (size_t i = 0, next; sorted && i < n; i = next) {
		double at_risk = (double)(n - i), events = 0;
		struct interval limits;

		/* Who is censored at the time of an event was still at risk then. */
		for (next = i; next < n && sorted[next].time == sorted[i].time; next++)
			events += !sorted[next].censored;
		if (events == 0)
			continue;
		curve.survival = events < at_risk ? curve.survival * (1 - events / at_risk) : 0;
		curve.greenwood += events / (at_risk * (at_risk - events));
		limits = band(&curve, z);
		first_down_to(&result, curve.survival, 1 - q, sorted[i].time);
		first_down_to(&found.low, limits.low, 1 - q, sorted[i].time);
		first_down_to(&found.high, limits.high, 1 - q, sorted[i].time);
	}
	free(sorted);
	if (interval)
		*interval = found;
	return result;
}
