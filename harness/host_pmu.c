/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which performance events really count. libpfm4 encodes an event for any processor it knows;
 * only opening it, and seeing it count work that we know of, proves that it is there.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <perfmon/pfmlib.h>
#include <perfmon/pfmlib_perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/host_internal.h"

static const struct {
	const char *fact;
	const char *event; /* as libpfm4 calls it */
} events[] = {
	{"pmu.cycles", "perf::CYCLES"},
	{"pmu.reference_cycles", "perf::REF-CYCLES"},
	{"pmu.instructions", "perf::INSTRUCTIONS"},
	{"pmu.branches", "perf::BRANCHES"},
	{"pmu.branch_misses", "perf::BRANCH-MISSES"},
	{"pmu.cache_references", "perf::CACHE-REFERENCES"},
	{"pmu.cache_misses", "perf::CACHE-MISSES"},
	{"pmu.l1d_load_misses", "perf::L1-DCACHE-LOAD-MISSES"},
	{"pmu.llc_load_misses", "perf::LLC-LOAD-MISSES"},
	{"pmu.dtlb_load_misses", "perf::DTLB-LOAD-MISSES"},
	{"pmu.itlb_load_misses", "perf::ITLB-LOAD-MISSES"},
	{"pmu.task_clock", "perf::TASK-CLOCK"},
	{"pmu.page_faults", "perf::PAGE-FAULTS"},
};

static const char *open_advice(int error)
{
	switch (error) {
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
		return "no such event on this machine";
	case EACCES:
	case EPERM:
		return "not permitted: lower kernel.perf_event_paranoid, or grant CAP_PERFMON";
	case ENOSYS:
		return "this kernel, or a seccomp filter, has no perf events";
	case EBUSY:
		return "another user holds the counter";
	default:
		return strerror(error);
	}
}

static const char *errno_name(int error)
{
	const char *name = strerrorname_np(error);

	return name ? name : "unknown error";
}

void host_event_reason(int error, char *out, size_t size)
{
	snprintf(out, size, "%s: %s", errno_name(error), open_advice(error));
}

/* Something that every event above should see: instructions, branches, faults on fresh pages. */
static void work(void)
{
	size_t size = 1u << 20;
	volatile unsigned char *p =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int x = 1;

	if (p == MAP_FAILED)
		return;
	for (int round = 0; round < 4; round++) {
		for (size_t i = 0; i < size; i += 64) {
			x = x * 1103515245 + 12345;
			if (x >> 31) /* as good as random: mispredicted now and then */
				p[i]++;
			else
				p[size - 1 - i]++;
		}
	}
	munmap((void *)p, size);
}

/* 1 it counts, 0 it stays at zero, -1 with errno: it does not open. */
static int try_event(struct perf_event_attr *attr)
{
	uint64_t count = 0;
	long fd;

	attr->disabled = 1;
	attr->exclude_kernel = 1;
	attr->exclude_hv = 1;
	fd = syscall(SYS_perf_event_open, attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -1;
	ioctl((int)fd, PERF_EVENT_IOC_ENABLE, 0);
	work();
	ioctl((int)fd, PERF_EVENT_IOC_DISABLE, 0);
	if (read((int)fd, &count, sizeof(count)) != sizeof(count))
		count = 0;
	close((int)fd);
	return count > 0;
}

static int gather_event(struct host_facts *f, const char *fact, const char *event)
{
	struct perf_event_attr attr = {.size = sizeof(attr)};
	pfm_perf_encode_arg_t encoding = {.attr = &attr, .size = sizeof(encoding)};
	int status = pfm_get_os_event_encoding(event, PFM_PLM3, PFM_OS_PERF_EVENT, &encoding);

	if (status != PFM_SUCCESS) {
		fact_missing(f, fact, "libpfm4: %s", pfm_strerror(status));
		return 0;
	}
	status = try_event(&attr);
	if (status < 0) {
		char why[160];

		host_event_reason(errno, why, sizeof(why));
		fact_missing(f, fact, "%s", why);
		return 0;
	}
	fact_set(f, fact, status ? "counts" : "opens, but counts nothing");
	return status;
}

/* The core PMU that libpfm4 recognizes by the processor's model; it says nothing of its use. */
static void gather_model(struct host_facts *f)
{
	pfm_pmu_info_t info = {.size = sizeof(info)};
	int i;

	pfm_for_all_pmus(i)
	{
		if (pfm_get_pmu_info(i, &info) != PFM_SUCCESS || !info.is_present ||
		    info.type != PFM_PMU_TYPE_CORE || !strncmp(info.name, "ix86arch", 8))
			continue;
		fact_set(f, "pmu.model", "%s (%s)", info.name, info.desc);
		return;
	}
	fact_missing(f, "pmu.model", "libpfm4 does not know this processor");
}

void host_gather_pmu(struct host_facts *f)
{
	size_t total = sizeof(events) / sizeof(events[0]), count = 0;
	int status = pfm_initialize();

	if (status != PFM_SUCCESS) {
		fact_missing(f, "pmu.model", "libpfm4: %s", pfm_strerror(status));
		return;
	}
	gather_model(f);
	for (size_t i = 0; i < total; i++)
		count += (size_t)gather_event(f, events[i].fact, events[i].event);
	fact_set(f, "pmu.usable", "%zu of %zu events", count, total);
	pfm_terminate();
}
