/* SPDX-License-Identifier: Apache-2.0 */
/* What platforms answer, with what holds for those that say nothing; and capabilities in words. */
#include "harness/host.h"
#include "harness/platform.h"

const char *capability_name(enum capability one)
{
	switch (one) {
	case CAN_GUEST:
		return "a guest";
	case CAN_SNAPSHOT:
		return "snapshots";
	case CAN_PAUSE:
		return "pause and resume";
	case CAN_RING0:
		return "a guest ring 0";
	case CAN_HYPERCALL:
		return "hypercalls that return";
	case CAN_KERNEL_DEVICES:
		return "devices inside the kernel (ioeventfd, irqfd)";
	case CAN_APIC:
		return "a local APIC";
	case CAN_NOTIFY:
		return "wake-ups between guests";
	case CAN_WINDOW:
		return "memory that guests share";
	case CAN_PRIVATE_RAM:
		return "guest RAM that is private to its process";
	case CAN_CGROUP:
		return "a start inside a given cgroup";
	case CAN_MEMORY_LIMIT:
		return "a memory limit of its own";
	case CAN_EXEC:
		return "processes run beside the payload";
	case CAN_HOST_TSC:
		return "the host's TSC in the guest";
	case CAN_PROCESS:
		return "a process that hosts the guest";
	case CAN_USER_DEVICES:
		return "a program that answers for devices";
	case CAN_LAZY_RAM:
		return "guest RAM that is given when it is first touched";
	case CAN_MANAGEMENT:
		return "a management daemon of ours that can be killed (qemu-kvm and qemu-tcg have "
		       "one)";
	case CAN_PVPANIC:
		return "a pvpanic device";
	case CAN_WATCHDOG:
		return "a watchdog device (ib700)";
	case CAN_MIGRATE:
		return "live migration";
	case CAN_POSTCOPY:
		return "live migration with the RAM behind the guest (postcopy)";
	case CAN_DISK:
		return "a disk for the guest";
	case CAN_RESET:
		return "a reset of the guest that leaves its process alone";
	case CAN_DESTROY:
		return "a domain that its management may destroy and tells of (libvirt's)";
	case CAN_SAVE:
		return "a managed save (libvirt's: the guest in a file of its own, until it is "
		       "started again)";
	case CAN_TSC_ADJUST:
		return "a CPU with IA32_TSC_ADJUST";
	case CAN_SIGHT:
		return "memory that the observer shares with the guest";
	}
	return "?";
}

enum execution platform_execution(const struct platform *p, int ring)
{
	switch (host_emulation()) {
	case HOST_EMULATED:
		return EXECUTION_EMULATED;
	case HOST_DETERMINISTIC:
		return EXECUTION_DETERMINISTIC;
	case HOST_HARDWARE:
		break;
	}
	return p->execution(ring);
}

uint32_t platform_tsc_khz(const struct platform *p)
{
	return p->tsc_khz ? p->tsc_khz() : host_tsc_khz();
}

bool platform_has_guest(const struct platform *p)
{
	return !p->imported && (!p->no_guest || !p->no_guest());
}

bool platform_pins(const struct platform *p)
{
	return !p->tsc_khz;
}
