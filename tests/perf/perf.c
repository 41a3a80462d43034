/* SPDX-License-Identifier: Apache-2.0 */
/* make bench: measure row by row and print the table. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/platform.h"
#include "tests/perf/perf.h"

#define MAX_PAIRS 1000u

static const struct {
	void (*measure)(struct perf *p, struct perf_row *row);
	const char *what, *baseline_is;
	bool needs_kvm;
} rows[] = {
	{perf_pio_exit, "port exit to user space", "bare KVM_RUN loop", true},
	{perf_trial, "whole trial, no samples", "bare process and VM", true},
	{perf_qemu_trial, "whole trial on microvm", "QEMU to its first byte", true},
	{perf_recovery, "recovery by snapshot", "recovery by restart", true},
	{perf_bench_run, "bench of 20 trials, with interval", "vmexit, one mean (3 s)", true},
	{perf_smoke, "smoke plan on kvm and native", "limit of 60 s", true},
	{perf_lab_amd_v, "lab plan in the host amd-v, boot included", "limit of 60 s", false},
	{perf_lab_vt_x, "lab plan in the host vt-x, boot included", "limit of 180 s", false},
	{perf_histogram, "histogram_record, a sample", "empty loop", false},
	{perf_report, "HTML report over 10 platforms", "limit of 2 s", false},
	{perf_thousand, "HTML report of 1,000 figures", "limit of 2 s", false},
	{perf_compare, "comparison of two qualify results", "limit of 1 s", false},
	{perf_import, "import of a 100 MB log", "limit of 2 s", false},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

double perf_fail(struct perf_row *row, const char *format, ...)
{
	va_list args;

	if (row->failed[0])
		return NAN;
	va_start(args, format);
	vsnprintf(row->failed, sizeof(row->failed), format, args);
	va_end(args);
	return NAN;
}

/* One pair, in the order that its number says; false: it gave no figures. */
static bool take_pair(struct perf *p, struct perf_row *row, uint32_t i, perf_side *ours,
		      perf_side *baseline, double *a, double *b)
{
	row->failed[0] = '\0';
	if (i & 1)
		*b = baseline(p, row, i);
	*a = ours(p, row, i);
	if (!(i & 1))
		*b = baseline(p, row, i);
	return !row->failed[0];
}

/* Trials that the machine's other work made invalid are left out with their partner, and counted;
 * a row with fewer than half of its pairs says nothing. */
void perf_pairs(struct perf *p, struct perf_row *row, uint32_t pairs, perf_side *ours,
		perf_side *baseline)
{
	static double a[MAX_PAIRS], b[MAX_PAIRS], ratio[MAX_PAIRS];
	uint32_t n = 0, lost = 0;

	if (pairs > MAX_PAIRS)
		pairs = MAX_PAIRS;
	take_pair(p, row, 0, ours, baseline, a, b); /* warm-up */
	for (uint32_t i = 0; i < pairs && lost <= pairs / 2; i++) {
		if (!take_pair(p, row, i, ours, baseline, &a[n], &b[n])) {
			lost++;
			snprintf(row->note, sizeof(row->note), "%u of %u pairs left out: %.180s",
				 lost, pairs, row->failed);
			continue;
		}
		ratio[n] = a[n] / b[n];
		n++;
	}
	if (lost > pairs / 2)
		return;
	row->failed[0] = '\0';
	row->ours = stats_median(a, n);
	row->baseline = stats_median(b, n);
	row->ratio = stats_median(ratio, n);
	row->interval = stats_median_interval(ratio, n, PERF_CONFIDENCE);
}

/* ---- The table ---- */

static void print_time(double ns)
{
	static const struct {
		double ns;
		const char *unit;
	} units[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}};
	size_t i = 0;

	if (isnan(ns)) {
		printf("  %10s", "-");
		return;
	}
	while (i < 3 && fabs(ns) < units[i].ns)
		i++;
	printf("  %7.*f %-2s", ns / units[i].ns < 100 ? 2 : 1, ns / units[i].ns, units[i].unit);
}

static const char *judge(struct perf *p, const struct perf_row *r)
{
	bool met = r->below ? r->ratio < r->target : r->ratio <= r->target;

	if (isnan(r->target))
		return "";
	if (r->interval.low <= r->target && r->interval.high > r->target)
		return met ? "met, within the noise" : "missed, within the noise";
	if (met)
		return "met";
	p->missed++;
	return "MISSED";
}

static void print_row(struct perf *p, const struct perf_row *r)
{
	char interval[32] = "-", target[16] = "-", ratio[16] = "-";

	printf("%-34s  %-22s", r->what, r->baseline_is);
	if (r->failed[0]) {
		printf("  %s %s\n", r->skipped ? "SKIP" : "FAILED:", r->failed);
		return;
	}
	print_time(r->ours);
	print_time(r->baseline);
	if (!isnan(r->ratio))
		snprintf(ratio, sizeof(ratio), "%.3f", r->ratio);
	if (!isnan(r->interval.low))
		snprintf(interval, sizeof(interval), "%.3f to %.3f", r->interval.low,
			 r->interval.high);
	if (!isnan(r->target))
		snprintf(target, sizeof(target), "%s %g", r->below ? "<" : "<=", r->target);
	printf("  %6s  %-14s  %-7s  %s\n", ratio, interval, target, judge(p, r));
}

static void measure_row(struct perf *p, size_t i, struct perf_row *r)
{
	*r = (struct perf_row){
		.what = rows[i].what,
		.baseline_is = rows[i].baseline_is,
		.ours = NAN,
		.baseline = NAN,
		.ratio = NAN,
		.interval = {NAN, NAN},
		.target = NAN,
	};
	if (rows[i].needs_kvm && p->no_kvm[0]) {
		r->skipped = true;
		snprintf(r->failed, sizeof(r->failed), "%.250s", p->no_kvm);
		return;
	}
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "%zu of %zu: %s ...\r", i + 1, ROWS, r->what);
	rows[i].measure(p, r);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\033[K");
	if (r->failed[0])
		p->missed++;
}

static void print_load(const char *when)
{
	double load[1];

	if (getloadavg(load, 1) == 1)
		printf("%s: load average %.2f on %ld CPUs\n", when, load[0],
		       sysconf(_SC_NPROCESSORS_ONLN));
}

static void measure_all(struct perf *p)
{
	struct perf_row r[ROWS];

	print_load("before");
	printf("%-34s  %-22s  %10s  %10s  %6s  %-14s  %-7s\n", "what", "against", "ours",
	       "baseline", "ratio", "95 % interval", "target");
	for (size_t i = 0; i < ROWS; i++) {
		measure_row(p, i, &r[i]);
		print_row(p, &r[i]);
		fflush(stdout);
	}
	print_load("after");
	for (size_t i = 0; i < ROWS; i++)
		if (r[i].note[0])
			printf("%s: %s\n", r[i].what, r[i].note);
}

static void find_kvm(struct perf *p)
{
	p->cpu_count = host_cpus(p->cpus, sizeof(p->cpus) / sizeof(p->cpus[0]));
	p->kvm = registry_find(REGISTRY(platforms), "kvm");
	if (!p->kvm)
		snprintf(p->no_kvm, sizeof(p->no_kvm), "this build has no platform kvm");
	else if (!p->kvm->works(p->no_kvm, sizeof(p->no_kvm)))
		return;
	else
		p->no_kvm[0] = '\0';
}

static int make_directory(struct perf *p)
{
	const char *parent = getenv("TMPDIR");

	snprintf(p->directory, sizeof(p->directory), "%s/virt-qualify-bench.XXXXXX",
		 parent && *parent ? parent : "/tmp");
	return mkdtemp(p->directory) ? 0 : -1;
}

int main(int argc, char **argv)
{
	static struct perf p;
	bool check = argc > 1 && !strcmp(argv[1], "--check");

	if (argc != 3 + check) {
		fprintf(stderr, "usage: perf [--check] VIRT-QUALIFY BARE\n");
		return 2;
	}
	p.virt_qualify = argv[1 + check];
	p.bare = argv[2 + check];
	if (make_directory(&p)) {
		fprintf(stderr, "perf: no directory for result files at %s: %m\n", p.directory);
		return 4;
	}
	snprintf(p.cpuid, sizeof(p.cpuid), "%s/cpuid", p.directory);
	find_kvm(&p);
	measure_all(&p);
	unlink(p.cpuid);
	if (rmdir(p.directory))
		fprintf(stderr, "perf: %s is not empty: %m\n", p.directory);
	return check && p.missed ? 1 : 0;
}
