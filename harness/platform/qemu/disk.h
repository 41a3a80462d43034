/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's disk in QEMU: an IDE disk over a throttle filter over a file of the run's own, which
 * lies in memory and has no name: nothing is left of it. Between filter and file, a filter that
 * fails everything (blkdebug) can be put while the guest runs.
 */
#ifndef VQ_QEMU_DISK_H
#define VQ_QEMU_DISK_H

#include "harness/platform.h"

struct qemu_guest;

/* The file, filled as the guest expects it (vq_disk_word). -1 with m->error. */
int qemu_disk_file(struct machine *m);

/* QEMU's arguments for a disk on the file at `path`, one by one to `put`. */
void qemu_disk_describe(const char *path, void (*put)(void *to, const char *argument), void *to);

/* Make it so, and return when it is. 0, or -1 with m->error. */
int qemu_disk_set(struct qemu_guest *g, enum machine_disk how);

#endif
