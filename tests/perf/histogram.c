/* SPDX-License-Identifier: Apache-2.0 */
/* histogram_record per sample over an empty loop: what a sample costs in the guest, outside its
 * stamps. Values spread like those of an exit: most near the median, a tail of rare long ones. */
#include <math.h>
#include <stdio.h>

#include "harness/core/histogram.h"
#include "harness/host.h"
#include "tests/perf/perf.h"

#define VALUES 4096u
#define ROUNDS 64u
#define PAIRS  101u

static uint64_t value[VALUES];
static struct histogram histogram;

static void make_values(void)
{
	struct random r;

	random_seed(&r, 1);
	for (uint32_t i = 0; i < VALUES; i++)
		value[i] = (uint64_t)(30000 * pow(1.02, -10 * log(1 - random_double(&r))));
}

static double recording(void)
{
	int64_t begin = host_now_ns();

	for (uint32_t round = 0; round < ROUNDS; round++)
		for (uint32_t i = 0; i < VALUES; i++)
			histogram_record(&histogram, value[i]);
	return (double)(host_now_ns() - begin) / (VALUES * ROUNDS);
}

static double empty(void)
{
	int64_t begin = host_now_ns();

	for (uint32_t round = 0; round < ROUNDS; round++)
		for (uint32_t i = 0; i < VALUES; i++)
			__asm__ volatile("" ::"r"(value[i]) : "memory");
	return (double)(host_now_ns() - begin) / (VALUES * ROUNDS);
}

/* A difference, not a ratio: what the empty loop costs has no meaning of its own. */
void perf_histogram(struct perf *p, struct perf_row *row)
{
	double a[PAIRS], b[PAIRS], difference[PAIRS];
	struct interval i95;

	(void)p;
	make_values();
	recording();
	empty();
	for (uint32_t i = 0; i < PAIRS; i++) {
		if (i & 1)
			b[i] = empty();
		a[i] = recording();
		if (!(i & 1))
			b[i] = empty();
		difference[i] = a[i] - b[i];
	}
	row->ours = stats_median(a, PAIRS);
	row->baseline = stats_median(b, PAIRS);
	i95 = stats_median_interval(difference, PAIRS, PERF_CONFIDENCE);
	snprintf(row->note, sizeof(row->note), "%.2f ns a sample, %.2f to %.2f",
		 stats_median(difference, PAIRS), i95.low, i95.high);
}
