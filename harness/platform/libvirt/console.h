/* SPDX-License-Identifier: Apache-2.0 */
/* A domain's first console, by libvirt's stream, in a process that waits with poll(): what it says
 * comes through a pipe. Needs the loop of events.h, and one console a process. */
#ifndef VQ_LIBVIRT_CONSOLE_H
#define VQ_LIBVIRT_CONSOLE_H

#include "harness/platform/libvirt/api.h"

struct libvirt_console {
	const struct libvirt_api *lib;
	virStreamPtr stream;
	int fd; /* the pipe's readable end, which ends with the console; -1: none */
};

/* 0, or -1 with one line in `error`. */
int libvirt_console_open(struct libvirt_console *c, const struct libvirt_api *lib,
			 virConnectPtr connection, virDomainPtr domain, char *error, size_t size);

/* Safe where it was never opened, but for fd = -1. */
void libvirt_console_close(struct libvirt_console *c);

#endif
