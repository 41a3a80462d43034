/* SPDX-License-Identifier: Apache-2.0 */
/* The program qemu-system-x86_64: where it is, what it is, how it is started. */
#ifndef VQ_QEMU_EMULATOR_H
#define VQ_QEMU_EMULATOR_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "harness/core/text.h"
#include "harness/platform.h"

#define QEMU_PROGRAM "qemu-system-x86_64"

/* Its path; NULL: not in PATH. Looked up once. A variant may name another: qemu_program(). */
const char *qemu_path(void);

/* What a machine is to be run by: its variant's QEMU, or the one in PATH; NULL: neither. */
const char *qemu_program(const struct machine *m);

/* What its variant names as the machine's type, or that. */
const char *qemu_machine_type(const struct machine *m, const char *otherwise);

/* A file that can be executed? */
bool qemu_is_program(const char *path);

/* The first line of `--version`, "" where it cannot be had; within 5 s. */
#define QEMU_VERSION_SIZE TEXT_CLEAN_SIZE(160)
void qemu_version_of(const char *program, char version[QEMU_VERSION_SIZE]);

/* The same of qemu_path(); asked once. */
const char *qemu_version(void);

/* Which devices (mask of CAN_DEVICES) it was built with; asked once. */
unsigned int qemu_devices(void);

/* Can QEMU run a guest here, with KVM or without? false: one sentence in `why`. */
bool qemu_works(bool kvm, char *why, size_t size);

/* An argument vector that is put together; what does not fit is remembered. */
struct qemu_arguments {
	const char *program; /* its path */
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
