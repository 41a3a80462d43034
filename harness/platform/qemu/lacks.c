/* SPDX-License-Identifier: Apache-2.0 */
/* Why QEMU's guests cannot do what the embedded VMM's can. */
#include "harness/platform/qemu/guest.h"

const char *qemu_lacks(enum capability one)
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
		return "QEMU has the guest's RAM in one piece, and the observer shares it";
	case CAN_HYPERCALL:
		return "guest ring 0 is interpreted here, and VMCALL/VMMCALL never return from the "
		       "interpreter; run it on a host with VT-x or AMD-V";
	case CAN_HOST_TSC:
		return "QEMU gives its guests a TSC of their own, whose offset from the host's is "
		       "not told";
	default:
		return 0;
	}
}
