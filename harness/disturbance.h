/* SPDX-License-Identifier: Apache-2.0 */
/* When a batch is marked: the rules of docs/methodology.md, section Disturbances. */
#ifndef VQ_DISTURBANCE_H
#define VQ_DISTURBANCE_H

#include "harness/core/result.h"
#include "harness/platform.h"

/*
 * What the host saw around a batch that took `window_ns` into its row: wait, switches, and the
 * marks (mask of enum disturbance) unless the bench is exempt.
 */
void disturbance_mark(struct result_batch *b, const struct batch_counters *c, double window_ns,
		      bool exempt);

/* Of a trial's batches, those whose CPU took many more interrupts than the others' did. */
void disturbance_mark_interrupts(struct result_batch *b, const struct batch_counters *c, size_t n);

#endif
