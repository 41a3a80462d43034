/* SPDX-License-Identifier: Apache-2.0 */
/* What KVM says it can do: KVM_CHECK_EXTENSION (api.rst 4.4) of what matters to figures. */
#include "harness/vmm/capabilities.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The kernel's number for each is fixed, so that older headers do as well. */
static const struct vmm_capability known[] = {
	{"irqchip", 0, "an in-kernel APIC, PIC and IOAPIC"},
	{"split_irqchip", 121, "an in-kernel APIC alone"},
	{"irqfd", 32, "interrupts by eventfd"},
	{"ioeventfd", 36, "port writes answered inside the kernel"},
	{"max_vcpus", 66, "vCPUs at most"},
	{"memory_slots", 10, "memory slots at most"},
	{"sync_mmu", 16, "host paging of guest memory"},
	{"tsc_control", 60, "TSC scaling"},
	{"tsc_deadline_timer", 72, "the APIC timer's deadline mode"},
	{"steal_time", 187, "stolen time told to guests"},
	{"halt_poll", 182, "halt polling set for each VM"},
	{"disable_exits", 143, "exits that may be switched off (mask)"},
	{"nested_state", 157, "nested state can be saved: bytes"},
	{"dirty_log_protect2", 168, "the dirty log is protected in parts (mask)"},
	{"dirty_ring", 192, "the dirty ring: bytes"},
	{"dirty_ring_acq_rel", 223, "the dirty ring, ordered: bytes"},
	{"binary_statistics", 203, "statistics by file descriptor"},
	{"pmu_capability", 212, "guest PMUs can be switched off (mask)"},
	{"bus_lock_exit", 193, "exits on bus locks (mask)"},
	{"notify_exit", 219, "exits of guests that block interrupts"},
	{"hypercall_exit", 201, "hypercalls to user space (mask)"},
	{"vm_tsc_control", 214, "a TSC frequency for each VM"},
	{"x2apic_api", 129, "32-bit APIC identifiers (mask)"},
	{"guest_memfd", 234, "private guest memory"},
	{"vm_types", 235, "kinds of VM (mask)"},
	{"disable_quirks2", 213, "quirks that may be switched off (mask)"},
};

#define KNOWN (sizeof(known) / sizeof(known[0]))

size_t vmm_capabilities(const struct vmm_capability **list)
{
	*list = known;
	return KNOWN;
}

int vmm_capability_values(int *values)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -1;
	for (size_t i = 0; i < KNOWN; i++)
		values[i] = ioctl(fd, KVM_CHECK_EXTENSION, known[i].number);
	close(fd);
	return 0;
}
