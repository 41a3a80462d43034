/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this host is and can do: the preflight. Facts are stored with every run; what could not
 * be read is stored as not disclosed, with the reason.
 */
#ifndef VQ_HOST_H
#define VQ_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/core/words.h"

struct host_fact {
	char name[64]; /* "cpu.model", "kernel.release", "kvm.module", … */
	char *value;   /* NULL: not disclosed */
	char *why;     /* where value is NULL: the reason; may be NULL */
	int advice;    /* this setting makes figures doubtful; `why` says how */
};

struct host_facts {
	struct host_fact *fact;
	size_t count;
};

/* Gather all facts; never fails, at worst everything is not disclosed. */
struct host_facts *host_gather(void);
void host_free(struct host_facts *f);

/* Does a fact of that name tell whose host this is? Its name, serial numbers, UUIDs, asset tags. */
int host_is_sensitive(const char *name);

/* The value of a fact, or NULL. */
const char *host_value(const struct host_facts *f, const char *name);

/* Is this host itself a guest? By CPUID's hypervisor bit, which a dom0 need not see, or by Xen. */
int host_is_guest(void);

struct hypervisor {
	char signature[12]; /* CPUID leaf 0x40000000: EBX, ECX, EDX; shorter ones end with NULs */
	const char *name;
	bool emulator; /* it runs no guest on hardware */
};

/* By its signature; NULL: not known here. */
const struct hypervisor *host_known_hypervisor(const char signature[12]);

/* Is Xen below this kernel, and is this its dom0, which rules over the others? */
int host_has_xen(void);
int host_is_dom0(void);

/*
 * Is this host itself emulated? Then nothing that runs on it is hardware's doing. QEMU's TCG says
 * so by CPUID, Bochs by its firmware's name; whoever boots such a host may say it on the kernel's
 * command line, and only there that virtual time counts instructions, a nanosecond each.
 */
#define HOST_EMULATION_KEY "virt_qualify.host=" /* emulated, deterministic */

enum host_emulation {
	HOST_HARDWARE,	    /* or a guest of a hypervisor that runs it on hardware */
	HOST_EMULATED,	    /* a program; its time is the time of day */
	HOST_DETERMINISTIC, /* a program; one tick of TSC and clocks is one instruction */
};

enum host_emulation host_emulation(void);

/* A bound on how long something may take: longer where an emulator runs it in real time. */
int64_t host_patience(int64_t time);

/* Ticks of the invariant TSC per millisecond as calibrated against CLOCK_MONOTONIC_RAW over 20 ms
 * (kept after the first call), or 0 where the TSC is not invariant. An
 * emulated TSC always is, whatever CPUID says; of a deterministic host it is 1000000, exactly. */
uint32_t host_tsc_khz(void);

/* CLOCK_MONOTONIC_RAW, nanoseconds. */
int64_t host_now_ns(void);

/*
 * OS numbers of the CPUs that trials may use, best first: allowed by cpuset and by the affinity of
 * the process's first thread (a pinned worker may ask, too), one per core before any sibling, fast
 * cores of a hybrid processor before slow ones (hwloc). Returns how many were stored, at least 1
 * where `max` is.
 */
unsigned int host_cpus(unsigned int *cpus, unsigned int max);

/*
 * The same, with the first `need` of them placed: 0 with a sentence in `why` where this host has
 * no such CPUs for us.
 */
unsigned int host_placed_cpus(enum placement p, unsigned int need, unsigned int *cpus,
			      unsigned int max, char *why, size_t size);

/* Do two CPUs share a core? */
int host_share_core(unsigned int a, unsigned int b);

#endif
