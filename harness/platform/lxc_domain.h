/* SPDX-License-Identifier: Apache-2.0 */
/* A container of libvirt's LXC driver: its description, and what libvirt's API has no call for. */
#ifndef VQ_LXC_DOMAIN_H
#define VQ_LXC_DOMAIN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct lxc_domain {
	const char *name;
	const char *partition; /* of cgroups, below their roots */
	const char *rootfs;
	const char *arguments[2]; /* of /init */
	uint32_t cpus;
};

/* Its XML, to be freed by the caller; NULL: out of memory. What is put in is escaped. */
char *lxc_domain_xml(const struct lxc_domain *d);

/* The only child of a container's controller, which libvirt names it by; 0: none. */
pid_t lxc_find_init(pid_t controller);

/*
 * Run `/init exec` in the namespaces and cgroups of a container's init, to its end. libvirt's calls
 * for that (as virsh lxc-enter-namespace makes) are of its client's side alone, do the same, and
 * are refused for ever where libvirtd missed the event that named init. 0, its exit code, or -1.
 */
int lxc_run_beside(pid_t init, int init_fd);

#endif
