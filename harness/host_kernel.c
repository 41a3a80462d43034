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

#include "harness/cgroup.h"
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

/* What batches are marked by as disturbed; where a kernel does not count it, none is. */
static void gather_waits(struct host_facts *f)
{
	unsigned long long ran = 0;
	char text[96];

	if (!host_read("/proc/self/schedstat", text, sizeof(text)))
		ran = strtoull(text, NULL, 10);
	if (ran)
		fact_set(f, "kernel.run_queue_waits", "counted");
	else
		fact_missing(f, "kernel.run_queue_waits",
			     "this kernel does not count them (CONFIG_SCHED_INFO): no batch is "
			     "marked as disturbed by steal");
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
	gather_waits(f);
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

/* A share of CPU time that this process's cgroup, or one above, may not exceed: then trials are
 * throttled. */
static void gather_quota(struct host_facts *f)
{
	char directory[512], path[600], quota[64] = "", period[64] = "";
	const struct cgroup_place *place;
	struct cgroup_own own;

	cgroup_find(&own, 0);
	place = cgroup_of_cpu(&own);
	if (!place) {
		fact_missing(f, "cgroup.cpu_quota",
			     "no cgroup hierarchy that shares out CPU time can be seen here");
		return;
	}
	if (!cgroup_find_quota(place, directory, sizeof(directory))) {
		fact_set(f, "cgroup.cpu_quota", "none");
		return;
	}
	snprintf(path, sizeof(path), "%s/%s", directory,
		 place->v2 ? "cpu.max" : "cpu.cfs_quota_us");
	host_read(path, quota, sizeof(quota));
	snprintf(path, sizeof(path), "%s/cpu.cfs_period_us", directory);
	if (!place->v2)
		host_read(path, period, sizeof(period));
	fact_set(f, "cgroup.cpu_quota", "%s%s%s us%s%s", quota, *period ? " " : "", period,
		 strcmp(directory, place->path) ? ", of " : "",
		 strcmp(directory, place->path) ? directory : "");
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
	gather_quota(f);
}
