/* SPDX-License-Identifier: Apache-2.0 */
/* KVM's own word on what it can do; stands alone, for the facts about the host. */
#ifndef VQ_VMM_CAPABILITIES_H
#define VQ_VMM_CAPABILITIES_H

#include <stddef.h>

#define VMM_MAX_CAPABILITIES 64u

struct vmm_capability {
	const char *name;
	unsigned int number; /* KVM_CAP_* in linux/kvm.h */
	const char *meaning; /* of a value above 0 */
};

/* Those that are asked for, VMM_MAX_CAPABILITIES at most. */
size_t vmm_capabilities(const struct vmm_capability **list);

/* What this host's KVM answers, in the same order: 0 no, above 0 yes, below 0 not known. -1 with
 * errno where /dev/kvm cannot be opened. */
int vmm_capability_values(int *values);

#endif
