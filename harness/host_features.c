/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The feature matrix of the hypervisor: what the processor has, what KVM's parameters make of it,
 * and what KVM itself says it can do.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/host_internal.h"
#include "harness/vmm/capabilities.h"

/* Names as in /proc/cpuinfo ("vmx flags" of VT-x, "flags" of AMD-V), and of kvm_intel and kvm_amd;
 * NULL: that vendor has no such thing, "": it always has, or no parameter decides. */
static const struct feature {
	const char *fact;
	const char *intel_flag, *intel_parameter;
	const char *amd_flag, *amd_parameter;
} features[] = {
	{"feature.second_level_paging", "ept", "ept", "npt", "npt"},
	{"feature.paging_accessed_dirty", "ept_ad", "eptad", "npt", "npt"},
	{"feature.ept_5_level", "ept_5level", "", NULL, NULL},
	{"feature.tagged_tlb", "vpid", "vpid", "", ""},
	{"feature.unrestricted_guest", "unrestricted_guest", "unrestricted_guest", "", ""},
	{"feature.apicv", "apicv", "enable_apicv", NULL, NULL},
	{"feature.posted_interrupts", "posted_intr", "enable_apicv", NULL, NULL},
	{"feature.avic", NULL, NULL, "avic", "avic"},
	{"feature.x2avic", NULL, NULL, "x2avic", "avic"},
	{"feature.ipi_virtualization", "ipi_virt", "enable_ipiv", "avic", "avic"},
	{"feature.nmi_virtualization", "vnmi", "vnmi", "vnmi", "vnmi"},
	{"feature.vgif", NULL, NULL, "vgif", "vgif"},
	{"feature.page_modification_log", "pml", "pml", NULL, NULL},
	{"feature.tsc_scaling", "tsc_scaling", "", "tsc_scale", "tsc_scaling"},
	{"feature.preemption_timer", "preemption_timer", "preemption_timer", NULL, NULL},
	{"feature.shadow_vmcs", "shadow_vmcs", "enable_shadow_vmcs", NULL, NULL},
	{"feature.virtual_vmload_vmsave", NULL, NULL, "v_vmsave_vmload", "vls"},
	{"feature.pause_loop_exiting", "ple", "ple_gap", "pausefilter", "pause_filter_count"},
	{"feature.next_rip", "", "", "nrip_save", "nrips"},
	{"feature.decode_assists", "", "", "decodeassists", ""},
	{"feature.tdx", "", "tdx", NULL, NULL},
	{"feature.sev", NULL, NULL, "sev", "sev"},
	{"feature.sev_es", NULL, NULL, "sev_es", "sev_es"},
	{"feature.sev_snp", NULL, NULL, "sev_snp", "sev_snp"},
	{"feature.nesting", "", "nested", "", "nested"},
};

#define FEATURES (sizeof(features) / sizeof(features[0]))

static int is_off(const char *value)
{
	return !strcmp(value, "N") || !strcmp(value, "0");
}

int host_feature_of(const char *flags, const char *flag, const char *parameter, const char *value,
		    char *out, size_t size)
{
	if (*flag && !host_has_word(flags, flag)) {
		snprintf(out, size, "no: the processor shows no %s", flag);
		return 0;
	}
	if (value && is_off(value))
		snprintf(out, size, "no: %s=%s", parameter, value);
	else if (value)
		snprintf(out, size, "yes (%s=%s)", parameter, value);
	else if (*parameter)
		return -1; /* the processor alone does not decide */
	else if (*flag)
		snprintf(out, size, "yes");
	else
		snprintf(out, size, "yes, as always on this vendor's processors");
	return 0;
}

/* Of the vendor whose extensions the processor has. */
static void gather_feature(struct host_facts *f, const struct feature *x, int intel,
			   const char *flags)
{
	const char *flag = intel ? x->intel_flag : x->amd_flag;
	const char *parameter = intel ? x->intel_parameter : x->amd_parameter;
	const char *module = intel ? "kvm_intel" : "kvm_amd";
	char path[96], value[64], text[128];
	int known;

	if (!flag) {
		fact_set(f, x->fact, "no: %s has no such thing", intel ? "VT-x" : "AMD-V");
		return;
	}
	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module, parameter);
	known = *parameter && !host_read(path, value, sizeof(value));
	if (!host_feature_of(flags, flag, parameter, known ? value : NULL, text, sizeof(text)))
		fact_set(f, x->fact, "%s", text);
	else
		fact_missing(f, x->fact, "%s%s has no parameter %s, or is not loaded",
			     *flag ? "the processor has it, but " : "", module, parameter);
}

static void gather_capability(struct host_facts *f, const struct vmm_capability *c, int value)
{
	char name[48];

	snprintf(name, sizeof(name), "kvm.capability.%s", c->name);
	if (value > 1)
		fact_set(f, name, "%d (%s)", value, c->meaning);
	else if (value >= 0)
		fact_set(f, name, "%s (%s)", value ? "yes" : "no", c->meaning);
	else
		fact_missing(f, name, "KVM does not answer");
}

static void gather_kvm_capabilities(struct host_facts *f)
{
	const struct vmm_capability *list;
	int values[VMM_MAX_CAPABILITIES];
	size_t count = vmm_capabilities(&list);

	if (vmm_capability_values(values)) {
		fact_missing(f, "kvm.capability", "/dev/kvm: %s", strerror(errno));
		return;
	}
	for (size_t i = 0; i < count; i++)
		gather_capability(f, &list[i], values[i]);
}

void host_gather_features(struct host_facts *f)
{
	char *vmx = host_field("/proc/cpuinfo", "vmx flags");
	char *flags = host_field("/proc/cpuinfo", "flags");
	int amd = flags && host_has_word(flags, "svm");
	const char *hidden = host_is_dom0() ? "Xen uses VT-x or AMD-V itself and shows dom0 "
					      "neither; see xen.virtualization"
					    : "the processor shows neither VT-x nor AMD-V here";

	for (size_t i = 0; i < FEATURES; i++) {
		if (vmx || amd)
			gather_feature(f, &features[i], !amd, amd ? flags : vmx);
		else
			fact_missing(f, features[i].fact, "%s", hidden);
	}
	gather_kvm_capabilities(f);
	free(vmx);
	free(flags);
}
