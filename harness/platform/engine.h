/* SPDX-License-Identifier: Apache-2.0 */
/* podman and docker take the same words: the arguments with which they create a container. */
#ifndef VQ_ENGINE_H
#define VQ_ENGINE_H

#include "harness/platform/container.h"

#define ENGINE_MAX_ARGUMENTS 64

struct engine_create {
	const char *argument[ENGINE_MAX_ARGUMENTS];
	size_t count;
	char parent[80], files[64], processes[64], memory[32];
};

void engine_add(struct engine_create *a, const char *first, const char *second);

/* "create …": as confined as oci's bundle (oci_bundle.c), in cgroups below one of the container's
 * own name (container_cgroup.h), with its memory limit. `a` is zeroed. */
void engine_begin_create(struct engine_create *a, const struct container *c);

/* "… IMAGE /init PINS AFFINITY" */
void engine_end_create(struct engine_create *a, const struct container *c, const char *image);

#endif
