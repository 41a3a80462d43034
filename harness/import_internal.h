/* SPDX-License-Identifier: Apache-2.0 */
/* Between harness/import.c, which handles files, and harness/import_trial.c, which makes trials of
 * records. */
#ifndef VQ_IMPORT_INTERNAL_H
#define VQ_IMPORT_INTERNAL_H

#include "harness/bench.h"
#include "harness/core/result.h"
#include "harness/core/serial_text.h"
#include "harness/intake.h"

#define IMPORT_BENCHES	  64u
#define IMPORT_MAX_TRIALS 1000000u /* of one file: a log of a few KiB could ask for more */

/* A bench of the plan that a boot runs. */
struct import_bench {
	const struct bench *bench;
	bool refused; /* by the guest, once: no more trials follow */
	uint8_t seen[(VQ_MAX_ROUNDS + 7) / 8];
};

/* What one boot of the guest said. */
struct import_boot {
	bool planned, done;
	uint32_t rounds;
	struct import_bench bench[IMPORT_BENCHES];
	size_t bench_count;
	uint64_t first_tsc;
	int64_t start_ns; /* of the boot, on the time of the import */
	int64_t end_ns;	  /* of its last trial */
	double tick_ns;
	uint64_t stray; /* records that belong to no trial */
};

struct import {
	const struct import_options *options;
	struct import_summary *summary;
	struct serial_text text;
	struct result *result;
	int64_t run;
	struct import_boot boot;
	struct vq_machine machine; /* the first that was told of */
	bool machine_known, plan_known, trial_known;
	char unknown[IMPORT_BENCHES][32]; /* names of benches that nobody here knows */
	size_t unknown_count;
	uint64_t seed;
	int execution; /* enum execution of code on the guest's CPU; -1: not decided */

	/* The trial that records belong to. */
	bool open;
	struct vq_trial told;
	uint64_t missing; /* records, of it or after it */
	uint64_t end_tsc;
	struct trial_spec spec;
	struct trial trial;
	struct trial_result *found;
	struct intake intake;
	char noise[sizeof(((struct trial_result *)0)->console)]; /* its last bytes, as a ring */
	uint64_t noise_size;

	uint32_t ordinal;
	bool failed; /* `error` is set: no more is done */
	int code;    /* enum exit_code of that */
	char error[512];
};

/* Note the first failure. */
void import_fail(struct import *m, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* What serial_text finds; `context` is a struct import. */
void import_take_boot(void *context, uint32_t number);
void import_take_record(void *context, const struct record *r, uint64_t missing);
void import_take_noise(void *context, const char *bytes, size_t size);

/* No more will come of this boot: what it planned and nobody saw is stored as lost. */
void import_end_boot(struct import *m);

#endif
