/* SPDX-License-Identifier: Apache-2.0 */
/* What all platforms with QEMU have in common, and why they cannot do what the embedded VMM can. */
#include "harness/platform/qemu/guest.h"
#include "harness/vmm/vmm.h"

/* All of the guest is translated, or run by helpers in C. */
enum execution qemu_tcg_execution(int ring)
{
	(void)ring;
	return EXECUTION_INTERPRETED;
}

enum execution qemu_kvm_execution(int ring)
{
	return ring == 0 && !vmm_probe()->hardware_ring0 ? EXECUTION_INTERPRETED
							 : EXECUTION_HARDWARE;
}

const char *qemu_tcg_lacks(enum capability one)
{
	if (one == CAN_HYPERCALL)
		return "QEMU's software CPU has no hypervisor to call";
	if (one == CAN_TSC_ADJUST)
		return "QEMU's software CPU has no IA32_TSC_ADJUST";
	return qemu_kvm_lacks(one);
}

const char *qemu_kvm_lacks(enum capability one)
{
	switch (one) {
	case CAN_KERNEL_DEVICES:
		return "QEMU binds ioeventfds to its own devices only, and offers none at a fixed "
		       "port";
	case CAN_NOTIFY:
		return "QEMU's guests wake each other through devices (ivshmem, virtio) for which "
		       "this guest has no driver";
	case CAN_WINDOW:
		return "QEMU shares memory between guests through PCI (ivshmem), which this guest "
		       "does not drive";
	case CAN_PRIVATE_RAM:
		return "libvirt has its QEMU's RAM in one piece, and the observer shares it; see "
		       "qemu-kvm-microvm";
	case CAN_HYPERCALL:
		return "guest ring 0 is interpreted here, and VMCALL/VMMCALL never return from the "
		       "interpreter; run it on a host with VT-x or AMD-V";
	case CAN_PVPANIC:
		return "this QEMU was built without the device pvpanic; install one that has it "
		       "(Debian: qemu-system-x86)";
	case CAN_WATCHDOG:
		return "this QEMU was built without the watchdog device ib700; install one that "
		       "has it (Debian: qemu-system-x86)";
	case CAN_DISK:
		return "this QEMU was built without the devices isa-ide and ide-hd; install one "
		       "that has them (Debian: qemu-system-x86)";
	case CAN_POSTCOPY:
		return "this host lets QEMU use no userfaultfd on shared memory; run as root, or "
		       "set vm.unprivileged_userfaultfd=1 (Linux 4.11 or later)";
	case CAN_HOST_TSC:
		return "QEMU gives its guests a TSC of their own, whose offset from the host's is "
		       "not told";
	default:
		return 0;
	}
}
