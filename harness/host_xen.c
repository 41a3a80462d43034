/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts about Xen below this kernel: as sysfs shows them, and, in dom0, as Xen's own tool does. The
 * processors and memory that dom0's kernel sees are dom0's share; the host's are here.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "harness/host_internal.h"

#define HYPERVISOR "/sys/hypervisor/"
#define WAIT_NS	   5000000000ll /* for xl; it answers at once */

int host_has_xen(void)
{
	char type[32];

	return !host_read(HYPERVISOR "type", type, sizeof(type)) && !strcmp(type, "xen");
}

int host_is_dom0(void)
{
	char capabilities[256];

	return !host_read("/proc/xen/capabilities", capabilities, sizeof(capabilities)) &&
	       strstr(capabilities, "control_d");
}

int host_xen_field(const char *text, const char *key, char *out, size_t size)
{
	size_t n = strlen(key), length;

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, n) || line[n + strspn(line + n, " \t")] != ':')
			continue;
		line += n + strspn(line + n, " \t") + 1;
		line += strspn(line, " \t");
		length = strcspn(line, "\n");
		while (length && line[length - 1] == ' ')
			length--;
		snprintf(out, size, "%.*s", (int)length, line);
		return 0;
	}
	return -1;
}

static void gather_version(struct host_facts *f)
{
	char major[16], minor[16], extra[64] = "";

	if (host_read(HYPERVISOR "version/major", major, sizeof(major)) ||
	    host_read(HYPERVISOR "version/minor", minor, sizeof(minor))) {
		fact_missing(f, "xen.version", HYPERVISOR "version: %s", strerror(errno));
		return;
	}
	host_read(HYPERVISOR "version/extra", extra, sizeof(extra));
	fact_set(f, "xen.version", "%s.%s%s", major, minor, extra);
}

static void gather_sysfs(struct host_facts *f)
{
	static const char *const files[][2] = {
		{"xen.this_domain_type", "guest_type"},
		{"xen.capabilities", "properties/capabilities"},
		{"xen.compiler", "compilation/compiler"},
		{"xen.compiled", "compilation/compile_date"},
	};
	char path[96];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), HYPERVISOR "%s", files[i][1]);
		fact_file(f, files[i][0], path, "Xen does not show it to this domain");
	}
}

/* As xl names them; memory in MiB. */
static void gather_told(struct host_facts *f)
{
	static const char *const fields[][2] = {
		{"xen.virtualization", "virt_caps"},
		{"xen.scheduler", "xen_scheduler"},
		{"xen.command_line", "xen_commandline"},
		{"xen.build", "build_id"},
		{"xen.cpus", "nr_cpus"},
		{"xen.cores_per_socket", "cores_per_socket"},
		{"xen.threads_per_core", "threads_per_core"},
		{"xen.numa_nodes", "nr_nodes"},
		{"xen.memory_mib", "total_memory"},
		{"xen.memory_free_mib", "free_memory"},
	};
	static const char *const command[] = {"xl", "info", NULL};
	int wait_ms = (int)(host_patience(WAIT_NS) / 1000000);
	char text[16384], value[4096];
	int status = host_program_output(command, wait_ms, text, sizeof(text));

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (status)
			fact_missing(f, fields[i][0], "%.200s", text);
		else if (host_xen_field(text, fields[i][1], value, sizeof(value)))
			fact_missing(f, fields[i][0], "xl info tells no %s: it takes root in dom0",
				     fields[i][1]);
		else
			fact_set(f, fields[i][0], "%s", *value ? value : "none");
	}
}

void host_gather_xen(struct host_facts *f)
{
	if (!host_has_xen()) {
		fact_missing(f, "xen.version", "no Xen below this kernel");
		return;
	}
	gather_version(f);
	fact_set(f, "xen.this_domain", "%s", host_is_dom0() ? "dom0" : "a guest of Xen's");
	gather_sysfs(f);
	gather_told(f);
}
