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
/* Boot included, with the image in the cache. */
#define LAB_AMD_V_NS 60e9
#define LAB_VT_X_NS  180e9

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

/* A plan's whole wall time against its limit. */
static void wall(struct perf_row *row, char *const argv[], const char *file, int bound_s,
		 double limit_ns)
{
	double ns = 0;
	int code = timed(argv, bound_s, &ns);

	unlink(file);
	if (code) {
		perf_fail(row, "virt-qualify %s ended with code %d after %.1f s", argv[1], code,
			  ns / 1e9);
		return;
	}
	row->ours = ns;
	row->baseline = limit_ns;
	row->ratio = ns / limit_ns;
	row->target = 1;
	row->below = true;
}

static void lab(struct perf *p, struct perf_row *row, const char *host, double limit_ns)
{
	char file[300];
	char *argv[] = {(char *)p->virt_qualify, "lab", (char *)host, "-o", file, NULL};

	snprintf(file, sizeof(file), "%s/lab.vq", p->directory);
	wall(row, argv, file, 900, limit_ns);
}

void perf_lab_amd_v(struct perf *p, struct perf_row *row)
{
	lab(p, row, "amd-v", LAB_AMD_V_NS);
}

void perf_lab_vt_x(struct perf *p, struct perf_row *row)
{
	lab(p, row, "vt-x", LAB_VT_X_NS);
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

	snprintf(file, sizeof(file), "%s/smoke.vq", p->directory);
	wall(row, argv, file, 300, SMOKE_NS);
}
