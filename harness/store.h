/* SPDX-License-Identifier: Apache-2.0 */
/* From what a trial left in shared memory to a row of the result file. */
#ifndef VQ_STORE_H
#define VQ_STORE_H

#include "harness/core/result.h"
#include "harness/counters.h"
#include "harness/trial.h"

/*
 * Store one trial. The result area was written by another process that may have gone wrong: counts
 * are bounded and strings ended before use. `counters` may be NULL: then nothing counted is stored.
 * 0, or -1 with result_error(result).
 */
int store_trial(struct result *result, int64_t run, uint32_t ordinal, int64_t run_start_ns,
		const struct trial_spec *s, struct trial_result *t, struct counters *counters);

#endif
