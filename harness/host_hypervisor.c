/* SPDX-License-Identifier: Apache-2.0 */
/* Who runs below this host, or below a guest that was booted elsewhere: what CPUID tells. */
#include <cpuid.h>
#include <string.h>

#include "harness/host_internal.h"

/* Each documents its own; most are in Linux, arch/x86/kernel/cpu. */
static const struct hypervisor known[] = {
	{"KVMKVMKVM", "KVM", false},
	{"Microsoft Hv", "Hyper-V", false},
	{"VMwareVMware", "VMware", false},
	{"XenVMMXenVMM", "Xen", false},
	{"VBoxVBoxVBox", "VirtualBox", false},
	{"bhyve bhyve ", "bhyve", false},
	{"ACRNACRNACRN", "ACRN", false},
	{"OpenBSDVMM58", "OpenBSD vmm", false},
	{"___ NVMM ___", "NVMM", false},
	{"QNXQVMBSQG", "QNX", false},
	{"Jailhouse", "Jailhouse", false},
	{" lrpepyh  vr", "Parallels",
	 false}, /* "prl hyperv  ", each register the other way round */
	{"prl hyperv  ", "Parallels", false},
	{"TCGTCGTCGTCG", "QEMU TCG", true},
};

const struct hypervisor *host_known_hypervisor(const char signature[12])
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!memcmp(known[i].signature, signature, sizeof(known[i].signature)))
			return &known[i];
	return NULL;
}

int host_is_guest(void)
{
	unsigned int a, b, c, d;

	return (__get_cpuid(1, &a, &b, &c, &d) && (c & 1u << 31)) || host_has_xen();
}

void host_hypervisor_signature(unsigned int leaf, char out[13])
{
	unsigned int r[4];

	__cpuid(leaf, r[0], r[1], r[2], r[3]);
	memcpy(out, &r[1], 12);
	out[12] = '\0';
	for (int i = 0; i < 12; i++) {
		if (out[i] && (out[i] < ' ' || out[i] > '~'))
			out[0] = '\0'; /* no signature, whatever it is */
	}
}

static const char *hypervisor_name(const char *signature)
{
	const struct hypervisor *h = host_known_hypervisor(signature);

	return h ? h->name : *signature ? signature : "unnamed";
}

/* CPUID in dom0 may be the processor's own: then it names what is below Xen, or nothing. */
static void gather_dom0(struct host_facts *f, const char *signature)
{
	const struct hypervisor *below = host_known_hypervisor(signature);
	bool named = below && strcmp(below->name, "Xen") != 0;

	fact_set(f, "host.hypervisor", "Xen, and this is its dom0%s%s",
		 named ? "; Xen runs on " : "", named ? below->name : "");
}

void host_gather_hypervisor(struct host_facts *f)
{
	char first[13], second[13];

	if (!host_is_guest()) {
		fact_set(f, "host.hypervisor", "none");
		return;
	}
	host_hypervisor_signature(0x40000000, first);
	/* KVM and Xen move their own leaves up where they pose as Hyper-V. */
	host_hypervisor_signature(0x40000100, second);
	if (host_is_dom0())
		gather_dom0(f, first);
	else if (*second && strcmp(first, second) && hypervisor_name(second) != second)
		fact_set(f, "host.hypervisor", "%s, posing as %s", hypervisor_name(second),
			 hypervisor_name(first));
	else
		fact_set(f, "host.hypervisor", "%s", hypervisor_name(first));
	fact_advise(f, "this host is itself a guest: its hypervisor takes time unseen, and no "
		       "overhead is claimed for operations that trap");
}
