/* SPDX-License-Identifier: Apache-2.0 */
/* All architectural state of one vCPU that KVM lets us read and write. */
#ifndef VQ_CPU_STATE_H
#define VQ_CPU_STATE_H

#include <linux/kvm.h>
#include <stdint.h>

struct vcpu;

#define CPU_STATE_MSRS 24

struct cpu_state {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_xcrs xcrs;
	struct kvm_lapic_state lapic;
	struct kvm_vcpu_events events;
	struct kvm_debugregs debugregs;
	struct kvm_mp_state mp_state;
	uint32_t msr_count; /* of those below, how many this KVM knows */
	uint32_t reserved;
	struct kvm_msr_entry msr[CPU_STATE_MSRS];
	struct kvm_xsave xsave; /* last: its type ends in a flexible array */
};

/* CPUID as this KVM supports it, the host's TSC, runnable. */
int cpu_state_init(struct vcpu *v);

/* The vCPU must be outside KVM_RUN. -1 with vm->error. */
int cpu_state_save(struct vcpu *v, struct cpu_state *s);
int cpu_state_load(struct vcpu *v, const struct cpu_state *s);

#endif
