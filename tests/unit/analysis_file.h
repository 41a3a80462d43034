/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the analysis share: one file, and figures that are known to a billionth. */
#ifndef VQ_ANALYSIS_FILE_H
#define VQ_ANALYSIS_FILE_H

#include <math.h>

#include "tests/unit/sample_files.h"
#include "tests/unit/sample_full.h"

static char *const path = paths[0];

static inline void assert_near(double v, double expected)
{
	if (!(fabs(v - expected) <= 1e-9 * fmax(1, fabs(expected))))
		print_error("%.17g is not %.17g\n", v, expected);
	assert_true(fabs(v - expected) <= 1e-9 * fmax(1, fabs(expected)));
}

/* The file is whole: what it reports. */
static inline struct report *finish(struct result *r, int64_t run)
{
	sample_must(r, result_end_run(r, run, 0));
	result_close(r);
	return sample_load(1);
}

#endif
