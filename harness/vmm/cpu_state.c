/* SPDX-License-Identifier: Apache-2.0 */
/* vCPU state: how a guest starts, and saving and loading all of it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "guests/layout.h"
#include "harness/vmm/cpu_state.h"
#include "harness/vmm/vmm.h"

#define MAX_CPUID_ENTRIES 256

#define CPUID_TSC_DEADLINE (1u << 24) /* leaf 1, ecx */
#define CPUID_HYPERVISOR   (1u << 31)
#define CPUID_PKU	   (1u << 3)			    /* leaf 7, ecx */
#define CPUID_AMX	   (1u << 22 | 1u << 24 | 1u << 25) /* leaf 7, edx */

#define MSR_MTRR_DEFAULT 0x2ff
#define MTRR_WRITE_BACK	 0x806 /* enabled, and all of memory is */

#define CR0_PE	       (1ull << 0)
#define CR0_MP	       (1ull << 1)
#define CR0_ET	       (1ull << 4)
#define CR0_NE	       (1ull << 5)
#define CR0_WP	       (1ull << 16)
#define CR0_PG	       (1ull << 31)
#define CR4_PAE	       (1ull << 5)
#define CR4_OSFXSR     (1ull << 9)
#define CR4_OSXMMEXCPT (1ull << 10)
#define CR4_OSXSAVE    (1ull << 18)
#define EFER_SCE       (1ull << 0)
#define EFER_LME       (1ull << 8)
#define EFER_LMA       (1ull << 10)
#define EFER_NX	       (1ull << 11)

/* Saved and loaded beside what the other structures hold; KVM skips what it does not know. The
 * TSC is not among them: a restored guest sees time pass, as on hardware. */
static const uint32_t saved_msrs[] = {
	0x3a,	    /* IA32_FEATURE_CONTROL */
	0x3b,	    /* IA32_TSC_ADJUST */
	0x174,	    /* IA32_SYSENTER_CS */
	0x175,	    /* IA32_SYSENTER_ESP */
	0x176,	    /* IA32_SYSENTER_EIP */
	0x1a0,	    /* IA32_MISC_ENABLE */
	0x277,	    /* IA32_PAT */
	0xc0000081, /* STAR */
	0xc0000082, /* LSTAR */
	0xc0000083, /* CSTAR */
	0xc0000084, /* SFMASK */
	0xc0000102, /* KERNEL_GS_BASE */
	0xc0000103, /* TSC_AUX */
	0x6e0,	    /* IA32_TSC_DEADLINE: last, once the local APIC is in its timer mode */
};

_Static_assert(sizeof(saved_msrs) / sizeof(saved_msrs[0]) <= CPU_STATE_MSRS, "room for MSRs");

static int fail(struct vcpu *v, const char *what)
{
	return vm_fail(v->vm, "%s on vCPU %u: %s", what, v->index, strerror(errno));
}

struct cpuid_table {
	uint32_t nent;
	uint32_t padding;
	struct kvm_cpuid_entry2 entries[MAX_CPUID_ENTRIES];
};

_Static_assert(offsetof(struct cpuid_table, entries) == offsetof(struct kvm_cpuid2, entries),
	       "our table is a struct kvm_cpuid2 with room");

/* What KVM supports is the same for every VM of this host: ask once, inherit through fork. */
static struct cpuid_table *supported_cpuid(int kvm)
{
	static struct cpuid_table table;

	if (!table.nent) {
		table.nent = MAX_CPUID_ENTRIES;
		if (ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &table) < 0) {
			table.nent = 0;
			return NULL;
		}
	}
	return &table;
}

/* A kernel sets in XCR0 what it finds here: what our own guest has there, and no more. */
static void limit_xstate(struct kvm_cpuid_entry2 *e)
{
	uint64_t some = vmm_probe()->xcr0;

	if (e->function == 7 && e->index == 0) {
		e->ecx &= ~CPUID_PKU;
		e->edx &= ~CPUID_AMX;
	} else if (e->function == 0xd && e->index == 0) {
		e->eax &= (uint32_t)some;
		e->edx &= (uint32_t)(some >> 32);
	} else if (e->function == 0xd && e->index > 1 && e->index < 64 && !(some >> e->index & 1)) {
		e->eax = e->ebx = e->ecx = e->edx = 0;
	}
}

/* What KVM emulates whether it lists it or not. A kernel looks for KVM's clock only where CPUID
 * tells of a hypervisor, and needs no other timer to measure the deadline's rate by. */
static void fit_kernel(const struct vcpu *v, struct kvm_cpuid_entry2 *e)
{
	if (e->function == 1) {
		e->ecx |= CPUID_HYPERVISOR;
		if (ioctl(v->vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_TSC_DEADLINE_TIMER) > 0)
			e->ecx |= CPUID_TSC_DEADLINE;
	} else if (e->function == 0x8000001e) {
		e->eax = v->index;
	}
	limit_xstate(e);
}

static int set_cpuid(struct vcpu *v)
{
	const struct cpuid_table *supported = supported_cpuid(v->vm->kvm);
	struct cpuid_table table;

	if (!supported)
		return fail(v, "KVM_GET_SUPPORTED_CPUID");
	table = *supported;
	for (uint32_t i = 0; i < table.nent; i++) {
		if (table.entries[i].function == 1)
			table.entries[i].ebx = (table.entries[i].ebx & 0xffffff) | v->index << 24;
		else if (table.entries[i].function == 0xb)
			table.entries[i].edx = v->index;
		if (v->vm->config.kernel)
			fit_kernel(v, &table.entries[i]);
	}
	if (ioctl(v->fd, KVM_SET_CPUID2, &table) < 0)
		return fail(v, "KVM_SET_CPUID2");
	return 0;
}

/* Of the components that the host has enabled, those that KVM offers to guests (CPUID 0xd). */
static uint64_t guest_xcr0(struct vcpu *v)
{
	const struct cpuid_table *supported = supported_cpuid(v->vm->kvm);

	for (uint32_t i = 0; supported && i < supported->nent; i++) {
		const struct kvm_cpuid_entry2 *e = &supported->entries[i];

		if (e->function == 0xd && e->index == 0)
			return vmm_probe()->xcr0 & ((uint64_t)e->edx << 32 | e->eax);
	}
	return 0;
}

static int set_xcr0(struct vcpu *v)
{
	struct kvm_xcrs xcrs = {.nr_xcrs = 1, .xcrs = {{.xcr = 0, .value = guest_xcr0(v)}}};

	if (xcrs.xcrs[0].value && ioctl(v->fd, KVM_SET_XCRS, &xcrs) < 0)
		return fail(v, "KVM_SET_XCRS");
	return 0;
}

/*
 * Guest TSC = host TSC, so that stamps of several guests and of the host are on one scale.
 * Without the attribute (before Linux 5.16) benches that need it find out and say so.
 */
static void share_tsc(struct vcpu *v)
{
	uint64_t offset = 0;
	struct kvm_device_attr attr = {
		.group = KVM_VCPU_TSC_CTRL,
		.attr = KVM_VCPU_TSC_OFFSET,
		.addr = (uintptr_t)&offset,
	};

	ioctl(v->fd, KVM_SET_DEVICE_ATTR, &attr);
}

int cpu_state_init(struct vcpu *v)
{
	struct kvm_mp_state runnable = {.mp_state = KVM_MP_STATE_RUNNABLE};

	if (set_cpuid(v))
		return -1;
	share_tsc(v);
	/* A kernel sets the same itself. But QEMU's TCG (at least to 7.2), as an emulated host,
	 * lets that pass by KVM, which would take it for unset and switch between the two. */
	if (v->vm->config.kernel && set_xcr0(v))
		return -1;
	/* Application processors wait for INIT and SIPI otherwise, as a kernel's shall. */
	if (v->index && !v->vm->config.kernel && ioctl(v->fd, KVM_SET_MP_STATE, &runnable) < 0)
		return fail(v, "KVM_SET_MP_STATE");
	return 0;
}

static struct kvm_segment flat(uint16_t selector, uint8_t type, uint8_t l)
{
	return (struct kvm_segment){
		.selector = selector,
		.limit = 0xffffffff,
		.type = type,
		.present = 1,
		.s = 1,
		.l = l,
		.db = !l,
		.g = 1,
	};
}

/* Long mode at the entry point, as guests/entry.S asks for it. */
int vcpu_set_entry(struct vcpu *v, uint64_t entry)
{
	struct kvm_regs regs = {.rip = entry, .rsi = v->index, .rflags = 2};
	struct kvm_sregs s;

	if (ioctl(v->fd, KVM_GET_SREGS, &s) < 0)
		return fail(v, "KVM_GET_SREGS");
	s.cs = flat(SELECTOR_KERNEL_CODE, 11, 1);
	s.ds = s.es = s.fs = s.gs = s.ss = flat(SELECTOR_KERNEL_DATA, 3, 0);
	s.cr0 = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG;
	s.cr3 = LAYOUT_PML4;
	s.cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT | (guest_xcr0(v) ? CR4_OSXSAVE : 0);
	s.efer = EFER_SCE | EFER_LME | EFER_LMA | EFER_NX;
	if (ioctl(v->fd, KVM_SET_SREGS, &s) < 0)
		return fail(v, "KVM_SET_SREGS");
	if (set_xcr0(v))
		return -1;
	if (ioctl(v->fd, KVM_SET_REGS, &regs) < 0)
		return fail(v, "KVM_SET_REGS");
	return 0;
}

struct msr_list { /* a struct kvm_msrs with room for one */
	uint32_t nmsrs;
	uint32_t padding;
	struct kvm_msr_entry entry[1];
};

_Static_assert(offsetof(struct msr_list, entry) == offsetof(struct kvm_msrs, entries),
	       "our list is a struct kvm_msrs");

/* 32-bit protected mode without paging; no GDT is needed for what is loaded here. */
int vcpu_set_pvh(struct vcpu *v, uint32_t entry, uint32_t start_info)
{
	struct kvm_regs regs = {.rip = entry, .rbx = start_info, .rflags = 2};
	struct msr_list mtrr = {.nmsrs = 1,
				.entry = {{.index = MSR_MTRR_DEFAULT, .data = MTRR_WRITE_BACK}}};
	struct kvm_sregs s;

	if (ioctl(v->fd, KVM_GET_SREGS, &s) < 0)
		return fail(v, "KVM_GET_SREGS");
	s.cs = flat(SELECTOR_KERNEL_CODE, 11, 0);
	s.ds = s.es = s.fs = s.gs = s.ss = flat(SELECTOR_KERNEL_DATA, 3, 0);
	s.cr0 = CR0_PE | CR0_ET;
	if (ioctl(v->fd, KVM_SET_SREGS, &s) < 0)
		return fail(v, "KVM_SET_SREGS");
	if (ioctl(v->fd, KVM_SET_MSRS, &mtrr) != 1)
		return fail(v, "KVM_SET_MSRS");
	if (ioctl(v->fd, KVM_SET_REGS, &regs) < 0)
		return fail(v, "KVM_SET_REGS");
	return 0;
}

static int save_msrs(struct vcpu *v, struct cpu_state *s)
{
	struct msr_list one = {.nmsrs = 1};

	s->msr_count = 0;
	for (size_t i = 0; i < sizeof(saved_msrs) / sizeof(saved_msrs[0]); i++) {
		one.entry[0] = (struct kvm_msr_entry){.index = saved_msrs[i]};
		if (ioctl(v->fd, KVM_GET_MSRS, &one) == 1)
			s->msr[s->msr_count++] = one.entry[0];
	}
	return 0;
}

static int load_msrs(struct vcpu *v, const struct cpu_state *s)
{
	struct msr_list one = {.nmsrs = 1};

	for (uint32_t i = 0; i < s->msr_count && i < CPU_STATE_MSRS; i++) {
		one.entry[0] = s->msr[i];
		if (ioctl(v->fd, KVM_SET_MSRS, &one) != 1)
			return vm_fail(v->vm, "KVM_SET_MSRS %#x on vCPU %u: refused",
				       s->msr[i].index, v->index);
	}
	return 0;
}

#define GET(request, field)                                                                        \
	do {                                                                                       \
		if (ioctl(v->fd, request, &s->field) < 0)                                          \
			return fail(v, #request);                                                  \
	} while (0)

int cpu_state_save(struct vcpu *v, struct cpu_state *s)
{
	memset(s, 0, sizeof(*s));
	/* First: reading it makes KVM process pending events (api.rst 4.38). */
	GET(KVM_GET_MP_STATE, mp_state);
	GET(KVM_GET_REGS, regs);
	GET(KVM_GET_SREGS, sregs);
	GET(KVM_GET_XSAVE, xsave);
	if (guest_xcr0(v))
		GET(KVM_GET_XCRS, xcrs);
	GET(KVM_GET_LAPIC, lapic);
	GET(KVM_GET_VCPU_EVENTS, events);
	GET(KVM_GET_DEBUGREGS, debugregs);
	return save_msrs(v, s);
}

#define SET(request, field)                                                                        \
	do {                                                                                       \
		if (ioctl(v->fd, request, &s->field) < 0)                                          \
			return fail(v, #request);                                                  \
	} while (0)

int cpu_state_load(struct vcpu *v, const struct cpu_state *s)
{
	SET(KVM_SET_SREGS, sregs);
	SET(KVM_SET_REGS, regs);
	if (guest_xcr0(v))
		SET(KVM_SET_XCRS, xcrs);
	SET(KVM_SET_XSAVE, xsave);
	SET(KVM_SET_LAPIC, lapic);
	SET(KVM_SET_DEBUGREGS, debugregs);
	if (load_msrs(v, s))
		return -1;
	/* Last: the others may clear what is pending. */
	SET(KVM_SET_VCPU_EVENTS, events);
	SET(KVM_SET_MP_STATE, mp_state);
	return 0;
}
