/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about the processors: what they are, and how fast they are let run. */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/host_internal.h"

#define CPU_DIRECTORY "/sys/devices/system/cpu/"

/* ---- What they are ---- */

static void gather_cpuinfo(struct host_facts *f, const char *name, const char *key)
{
	char *value = host_field("/proc/cpuinfo", key);

	if (value && *value)
		fact_set(f, name, "%s", value);
	else
		fact_missing(f, name, "/proc/cpuinfo has no \"%s\"", key);
	free(value);
}

static void gather_flags(struct host_facts *f)
{
	static const char *const interesting[] = {
		"vmx",
		"svm",
		"ept",
		"vpid",
		"npt",
		"avic",
		"x2avic",
		"vnmi",
		"vgif",
		"v_vmsave_vmload",
		"nrip_save",
		"decodeassists",
		"tsc_scale",
		"hypervisor",
		"constant_tsc",
		"nonstop_tsc",
		"tsc_deadline_timer",
		"tsc_adjust",
		"x2apic",
		"arat",
		"pcid",
		"invpcid",
		"smep",
		"smap",
		"umip",
		"la57",
		"pdpe1gb",
		"fsgsbase",
		"rdtscp",
		"waitpkg",
		"sev",
		"sev_es",
		"sev_snp",
		"tdx_guest",
		"avx",
		"avx2",
		"avx512f",
		"amx_tile",
		"bus_lock_detect",
	};
	char *flags = host_field("/proc/cpuinfo", "flags");
	char *vmx = host_field("/proc/cpuinfo", "vmx flags");
	char found[1024] = "";
	size_t n = 0;

	for (size_t i = 0; flags && i < sizeof(interesting) / sizeof(interesting[0]); i++) {
		if (host_has_word(flags, interesting[i]))
			n += (size_t)snprintf(found + n, sizeof(found) - n, "%s%s", n ? " " : "",
					      interesting[i]);
	}
	if (flags)
		fact_set(f, "cpu.flags", "%s", found);
	else
		fact_missing(f, "cpu.flags", "/proc/cpuinfo has no flags");
	if (vmx)
		fact_set(f, "cpu.vmx_flags", "%s", vmx);
	else if (flags && host_has_word(flags, "svm"))
		fact_missing(f, "cpu.vmx_flags", "the processor has AMD-V in place of VT-x");
	else
		fact_missing(f, "cpu.vmx_flags", "no VT-x is visible here");
	free(flags);
	free(vmx);
}

static void gather_tsc(struct host_facts *f)
{
	uint32_t khz = host_tsc_khz();

	fact_set(f, "tsc.invariant", khz ? "yes" : "no");
	if (khz) {
		fact_set(f, "tsc.mhz", "%.3f", khz / 1e3);
		return;
	}
	fact_advise(f, "ticks are no measure of time on this processor");
	fact_missing(f, "tsc.mhz", "the TSC is not invariant");
}

/* ---- How fast they run ---- */

/* The distinct contents of the files that match: "performance" or "performance 6, powersave 2". */
static int distinct(const char *pattern, char *out, size_t size)
{
	struct {
		char text[32];
		unsigned int count;
	} seen[8];
	size_t kinds = 0, n = 0;
	glob_t files;

	if (glob(pattern, 0, NULL, &files))
		return -1;
	for (size_t i = 0; i < files.gl_pathc; i++) {
		char text[32];
		size_t k;

		if (host_read(files.gl_pathv[i], text, sizeof(text)))
			continue;
		for (k = 0; k < kinds && strcmp(seen[k].text, text); k++)
			;
		if (k == sizeof(seen) / sizeof(seen[0]))
			break;
		if (k == kinds) {
			memcpy(seen[kinds].text, text, sizeof(text));
			seen[kinds++].count = 0;
		}
		seen[k].count++;
	}
	globfree(&files);
	for (size_t k = 0; k < kinds && n < size; k++) {
		n += (size_t)snprintf(out + n, size - n, "%s%s", k ? ", " : "", seen[k].text);
		if (kinds > 1 && n < size)
			n += (size_t)snprintf(out + n, size - n, " %u", seen[k].count);
	}
	return kinds ? 0 : -1;
}

static void gather_governor(struct host_facts *f)
{
	static const char absent[] = "no cpufreq here: firmware or a hypervisor sets the frequency";
	char text[256];

	fact_file(f, "cpu.frequency_driver", CPU_DIRECTORY "cpu0/cpufreq/scaling_driver", absent);
	if (distinct(CPU_DIRECTORY "cpu[0-9]*/cpufreq/scaling_governor", text, sizeof(text))) {
		fact_missing(f, "cpu.governor", "%s", absent);
		return;
	}
	fact_set(f, "cpu.governor", "%s", text);
	if (strcmp(text, "performance"))
		fact_advise(f, "the frequency follows the load; cpupower frequency-set -g "
			       "performance holds it");
}

static void gather_turbo(struct host_facts *f)
{
	char text[32];
	int on;

	if (!host_read(CPU_DIRECTORY "intel_pstate/no_turbo", text, sizeof(text)))
		on = !strcmp(text, "0");
	else if (!host_read(CPU_DIRECTORY "cpufreq/boost", text, sizeof(text)))
		on = !strcmp(text, "1");
	else {
		fact_missing(f, "cpu.turbo", "neither intel_pstate nor cpufreq tells");
		return;
	}
	fact_set(f, "cpu.turbo", on ? "on" : "off");
	if (on)
		fact_advise(f, "the frequency depends on heat and on what the other cores do");
}

static void gather_smt(struct host_facts *f)
{
	const char *value;

	fact_file(f, "cpu.smt_control", CPU_DIRECTORY "smt/control", "this kernel does not tell");
	value = fact_file(f, "cpu.smt", CPU_DIRECTORY "smt/active", "this kernel does not tell");
	if (value && !strcmp(value, "1"))
		fact_advise(f, "siblings share a core: a busy neighbour slows a trial down");
}

/* One fact for each known weakness of the processor. */
static void gather_mitigations(struct host_facts *f)
{
	glob_t files;

	if (glob(CPU_DIRECTORY "vulnerabilities/*", 0, NULL, &files)) {
		fact_missing(f, "mitigation", "this kernel does not list its mitigations");
		return;
	}
	for (size_t i = 0; i < files.gl_pathc; i++) {
		char name[sizeof(((struct host_fact *)0)->name)];

		snprintf(name, sizeof(name), "mitigation.%s", strrchr(files.gl_pathv[i], '/') + 1);
		fact_file(f, name, files.gl_pathv[i], NULL);
	}
	globfree(&files);
}

void host_gather_cpu(struct host_facts *f)
{
	gather_cpuinfo(f, "cpu.model", "model name");
	gather_cpuinfo(f, "cpu.vendor", "vendor_id");
	gather_cpuinfo(f, "cpu.family", "cpu family");
	gather_cpuinfo(f, "cpu.model_number", "model");
	gather_cpuinfo(f, "cpu.stepping", "stepping");
	gather_cpuinfo(f, "cpu.microcode", "microcode");
	gather_flags(f);
	gather_tsc(f);
	gather_governor(f);
	gather_turbo(f);
	gather_smt(f);
	fact_file(f, "cpu.idle_driver", CPU_DIRECTORY "cpuidle/current_driver",
		  "this kernel has no cpuidle");
	fact_file(f, "cpu.idle_governor", CPU_DIRECTORY "cpuidle/current_governor_ro",
		  "this kernel has no cpuidle");
	fact_file(f, "cpu.online", CPU_DIRECTORY "online", NULL);
	fact_file(f, "cpu.isolated", CPU_DIRECTORY "isolated", "this kernel does not tell");
	fact_file(f, "cpu.nohz_full", CPU_DIRECTORY "nohz_full",
		  "this kernel is built without NO_HZ_FULL");
	gather_mitigations(f);
}
