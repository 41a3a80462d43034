/* SPDX-License-Identifier: Apache-2.0 */
/* libvirt's events in a process that waits with poll(): a thread runs libvirt's loop, and what it
 * hears comes through a pipe. */
#ifndef VQ_LIBVIRT_EVENTS_H
#define VQ_LIBVIRT_EVENTS_H

#include <stdint.h>

#include "harness/platform/libvirt/api.h"

struct libvirt_event {
	int32_t event; /* virDomainEventType; -1: the connection is gone, for `detail` */
	int32_t detail;
	virConnectPtr of; /* the connection that told; only to be compared */
	int64_t at_ns;	  /* host_now_ns() when libvirt told us */
};

/* Before the first connection of this process. 0 with the pipe's readable end, -1: errno. */
int libvirt_events_begin(const struct libvirt_api *lib, int *fd);

/* Hear of the life of the domain of that name (the string must stay), and of the connection's own
 * end. 0, or -1. */
int libvirt_events_of(const struct libvirt_api *lib, virConnectPtr connection, const char *name);

#endif
