/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan run by the guest itself, many trials in one boot, where no harness stands beside it:
 *
 *	plan=exit_*,cpu_integer	   globs; * for all
 *	rounds=20		   trials of each bench, in random order within each round
 *	batches= samples=	   instead of each bench's own
 *	seed=1			   of the order, and of layouts
 *	end=halt|reboot|poweroff   what to do afterwards
 */
#ifndef VQ_PLAN_H
#define VQ_PLAN_H

#include "guests/payload.h"

/* Each CPU comes here; the first measures, the others help. Returns when all is done. */
void plan_run(struct payload *p);

/* On CPU 0: if it happened inside a trial, that trial ends with it, and this does not return. */
void plan_exception(struct payload *p, uint64_t vector, uint64_t error);

#endif
