/* SPDX-License-Identifier: Apache-2.0 */
/* What a Linux guest boots: somebody's kernel, and an initrd that holds the payload as /init. */
#ifndef VQ_LINUX_BOOT_H
#define VQ_LINUX_BOOT_H

/* Environment: a bzImage of the user's own. */
#define LINUX_KERNEL "VIRT_QUALIFY_LINUX"

/*
 * The kernel's path: the user's own, else the newest that ci/kernel.sh or a lab left in the cache
 * ($XDG_CACHE_HOME/virt-qualify or ~/.cache/virt-qualify), else a cloud kernel of this host in
 * /boot. NULL: there is none that can be read. Looked up once; static.
 */
const char *linux_kernel(void);

/* Its version as its header tells (Documentation/arch/x86/boot.rst, kernel_version), "?" where it
 * does not; static. */
const char *linux_version(void);

/* A file without a name that holds the initrd; the caller closes it. -1 with errno. */
int linux_initrd(void);

#endif
