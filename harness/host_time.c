/* SPDX-License-Identifier: Apache-2.0 */
/* The clock of the host, and how fast its TSC ticks against it. */
#include <cpuid.h>
#include <pthread.h>
#include <time.h>
#include <x86intrin.h>

#include "harness/host.h"

#define CALIBRATION_NS	  20000000
#define TRIES		  64
#define DETERMINISTIC_KHZ 1000000u /* a nanosecond and a tick are one instruction */

int64_t host_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* TSC and clock at the same moment: of many tries, the one the least time went by in. */
struct moment {
	uint64_t tsc;
	int64_t ns;
};

static struct moment moment_now(void)
{
	struct moment best = {0};
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < TRIES; i++) {
		uint64_t before, after;
		int64_t ns;

		_mm_lfence();
		before = __rdtsc();
		ns = host_now_ns();
		after = __rdtsc();
		_mm_lfence();
		if (after - before >= least)
			continue;
		least = after - before;
		best.tsc = before + least / 2;
		best.ns = ns;
	}
	return best;
}

static int tsc_invariant(void)
{
	unsigned int a, b, c, d;

	/* Emulated ones tick evenly, and seldom say so: QEMU's TCG has no INVTSC to offer. */
	if (host_emulation() != HOST_HARDWARE)
		return 1;
	return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & 1u << 8);
}

static uint32_t tsc_khz;

static void calibrate(void)
{
	struct timespec pause = {0, CALIBRATION_NS};
	struct moment from, to;
	int64_t ns;

	if (host_emulation() == HOST_DETERMINISTIC)
		tsc_khz = DETERMINISTIC_KHZ;
	if (tsc_khz || !tsc_invariant())
		return;
	from = moment_now();
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, &pause) > 0)
		;
	to = moment_now();
	ns = to.ns - from.ns;
	if (ns > 0 && to.tsc > from.tsc)
		tsc_khz = (uint32_t)((double)(to.tsc - from.tsc) * 1e6 / (double)ns + 0.5);
}

uint32_t host_tsc_khz(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, calibrate);
	return tsc_khz;
}
