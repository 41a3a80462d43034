/* SPDX-License-Identifier: Apache-2.0 */
/* Between the harness and the keeper of a private libvirtd. */
#ifndef VQ_LIBVIRT_KEEPER_H
#define VQ_LIBVIRT_KEEPER_H

#include <signal.h>

#include "harness/platform/libvirt/daemon.h"

/* This signal has the keeper kill its libvirtd, and start it anew. */
#define KEEPER_KILL SIGUSR1

/* What the keeper says once, when libvirtd takes connections or has failed to. */
struct keeper_report {
	pid_t keeper, daemon;
	char directory[512];
	char socket[512];
	char journal[512]; /* of what it would clear away */
	char error[512];   /* "": all is well */
};

/* The keeper's whole life: reports to `report`, ends when `lifeline` does. */
void libvirt_keep(const struct libvirt_daemon_options *o, int report, int lifeline)
	__attribute__((noreturn));

/* Where a driver's module is; NULL: not installed. */
const char *libvirt_find_driver(const char *name, char *path, size_t size);

/* libvirtd; NULL: not installed. */
const char *libvirt_find_daemon(void);

/* In the child that becomes libvirtd: mounts of its own, with the directory's parts in place of the
 * host's. Returns what failed, NULL: nothing; errno says why. */
const char *libvirt_private_mounts(const char *directory);

#endif
