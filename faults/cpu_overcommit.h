/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CPU overcommit: n guests of one vCPU on one host CPU. Guest 0 serves alone for the baseline,
 * the others stand by, stopped; the fault lets them all run, long enough for each of eight to
 * have had several slices. Shared by the files that set n.
 */
#ifndef VQ_CPU_OVERCOMMIT_H
#define VQ_CPU_OVERCOMMIT_H

#include "harness/fault.h"

int overcommit_arm(struct fault_trial *f);
int overcommit_fire(struct fault_trial *f);
bool overcommit_active(struct fault_trial *f);
int overcommit_heal(struct fault_trial *f);
int overcommit_finish(struct fault_trial *f, struct result_fault_trial *out);

#define CPU_OVERCOMMIT(id, n)                                                                      \
	FAULT(id, .group = "overcommit",                                                           \
	      .summary = #n " guests of one vCPU compete for one host CPU", .needs = CAN_PROCESS,  \
	      .cast = n, .one_cpu = true, .detector = DETECT_RATE, .unwatched = ~1u,               \
	      .hold_ms = 120, .recovered_by = REMOVE_CAUSE, .horizon_ms = 2000,                    \
	      .arm = overcommit_arm, .fire = overcommit_fire, .active = overcommit_active,         \
	      .heal = overcommit_heal, .finish = overcommit_finish)

#endif
