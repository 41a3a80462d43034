/* SPDX-License-Identifier: Apache-2.0 */
#include "report/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define DIGITS_DEFAULT 3
#define DIGITS_MAX     4

struct scale {
	double by;
	const char *unit;
};

static const struct interval none = {NAN, NAN};

static struct scale scale_of(double v, enum unit unit)
{
	static const struct scale times[] = {
		{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}, {1, "ns"}, {1e-3, "ps"}};
	static const struct scale operations[] = {
		{1e9, "Gop/s"}, {1e6, "Mop/s"}, {1e3, "kop/s"}, {1, "op/s"}};
	static const struct scale bytes[] = {
		{1e12, "TB/s"}, {1e9, "GB/s"}, {1e6, "MB/s"}, {1e3, "kB/s"}, {1, "B/s"}};
	static const struct scale virtual_operations[] = {
		{1e9, "Gop/Ginstr"}, {1e6, "Mop/Ginstr"}, {1e3, "kop/Ginstr"}, {1, "op/Ginstr"}};
	static const struct scale virtual_bytes[] = {{1e12, "TB/Ginstr"},
						     {1e9, "GB/Ginstr"},
						     {1e6, "MB/Ginstr"},
						     {1e3, "kB/Ginstr"},
						     {1, "B/Ginstr"}};
	static const struct scale instructions[] = {{1, "instructions"}};
	static const struct {
		const struct scale *scales;
		size_t n, of_zero;
	} units[FIGURE_UNITS] = {
		[NANOSECONDS] = {times, 5, 3},
		[OPERATIONS_PER_SECOND] = {operations, 4, 3},
		[BYTES_PER_SECOND] = {bytes, 5, 4},
		[INSTRUCTIONS] = {instructions, 1, 0},
		[OPERATIONS_PER_GIGAINSTRUCTION] = {virtual_operations, 4, 3},
		[BYTES_PER_GIGAINSTRUCTION] = {virtual_bytes, 5, 4},
	};
	size_t known = (unsigned int)unit < FIGURE_UNITS ? unit : NANOSECONDS;
	const struct scale *scales = units[known].scales;
	size_t n = units[known].n, i = 0;

	v = fabs(v);
	if (v == 0)
		return scales[units[known].of_zero];
	/* What would round up to 1000 of a unit is 1 of the next. */
	while (i + 1 < n && v < scales[i].by * 0.9995)
		i++;
	return scales[i];
}

/* The power of ten of the first digit, once rounded to three: 0.9996 prints as 1.00. */
static int magnitude(double v)
{
	return (int)floor(log10(fabs(v) / 0.9995));
}

/* Half its width; NaN where it has none, or no end. */
static double half_of(struct interval i)
{
	double half = (i.high - i.low) / 2;

	return isfinite(half) ? half : NAN;
}

/* Decimals that v, already scaled, may show. */
static int decimals_of(double v, struct interval i)
{
	double half = half_of(i);
	int first = v == 0 ? 0 : magnitude(v), last = first - DIGITS_DEFAULT + 1;

	if (half > 0)
		last = magnitude(half);
	else if (half == 0)
		last = first - DIGITS_MAX + 1;
	if (last < first - DIGITS_MAX + 1)
		last = first - DIGITS_MAX + 1;
	if (last > first) /* the interval is wider than the figure: one digit remains */
		last = first;
	return last < 0 ? (last < -6 ? 6 : -last) : 0;
}

/* Digits before the point that the interval does not support read as zeros. */
static double blunt(double v, struct interval i)
{
	double half = half_of(i), step;

	if (v == 0 || !(half >= 10))
		return v;
	step = pow(10, fmin(magnitude(half), magnitude(v)));
	return round(v / step) * step;
}

/* What has more digits before the point than a double holds is printed with a power of ten, so that
 * it fits, too. */
static const char *fixed(char *s, int decimals, double v)
{
	snprintf(s, NUMBER_SIZE, fabs(v) >= 1e15 ? "%.*g" : "%.*f", fabs(v) >= 1e15 ? 4 : decimals,
		 v);
	return s;
}

static struct interval scaled(struct interval i, double by)
{
	return (struct interval){i.low / by, i.high / by};
}

/*
 * Instructions are counted, not measured: all digits are printed, whatever the interval over
 * trials, and a tenth where a mean is no whole number.
 */
static char *count(char *s, double v)
{
	if (fabs(v - round(v)) < 0.05)
		fixed(s, 0, round(v) == 0 ? 0 : round(v));
	else
		fixed(s, 1, v);
	return s;
}

const char *number_beside(char *s, double v, double median, struct interval i, enum unit unit)
{
	struct scale scale = scale_of(v, unit), own = scale_of(median, unit);
	struct interval in = scaled(i, own.by);
	int decimals;

	if (!isfinite(v))
		return strcpy(s, NUMBER_NONE);
	if (unit == INSTRUCTIONS)
		return strcat(count(s, v), " instructions");
	/* The same share of the figure, whatever its scale. */
	if (median != 0 && isfinite(median))
		in = scaled(i, scale.by * fabs(median) / fabs(v == 0 ? median : v));
	decimals = decimals_of(v / scale.by, in);
	fixed(s, decimals, blunt(v / scale.by, in));
	return strcat(strcat(s, " "), scale.unit);
}

const char *number_figure(char *s, double v, struct interval i, enum unit unit)
{
	return number_beside(s, v, v, i, unit);
}

const char *number_interval(char *s, double v, struct interval i, enum unit unit)
{
	struct scale scale = scale_of(v, unit);
	struct interval in = scaled(i, scale.by);
	char low[NUMBER_SIZE], high[NUMBER_SIZE];
	int decimals;

	if (!isfinite(v) || !isfinite(i.low) || !isfinite(i.high))
		return strcpy(s, NUMBER_NONE);
	if (unit == INSTRUCTIONS) {
		snprintf(s, NUMBER_SIZE, "%.20s – %.20s instructions", count(low, i.low),
			 count(high, i.high));
		return s;
	}
	decimals = decimals_of(v / scale.by, in);
	snprintf(s, NUMBER_SIZE, "%.20s – %.20s %s", fixed(low, decimals, blunt(in.low, in)),
		 fixed(high, decimals, blunt(in.high, in)), scale.unit);
	return s;
}

const char *number_share(char *s, double share)
{
	double percent = share * 100;

	if (!isfinite(share))
		return strcpy(s, NUMBER_NONE);
	/* A share that is not whole must not read as if it were. */
	if (percent > 0 && percent < 0.1)
		return strcpy(s, "< 0.1 %");
	if (percent > 99.9 && percent < 100)
		return strcpy(s, "> 99.9 %");
	fixed(s, percent == floor(percent) ? 0 : 1, percent);
	return strcat(s, " %");
}

const char *number_ratio(char *s, double ratio, struct interval i)
{
	if (!isfinite(ratio))
		return strcpy(s, NUMBER_NONE);
	if (ratio == 0 && !isfinite(i.high - i.low))
		return strcpy(s, "0");
	return fixed(s, decimals_of(ratio, i), blunt(ratio, i));
}

const char *number_exact(char *s, double v, enum unit unit)
{
	struct scale scale = scale_of(v, unit);

	snprintf(s, NUMBER_SIZE, "%.9g %s", v / scale.by, scale.unit);
	return s;
}

const char *number_plain(char *s, double v)
{
	return number_ratio(s, v, none);
}

const char *number_p(char *s, double p)
{
	if (!isfinite(p))
		return strcpy(s, NUMBER_NONE);
	if (p < 0.001)
		return strcpy(s, "< 0.001");
	snprintf(s, NUMBER_SIZE, "%.3f", p);
	return s;
}

const char *number_r_squared(char *s, double r_squared)
{
	if (!isfinite(r_squared))
		return strcpy(s, NUMBER_NONE);
	snprintf(s, NUMBER_SIZE, "%.4f", r_squared);
	return s;
}
