/* SPDX-License-Identifier: Apache-2.0 */
/* The description of a QEMU domain that boots the guest. */
#ifndef VQ_LIBVIRT_QEMU_DOMAIN_H
#define VQ_LIBVIRT_QEMU_DOMAIN_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

struct qemu_domain {
	const char *name, *uuid;
	bool kvm;
	const char *emulator, *firmware;
	const char *machine;	      /* its type: "q35" */
	const char *kernel, *command; /* the guest's image and its command line */
	uint32_t cpus;
	const int *pin;	      /* [cpus] host CPU of each vCPU, -1: anywhere; NULL: anywhere */
	uint64_t memory;      /* bytes */
	cpu_set_t others;     /* host CPUs for QEMU's threads that are no vCPU */
	const char *ram;      /* the file that is guest RAM */
	const char *doorbell; /* sockets that listen: what the guest writes to its two ports, … */
	const char *console;
	const char *monitor;  /* … and a monitor of our own */
	const char *disk;     /* the file that its disk is; NULL: it has none */
	unsigned int devices; /* mask of CAN_DEVICES */
};

/* Allocated; NULL: no memory. */
char *qemu_domain_xml(const struct qemu_domain *d);

#endif
