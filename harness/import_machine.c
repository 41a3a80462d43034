/* SPDX-License-Identifier: Apache-2.0 */
/* What hosted an imported guest: only what its CPUID told is known. */
#include <stdio.h>
#include <string.h>

#include "guests/abi.h"
#include "harness/core/words.h"
#include "harness/host.h"
#include "harness/import.h"

/* The signature as text: what cannot be printed is a question mark. */
static void signature(const struct vq_machine *m, char text[13])
{
	size_t i = 0;

	for (; i < 12 && m->hypervisor[i]; i++)
		text[i] =
			m->hypervisor[i] >= ' ' && m->hypervisor[i] < 0x7f ? m->hypervisor[i] : '?';
	text[i] = '\0';
}

void import_host_name(const struct vq_machine *m, char *name, size_t size)
{
	const struct hypervisor *h = host_known_hypervisor(m->hypervisor);
	char text[13];

	signature(m, text);
	if (m->flags & VQ_MACHINE_EMULATOR)
		snprintf(name, size, "an emulator");
	else if (!(m->flags & VQ_MACHINE_HYPERVISOR))
		snprintf(name, size, "bare metal");
	else
		snprintf(name, size, "%s", h ? h->name : *text ? text : "unknown hypervisor");
}

int import_execution(const struct vq_machine *m, char *why, size_t size)
{
	const struct hypervisor *h = host_known_hypervisor(m->hypervisor);
	char text[13];

	signature(m, text);
	if (m->flags & VQ_MACHINE_EMULATOR) {
		snprintf(why, size, "a port answers that only emulators have");
		return EXECUTION_EMULATED;
	}
	if (!(m->flags & VQ_MACHINE_HYPERVISOR)) {
		snprintf(why, size, "CPUID tells of no hypervisor: taken for bare metal");
		return EXECUTION_HARDWARE;
	}
	if (!h) {
		snprintf(why, size, "the hypervisor calls itself \"%s\", which is not known here",
			 text);
		return -1;
	}
	snprintf(why, size, "the hypervisor calls itself \"%s\"%s", text,
		 h->emulator ? "" : ": taken to run guests on hardware, itself not emulated");
	return h->emulator ? EXECUTION_EMULATED : EXECUTION_HARDWARE;
}

const char *import_tsc_source(uint32_t source)
{
	static const char *const names[VQ_TSC_SOURCES] = {
		[VQ_TSC_UNKNOWN] = "unknown",
		[VQ_TSC_TOLD] = "told on the guest's command line",
		[VQ_TSC_CPUID] = "CPUID leaf 0x15",
		[VQ_TSC_HYPERVISOR] = "told by the hypervisor (CPUID)",
		[VQ_TSC_HYPER_V] = "told by Hyper-V (MSR 0x40000022)",
		[VQ_TSC_KVM_CLOCK] = "the scale of KVM's paravirtual clock",
		[VQ_TSC_PIT] = "measured against the PC's interval timer",
		[VQ_TSC_NOMINAL] = "CPUID leaf 0x16: the nominal frequency",
	};

	return source < VQ_TSC_SOURCES ? names[source] : names[VQ_TSC_UNKNOWN];
}
