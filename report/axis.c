/* SPDX-License-Identifier: Apache-2.0 */
#include "report/axis.h"

#include <math.h>

/* Values beyond these say nothing, and their products could overflow. */
static double bounded(double v)
{
	return isfinite(v) ? fmin(fmax(v, -1e30), 1e30) : 0;
}

struct axis axis_linear(double low, double high)
{
	struct axis a = {.low = bounded(low), .high = bounded(high), .from = 0, .to = 1};

	if (a.high < a.low)
		a.high = a.low;
	/* Wide enough that the steps between marks survive rounding. */
	if (a.high - a.low <= 1e-9 * fmax(fabs(a.low), fabs(a.high)))
		a.high = a.low + fmax(fabs(a.low) * 0.1, 1e-9);
	return a;
}

struct axis axis_logarithmic(double low, double high)
{
	struct axis a = {.logarithmic = 1, .from = 0, .to = 1};
	double margin;

	low = fmax(bounded(low), 1e-12);
	high = fmax(bounded(high), low);
	margin = fmax(pow(high / low, 0.04), 1.02);
	a.low = low / margin;
	a.high = high * margin;
	return a;
}

double axis_place(const struct axis *a, double value)
{
	double share;

	if (isnan(value))
		return a->from;
	value = fmin(fmax(value, a->low), a->high);
	share = a->logarithmic ? log(value / a->low) / log(a->high / a->low)
			       : (value - a->low) / (a->high - a->low);
	return a->from + share * (a->to - a->from);
}

void axis_places(const struct axis *a, const double *values, size_t n, double *places)
{
	for (size_t i = 0; i < n; i++)
		places[i] = axis_place(a, values[i]);
}

/* 1, 2, 2.5 or 5 times a power of ten: the step that gives about `wanted` marks. */
static double round_step(double span, size_t wanted)
{
	double raw = span / (double)wanted, power = pow(10, floor(log10(raw)));
	double steps[] = {1, 2, 2.5, 5, 10};

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		if (steps[i] * power >= raw * 0.999)
			return steps[i] * power;
	return 10 * power;
}

static size_t linear_ticks(const struct axis *a, size_t wanted, double *ticks)
{
	double step = round_step(a->high - a->low, wanted);
	double first = ceil(a->low / step - 1e-9);
	size_t n = 0;

	for (; n < AXIS_TICKS; n++) {
		double v = (first + (double)n) * step;

		if (v > a->high + step * 1e-9)
			break;
		ticks[n] = v;
	}
	return n;
}

/* Powers of ten, every `stride`th, each with the given multiples. */
static size_t power_ticks(const struct axis *a, int stride, const double *multiples, size_t count,
			  double *ticks)
{
	int power = (int)floor(log10(a->low)), last = (int)ceil(log10(a->high));
	size_t n = 0;

	power = (int)floor((double)power / stride) * stride;
	for (; power <= last; power += stride)
		for (size_t i = 0; i < count; i++) {
			double v = multiples[i] * pow(10, power);

			if (v >= a->low * 0.9999 && v <= a->high * 1.0001 && n < AXIS_TICKS)
				ticks[n++] = v;
		}
	return n;
}

size_t axis_ticks(const struct axis *a, size_t wanted, double ticks[AXIS_TICKS])
{
	static const double multiples[] = {1, 2, 5};
	double decades;
	size_t n;

	if (wanted < 2)
		wanted = 2;
	if (!a->logarithmic)
		return linear_ticks(a, wanted, ticks);
	decades = log10(a->high / a->low);
	if (decades * 3 <= (double)wanted * 1.3) {
		n = power_ticks(a, 1, multiples, 3, ticks);
		/* Less than a decade may hold too few of them: then equal steps read best. */
		return n >= 3 ? n : linear_ticks(a, wanted, ticks);
	}
	if (decades * 2 <= (double)wanted * 1.3) {
		static const double halves[] = {1, 3};

		return power_ticks(a, 1, halves, 2, ticks);
	}
	return power_ticks(a, (int)fmax(1, ceil(decades / (double)wanted)), multiples, 1, ticks);
}
