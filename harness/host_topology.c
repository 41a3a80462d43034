/* SPDX-License-Identifier: Apache-2.0 */
/* Packages, cores, caches and memory nodes through hwloc; and which CPUs trials may use. */
#include <hwloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/host_internal.h"

/* Loaded once: it takes tens of milliseconds, and CPUs that go offline later leave the affinity
 * mask anyway. NULL where hwloc failed. */
static hwloc_topology_t loaded;

static void load(void)
{
	if (hwloc_topology_init(&loaded)) {
		loaded = NULL;
		return;
	}
	if (!hwloc_topology_load(loaded))
		return;
	hwloc_topology_destroy(loaded);
	loaded = NULL;
}

hwloc_topology_t host_topology(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return loaded;
}

/* ---- Which CPUs ---- */

struct core {
	hwloc_obj_t object;
	int kind; /* of a hybrid processor: the higher, the faster; else all alike */
};

static int by_kind(const void *a, const void *b)
{
	const struct core *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind > y->kind ? -1 : 1;
	return x->object->logical_index < y->object->logical_index ? -1 : 1;
}

/* The nth CPU of a core that is allowed, or -1. */
static int nth_allowed(hwloc_const_cpuset_t core, hwloc_const_cpuset_t allowed, unsigned int n)
{
	int cpu;

	hwloc_bitmap_foreach_begin(cpu, core)
	{
		if (hwloc_bitmap_isset(allowed, (unsigned int)cpu) && !n--)
			return cpu;
	}
	hwloc_bitmap_foreach_end();
	return -1;
}

unsigned int host_order_cpus(hwloc_topology_t t, hwloc_const_cpuset_t allowed, unsigned int *cpus,
			     unsigned int max)
{
	int count = hwloc_get_nbobjs_by_type(t, HWLOC_OBJ_CORE);
	/* A virtual machine may show CPUs without cores. */
	hwloc_obj_type_t type = count > 0 ? HWLOC_OBJ_CORE : HWLOC_OBJ_PU;
	struct core *cores;
	unsigned int n = 0;
	int more = 1;

	count = hwloc_get_nbobjs_by_type(t, type);
	cores = count > 0 ? calloc((size_t)count, sizeof(*cores)) : NULL;
	if (!cores)
		return 0;
	for (int i = 0; i < count; i++) {
		cores[i].object = hwloc_get_obj_by_type(t, type, (unsigned int)i);
		cores[i].kind = hwloc_cpukinds_get_by_cpuset(t, cores[i].object->cpuset, 0);
	}
	qsort(cores, (size_t)count, sizeof(*cores), by_kind);
	for (unsigned int sibling = 0; more && n < max; sibling++) {
		more = 0;
		for (int i = 0; i < count && n < max; i++) {
			int cpu = nth_allowed(cores[i].object->cpuset, allowed, sibling);

			if (cpu < 0)
				continue;
			cpus[n++] = (unsigned int)cpu;
			more = 1;
		}
	}
	free(cores);
	return n;
}

/* The affinity of the process's first thread: one that is pinned already may ask, too. */
static hwloc_cpuset_t allowed_cpus(void)
{
	hwloc_cpuset_t allowed = hwloc_bitmap_alloc();

	if (!allowed)
		return NULL;
	if (hwloc_get_proc_cpubind(host_topology(), getpid(), allowed, HWLOC_CPUBIND_THREAD))
		hwloc_bitmap_fill(allowed);
	hwloc_bitmap_and(allowed, allowed, hwloc_topology_get_allowed_cpuset(host_topology()));
	return allowed;
}

unsigned int host_cpus(unsigned int *cpus, unsigned int max)
{
	hwloc_cpuset_t allowed;
	unsigned int n = 0;
	int here;

	if (!max)
		return 0;
	allowed = host_topology() ? allowed_cpus() : NULL;
	if (allowed)
		n = host_order_cpus(host_topology(), allowed, cpus, max);
	hwloc_bitmap_free(allowed);
	if (n)
		return n;
	/* Where we run now is surely allowed. */
	here = sched_getcpu();
	cpus[0] = here > 0 ? (unsigned int)here : 0;
	return 1;
}

/* ---- Facts ---- */

static size_t put_count(char *out, size_t size, size_t n, int count, const char *what)
{
	if (count <= 0 || n >= size)
		return n;
	return n + (size_t)snprintf(out + n, size - n, "%s%d %s%s", n ? ", " : "", count, what,
				    count > 1 ? "s" : "");
}

static void gather_summary(struct host_facts *f, hwloc_topology_t t)
{
	static const struct {
		hwloc_obj_type_t type;
		const char *name;
	} counted[] = {
		{HWLOC_OBJ_PACKAGE, "package"},
		{HWLOC_OBJ_NUMANODE, "memory node"},
		{HWLOC_OBJ_CORE, "core"},
		{HWLOC_OBJ_PU, "CPU"},
	};
	static const struct {
		hwloc_obj_type_t type;
		const char *name;
	} caches[] = {
		{HWLOC_OBJ_L3CACHE, "topology.l3"},
		{HWLOC_OBJ_L2CACHE, "topology.l2"},
		{HWLOC_OBJ_L1CACHE, "topology.l1d"},
	};
	char text[256] = "";
	size_t n = 0;

	for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++)
		n = put_count(text, sizeof(text), n, hwloc_get_nbobjs_by_type(t, counted[i].type),
			      counted[i].name);
	if (hwloc_cpukinds_get_nr(t, 0) > 1)
		put_count(text, sizeof(text), n, hwloc_cpukinds_get_nr(t, 0), "kind");
	fact_set(f, "topology.summary", "%s", text);
	for (size_t i = 0; i < sizeof(caches) / sizeof(caches[0]); i++) {
		hwloc_obj_t cache = hwloc_get_obj_by_type(t, caches[i].type, 0);

		if (cache)
			fact_set(f, caches[i].name, "%d x %llu KiB",
				 hwloc_get_nbobjs_by_type(t, caches[i].type),
				 (unsigned long long)(cache->attr->cache.size >> 10));
		else
			fact_missing(f, caches[i].name, "hwloc finds none");
	}
}

void host_clean_xml(char *xml)
{
	static const char begin[] = "<info name=\"";

	for (char *at = xml; (at = strstr(at, begin));) {
		const char *name = at + strlen(begin);
		size_t length = strcspn(name, "\"");
		char *end = strstr(name, "/>");

		if (!end)
			return;
		end += 2;
		if (strncmp(name, "HostName", 8) && !memmem(name, length, "Serial", 6) &&
		    !memmem(name, length, "UUID", 4) && !memmem(name, length, "AssetTag", 8))
			at = end;
		else
			memmove(at, end, strlen(end) + 1);
	}
}

static void gather_xml(struct host_facts *f, hwloc_topology_t t)
{
	char *xml;
	int length;

	if (hwloc_topology_export_xmlbuffer(t, &xml, &length, 0)) {
		fact_missing(f, "topology.xml", "hwloc cannot export it");
		return;
	}
	host_clean_xml(xml);
	fact_set(f, "topology.xml", "%s", xml);
	hwloc_free_xmlbuffer(t, xml);
}

static void gather_trial_cpus(struct host_facts *f)
{
	unsigned int cpus[64], count = host_cpus(cpus, 64);
	char text[64 * 12] = "";
	size_t n = 0;

	for (unsigned int i = 0; i < count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u", i ? " " : "", cpus[i]);
	fact_set(f, "topology.trial_cpus", "%s", text);
	if (count < 2)
		fact_advise(f, "with one CPU, harness and guests take it from each other");
}

void host_gather_topology(struct host_facts *f)
{
	hwloc_topology_t t = host_topology();

	if (t) {
		gather_summary(f, t);
		gather_xml(f, t);
	} else {
		fact_missing(f, "topology.summary", "hwloc cannot load the topology");
		fact_missing(f, "topology.xml", "hwloc cannot load the topology");
	}
	gather_trial_cpus(f);
}
