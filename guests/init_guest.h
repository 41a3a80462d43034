/* SPDX-License-Identifier: Apache-2.0 */
/* The init of a Linux guest: the payload above an operating system, in a virtual machine. */
#ifndef VQ_INIT_GUEST_H
#define VQ_INIT_GUEST_H

#include "harness/platform.h"

/* Environment of init: "ADDRESS,SIZE" of the memory that is shared, where it is no device's. */
#define INIT_AREAS "VQ_AREAS"

/*
 * Find what the host shares with this guest, where INIT_AREAS says, or else the memory of a PCI
 * device (QEMU's ivshmem, vendor 0x1af4, device 0x1110, BAR 2), and start the payload's threads on
 * it; the doorbell is rung by its port. 0, or -1: there is no such memory, or it cannot be used.
 */
int init_guest_start(struct machine *self);

#endif
