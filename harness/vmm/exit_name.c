/* SPDX-License-Identifier: Apache-2.0 */
/* Names of KVM's exit reasons (api.rst section 5), so that no report says "exit 17". */
#include <linux/kvm.h>
#include <stddef.h>

#include "harness/vmm/vmm.h"

#define NAME(x) [KVM_EXIT_##x] = #x

static const char *const names[] = {
	NAME(UNKNOWN),
	NAME(EXCEPTION),
	NAME(IO),
	NAME(HYPERCALL),
	NAME(DEBUG),
	NAME(HLT),
	NAME(MMIO),
	NAME(IRQ_WINDOW_OPEN),
	NAME(SHUTDOWN),
	NAME(FAIL_ENTRY),
	NAME(INTR),
	NAME(SET_TPR),
	NAME(TPR_ACCESS),
	NAME(NMI),
	NAME(INTERNAL_ERROR),
	NAME(OSI),
	NAME(PAPR_HCALL),
	NAME(WATCHDOG),
	NAME(EPR),
	NAME(SYSTEM_EVENT),
	NAME(IOAPIC_EOI),
	NAME(HYPERV),
	NAME(X86_RDMSR),
	NAME(X86_WRMSR),
	NAME(DIRTY_RING_FULL),
	NAME(AP_RESET_HOLD),
	NAME(X86_BUS_LOCK),
	NAME(XEN),
	NAME(NOTIFY),
};

const char *kvm_exit_name(uint32_t reason)
{
	if (reason >= sizeof(names) / sizeof(names[0]) || !names[reason])
		return "unnamed exit";
	return names[reason];
}
