/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens to a host CPU while a batch runs there, from /proc and /sys. Only what is cheap to
 * read is read at a doorbell; the rest is stated as not counted, with the reason.
 */
#ifndef VQ_CPU_WATCH_H
#define VQ_CPU_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cpu_counter {
	CPU_OUTER_STEAL,  /* ns that the hypervisor below this host took (/proc/stat; ticks of 10 ms
			   * as a rule) */
	CPU_INTERRUPTS,	  /* taken by this CPU (/proc/interrupts) */
	CPU_HEAT,	  /* times that heat throttled its core (thermal_throttle) */
	CPU_THROTTLED,	  /* times that its cgroup had used up its quota (cpu.stat) */
	CPU_THROTTLED_NS, /* and for how long, all threads of the cgroup */
	CPU_COUNTERS
};

/* Which of them can be read here, and where; plain bytes, so that it can be shared. */
struct cpu_watch {
	bool usable[CPU_COUNTERS];
	char cgroup[512]; /* cpu.stat of the nearest cgroup with a quota, or of our own */
};

struct cpu_reading {
	uint64_t value[CPU_COUNTERS];
	bool known[CPU_COUNTERS];
};

/* Find out, once; later calls, those of processes that were forked since too, cost nothing. */
const struct cpu_watch *cpu_watch_probe(void);

/* Why a counter is not read here: one sentence; NULL: it is. */
const char *cpu_watch_why_not(enum cpu_counter which);

/* As stored: name, scope ("cpu", "cgroup") and unit. Static. */
const char *cpu_counter_name(enum cpu_counter which);
const char *cpu_counter_scope(enum cpu_counter which);
const char *cpu_counter_unit(enum cpu_counter which);

/* Read what is usable for that CPU of the host. Keeps its files open, a set for each thread. */
void cpu_watch_read(const struct cpu_watch *w, int cpu, struct cpu_reading *out);

/* What grew between two readings of one CPU. */
void cpu_watch_since(const struct cpu_reading *begin, struct cpu_reading *now);

/* ---- For tests: the same of text ---- */

/* The ticks stolen from that CPU, of a /proc/stat; false: it has no such CPU. */
bool cpu_watch_parse_steal(const char *text, int cpu, uint64_t *ticks);

/* The interrupts that CPU has taken, all sources, of a /proc/interrupts. */
bool cpu_watch_parse_interrupts(const char *text, int cpu, uint64_t *count);

#endif
