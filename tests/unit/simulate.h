/* SPDX-License-Identifier: Apache-2.0 */
/* Simulated trials, and the comparison of floating-point numbers, for tests of statistics. */
#ifndef VQ_SIMULATE_H
#define VQ_SIMULATE_H

#include <math.h>
#include <stddef.h>

#include <cmocka.h>

#include "harness/core/stats.h"

#define assert_near(found, expected, tolerance)                                                    \
	do {                                                                                       \
		double near_found = (found), near_expected = (expected);                           \
		if (!(fabs(near_found - near_expected) <= (tolerance)))                            \
			fail_msg("%s is %.15g, not %.15g", #found, near_found, near_expected);     \
	} while (0)

static inline double normal(struct random *r)
{
	/* Box and Muller 1958. */
	double radius = sqrt(-2 * log(1 - random_double(r)));

	return radius * cos(2 * M_PI * random_double(r));
}

/* Trials as they look: log-normal round `median`, a few percent wide. */
static inline void trials(struct random *r, double *x, size_t n, double median, double width)
{
	for (size_t i = 0; i < n; i++)
		x[i] = median * exp(width * normal(r));
}

#endif
