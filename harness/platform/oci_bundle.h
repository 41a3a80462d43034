/* SPDX-License-Identifier: Apache-2.0 */
/* The config.json of a bundle: opencontainers.org, runtime-spec v1.0.2. */
#ifndef VQ_OCI_BUNDLE_H
#define VQ_OCI_BUNDLE_H

#include <stdbool.h>
#include <stdint.h>

struct oci_bundle {
	const char *hostname;
	const char *const *arguments; /* of /init, NULL at the end */
	const char *cgroup;	      /* cgroupsPath; NULL: none is made */
	uint64_t memory_limit;	      /* bytes, 0: none; needs a cgroup */
	bool limit_swap;	      /* swap is accounted: count it into the limit */
	uint64_t realtime_us; /* of each second, for SCHED_FIFO on cgroup version 1; 0: none */
	bool user_namespace;  /* its root is this user: */
	uint32_t uid, gid;
};

/* As text, to be freed by the caller; NULL: out of memory, or a string that is no UTF-8. */
char *oci_bundle_text(const struct oci_bundle *b);

#endif
