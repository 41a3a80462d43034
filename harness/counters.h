/* SPDX-License-Identifier: Apache-2.0 */
/* What is counted beside samples, as rows of the result file. */
#ifndef VQ_COUNTERS_H
#define VQ_COUNTERS_H

#include "harness/trial.h"

#define COUNTERS_MAX_STATS 512u

/* The rows of a run's counters. Statistics of the hypervisor become known as they are seen. */
struct counters {
	int64_t run;
	int64_t perf[EVENTS_MAX], host[CPU_COUNTERS];
	struct {
		char name[48], scope[8];
		int64_t id;
	} stat[COUNTERS_MAX_STATS];
	size_t stat_count;
};

/* Store what this host counts, and why not the rest. 0, or -1 with result_error(r). */
int counters_describe(struct counters *c, struct result *r, int64_t run);

/*
 * A trial's counts as rows: `rows` has room for TRIAL_MAX_COUNTS. Counters met for the first time
 * are stored. -1 with result_error(r). The trial's strings are ended here; it may be anything.
 */
int counters_collect(struct counters *c, struct result *r, struct trial_result *t,
		     struct result_count *rows, size_t *count);

#endif
