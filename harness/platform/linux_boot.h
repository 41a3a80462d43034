/* SPDX-License-Identifier: Apache-2.0 */
/* What a Linux guest boots: somebody's kernel, and an initrd that holds the payload as /init. */
#ifndef VQ_LINUX_BOOT_H
#define VQ_LINUX_BOOT_H

#include <stdbool.h>
#include <stddef.h>

/* Environment: a bzImage of the user's own. */
#define LINUX_KERNEL "VIRT_QUALIFY_LINUX"

/* Why a platform does not work that boots it. */
#define LINUX_NEEDS_RING0                                                                          \
	"Linux does not boot where guest ring 0 is interpreted; run it on a host with VT-x or "    \
	"AMD-V"

/*
 * The kernel's path: the user's own, else the newest that ci/kernel.sh or a lab left in the cache
 * (harness/home.h), else a cloud kernel of this host in /boot. NULL: there is no plain file that
 * can be read. Looked up once; static.
 */
const char *linux_kernel(void);

/* Is there one? true, or false with a sentence that says how the platform of that name gets it. */
bool linux_has_kernel(const char *platform, char *why, size_t size);

/* Its version as its header tells (Documentation/arch/x86/boot.rst, kernel_version), "?" where it
 * does not; static. */
const char *linux_version(void);

/*
 * A file without a name that holds the ELF program which is packed in that kernel: inflated, the
 * first time, by the program for its format (lz4, xz, zstd, gzip). It stays ours. -1: none, and
 * why.
 */
int linux_program(char *why, size_t size);

/* How long that program may take, milliseconds; for tests to shorten. */
extern int linux_inflate_ms;

/* A file without a name that holds the initrd; the caller closes it. -1 with errno. */
int linux_initrd(void);

#endif
