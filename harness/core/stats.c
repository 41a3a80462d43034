/* SPDX-License-Identifier: Apache-2.0 */
/* Location, spread, shares and a line: the figures of one side. */
#include "harness/core/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/core/distribution.h"

static const struct interval no_interval = {NAN, NAN};

static bool is_level(double confidence)
{
	return confidence > 0 && confidence < 1;
}

double stats_mean(const double *x, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += x[i];
	return n ? sum / (double)n : NAN;
}

double stats_log_mean(const double *x, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += log(x[i]);
	return n ? sum / (double)n : NAN;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* A sorted copy, to be freed. NULL where there is nothing to sort, or a NaN that has no place in
 * an order. */
static double *sorted_copy(const double *x, size_t n)
{
	double *copy;

	if (!n)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (isnan(x[i]))
			return NULL;
	copy = malloc(n * sizeof(*copy));
	if (!copy) {
		fprintf(stderr, "virt-qualify: no memory for %zu values\n", n);
		abort();
	}
	for (size_t i = 0; i < n; i++)
		copy[i] = x[i];
	qsort(copy, n, sizeof(*copy), by_value);
	return copy;
}

double stats_median(const double *x, size_t n)
{
	return stats_quantile(x, n, 0.5);
}

double stats_deviation(const double *x, size_t n)
{
	double mean = stats_mean(x, n), squares = 0;

	if (n < 2)
		return NAN;
	for (size_t i = 0; i < n; i++)
		squares += (x[i] - mean) * (x[i] - mean);
	return sqrt(squares / (double)(n - 1));
}

double stats_quantile(const double *x, size_t n, double q)
{
	double *sorted, place, result;
	size_t below;

	if (!(q >= 0 && q <= 1))
		return NAN;
	sorted = sorted_copy(x, n);
	if (!sorted)
		return NAN;
	place = q * (double)(n - 1);
	below = (size_t)place;
	result = sorted[below];
	/* Equal neighbours are not interpolated: infinities among them would give NaN. */
	if (below + 1 < n && sorted[below + 1] > result && place > (double)below)
		result += (place - (double)below) * (sorted[below + 1] - result);
	free(sorted);
	return result;
}

/* P(X < k) for X from Binomial(n, 1/2): the chance that x_(k) lies above the median. */
static double half_binomial_below(size_t k, size_t n)
{
	return k ? distribution_beta(0.5, (double)(n - k + 1), (double)k) : 0;
}

struct interval stats_median_interval(const double *x, size_t n, double confidence)
{
	double tail = (1 - confidence) / 2 + 1e-12; /* 1e-12: rounding must not cost a rank */
	size_t low = 0, high = n / 2 + 1;
	struct interval result;
	double *sorted;

	if (!is_level(confidence) || half_binomial_below(1, n) > tail)
		return no_interval;
	sorted = sorted_copy(x, n);
	if (!sorted)
		return no_interval;
	/* The greatest rank k for which x_(k) to x_(n+1-k) holds the median often enough. */
	while (high - low > 1) {
		size_t k = low + (high - low) / 2;

		if (half_binomial_below(k, n) <= tail)
			low = k;
		else
			high = k;
	}
	result = (struct interval){sorted[low - 1], sorted[n - low]};
	free(sorted);
	return result;
}

struct interval stats_mean_interval(const double *x, size_t n, double confidence)
{
	double mean, half;

	if (n < 2 || !is_level(confidence))
		return no_interval;
	mean = stats_mean(x, n);
	half = distribution_t_quantile((1 + confidence) / 2, (double)(n - 1)) *
	       stats_deviation(x, n) / sqrt((double)n);
	return (struct interval){mean - half, mean + half};
}

struct interval stats_share_interval(uint64_t k, uint64_t n, double confidence)
{
	double tail = (1 - confidence) / 2;
	struct interval result = {0, 1};

	if (!is_level(confidence) || k > n)
		return no_interval;
	if (k > 0)
		result.low = distribution_beta_quantile(tail, (double)k, (double)(n - k + 1));
	if (k < n)
		result.high =
			distribution_beta_quantile(1 - tail, (double)(k + 1), (double)(n - k));
	return result;
}

struct line_fit stats_fit_line(const double *x, const double *y, size_t n, double confidence)
{
	struct line_fit fit = {NAN, NAN, no_interval, NAN, NAN};
	double mx = stats_mean(x, n), my = stats_mean(y, n);
	double sxx = 0, sxy = 0, syy = 0, errors = 0, half;

	/* Centred sums: the textbook's sums of squares cancel where the mean is large. */
	for (size_t i = 0; i < n; i++) {
		sxx += (x[i] - mx) * (x[i] - mx);
		sxy += (x[i] - mx) * (y[i] - my);
		syy += (y[i] - my) * (y[i] - my);
	}
	if (n < 2 || !(sxx > 0))
		return fit;
	fit.slope = sxy / sxx;
	fit.intercept = my - fit.slope * mx;
	for (size_t i = 0; i < n; i++) {
		double e = y[i] - my - fit.slope * (x[i] - mx);

		errors += e * e;
	}
	if (syy > 0)
		fit.r_squared = 1 - errors / syy;
	if (n < 3)
		return fit;
	fit.residual = sqrt(errors / (double)(n - 2));
	if (!is_level(confidence))
		return fit;
	half = distribution_t_quantile((1 + confidence) / 2, (double)(n - 2)) * fit.residual /
	       sqrt(sxx);
	fit.slope_interval = (struct interval){fit.slope - half, fit.slope + half};
	return fit;
}
