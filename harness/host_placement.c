/* SPDX-License-Identifier: Apache-2.0 */
/* CPUs for a bench by what they share: a core, a cache, or not even their memory node. */
#include <stdio.h>
#include <string.h>

#include "harness/host_internal.h"

static hwloc_obj_t unit_of(hwloc_topology_t t, unsigned int cpu)
{
	return hwloc_get_pu_obj_by_os_index(t, cpu);
}

/* A virtual machine may show CPUs without cores: each is its own then. */
static hwloc_obj_t core_of(hwloc_topology_t t, unsigned int cpu)
{
	hwloc_obj_t unit = unit_of(t, cpu);
	hwloc_obj_t core = unit ? hwloc_get_ancestor_obj_by_type(t, HWLOC_OBJ_CORE, unit) : NULL;

	return core ? core : unit;
}

/* The last data cache before memory. */
static hwloc_obj_t cache_of(hwloc_topology_t t, unsigned int cpu)
{
	hwloc_obj_t last = NULL;

	for (hwloc_obj_t o = unit_of(t, cpu); o; o = o->parent)
		if (hwloc_obj_type_is_dcache(o->type))
			last = o;
	return last;
}

static hwloc_obj_t node_of(hwloc_topology_t t, unsigned int cpu)
{
	hwloc_obj_t node = NULL;

	while ((node = hwloc_get_next_obj_by_type(t, HWLOC_OBJ_NUMANODE, node)))
		if (hwloc_bitmap_isset(node->cpuset, cpu))
			return node;
	return NULL;
}

/* May `cpu` stand beside those that are chosen, the first of which is chosen[0]? */
static int fits(hwloc_topology_t t, enum placement p, const unsigned int *chosen, unsigned int n,
		unsigned int cpu)
{
	hwloc_obj_t cache = cache_of(t, cpu), node = node_of(t, cpu);

	switch (p) {
	case PLACEMENT_SAME_CORE:
		return core_of(t, cpu) == core_of(t, chosen[0]);
	case PLACEMENT_SAME_CACHE:
		for (unsigned int i = 0; i < n; i++)
			if (core_of(t, cpu) == core_of(t, chosen[i]))
				return 0;
		return cache && cache == cache_of(t, chosen[0]);
	case PLACEMENT_OTHER_NODE:
		return node && node_of(t, chosen[0]) && node != node_of(t, chosen[0]);
	default:
		return 1;
	}
}

static int is_among(const unsigned int *list, unsigned int n, unsigned int cpu)
{
	for (unsigned int i = 0; i < n; i++)
		if (list[i] == cpu)
			return 1;
	return 0;
}

/* Those that fit beside cpus[first], in their order; how many. */
static unsigned int choose(hwloc_topology_t t, enum placement p, unsigned int need,
			   const unsigned int *cpus, unsigned int count, unsigned int first,
			   unsigned int *chosen)
{
	unsigned int n = 1;

	chosen[0] = cpus[first];
	for (unsigned int i = 0; i < count && n < need; i++)
		if (!is_among(chosen, n, cpus[i]) && fits(t, p, chosen, n, cpus[i]))
			chosen[n++] = cpus[i];
	return n;
}

#define MAX_CPUS 1024

int host_place(hwloc_topology_t t, enum placement p, unsigned int need, unsigned int *cpus,
	       unsigned int count)
{
	unsigned int placed[MAX_CPUS], n = 0;

	if (!need || count > MAX_CPUS || need > count)
		return -1;
	for (unsigned int first = 0; first < count && n < need; first++)
		n = choose(t, p, need, cpus, count, first, placed);
	if (n < need)
		return -1;
	for (unsigned int i = 0; i < count; i++)
		if (!is_among(placed, need, cpus[i]))
			placed[n++] = cpus[i];
	memcpy(cpus, placed, count * sizeof(*cpus));
	return 0;
}

unsigned int host_placed_cpus(enum placement p, unsigned int need, unsigned int *cpus,
			      unsigned int max, char *why, size_t size)
{
	static const char *const lacks[PLACEMENTS] = {
		[PLACEMENT_ANY] = "of them",
		[PLACEMENT_SAME_CORE] =
			"that share a core: SMT is off, absent, or hidden from a guest",
		[PLACEMENT_SAME_CACHE] = "on cores of their own that share a cache",
		[PLACEMENT_OTHER_NODE] = "on different memory nodes",
	};
	unsigned int count = host_cpus(cpus, max);
	hwloc_topology_t t = host_topology();

	if (t && !host_place(t, p, need, cpus, count))
		return count;
	snprintf(why, size, "this host has no %u CPUs for us %s", need, lacks[p]);
	return 0;
}

int host_share_core(unsigned int a, unsigned int b)
{
	hwloc_topology_t t = host_topology();

	return a == b || (t && core_of(t, a) && core_of(t, a) == core_of(t, b));
}
