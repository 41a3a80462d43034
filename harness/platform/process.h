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
 * What the init of a container inherits, in this order (guests/init.c). What a guest does not have
 * is /dev/null.
 */
enum init_fd {
	INIT_MEMORY = 3, /* guest memory */
	INIT_STATUS,	 /* struct machine_status */
	INIT_EVENT,	 /* eventfd: the guest ended */
	INIT_LIFE,	 /* socket: a byte says that all threads are there; its end ends init */
	INIT_WINDOW,	 /* the window that the cast shares */
	INIT_NOTIFY,	 /* eventfds of the ring of notifications */
	INIT_WAKE,
	INIT_FD_END
};

/* Its arguments: "PIN,PIN,…" (a host CPU for each vCPU, -1: anywhere) and "CPU,CPU,…" (where its
 * other threads may run, "": anywhere). With INIT_WAIT as a third it says that it is there, by a
 * byte as well, and starts its threads when it gets one. INIT_EXEC alone is for a process that is
 * run beside it. */
#define INIT_WAIT "wait"
#define INIT_EXEC "exec"

#endif
