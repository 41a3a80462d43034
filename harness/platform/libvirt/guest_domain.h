/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A domain by any URI of libvirt's for one guest process: empty, or booting our guest from a copy
 * of the image of make iso, with its console at hand. In order:
 *
 *	guest_domain_prepare	files and the guard; nothing of libvirt's yet
 *	guest_domain_connect	threads begin
 *	guest_domain_start	it runs; this is what the platform costs
 *	guest_domain_listen	its console, where it has a guest
 *	guest_domain_close	safe after any of them, and after none but for a zeroed struct
 */
#ifndef VQ_LIBVIRT_GUEST_DOMAIN_H
#define VQ_LIBVIRT_GUEST_DOMAIN_H

#include "harness/platform/directory.h"
#include "harness/platform/libvirt/any_domain.h"
#include "harness/platform/libvirt/console.h"
#include "harness/platform/libvirt/uri.h"

struct guest_domain {
	const struct libvirt_uri *uri;
	const struct any_domain_shape *shape;
	/* What it boots, filled in by the caller before all; command NULL: it stays empty. */
	const char *image; /* of make iso */
	const char *command;
	struct any_domain_guest guest; /* its cpus and memory */
	/* Ours. */
	struct any_domain domain;
	struct directory directory;
	char copy[600]; /* of the image, on the domain's host */
	int events;	/* struct libvirt_event; -1: none */
	struct libvirt_console console;
};

/* Nothing there yet: -1 for what is a number of a file. */
void guest_domain_init(struct guest_domain *g, const struct libvirt_uri *uri,
		       const struct any_domain_shape *shape);

/* All of these: 0, or -1 with g->domain.error. */
int guest_domain_prepare(struct guest_domain *g, struct journal *j, libvirt_guard_connect *connect);
int guest_domain_connect(struct guest_domain *g);
int guest_domain_start(struct guest_domain *g);
int guest_domain_listen(struct guest_domain *g);

void guest_domain_close(struct guest_domain *g);

#endif
