/* SPDX-License-Identifier: Apache-2.0 */
/* The program qemu-system-x86_64: where it is, what it is, how it is started. */
#ifndef VQ_QEMU_EMULATOR_H
#define VQ_QEMU_EMULATOR_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define QEMU_PROGRAM "qemu-system-x86_64"

/* Its path; NULL: not in PATH. Looked up once. */
const char *qemu_path(void);

/* The first line of `--version`, "" where it cannot be had; asked once. */
const char *qemu_version(void);

/* Which devices (mask of CAN_DEVICES) it was built with; asked once. */
unsigned int qemu_devices(void);

/* Can QEMU run a guest here, with KVM or without? false: one sentence in `why`. */
bool qemu_works(bool kvm, char *why, size_t size);

/* An argument vector that is put together; what does not fit is remembered. */
struct qemu_arguments {
	char *argv[96];
	size_t count;
	char text[8192];
	size_t used;
	bool overflow;
};

void qemu_argument(struct qemu_arguments *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Devices that a machine's config asks for. */
void qemu_add_devices(struct qemu_arguments *a, unsigned int devices);

/*
 * Start QEMU as our child that dies with this thread.
 * Of our descriptors it keeps those in `keep` (-1s are passed over), and standard error goes to
 * `messages`. It starts on `cpus`; NULL: on ours. 0 with its number and pidfd, or -1 with errno.
 */
int qemu_spawn(const struct qemu_arguments *a, const int *keep, size_t keep_count, int messages,
	       const cpu_set_t *cpus, pid_t *pid, int *pidfd);

#endif
