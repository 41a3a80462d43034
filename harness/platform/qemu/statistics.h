/* SPDX-License-Identifier: Apache-2.0 */
/* KVM's statistics of a guest in QEMU. */
#ifndef VQ_QEMU_STATISTICS_H
#define VQ_QEMU_STATISTICS_H

#include "harness/platform/qemu/guest.h"

/* A machine_count of vCPU 0, which waits at its doorbell; `context` is the struct qemu_guest. */
int qemu_statistics_count(void *context, uint64_t *exits, uint64_t *emulated);

/* All that there are go to g->m->status->stat[]; none where QEMU has none. For a guest that is
 * done, and stands in its last doorbell. */
void qemu_statistics_keep(struct qemu_guest *g);

#endif
