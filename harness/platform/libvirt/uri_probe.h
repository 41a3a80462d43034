/* SPDX-License-Identifier: Apache-2.0 */
/* What a URI leads to, tried once, before anything is timed, in a process that can be given up. */
#ifndef VQ_LIBVIRT_URI_PROBE_H
#define VQ_LIBVIRT_URI_PROBE_H

#include <stdbool.h>

#include "guests/abi.h"
#include "harness/platform/libvirt/any_domain.h"
#include "harness/platform/libvirt/uri.h"

struct uri_found {
	bool ok; /* an empty domain's life cycle works … */
	struct any_domain_shape shape;
	char kind[32];			 /* of driver: "QEMU", "Test", … */
	char error[ANY_DOMAIN_ERROR];	 /* … or why not */
	bool guest;			 /* our guest boots there, and its console is heard … */
	char image[512];		 /* … from this image of make iso */
	char no_guest[ANY_DOMAIN_ERROR]; /* … or why not */
	struct vq_machine machine;	 /* what the guest found itself on */
};

/* Bounded; what it made is gone when it returns. `connect` is the guards'. */
void uri_probe(const struct libvirt_uri *u, libvirt_guard_connect *connect,
	       struct uri_found *found);

/* A daemon's words: one line, and no control characters. */
void uri_flatten(char *text);

#endif
