/* SPDX-License-Identifier: Apache-2.0 */
/* A guest as a domain of Xen, through libvirt (xen:///system). */
#ifndef VQ_XEN_DOMAIN_H
#define VQ_XEN_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/platform.h"
#include "harness/platform/libvirt/api.h"

#define XEN_URI "xen:///system"

struct xen_domain {
	struct machine *m;
	bool hvm; /* with firmware and a device model; else PVH */
	const struct libvirt_api *lib;
	virConnectPtr connection;
	virDomainPtr domain;
	char name[64];
	int guard; /* pipe to the process that destroys the domain if we die; -1: none */
	int image; /* file with the guest's image */
	int over;  /* its end was told; events and doorbells may race */
};

/* A connection; waits some seconds for a libvirtd that is being restarted. NULL: none. */
virConnectPtr xen_connect(const struct libvirt_api *lib);

/* Each 0, or -1 with m->error. */

/* Connect; the name is chosen here. */
int xen_domain_open(struct xen_domain *d, struct machine *m, bool hvm);

/* Build the domain, paused, with its vCPUs pinned, and watch for its end. */
int xen_domain_create(struct xen_domain *d);

int xen_domain_pause(struct xen_domain *d);
int xen_domain_resume(struct xen_domain *d);
int xen_domain_destroy(struct xen_domain *d); /* begins it, as somebody else would */

/* The guest's command line, from what the machine is to be. */
void xen_domain_command(const struct machine *m, char *out, size_t size);

/* ---- Of an HVM domain ---- */

/* What it boots from, into d->image. */
int xen_hvm_disk(struct xen_domain *d);

/* Once it runs and its areas are mapped: wait for its firmware, lay the guest into its RAM, enter.
 */
int xen_hvm_boot(struct xen_domain *d);

/* Tell the trial of the end, once. */
void xen_domain_over(struct xen_domain *d, enum machine_end end, const char *why);

/* Destroy it and let go of all; safe on one that is zeroed, and after any failure. */
void xen_domain_close(struct xen_domain *d);

#endif
