/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hwloc's XML says that a report draws: packages, memory, caches, cores and their threads.
 * The text came from a file, perhaps from a stranger's: a small reader takes the nesting of its
 * <object> elements and a few numbers, and nothing else; entities and document types mean nothing
 * to it.
 */
#ifndef VQ_TOPOLOGY_H
#define VQ_TOPOLOGY_H

#include <stddef.h>
#include <stdint.h>

#define TOPOLOGY_DEPTH 32

enum topology_kind {
	TOPOLOGY_MACHINE,
	TOPOLOGY_PACKAGE,
	TOPOLOGY_DIE,
	TOPOLOGY_MEMORY,
	TOPOLOGY_GROUP,
	TOPOLOGY_L3,
	TOPOLOGY_L2,
	TOPOLOGY_L1,
	TOPOLOGY_CORE,
	TOPOLOGY_CPU,
	TOPOLOGY_KINDS
};

struct topology_object {
	enum topology_kind kind;
	unsigned int depth; /* 0: the outermost; at most one more than the object's before it */
	int64_t index;	    /* as the operating system numbers it; -1: it does not */
	uint64_t bytes;	    /* of a cache or memory; 0: not said */
};

extern const char *const topology_names[TOPOLOGY_KINDS]; /* "package", "L3" */

/*
 * Read the objects in their order, at most `room`; those of other kinds (devices) are passed over,
 * with what is inside them. Returns how many there are in all; 0 where the text is no topology.
 */
size_t topology_read(const char *xml, struct topology_object *objects, size_t room);

#endif
