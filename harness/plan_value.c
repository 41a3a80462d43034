/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as a plan writes them. Parsed by hand: strtod follows the locale, and a plan does not. */
#include <string.h>

#include "harness/core/words.h"
#include "harness/plan_internal.h"

/* So many digits survive the way text, double, text unchanged. */
#define MAX_DIGITS 15

/* "12.5" is mantissa 125, places 1. Returns what follows the number, NULL where there is none. */
static const char *decimal(const char *s, uint64_t *mantissa, unsigned int *places)
{
	unsigned int digits = 0;

	*mantissa = 0;
	*places = 0;
	for (int fraction = 0;; s++) {
		if (*s == '.' && !fraction && digits) {
			fraction = 1;
			if (s[1] < '0' || s[1] > '9')
				return NULL;
			continue;
		}
		if (*s < '0' || *s > '9')
			return digits ? s : NULL;
		if (++digits > MAX_DIGITS)
			return NULL;
		*mantissa = *mantissa * 10 + (uint64_t)(*s - '0');
		*places += (unsigned int)fraction;
	}
}

static uint64_t power_of_ten(unsigned int n)
{
	uint64_t x = 1;

	while (n--)
		x *= 10;
	return x;
}

int plan_count(const char *text, uint64_t *value)
{
	uint64_t x = 0;

	if (!*text)
		return -1;
	for (const char *s = text; *s; s++) {
		if (*s < '0' || *s > '9')
			return -1;
		if (__builtin_mul_overflow(x, 10u, &x) ||
		    __builtin_add_overflow(x, (uint64_t)(*s - '0'), &x))
			return -1;
	}
	*value = x;
	return 0;
}

int plan_duration(const char *text, uint64_t *ns)
{
	/* No "m": too near to "ms" for a factor of 60,000. */
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{"ns", 1},	   {"us", 1000},	  {"ms", 1000000},
		{"s", 1000000000}, {"min", 60000000000u}, {"h", 3600000000000u},
	};
	unsigned int places;
	uint64_t mantissa;
	const char *rest = decimal(text, &mantissa, &places);

	if (!rest)
		return -1;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		unsigned __int128 x = (unsigned __int128)mantissa * units[i].ns;

		if (strcmp(rest, units[i].name))
			continue;
		x /= power_of_ten(places);
		if (x > UINT64_MAX)
			return -1;
		*ns = (uint64_t)x;
		return 0;
	}
	return -1;
}

int plan_share(const char *text, double *share)
{
	unsigned int places;
	uint64_t mantissa;
	const char *rest = decimal(text, &mantissa, &places);

	if (!rest)
		return -1;
	if (!strcmp(rest, "%"))
		places += 2;
	else if (*rest)
		return -1;
	/* One division of two exact numbers: the nearest double, as strtod would give. */
	*share = (double)mantissa / (double)power_of_ten(places);
	return 0;
}

int plan_amount(const char *text, double *value, int *unit)
{
	static const struct {
		const char *name;
		double base;
		int unit;
	} units[] = {
		{"", 1, -1},
		{"x", 1, -1},
		{"%", 1, -1}, /* two places more */
		{"ns", 1, NANOSECONDS},
		{"us", 1e3, NANOSECONDS},
		{"ms", 1e6, NANOSECONDS},
		{"s", 1e9, NANOSECONDS},
		{"min", 60e9, NANOSECONDS},
		{"h", 3600e9, NANOSECONDS},
		{"op/s", 1, OPERATIONS_PER_SECOND},
		{"kop/s", 1e3, OPERATIONS_PER_SECOND},
		{"Mop/s", 1e6, OPERATIONS_PER_SECOND},
		{"Gop/s", 1e9, OPERATIONS_PER_SECOND},
		{"B/s", 1, BYTES_PER_SECOND},
		{"kB/s", 1e3, BYTES_PER_SECOND},
		{"MB/s", 1e6, BYTES_PER_SECOND},
		{"GB/s", 1e9, BYTES_PER_SECOND},
		{"KiB/s", 0x1p10, BYTES_PER_SECOND},
		{"MiB/s", 0x1p20, BYTES_PER_SECOND},
		{"GiB/s", 0x1p30, BYTES_PER_SECOND},
		{"instructions", 1, INSTRUCTIONS},
	};
	unsigned int places;
	uint64_t mantissa;
	const char *rest = decimal(text, &mantissa, &places);

	for (size_t i = 0; rest && i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(rest, units[i].name))
			continue;
		places += *rest == '%' ? 2 : 0;
		*value = (double)mantissa * units[i].base / (double)power_of_ten(places);
		*unit = units[i].unit;
		/* What plan_text can write without an exponent. */
		return *value == 0 || (*value >= 1e-4 && *value < 1e15) ? 0 : -1;
	}
	return -1;
}
