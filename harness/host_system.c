/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about the machine as a whole: whose it is, its memory, what else runs on it. */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "harness/host_internal.h"

/* Serial numbers, UUIDs and asset tags are marked as what names this host: host_is_sensitive(). */
static void gather_dmi(struct host_facts *f)
{
	static const char *const fields[] = {
		"sys_vendor",	     "product_name",   "product_version", "board_vendor",
		"board_name",	     "bios_vendor",    "bios_version",	  "bios_date",
		"product_serial",    "product_uuid",   "board_serial",	  "chassis_serial",
		"chassis_asset_tag", "board_asset_tag"};
	char name[48], path[64];

	if (access("/sys/class/dmi/id", F_OK)) {
		fact_missing(f, "dmi", "the firmware has no DMI tables");
		return;
	}
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		snprintf(name, sizeof(name), "dmi.%s", fields[i]);
		snprintf(path, sizeof(path), "/sys/class/dmi/id/%s", fields[i]);
		fact_file(f, name, path, "the firmware does not tell");
	}
}

static void gather_load(struct host_facts *f)
{
	double load[3];
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (getloadavg(load, 3) != 3) {
		fact_missing(f, "host.load", "the kernel does not tell");
		return;
	}
	fact_set(f, "host.load", "%.2f %.2f %.2f", load[0], load[1], load[2]);
	if (load[0] > (double)cpus / 2)
		fact_advise(f, "other work keeps over half of the %ld CPUs busy", cpus);
}

void host_gather_system(struct host_facts *f)
{
	struct utsname name;

	if (!uname(&name))
		fact_set(f, "host.name", "%s", name.nodename);
	else
		fact_missing(f, "host.name", "uname: %s", strerror(errno));
	gather_load(f);
	gather_dmi(f);
}

/* ---- Memory ---- */

static void gather_meminfo(struct host_facts *f)
{
	static const char *const fields[][2] = {
		{"memory.total", "MemTotal"},	      {"memory.available", "MemAvailable"},
		{"memory.swap", "SwapTotal"},	      {"memory.swap_free", "SwapFree"},
		{"memory.huge_page", "Hugepagesize"},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		char *value = host_field("/proc/meminfo", fields[i][1]);

		if (value)
			fact_set(f, fields[i][0], "%s", value);
		else
			fact_missing(f, fields[i][0], "/proc/meminfo has no %s", fields[i][1]);
		free(value);
	}
}

/* "2048kB: 16 of 64 free", for each size of huge page. */
static void gather_huge_pages(struct host_facts *f)
{
	char text[256] = "";
	size_t n = 0;
	glob_t sizes;

	if (glob("/sys/kernel/mm/hugepages/hugepages-*", 0, NULL, &sizes)) {
		fact_missing(f, "memory.huge_pages", "this kernel has no hugetlb");
		return;
	}
	for (size_t i = 0; i < sizes.gl_pathc && n < sizeof(text); i++) {
		const char *directory = sizes.gl_pathv[i];
		char path[160], all[32], unused[32];

		snprintf(path, sizeof(path), "%s/nr_hugepages", directory);
		if (host_read(path, all, sizeof(all)))
			continue;
		snprintf(path, sizeof(path), "%s/free_hugepages", directory);
		if (host_read(path, unused, sizeof(unused)))
			continue;
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s: %s of %s free",
				      n ? ", " : "", strrchr(directory, '-') + 1, unused, all);
	}
	globfree(&sizes);
	fact_set(f, "memory.huge_pages", "%s", text);
}

static void gather_transparent(struct host_facts *f)
{
	static const char directory[] = "/sys/kernel/mm/transparent_hugepage/";
	static const char absent[] = "this kernel has no transparent huge pages";
	const char *value;
	char path[96];

	snprintf(path, sizeof(path), "%senabled", directory);
	value = fact_choice(f, "memory.thp", path, absent);
	if (value && !strcmp(value, "never"))
		fact_advise(f, "guests run on small pages: their address translation costs more");
	snprintf(path, sizeof(path), "%sshmem_enabled", directory);
	fact_choice(f, "memory.thp_shmem", path, absent);
	snprintf(path, sizeof(path), "%sdefrag", directory);
	fact_choice(f, "memory.thp_defrag", path, absent);
}

static void gather_ksm(struct host_facts *f)
{
	const char *value =
		fact_file(f, "memory.ksm", "/sys/kernel/mm/ksm/run", "this kernel has no KSM");

	if (value && !strcmp(value, "1"))
		fact_advise(f, "KSM merges guest pages, and writing to them then costs a copy");
}

static void gather_balancing(struct host_facts *f)
{
	const char *value = fact_file(f, "memory.numa_balancing", "/proc/sys/kernel/numa_balancing",
				      "this kernel has no NUMA balancing");

	if (value && strcmp(value, "0"))
		fact_advise(f, "the kernel unmaps guest pages to see who uses them");
}

void host_gather_memory(struct host_facts *f)
{
	gather_meminfo(f);
	gather_huge_pages(f);
	gather_transparent(f);
	gather_ksm(f);
	gather_balancing(f);
}
