/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory of other domains, as dom0 may map it: Xen's libxenforeignmemory, loaded when it is
 * first asked for.
 */
#ifndef VQ_XEN_FOREIGN_H
#define VQ_XEN_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* false with one sentence: what is missing, and how to get it. */
bool xen_foreign_works(char *why, size_t size);

/*
 * Map `size` bytes of a domain's RAM from `address` on (whole pages) at `at`, in place of what lies
 * there; for this process alone, its children do not inherit it. A domain whose pages are mapped
 * does not go away wholly. 0, or -1 with errno, `at` perhaps without a mapping.
 */
int xen_foreign_map(uint32_t domain, uint64_t address, void *at, size_t size);

#endif
