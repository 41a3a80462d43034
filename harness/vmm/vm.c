/* SPDX-License-Identifier: Apache-2.0 */
/* A VM's life: create, start, pause, resume, destroy. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/vmm/vmm.h"

#define SLOT_RAM    0u
#define SLOT_SHARED 1u
#define SLOT_UPPER  2u

/* Three pages for KVM itself, for what an Intel processor cannot run in hardware; where QEMU has
 * them. */
#define TSS_ADDRESS 0xfeffd000ull

int vm_fail(struct vm *vm, const char *format, ...)
{
	int saved = errno;
	va_list args;

	va_start(args, format);
	vsnprintf(vm->error, sizeof(vm->error), format, args);
	va_end(args);
	errno = saved;
	return -1;
}

static int set_slot(struct vm *vm, uint32_t slot, uint64_t address, void *memory, uint64_t size,
		    uint32_t flags)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.flags = flags,
		.guest_phys_addr = address,
		.memory_size = size,
		.userspace_addr = (uintptr_t)memory,
	};

	if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region) < 0)
		return vm_fail(vm, "KVM_SET_USER_MEMORY_REGION (%llu KiB at %#llx): %s",
			       (unsigned long long)size >> 10, (unsigned long long)address,
			       strerror(errno));
	return 0;
}

static int set_memory(struct vm *vm)
{
	const struct vm_config *c = &vm->config;
	uint64_t lower = c->upper ? VM_LOWER_RAM : c->memory_size;

	if (c->kernel)
		return set_slot(vm, SLOT_RAM, 0, c->kernel->ram, c->kernel->ram_size, 0) ||
				       set_slot(vm, SLOT_SHARED, VM_KERNEL_AREAS, c->memory,
						c->memory_size, 0)
			       ? -1
			       : 0;
	if (set_slot(vm, SLOT_RAM, 0, c->memory, lower,
		     c->track_dirty ? KVM_MEM_LOG_DIRTY_PAGES : 0))
		return -1;
	if (c->upper && set_slot(vm, SLOT_UPPER, lower, c->upper, c->memory_size - lower, 0))
		return -1;
	if (c->shared)
		return set_slot(vm, SLOT_SHARED, VQ_SHARED_WINDOW, c->shared, c->shared_size, 0);
	return 0;
}

/* In-kernel local APIC; IOAPIC and PIC would be ours, and our guest uses neither. A kernel wants
 * an IOAPIC, and has KVM's. */
static int set_irqchip(struct vm *vm)
{
	struct kvm_enable_cap split = {.cap = KVM_CAP_SPLIT_IRQCHIP, .args = {24}};

	if (vm->config.kernel) {
		if (ioctl(vm->fd, KVM_SET_TSS_ADDR, TSS_ADDRESS) < 0)
			return vm_fail(vm, "KVM_SET_TSS_ADDR: %s", strerror(errno));
		if (ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0) < 0)
			return vm_fail(vm, "KVM_CREATE_IRQCHIP: %s", strerror(errno));
		return 0;
	}
	if (ioctl(vm->fd, KVM_ENABLE_CAP, &split) < 0)
		return vm_fail(vm, "KVM_CAP_SPLIT_IRQCHIP: %s", strerror(errno));
	return 0;
}

static int set_ioeventfd(struct vm *vm, int fd, uint64_t address, uint32_t flags)
{
	struct kvm_ioeventfd event = {
		.addr = address,
		.len = flags & KVM_IOEVENTFD_FLAG_PIO ? 1 : 4,
		.fd = fd,
		.flags = flags,
	};

	if (ioctl(vm->fd, KVM_IOEVENTFD, &event) < 0)
		return vm_fail(vm, "KVM_IOEVENTFD at %#llx: %s", (unsigned long long)address,
			       strerror(errno));
	return 0;
}

/* wake_fd raises an MSI on vCPU 0 without leaving the kernel: a guest wakes another guest. */
static int set_wake_irq(struct vm *vm)
{
	struct { /* a struct kvm_irq_routing with room for one */
		uint32_t nr, flags;
		struct kvm_irq_routing_entry entry[1];
	} routing = {
		.nr = 1,
		.entry = {{
			.gsi = 0,
			.type = KVM_IRQ_ROUTING_MSI,
			.u.msi = {.address_lo = VQ_MMIO_APIC, .data = VQ_VECTOR_WAKE},
		}},
	};
	struct kvm_irqfd irqfd = {.fd = (uint32_t)vm->config.wake_fd, .gsi = 0};

	if (ioctl(vm->fd, KVM_SET_GSI_ROUTING, &routing) < 0)
		return vm_fail(vm, "KVM_SET_GSI_ROUTING: %s", strerror(errno));
	if (ioctl(vm->fd, KVM_IRQFD, &irqfd) < 0)
		return vm_fail(vm, "KVM_IRQFD: %s", strerror(errno));
	return 0;
}

static int set_kernel_event(struct vm *vm)
{
	vm->kernel_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (vm->kernel_event < 0)
		return vm_fail(vm, "eventfd: %s", strerror(errno));
	if (set_ioeventfd(vm, vm->kernel_event, VQ_PORT_KERNEL, KVM_IOEVENTFD_FLAG_PIO))
		return -1;
	return set_ioeventfd(vm, vm->kernel_event, VQ_MMIO_KERNEL, 0);
}

static int set_kernel_devices(struct vm *vm)
{
	const struct vm_config *c = &vm->config;

	if (c->kernel_devices && set_kernel_event(vm))
		return -1;
	if (c->notify_fd >= 0 &&
	    set_ioeventfd(vm, c->notify_fd, VQ_PORT_NOTIFY, KVM_IOEVENTFD_FLAG_PIO))
		return -1;
	return c->wake_fd >= 0 ? set_wake_irq(vm) : 0;
}

static int open_kvm(struct vm *vm)
{
	int size;

	vm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm->kvm < 0)
		return vm_fail(vm, "/dev/kvm: %s", strerror(errno));
	vm->fd = ioctl(vm->kvm, KVM_CREATE_VM, 0);
	if (vm->fd < 0)
		return vm_fail(vm, "KVM_CREATE_VM: %s", strerror(errno));
	size = ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (size < 0)
		return vm_fail(vm, "KVM_GET_VCPU_MMAP_SIZE: %s", strerror(errno));
	vm->run_size = size;
	return 0;
}

static void write_boot_page(struct vm *vm, const char *command, uint32_t member, uint64_t untouched)
{
	struct vq_boot boot = {
		.magic = VQ_BOOT_MAGIC,
		.memory_size = vm->config.memory_size,
		.untouched = untouched,
		.cpus = vm->config.cpus,
		.tsc_khz = host_tsc_khz(),
		.shared_window = vm->config.shared ? (uint32_t)vm->config.shared_size : 0,
		.interpreted = !vmm_probe()->hardware_ring0,
		.member = member,
	};

	snprintf(boot.command, sizeof(boot.command), "%s", command);
	memcpy(vm->config.memory + VQ_BOOT_OFFSET, &boot, sizeof(boot));
}

/* Its other CPUs wait for the first to start them. */
static int build_kernel(struct vm *vm)
{
	uint32_t entry, start_info;

	if (pvh_load(vm, &entry, &start_info))
		return -1;
	for (uint32_t i = 0; i < vm->config.cpus; i++)
		if (vcpu_create(vm, i))
			return -1;
	return vcpu_set_pvh(&vm->vcpu[0], entry, start_info);
}

static int build(struct vm *vm, const char *command, uint32_t member, uint64_t untouched)
{
	uint64_t entry;

	if (open_kvm(vm) || set_irqchip(vm) || set_memory(vm) || set_kernel_devices(vm))
		return -1;
	if (vm->config.kernel)
		return build_kernel(vm);
	if (image_load(vm->config.memory, vm->config.memory_size, &entry, vm->error,
		       sizeof(vm->error)))
		return -1;
	write_boot_page(vm, command, member, untouched);
	for (uint32_t i = 0; i < vm->config.cpus; i++)
		if (vcpu_create(vm, i) || vcpu_set_entry(&vm->vcpu[i], entry))
			return -1;
	return 0;
}

struct vm *vm_create(const struct vm_config *config, const char *command, uint32_t member,
		     uint64_t untouched, char *error, size_t size)
{
	static uint64_t serial;
	struct vm *vm = calloc(1, sizeof(*vm));

	if (!vm) {
		snprintf(error, size, "out of memory");
		return NULL;
	}
	vm->config = *config;
	vm->serial = ++serial;
	vm->kvm = vm->fd = vm->kernel_event = -1;
	for (uint32_t i = 0; i < VQ_MAX_CPUS; i++)
		vm->vcpu[i].fd = vm->vcpu[i].stats_fd = -1;
	pthread_mutex_init(&vm->lock, NULL);
	pthread_cond_init(&vm->changed, NULL);
	if (build(vm, command, member, untouched)) {
		snprintf(error, size, "%s", vm->error);
		vm_destroy(vm);
		return NULL;
	}
	return vm;
}

int vm_start(struct vm *vm)
{
	int ret = 0;

	/* Their threads take the lock first of all: none runs, ends the VM or is missed by a kick
	 * before all of them are there. */
	pthread_mutex_lock(&vm->lock);
	for (uint32_t i = 0; i < vm->config.cpus && !ret; i++)
		ret = vcpu_start(&vm->vcpu[i]);
	pthread_mutex_unlock(&vm->lock);
	return ret;
}

static bool all_parked(const struct vm *vm)
{
	for (uint32_t i = 0; i < vm->config.cpus; i++)
		if (vm->vcpu[i].started && !vm->vcpu[i].parked)
			return false;
	return true;
}

int vm_pause(struct vm *vm)
{
	pthread_mutex_lock(&vm->lock);
	__atomic_store_n(&vm->pausing, true, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < vm->config.cpus; i++)
		vcpu_kick(&vm->vcpu[i]);
	while (!all_parked(vm))
		pthread_cond_wait(&vm->changed, &vm->lock);
	pthread_mutex_unlock(&vm->lock);
	return 0;
}

static bool any_parked(const struct vm *vm)
{
	for (uint32_t i = 0; i < vm->config.cpus; i++)
		if (vm->vcpu[i].parked)
			return true;
	return false;
}

/* Waits until the vCPUs are on their way: else a pause right after would find them still parked
 * and take no time at all. */
int vm_resume(struct vm *vm)
{
	pthread_mutex_lock(&vm->lock);
	__atomic_store_n(&vm->pausing, false, __ATOMIC_RELEASE);
	pthread_cond_broadcast(&vm->changed);
	while (vm->end == VM_RUNNING && any_parked(vm))
		pthread_cond_wait(&vm->changed, &vm->lock);
	pthread_mutex_unlock(&vm->lock);
	return 0;
}

enum vm_end vm_end(struct vm *vm)
{
	enum vm_end end;

	pthread_mutex_lock(&vm->lock);
	end = vm->end;
	pthread_mutex_unlock(&vm->lock);
	return end;
}

pid_t vm_wait_tid(struct vm *vm, uint32_t cpu)
{
	pid_t tid;

	pthread_mutex_lock(&vm->lock);
	while (!vm->vcpu[cpu].tid)
		pthread_cond_wait(&vm->changed, &vm->lock);
	tid = vm->vcpu[cpu].tid;
	pthread_mutex_unlock(&vm->lock);
	return tid;
}

void vm_destroy(struct vm *vm)
{
	if (!vm)
		return;
	pthread_mutex_lock(&vm->lock);
	__atomic_store_n(&vm->stopping, true, __ATOMIC_RELEASE);
	for (uint32_t i = 0; i < vm->config.cpus; i++)
		vcpu_kick(&vm->vcpu[i]);
	pthread_cond_broadcast(&vm->changed);
	pthread_mutex_unlock(&vm->lock);
	for (uint32_t i = 0; i < vm->config.cpus; i++)
		vcpu_close(&vm->vcpu[i]);
	if (vm->kernel_event >= 0)
		close(vm->kernel_event);
	if (vm->fd >= 0)
		close(vm->fd);
	if (vm->kvm >= 0)
		close(vm->kvm);
	pthread_cond_destroy(&vm->changed);
	pthread_mutex_destroy(&vm->lock);
	free(vm);
}
