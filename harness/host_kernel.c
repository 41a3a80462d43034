/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about the kernel, and about what it lets this process do. */
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "harness/host_internal.h"

#define CGROUP_ROOT  "/sys/fs/cgroup"
#define CAP_IPC_LOCK 14

static void gather_clocksource(struct host_facts *f)
{
	const char *value =
		fact_file(f, "kernel.clocksource",
			  "/sys/devices/system/clocksource/clocksource0/current_clocksource", NULL);

	if (value && (!strcmp(value, "hpet") || !strcmp(value, "acpi_pm")))
		fact_advise(f, "reading the clock takes a microsecond, a stamp with it");
}

void host_gather_kernel(struct host_facts *f)
{
	struct utsname name;

	if (!uname(&name)) {
		fact_set(f, "kernel.release", "%s", name.release);
		fact_set(f, "kernel.version", "%s", name.version);
	} else {
		fact_missing(f, "kernel.release", "uname: %s", strerror(errno));
	}
	fact_file(f, "kernel.command_line", "/proc/cmdline", NULL);
	gather_clocksource(f);
	fact_file(f, "kernel.perf_event_paranoid", "/proc/sys/kernel/perf_event_paranoid",
		  "this kernel has no perf events");
	fact_file(f, "kernel.nmi_watchdog", "/proc/sys/kernel/nmi_watchdog",
		  "this kernel has no NMI watchdog");
	fact_file(f, "kernel.lsm", "/sys/kernel/security/lsm", "securityfs is not mounted here");
	fact_choice(f, "kernel.lockdown", "/sys/kernel/security/lockdown",
		    "this kernel has no lockdown, or securityfs is not mounted here");
}

/* ---- Confinement ---- */

/* May this process lock memory without limit? */
static int may_lock(void)
{
	char *field = host_field("/proc/self/status", "CapEff");
	unsigned long long effective = field ? strtoull(field, NULL, 16) : 0;

	free(field);
	return effective >> CAP_IPC_LOCK & 1;
}

static void gather_memlock(struct host_facts *f)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit)) {
		fact_missing(f, "limit.memlock", "getrlimit: %s", strerror(errno));
		return;
	}
	if (limit.rlim_cur == RLIM_INFINITY || may_lock()) {
		fact_set(f, "limit.memlock", "unlimited");
		return;
	}
	fact_set(f, "limit.memlock", "%llu KiB", (unsigned long long)limit.rlim_cur >> 10);
	if (limit.rlim_cur < 16u << 20)
		fact_advise(f, "guest memory may not be locked; raise it with ulimit -l");
}

static void gather_container(struct host_facts *f)
{
	char text[64];

	if (!host_read("/run/systemd/container", text, sizeof(text)) && *text)
		fact_set(f, "host.container", "%s", text);
	else if (!access("/.dockerenv", F_OK))
		fact_set(f, "host.container", "docker");
	else if (!access("/run/.containerenv", F_OK))
		fact_set(f, "host.container", "podman");
	else if (getenv("KUBERNETES_SERVICE_HOST"))
		fact_set(f, "host.container", "kubernetes");
	else
		fact_set(f, "host.container", "no sign of one");
}

static int filesystem_is(const char *path, long magic)
{
	struct statfs s;

	return !statfs(path, &s) && (long)s.f_type == magic;
}

/* The path of this process's own cgroup: the line "N:CONTROLLERS:PATH" with that controller, or
 * with none at all for version 2. */
static char *own_cgroup(const char *controller)
{
	FILE *in = fopen("/proc/self/cgroup", "re");
	char *line = NULL, *found = NULL;
	size_t size = 0;

	while (in && !found && getline(&line, &size, in) >= 0) {
		char *controllers = strchr(line, ':');
		char *path = controllers ? strchr(controllers + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = '\0';
		path[strcspn(path, "\n")] = '\0';
		for (char *c = controllers + 1; *c; c++)
			*c = *c == ',' ? ' ' : *c;
		if (*controller ? host_has_word(controllers + 1, controller) : !controllers[1])
			found = strdup(path);
	}
	free(line);
	if (in)
		fclose(in);
	return found;
}

/* A file of this process's own cgroup. */
static int read_cgroup(const char *mount, const char *controller, const char *file, char *out,
		       size_t size)
{
	char *own = own_cgroup(controller), *path = NULL;
	int status = -1;

	if (own && asprintf(&path, "%s%s%s/%s", CGROUP_ROOT, mount, own, file) >= 0)
		status = host_read(path, out, size);
	free(path);
	free(own);
	return status;
}

/* A share of CPU time that the cgroup may not exceed: then trials are throttled. */
static void gather_quota(struct host_facts *f, int version)
{
	char quota[64] = "", period[64] = "";
	int limited, status;

	if (version == 2) {
		status = read_cgroup("", "", "cpu.max", quota, sizeof(quota));
		limited = strncmp(quota, "max", 3) != 0;
	} else {
		status = read_cgroup("/cpu", "cpu", "cpu.cfs_quota_us", quota, sizeof(quota)) ||
			 read_cgroup("/cpu", "cpu", "cpu.cfs_period_us", period, sizeof(period));
		limited = quota[0] != '-';
	}
	if (status) {
		fact_missing(f, "cgroup.cpu_quota", "this process's cgroup has no file for it");
		return;
	}
	if (!limited) {
		fact_set(f, "cgroup.cpu_quota", "none");
		return;
	}
	fact_set(f, "cgroup.cpu_quota", "%s%s%s us", quota, *period ? " " : "", period);
	fact_advise(f, "the kernel stops trials that use up this quota");
}

void host_gather_confinement(struct host_facts *f)
{
	int version = filesystem_is(CGROUP_ROOT, CGROUP2_SUPER_MAGIC) ? 2 : 1;

	gather_memlock(f);
	gather_container(f);
	if (access(CGROUP_ROOT, F_OK)) {
		fact_missing(f, "cgroup.version", "nothing is mounted at " CGROUP_ROOT);
		return;
	}
	if (version == 1 && filesystem_is(CGROUP_ROOT "/unified", CGROUP2_SUPER_MAGIC))
		fact_set(f, "cgroup.version", "1, and 2 beside it");
	else
		fact_set(f, "cgroup.version", "%d", version);
	gather_quota(f, version);
}
