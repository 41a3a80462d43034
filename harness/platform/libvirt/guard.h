/* SPDX-License-Identifier: Apache-2.0 */
/* Where a driver of libvirt's knows no autodestroy, a process of its own does it. */
#ifndef VQ_LIBVIRT_GUARD_H
#define VQ_LIBVIRT_GUARD_H

#include "harness/platform/libvirt/api.h"

/* In the guard, where it has work to do: a connection of its own. NULL: there is none to be had. */
typedef virConnectPtr libvirt_guard_connect(const struct libvirt_api *lib);

/*
 * Fork the guard of the domain of that name, before there are threads. The guard ends, and destroys
 * nothing, once a byte is written to what is returned; it destroys (and undefines) the domain
 * where that is closed without one, as when this process dies. -1: errno says why.
 */
int libvirt_guard_start(const char *name, libvirt_guard_connect *connect);

#endif
