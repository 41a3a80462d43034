/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The payload in a process of this host's kernel, a thread for each CPU: the guest process of
 * `native`, and the init of a container (guests/init.c). Its environment (payload_doorbell() and
 * the like) knows one machine: the one whose process this is.
 */
#ifndef VQ_PROCESS_H
#define VQ_PROCESS_H

#include "harness/platform.h"

/* Name of a vCPU's thread, its number follows: how it is found from outside of its namespace. */
#define PROCESS_THREAD_NAME "vq-vcpu-"

/* What the payload reads when it starts, into guest memory. */
void process_write_boot(struct machine *m);

/* The same for a Linux guest's init: its doorbells are answered from outside. */
void process_write_boot_outside(struct machine *m);

/*
 * Start the payload's threads; `window` may be NULL. `in_container`: thread ids mean nothing
 * outside, and the start was stamped by who started the container. Ends the process on failure.
 */
void process_start(struct machine *m, uint8_t *window, bool in_container);

/*
 * The init of a container (guests/init.c) needs nothing but its root directory, so that any runtime
 * can start it. It connects to INIT_SOCKET there, and gets one message of a byte, with these files
 * in this order: what it works on. What a guest does not have is /dev/null. Init then sends a byte
 * when all of its threads are there; the end of the connection ends it.
 */
#define INIT_SOCKET "/host"
enum init_file {
	INIT_MEMORY, /* guest memory */
	INIT_STATUS, /* struct machine_status */
	INIT_EVENT,  /* eventfd: the guest ended */
	INIT_WINDOW, /* the window that the cast shares */
	INIT_NOTIFY, /* eventfds of the ring of notifications */
	INIT_WAKE,
	INIT_FILES
};

/* Its arguments: "PIN,PIN,…" (a host CPU for each vCPU, -1: anywhere) and "CPU,CPU,…" (where its
 * other threads may run, "": anywhere). INIT_EXEC alone is for a process that is run beside it. */
#define INIT_EXEC "exec"

#endif
