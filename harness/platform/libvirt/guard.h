/* SPDX-License-Identifier: Apache-2.0 */
/* Where a driver of libvirt's knows no autodestroy, or its daemon may forget it, a process of its
 * own does it. */
#ifndef VQ_LIBVIRT_GUARD_H
#define VQ_LIBVIRT_GUARD_H

#include "harness/platform/libvirt/api.h"

/* In the guard, where it has work to do: a connection of its own. NULL: there is none to be had. */
typedef virConnectPtr libvirt_guard_connect(const struct libvirt_api *lib);

/* What it is to end. The strings need not stay. */
struct libvirt_guarded {
	const char *domain;	   /* its name */
	const char *pool, *volume; /* and a volume that it boots from; NULL: none */
};

/*
 * Fork the guard of a domain, before there are threads. Once it is armed it destroys
 * (and undefines) the domain, and deletes the volume, when what is returned here is closed, as when
 * this process dies, if it was not dismissed before. -1: errno says why.
 */
int libvirt_guard_start(const struct libvirt_guarded *what, libvirt_guard_connect *connect);

/* Not before it is known that no domain of that name is somebody else's. */
void libvirt_guard_arm(int guard);

/* It ends, and destroys nothing. */
void libvirt_guard_dismiss(int guard);

#endif
