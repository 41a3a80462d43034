/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Snapshot and restore of a whole VM in memory.
 *
 * A snapshot is a header, the state of each vCPU and a copy of RAM. Restoring into the VM that
 * it was taken from puts back only the pages written since: KVM's dirty log names those that the
 * guest wrote; what this process and its observers write lies in a few fixed areas.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/vmm/cpu_state.h"
#include "harness/vmm/vmm.h"

#define SNAPSHOT_MAGIC 0x746f687370616e73ull

struct snapshot {
	uint64_t magic;
	uint64_t memory_size;
	uint64_t memory_offset;
	uint32_t cpus;
	int32_t owner;	 /* the process whose dirty log counts from this snapshot */
	uint64_t serial; /* and which of its VMs */
	struct cpu_state cpu[];
};

static uint64_t round_page(uint64_t x)
{
	return (x + VQ_PAGE_SIZE - 1) & ~(uint64_t)(VQ_PAGE_SIZE - 1);
}

static uint64_t memory_offset(uint32_t cpus)
{
	return round_page(sizeof(struct snapshot) + cpus * sizeof(struct cpu_state));
}

size_t vm_snapshot_room(uint32_t cpus, uint64_t memory_size)
{
	return memory_offset(cpus) + memory_size;
}

static size_t log_words(const struct vm *vm)
{
	return (vm->config.memory_size / VQ_PAGE_SIZE + 63) / 64;
}

/* Read and clear the dirty log: one bit a page. */
static int read_dirty_log(struct vm *vm, uint64_t *bits)
{
	struct kvm_dirty_log log = {.slot = 0, .dirty_bitmap = bits};

	if (ioctl(vm->fd, KVM_GET_DIRTY_LOG, &log) < 0)
		return vm_fail(vm, "KVM_GET_DIRTY_LOG: %s", strerror(errno));
	return 0;
}

int vm_snapshot(struct vm *vm, struct snapshot *s)
{
	uint64_t *bits = calloc(log_words(vm), sizeof(*bits));
	int ret = -1;

	if (!bits)
		return vm_fail(vm, "out of memory for the dirty log");
	s->magic = 0; /* not a snapshot until it is whole */
	s->memory_size = vm->config.memory_size;
	s->memory_offset = memory_offset(vm->config.cpus);
	s->cpus = vm->config.cpus;
	for (uint32_t i = 0; i < s->cpus; i++)
		if (cpu_state_save(&vm->vcpu[i], &s->cpu[i]))
			goto out;
	if (vm->config.track_dirty && read_dirty_log(vm, bits)) /* from here on */
		goto out;
	memcpy((uint8_t *)s + s->memory_offset, vm->config.memory, s->memory_size);
	s->owner = getpid();
	s->serial = vm->serial;
	s->magic = SNAPSHOT_MAGIC;
	ret = 0;
out:
	free(bits);
	return ret;
}

static bool same_vm(const struct vm *vm, const struct snapshot *s)
{
	return s->owner == getpid() && s->serial == vm->serial && vm->config.track_dirty;
}

/* The host writes the boot page; everything below the image is small enough to put back whole. */
static void mark_host_pages(uint64_t *bits)
{
	for (uint64_t page = VQ_BOOT_OFFSET / VQ_PAGE_SIZE;
	     page < round_page(VQ_RING_OFFSET + 128) / VQ_PAGE_SIZE; page++)
		bits[page / 64] |= 1ull << page % 64;
}

/*
 * Control is the host's own. Heartbeats are what the guest has said so far; putting an old one back
 * would look as if acknowledged operations had vanished within one life.
 */
static bool is_observers(uint64_t offset)
{
	return offset == VQ_CONTROL_OFFSET || offset == VQ_HEARTBEAT_OFFSET;
}

static int64_t put_pages_back(struct vm *vm, const struct snapshot *s, const uint64_t *bits)
{
	const uint8_t *saved = (const uint8_t *)s + s->memory_offset;
	int64_t pages = 0;

	for (size_t w = 0; w < log_words(vm); w++) {
		uint64_t left = bits[w];

		while (left) {
			uint64_t page = w * 64 + (uint64_t)__builtin_ctzll(left);
			uint64_t offset = page * VQ_PAGE_SIZE;

			left &= left - 1;
			if (is_observers(offset) || offset >= vm->config.memory_size)
				continue;
			memcpy(vm->config.memory + offset, saved + offset, VQ_PAGE_SIZE);
			pages++;
		}
	}
	return pages;
}

int64_t vm_restore(struct vm *vm, struct snapshot *s)
{
	uint64_t *bits;
	int64_t pages = -1;

	if (s->magic != SNAPSHOT_MAGIC || s->memory_size != vm->config.memory_size ||
	    s->cpus != vm->config.cpus || s->memory_offset != memory_offset(vm->config.cpus))
		return vm_fail(vm, "this is no snapshot of a VM of this shape");
	bits = calloc(log_words(vm), sizeof(*bits));
	if (!bits)
		return vm_fail(vm, "out of memory for the dirty log");
	if (vm->config.track_dirty && read_dirty_log(vm, bits))
		goto out;
	if (same_vm(vm, s))
		mark_host_pages(bits);
	else
		memset(bits, 0xff, log_words(vm) * sizeof(*bits));
	pages = put_pages_back(vm, s, bits);
	for (uint32_t i = 0; i < s->cpus; i++)
		if (cpu_state_load(&vm->vcpu[i], &s->cpu[i])) {
			pages = -1;
			goto out;
		}
	/* The log counts from this state on, whichever VM the snapshot came from. */
	s->owner = getpid();
	s->serial = vm->serial;
	pthread_mutex_lock(&vm->lock);
	vm->end = VM_RUNNING;
	vm->error[0] = '\0';
	pthread_mutex_unlock(&vm->lock);
out:
	free(bits);
	return pages;
}
