/* SPDX-License-Identifier: Apache-2.0 */
/* Where a trial ran, as the result file says it. */
#ifndef VQ_PLACE_H
#define VQ_PLACE_H

#include "harness/trial.h"

struct place_text {
	struct result_place row; /* its strings are those below */
	char cpus[512], observer[256];
};

/* false: no guest was opened, so there is nothing to say. */
bool place_describe(const struct trial_spec *s, const struct trial_result *t,
		    struct place_text *out);

#endif
