/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A QEMU that the guest process starts as its child and drives over QMP: what the platforms that
 * need no libvirt share. They differ in the machine, and in what it boots.
 */
#ifndef VQ_QEMU_SPAWNED_H
#define VQ_QEMU_SPAWNED_H

#include "harness/platform/qemu/emulator.h"
#include "harness/platform/qemu/guest.h"

/* What QEMU reads, as /proc/self/fd/N; -1: there is none. Closed when QEMU has them. */
struct qemu_files {
	int kernel, initrd;
};

struct qemu_spawned {
	bool kvm;
	/* 0, or -1 with m->error; what it opened is closed either way. */
	int (*open_files)(struct machine *m, struct qemu_files *f);
	/* The machine, its memory, what it boots, and a device for chardev "console"; the CPUs, QMP
	 * and the doorbell are there. */
	void (*arguments)(struct qemu_arguments *a, const struct qemu_guest *g,
			  const struct qemu_files *f);
};

/* A file of those bytes that has no name in any directory; -1 with m->error. */
int qemu_memory_file(struct machine *m, const char *name, const void *bytes, size_t size);

/* For struct platform's guest_process: does not return. */
void qemu_drive(struct machine *m, const struct qemu_spawned *kind) __attribute__((noreturn));

#endif
