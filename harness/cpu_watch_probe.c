/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the CPU's counters can be read here, and read cheaply enough for a doorbell. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/cgroup.h"
#include "harness/cpu_watch.h"
#include "harness/host.h"

/* A doorbell rings twice a batch: what takes longer is not read. The least of some tries, so that
 * a busy moment does not decide. */
#define LIMIT_NS 60000
#define TRIES	 7

static struct cpu_watch found;
static char why_not[CPU_COUNTERS][200];

__attribute__((format(printf, 2, 3))) static void refuse(enum cpu_counter which, const char *format,
							 ...)
{
	va_list args;

	found.usable[which] = false;
	va_start(args, format);
	vsnprintf(why_not[which], sizeof(why_not[which]), format, args);
	va_end(args);
}

/* Keep it if it can be read, and in time. */
static void try(enum cpu_counter which, int cpu, const char *absent)
{
	struct cpu_watch only = {0};
	struct cpu_reading r;
	int64_t least = INT64_MAX;

	only.usable[which] = true;
	memcpy(only.cgroup, found.cgroup, sizeof(only.cgroup));
	for (int i = 0; i < TRIES; i++) {
		int64_t begin = host_now_ns(), took;

		cpu_watch_read(&only, cpu, &r);
		took = host_now_ns() - begin;
		least = took < least ? took : least;
	}
	found.usable[which] = r.known[which];
	if (!r.known[which])
		refuse(which, "%s", absent);
	else if (least > LIMIT_NS)
		refuse(which,
		       "one reading takes %lld us here, more than the %d us that a doorbell may",
		       (long long)least / 1000, LIMIT_NS / 1000);
}

/* Where throttling is counted: the nearest cgroup with a quota; without any, our own. */
static void find_cgroup(void)
{
	const struct cgroup_place *place;
	struct cgroup_own own;
	char directory[512];

	cgroup_find(&own, 0);
	place = cgroup_of_cpu(&own);
	if (!place)
		return;
	cgroup_find_quota(place, directory, sizeof(directory));
	snprintf(found.cgroup, sizeof(found.cgroup), "%.480s/cpu.stat", directory);
}

static void probe(void)
{
	unsigned int cpu;

	host_cpus(&cpu, 1);
	find_cgroup();
	if (host_is_guest())
		try(CPU_OUTER_STEAL, (int)cpu, "/proc/stat does not tell");
	else
		refuse(CPU_OUTER_STEAL, "nothing runs below this host that could take its time");
	try(CPU_INTERRUPTS, (int)cpu, "/proc/interrupts does not tell");
	try(CPU_HEAT, (int)cpu,
	    host_is_guest() ? "this host is a guest: its hypervisor does not tell"
			    : "this processor or kernel has no thermal_throttle in sysfs");
	try(CPU_THROTTLED, (int)cpu,
	    "this process's cgroup has no cpu.stat that counts throttling");
	found.usable[CPU_THROTTLED_NS] = found.usable[CPU_THROTTLED];
	if (!found.usable[CPU_THROTTLED])
		refuse(CPU_THROTTLED_NS, "%s", why_not[CPU_THROTTLED]);
}

const struct cpu_watch *cpu_watch_probe(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, probe);
	return &found;
}

const char *cpu_watch_why_not(enum cpu_counter which)
{
	cpu_watch_probe();
	return found.usable[which] ? NULL : why_not[which];
}
