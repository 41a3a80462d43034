/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Beta, Student's t and normal distributions. Quantiles invert the distribution function by
 * bisection down to neighbouring doubles: slow beside a rational approximation (some 10 us), but
 * as exact as the function, and there is nothing to get wrong.
 */
#include "harness/core/distribution.h"

#include <math.h>

struct inverse {
	double (*function)(double x, double a, double b); /* non-decreasing in x */
	double a, b;
};

/* The least x in [low, high] with function(x) >= p. */
static double bisect(const struct inverse *f, double p, double low, double high)
{
	/* Below 2^-300 nothing matters here; 400 halvings end the search in every case. */
	for (int i = 0; i < 400; i++) {
		double middle = low + (high - low) / 2;

		if (middle <= low || middle >= high)
			break;
		if (f->function(middle, f->a, f->b) < p)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/* The continued fraction DLMF 8.17.22 by the modified Lentz algorithm (Thompson, Barnett 1986). */
static double beta_fraction(double x, double a, double b)
{
	const double tiny = 1e-300;
	double c = 1, d = 1 - (a + b) * x / (a + 1), result;

	d = 1 / (fabs(d) < tiny ? tiny : d);
	result = d;
	for (int m = 1; m < 100000; m++) {
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));

		d = 1 + even * d;
		c = 1 + even / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = fabs(c) < tiny ? tiny : c;
		result *= c * d;

		d = 1 + odd * d;
		c = 1 + odd / c;
		d = 1 / (fabs(d) < tiny ? tiny : d);
		c = fabs(c) < tiny ? tiny : c;
		result *= c * d;
		if (fabs(c * d - 1) < 1e-15)
			break;
	}
	return result;
}

static double log_gamma(double x)
{
	int sign;

	return lgamma_r(x, &sign); /* lgamma() writes a global */
}

double distribution_beta(double x, double a, double b)
{
	double front;

	if (!(a > 0) || !(b > 0) || isnan(x))
		return NAN;
	if (x <= 0)
		return 0;
	if (x >= 1)
		return 1;
	front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log1p(-x));
	/* The fraction converges fast on this side of the mean only; else I_x(a,b) =
	 * 1 - I_1-x(b,a). */
	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(x, a, b) / a;
	return 1 - front * beta_fraction(1 - x, b, a) / b;
}

double distribution_beta_quantile(double p, double a, double b)
{
	struct inverse f = {.function = distribution_beta, .a = a, .b = b};

	if (!(p >= 0 && p <= 1) || !(a > 0) || !(b > 0))
		return NAN;
	if (p == 0 || p == 1)
		return p;
	return bisect(&f, p, 0, 1);
}

double distribution_t(double t, double freedom)
{
	double tail;

	if (!(freedom > 0) || isnan(t))
		return NAN;
	tail = distribution_beta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2;
	return t > 0 ? 1 - tail : tail;
}

static double t_function(double t, double freedom, double unused)
{
	(void)unused;
	return distribution_t(t, freedom);
}

double distribution_t_quantile(double p, double freedom)
{
	struct inverse f = {.function = t_function, .a = freedom};
	double low = -1;

	if (!(p >= 0 && p <= 1) || !(freedom > 0))
		return NAN;
	if (p == 0 || p == 1)
		return p > 0 ? INFINITY : -INFINITY;
	if (p == 0.5)
		return 0;
	/* The lower tail is the exact one: 1 - tail loses digits. */
	if (p > 0.5)
		return -distribution_t_quantile(1 - p, freedom);
	while (distribution_t(low, freedom) > p && low > -1e300)
		low *= 2;
	return bisect(&f, p, low, 0);
}

static double normal_function(double x, double unused_a, double unused_b)
{
	(void)unused_a;
	(void)unused_b;
	return erfc(-x * M_SQRT1_2) / 2;
}

double distribution_normal_quantile(double p)
{
	struct inverse f = {.function = normal_function};

	if (!(p >= 0 && p <= 1))
		return NAN;
	if (p == 0 || p == 1)
		return p > 0 ? INFINITY : -INFINITY;
	if (p > 0.5)
		return -distribution_normal_quantile(1 - p);
	return bisect(&f, p, -40, 0);
}
