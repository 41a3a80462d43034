/* SPDX-License-Identifier: Apache-2.0 */
/* Does this bench or fault fit this platform? The same answer for list and for the runner. */
#ifndef VQ_FIT_H
#define VQ_FIT_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/bench.h"
#include "harness/fault.h"

/*
 * Can it run on that platform (which works here)? If not, `why` is one sentence that says what is
 * missing. A bench that sweeps the size of its cast fits where its smallest cast does: more
 * guests than CPUs are then what it is about.
 */
bool bench_fits(const struct bench *b, const struct platform *p, char *why, size_t size);

/* The same for a fault and the recovery that is to mend it. Guests may share host CPUs. */
bool fault_fits(const struct fault *f, const struct recovery *r, const struct platform *p,
		char *why, size_t size);

/* Does the recovery mend this fault at all? If not, the pair is no combination, rather than one
 * that is skipped. */
bool fault_takes(const struct fault *f, const struct recovery *r);

/* Can its vCPUs be placed by each other (a plan's placement:)? So many CPUs are for them at this
 * parameter; 0: they cannot, and `why` is a sentence. */
unsigned int bench_placed_cpus(const struct bench *b, uint32_t parameter, char *why, size_t size);

#endif
