/* SPDX-License-Identifier: Apache-2.0 */
/* Memory cgroups of our own, on version 1 and 2; each is in the journal before it exists. */
#ifndef VQ_CGROUP_H
#define VQ_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct journal;

/* Can we make a memory cgroup here? false with a sentence: why not, and what would help. */
bool cgroup_memory_works(char *why, size_t size);

/*
 * Make one with a limit in bytes and no swap. Its directory goes to `path`. 0, or -1 with one
 * line in `error`; nothing is left behind then.
 */
int cgroup_memory_make(struct journal *j, uint64_t limit, char *path, size_t path_size, char *error,
		       size_t size);

/* Limit a memory cgroup, in bytes, swap included. 0, or -1 with errno. */
int cgroup_memory_limit(const char *path, uint64_t limit, bool v2);

/* How often the kernel killed for lack of memory in it; -1: not known. */
int64_t cgroup_memory_kills(const char *path);

#define CGROUP_MAX_PLACES 24

/* A process's cgroup in one hierarchy. */
struct cgroup_place {
	char controllers[128]; /* "cpu,cpuacct"; "" for version 2 */
	char mount[256];       /* where the hierarchy is mounted */
	char path[512];	       /* the cgroup's directory */
	bool v2;
};

struct cgroup_own {
	struct cgroup_place place[CGROUP_MAX_PLACES];
	size_t count;
};

/* The cgroup of a process (0: ours) in each hierarchy that is mounted where we can see it. */
void cgroup_find(struct cgroup_own *own, pid_t pid);

/* The hierarchy of version 1 that has this controller; NULL: none. */
const struct cgroup_place *cgroup_controlled_by(const struct cgroup_own *own,
						const char *controller);

/* The one that shares out CPU time; NULL: none that we can see. */
const struct cgroup_place *cgroup_of_cpu(const struct cgroup_own *own);

/*
 * A process is throttled by the quota of its own cgroup and by those of all above. The directory of
 * the nearest that has one, from `place` up to its mount; false: none has, and it is place->path.
 */
bool cgroup_find_quota(const struct cgroup_place *place, char *directory, size_t size);

#endif
