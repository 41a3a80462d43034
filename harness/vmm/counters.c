/* SPDX-License-Identifier: Apache-2.0 */
/* KVM's binary statistics (api.rst 4.133): how many exits, how many emulated instructions. */
#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/vmm/vmm.h"

#define MAX_DESCRIPTORS 1024u
#define MAX_NAME	256u

/* Offsets in the file, the same for all vCPUs of this kernel: found once, inherited by fork. */
static struct {
	int64_t exits, emulated; /* -1: this kernel does not count it */
	bool known;
} layout;

static int64_t find(int fd, const struct kvm_stats_header *h, const char *name)
{
	size_t step = sizeof(struct kvm_stats_desc) + h->name_size;
	char entry[sizeof(struct kvm_stats_desc) + MAX_NAME + 1];

	for (uint32_t i = 0; i < h->num_desc; i++) {
		struct kvm_stats_desc d;

		if (pread(fd, entry, step, (off_t)(h->desc_offset + i * step)) != (ssize_t)step)
			return -1;
		memcpy(&d, entry, sizeof(d));
		entry[step] = '\0';
		if (!strcmp(entry + sizeof(d), name))
			return (int64_t)h->data_offset + d.offset;
	}
	return -1;
}

static int learn_layout(int fd)
{
	struct kvm_stats_header h;

	if (pread(fd, &h, sizeof(h), 0) != sizeof(h) || h.num_desc > MAX_DESCRIPTORS ||
	    h.name_size > MAX_NAME)
		return -1;
	layout.exits = find(fd, &h, "exits");
	layout.emulated = find(fd, &h, "insn_emulation");
	layout.known = true;
	return 0;
}

int vm_counters(struct vm *vm, uint32_t cpu, struct vm_counters *out)
{
	struct vcpu *v = &vm->vcpu[cpu];

	if (v->stats_fd < 0)
		v->stats_fd = ioctl(v->fd, KVM_GET_STATS_FD, NULL);
	if (v->stats_fd < 0)
		return -1;
	if (!layout.known && learn_layout(v->stats_fd))
		return -1;
	if (layout.exits < 0 || layout.emulated < 0)
		return -1;
	if (pread(v->stats_fd, &out->exits, 8, layout.exits) != 8 ||
	    pread(v->stats_fd, &out->emulated, 8, layout.emulated) != 8)
		return -1;
	return 0;
}
