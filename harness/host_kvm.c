/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about KVM as sysfs shows them: the modules, their parameters, what these stand for. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/host_internal.h"

#define MODULES	   "/sys/module"
#define MAX_VENDOR 4

struct modules {
	char name[MAX_VENDOR][32];
	size_t count;
};

static int is_vendor_module(const struct dirent *d)
{
	return !strncmp(d->d_name, "kvm_", 4) && strlen(d->d_name) < 32;
}

static int is_visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void find_vendor_modules(struct modules *m)
{
	struct dirent **found;
	int n = scandir(MODULES, &found, is_vendor_module, alphasort);

	for (int i = 0; i < n; i++) {
		if (m->count < MAX_VENDOR)
			snprintf(m->name[m->count++], sizeof(m->name[0]), "%.31s",
				 found[i]->d_name);
		free(found[i]);
	}
	if (n >= 0)
		free(found);
}

static void gather_device(struct host_facts *f)
{
	if (!access("/dev/kvm", R_OK | W_OK))
		fact_set(f, "kvm.device", "usable");
	else if (errno == ENOENT)
		fact_set(f, "kvm.device", "absent");
	else
		fact_set(f, "kvm.device", "not usable: %s", strerror(errno));
}

static void gather_modules(struct host_facts *f, const struct modules *m)
{
	char text[MAX_VENDOR * 34] = "";
	size_t n = 0;

	for (size_t i = 0; i < m->count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i ? ", " : "",
				      m->name[i]);
	if (m->count)
		fact_set(f, "kvm.module", "%s", text);
	else
		fact_missing(f, "kvm.module", "no module kvm_* is loaded or built in");
}

/* All parameters of a module, and its source's checksum where it is a loadable one. */
static void gather_parameters(struct host_facts *f, const char *module)
{
	char directory[64], path[384], name[64];
	struct dirent **found;
	int n;

	snprintf(directory, sizeof(directory), MODULES "/%s/parameters", module);
	n = scandir(directory, &found, is_visible, alphasort);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, found[i]->d_name);
		snprintf(name, sizeof(name), "%.14s.%.48s", module, found[i]->d_name);
		fact_file(f, name, path, NULL);
		free(found[i]);
	}
	if (n >= 0)
		free(found);
	snprintf(name, sizeof(name), "%s.source", module);
	snprintf(path, sizeof(path), MODULES "/%s/srcversion", module);
	fact_file(f, name, path, "built into the kernel, or without a checksum");
}

/* One capability, which each vendor's module calls by another name. */
static int find_parameter(const struct modules *m, const char *const names[2], char *out,
			  size_t size)
{
	char path[128], value[64];

	for (size_t i = 0; i < m->count; i++) {
		for (size_t k = 0; k < 2 && names[k]; k++) {
			snprintf(path, sizeof(path), MODULES "/%s/parameters/%s", m->name[i],
				 names[k]);
			if (host_read(path, value, sizeof(value)))
				continue;
			snprintf(out, size, "%s=%s", names[k], value);
			return 0;
		}
	}
	return -1;
}

static void gather_capabilities(struct host_facts *f, const struct modules *m)
{
	static const struct {
		const char *fact;
		const char *parameters[2]; /* of kvm_intel, of kvm_amd */
	} capabilities[] = {
		{"kvm.can_nest", {"nested", NULL}},
		{"kvm.second_level_paging", {"ept", "npt"}},
		{"kvm.interrupt_virtualization", {"enable_apicv", "avic"}},
		{"kvm.page_modification_log", {"pml", NULL}},
		{"kvm.unrestricted_guest", {"unrestricted_guest", NULL}},
	};
	char value[96];

	for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++) {
		if (!find_parameter(m, capabilities[i].parameters, value, sizeof(value)))
			fact_set(f, capabilities[i].fact, "%s", value);
		else
			fact_missing(f, capabilities[i].fact, "%s has no parameter for it",
				     m->count ? m->name[0] : "a KVM that is not loaded");
	}
}

/* No parameter tells: APICv and the processor's own flag together do. */
static void gather_posted_interrupts(struct host_facts *f, const struct modules *m)
{
	static const char *const apicv[2] = {"enable_apicv", NULL};
	char *flags = host_field("/proc/cpuinfo", "vmx flags");
	char value[96];

	if (find_parameter(m, apicv, value, sizeof(value)))
		fact_missing(f, "kvm.posted_interrupts", "only kvm_intel tells");
	else if (!flags)
		fact_missing(f, "kvm.posted_interrupts", "/proc/cpuinfo has no \"vmx flags\"");
	else
		fact_set(f, "kvm.posted_interrupts", "%s",
			 strchr(value, 'Y') && host_has_word(flags, "posted_intr") ? "yes" : "no");
	free(flags);
}

void host_gather_kvm(struct host_facts *f)
{
	struct modules m = {.count = 0};

	find_vendor_modules(&m);
	gather_device(f);
	gather_modules(f, &m);
	gather_capabilities(f, &m);
	gather_posted_interrupts(f, &m);
	if (!access(MODULES "/kvm", F_OK))
		gather_parameters(f, "kvm");
	for (size_t i = 0; i < m.count; i++)
		gather_parameters(f, m.name[i]);
}
