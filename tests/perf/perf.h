/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own performance, as ratios against baselines measured in the same run (make bench).
 *
 * Two sides alternate in many short pairs, so that what else the machine does meets both; a
 * figure is the median of the paired ratios with its distribution-free 95 % interval. Times by
 * themselves say little on shared cores; ratios do.
 */
#ifndef VQ_PERF_H
#define VQ_PERF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/core/stats.h"

#define PERF_CONFIDENCE 0.95

struct platform;
struct trial;

struct perf {
	const char *virt_qualify; /* path of the program */
	const char *bare;	  /* path of tests/perf/bare.c's program */
	const struct platform *kvm;
	char no_kvm[512];    /* why there is no KVM; "": there is */
	char directory[256]; /* of result files, and of the table of CPUID for `bare` */
	char cpuid[300];
	unsigned int cpus[256];
	unsigned int cpu_count;
	int missed; /* targets that were missed beyond doubt, and rows that failed */
};

/* One line of the table. Times in nanoseconds; NaN: no such figure. */
struct perf_row {
	const char *what, *baseline_is;
	double ours, baseline;
	double ratio;
	struct interval interval; /* of the ratio */
	double target;		  /* of the ratio; NaN: none is set */
	bool below;		  /* strictly below the target, not at most */
	char failed[256];	  /* why there are no figures; "": there are */
	bool skipped;		  /* because this host has not what it needs */
	char note[256];		  /* printed below the table; "": none */
};

/* Each fills one row; the table is theirs in this order. */
void perf_pio_exit(struct perf *p, struct perf_row *row);
void perf_trial(struct perf *p, struct perf_row *row);
void perf_qemu_trial(struct perf *p, struct perf_row *row);
void perf_recovery(struct perf *p, struct perf_row *row);
void perf_bench_run(struct perf *p, struct perf_row *row);
void perf_smoke(struct perf *p, struct perf_row *row);
void perf_lab_amd_v(struct perf *p, struct perf_row *row);
void perf_lab_vt_x(struct perf *p, struct perf_row *row);
void perf_histogram(struct perf *p, struct perf_row *row);
void perf_report(struct perf *p, struct perf_row *row);
void perf_thousand(struct perf *p, struct perf_row *row);
void perf_compare(struct perf *p, struct perf_row *row);
void perf_import(struct perf *p, struct perf_row *row);

/* What a run finds out once, before it forks its first trial. */
void perf_before_trials(void);

/* A trial's measure(): a guest boots, says hello and goodbye. */
int perf_boot_only(struct trial *t);

/* One measurement of a side: nanoseconds, or NaN with the reason in row->failed. */
typedef double perf_side(struct perf *p, struct perf_row *row, uint32_t pair);

/* `pairs` pairs, the order within a pair alternating, after one pair of warm-up; fills the row's
 * figures. Pairs that fail are left out; a row that loses more than half of them has failed. */
void perf_pairs(struct perf *p, struct perf_row *row, uint32_t pairs, perf_side *ours,
		perf_side *baseline);

/* The row failed: keep the first reason. Returns NaN. */
double perf_fail(struct perf_row *row, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Run the baseline guest (bare.c), `command` NULL: boot to goodbye and no more. Its wall time in
 * nanoseconds goes to `ns`, what it prints to `output` as below. 0, or -1 with row->failed.
 */
int perf_bare(struct perf *p, struct perf_row *row, uint64_t memory, const char *command,
	      double *ns, char *output, size_t size);

/*
 * Run a program to its end, at most `limit_s`; its wall time in nanoseconds goes to `ns`. What it
 * prints goes to `output` (size - 1 bytes at most, NUL-terminated), or nowhere where that is NULL.
 * Returns its exit code, -1 where there is none.
 */
int perf_spawn(char *const argv[], int limit_s, double *ns, char *output, size_t size);

#endif
