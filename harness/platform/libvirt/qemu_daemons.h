/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The private libvirtds of a run that hosts QEMU's guests: one that has them, and one that takes
 * those which migrate. All of QEMU's platforms share them.
 */
#ifndef VQ_LIBVIRT_QEMU_DAEMONS_H
#define VQ_LIBVIRT_QEMU_DAEMONS_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/platform/libvirt/api.h"
#include "harness/platform/libvirt/daemon.h"

#define QEMU_DAEMONS 2u

/* For struct platform's `works`, `begin`, `end` and `kill_management` (of the first daemon). */
bool qemu_daemons_work(char *why, size_t size);
int qemu_daemons_begin(char *error, size_t size);
void qemu_daemons_end(void);
int qemu_daemons_kill(void);

const struct libvirt_daemon *qemu_daemon(unsigned int which);

/* A connection to it; NULL: there is none to be had. */
virConnectPtr qemu_daemon_connect(const struct libvirt_api *lib, unsigned int which);

/* It asks QEMU what it can do when it first needs to know, which takes longer than a guest's start:
 * have it done. */
void qemu_daemon_warm(const struct libvirt_api *lib, virConnectPtr connection);

/* The guest's image, as a file that each of them can read. */
const char *qemu_daemons_image(void);

/* Of qboot; NULL: not installed. */
const char *qemu_daemons_firmware(void);

#endif
