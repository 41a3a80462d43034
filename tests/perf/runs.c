/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole program from outside: how long until a user has a figure with its interval, and how
 * long the smoke plan takes.
 */
#include <stdio.h>
#include <unistd.h>

#include "tests/perf/perf.h"

/*
 * kvm-unit-tests' vmexit under QEMU takes 3 s for one mean of one exit, without an interval: wall
 * time on a machine whose guest ring 0 is interpreted (kvm_pvm, 2 cores), a constant from notes of
 * 2026, not measured in this run. It has no place in a build's dependencies.
 */
#define VMEXIT_NS 3e9
#define RUNS	  7u
#define SMOKE_NS  60e9

static int timed(char *const argv[], int limit_s, double *sum)
{
	double ns;
	int code = perf_spawn(argv, limit_s, &ns, NULL, 0);

	*sum += ns;
	return code;
}

/* Run and report: the interval is the report's. */
static double one_bench(struct perf *p, struct perf_row *row)
{
	char file[300];
	char *run[] = {(char *)p->virt_qualify,
		       "run",
		       "-p",
		       "kvm",
		       "-b",
		       "exit_pio_user",
		       "-f",
		       "none",
		       "-o",
		       file,
		       NULL};
	char *report[] = {(char *)p->virt_qualify, "report", file, NULL};
	double ns = 0;
	int code;

	snprintf(file, sizeof(file), "%s/bench.vq", p->directory);
	code = timed(run, 60, &ns);
	if (code)
		perf_fail(row, "virt-qualify run ended with code %d", code);
	else if ((code = timed(report, 60, &ns)))
		perf_fail(row, "virt-qualify report ended with code %d", code);
	unlink(file);
	return ns;
}

void perf_bench_run(struct perf *p, struct perf_row *row)
{
	double ns[RUNS], ratio[RUNS];

	for (uint32_t i = 0; i < RUNS && !row->failed[0]; i++) {
		ns[i] = one_bench(p, row);
		ratio[i] = ns[i] / VMEXIT_NS;
	}
	if (row->failed[0])
		return;
	row->ours = stats_median(ns, RUNS);
	row->baseline = VMEXIT_NS;
	row->ratio = stats_median(ratio, RUNS);
	row->interval = stats_median_interval(ratio, RUNS, PERF_CONFIDENCE);
	row->target = 1;
	row->below = true;
	snprintf(row->note, sizeof(row->note),
		 "run and report, process to process; the baseline is a constant taken on a "
		 "kvm_pvm machine, not measured in this run");
}

void perf_smoke(struct perf *p, struct perf_row *row)
{
	char file[300];
	char *argv[] = {(char *)p->virt_qualify,
			"run",
			"--preset",
			"smoke",
			"-p",
			"kvm",
			"-p",
			"native",
			"-o",
			file,
			NULL};
	double ns = 0;
	int code;

	snprintf(file, sizeof(file), "%s/smoke.vq", p->directory);
	code = timed(argv, 300, &ns);
	unlink(file);
	if (code) {
		perf_fail(row, "virt-qualify run ended with code %d after %.1f s", code, ns / 1e9);
		return;
	}
	row->ours = ns;
	row->baseline = SMOKE_NS;
	row->ratio = ns / SMOKE_NS;
	row->target = 1;
	row->below = true;
}
