/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container whose engine makes its cgroups below one of ours, at the top of every hierarchy:
 *
 *	/NAME/libpod-…		init
 *	/NAME/conmon		what the engine has beside it
 */
#ifndef VQ_CONTAINER_CGROUP_H
#define VQ_CONTAINER_CGROUP_H

#include "harness/platform/container.h"

/* Note in the journal that these will exist. 0, or -1 with m->error. */
int container_note_parent(struct container *c, const struct cgroup_own *own, const char *name);

/* Remove them, which must be empty; what stays is in the journal. */
void container_remove_parent(const struct cgroup_own *own, const char *name);

/* Once its init is known: is it in a cgroup below that name? Else it is let go of, as another
 * process: -1 with m->error. Find its memory cgroup, where kills are counted, and allow it what
 * follows. */
int container_settle(struct container *c, const struct cgroup_own *own, const char *name);

/* Where it will be needed, let threads of its init, below the parent of that name, be SCHED_FIFO as
 * far as the kernel shares that out: version 1 does. Version 2 leaves it to everybody, or to
 * nobody. */
void container_allow_realtime(const struct container *c, const struct cgroup_own *own,
			      const char *name);

/* Pause or resume by `set`, and again where it could not freeze yet: 0, or -1 with m->error. */
int container_retry_freeze(struct container *c, bool paused,
			   int (*set)(struct container *c, bool paused));

#endif
