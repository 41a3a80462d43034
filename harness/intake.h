/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Taking in what a guest says about its trial: each record is checked and becomes a part of the
 * trial's result, whichever way it came (a shared ring, a serial line, a log of one).
 */
#ifndef VQ_INTAKE_H
#define VQ_INTAKE_H

#include "harness/core/record.h"
#include "harness/trial.h"

struct intake {
	struct record_reader reader;
	struct record record;
	bool hello, goodbye, failed;
	uint32_t batches; /* as goodbye claims */
	uint32_t ring;
	uint64_t operations; /* stamped, as goodbye claims */
	uint64_t interrupts; /* seen to arrive; UINT64_MAX: the bench takes none */
	uint64_t planted;    /* ticks in each operation; 0: nothing was said of it */
	int64_t window_ticks[TRIAL_MAX_BATCHES];
};

/* Forget what was taken in; the reader is left alone, as one stream may hold many trials. */
void intake_begin(struct intake *in);

/*
 * Take in->record into t->result. -1: it makes no sense or says that the trial failed or cannot
 * run; status and reason are set then.
 */
int intake_record(struct trial *t, struct intake *in);

#endif
