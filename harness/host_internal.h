/* SPDX-License-Identifier: Apache-2.0 */
/* How the host_*.c files state facts. Each gathers one kind; host.c calls them all. */
#ifndef VQ_HOST_INTERNAL_H
#define VQ_HOST_INTERNAL_H

#include <hwloc.h>
#include <stddef.h>

#include "harness/host.h"

void host_gather_system(struct host_facts *f);
void host_gather_emulation(struct host_facts *f);
void host_gather_hypervisor(struct host_facts *f);
void host_gather_cpu(struct host_facts *f);
void host_gather_topology(struct host_facts *f);
void host_gather_memory(struct host_facts *f);
void host_gather_kernel(struct host_facts *f);
void host_gather_confinement(struct host_facts *f);
void host_gather_kvm(struct host_facts *f);
void host_gather_xen(struct host_facts *f);
void host_gather_features(struct host_facts *f);
void host_gather_pmu(struct host_facts *f);
void host_gather_tools(struct host_facts *f);
void host_gather_fingerprint(struct host_facts *f); /* after all that it is made of */

/*
 * State a fact, or why there is none. Text from firmware and kernel may be anything: control
 * characters other than line ends, and bytes that are not UTF-8, become '?'.
 */
void fact_set(struct host_facts *f, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void fact_missing(struct host_facts *f, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The content of a file. `absent` says what it means that there is none. Returns the value, or
 * NULL where it could not be read. */
const char *fact_file(struct host_facts *f, const char *name, const char *path, const char *absent);

/* The chosen word of a file such as "always [madvise] never". */
const char *fact_choice(struct host_facts *f, const char *name, const char *path,
			const char *absent);

/* The fact stated last makes figures doubtful: how. */
void fact_advise(struct host_facts *f, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A file's text without the white space at its end; -1 with errno where it cannot be read. */
int host_read(const char *path, char *out, size_t size);

/* Is `word` one of the words of `list`? */
int host_has_word(const char *list, const char *word);

/* The value of the line "KEY : VALUE" of a file such as /proc/cpuinfo, the first one; allocated,
 * NULL where there is none. */
char *host_field(const char *path, const char *key);

/* This host's, loaded once; NULL where hwloc failed. */
hwloc_topology_t host_topology(void);

/* What host_cpus does, of any topology: at most `max` CPUs of `allowed`, best first. */
unsigned int host_order_cpus(hwloc_topology_t topology, hwloc_const_cpuset_t allowed,
			     unsigned int *cpus, unsigned int max);

/* What host_placed_cpus does with CPUs in their order: the first `need` are moved to the front. -1:
 * there are no such. */
int host_place(hwloc_topology_t topology, enum placement p, unsigned int need, unsigned int *cpus,
	       unsigned int count);

/* Why a performance event did not open: "ENOENT: no such event on this machine". */
void host_event_reason(int error, char *out, size_t size);

/*
 * What a feature comes to: of the processor's `flags` and the flag that stands for it ("": all have
 * it), and of the module's parameter ("": none decides) and its value (NULL: not known). 0, or -1
 * where that does not tell.
 */
int host_feature_of(const char *flags, const char *flag, const char *parameter, const char *value,
		    char *out, size_t size);

/* Take what names the host out of hwloc's XML: its name, and what firmware numbers it by. */
void host_clean_xml(char *xml);

/* The signature in a CPUID hypervisor leaf: twelve characters, or an empty string. */
void host_hypervisor_signature(unsigned int leaf, char out[13]);

/* What host_emulation says, of any host: of its kernel's command line, its CPUID hypervisor
 * signature and its firmware's vendor. */
enum host_emulation host_emulation_of(const char *command_line, const char *signature,
				      const char *firmware);

/* The value of the line "KEY : VALUE" of what `xl info` prints, the first one. 0, or -1: there is
 * none. */
int host_xen_field(const char *text, const char *key, char *out, size_t size);

/*
 * All that a command (NULL-terminated, its program sought on PATH) prints until it ends, cut to
 * size, waiting at most `wait_ms`. 0, or -1 with the reason in `out`.
 */
int host_program_output(const char *const *command, int wait_ms, char *out, size_t size);

/*
 * The first line that a program prints with --version, waiting at most `wait_ms`. 0, or -1 with
 * the reason in `out`.
 */
int host_program_version(const char *program, int wait_ms, char *out, size_t size);

#endif
