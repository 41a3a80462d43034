/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VT-x hosts under Bochs, with and without nested paging: the same processor, whose EPT KVM is told
 * not to use. (Bochs' models that have none, such as Penryn, have no RDTSCP either, and our stamps
 * need it.) Its configuration is ci/hosts/bochsrc. Always deterministic: at the speed that its
 * clock promises, no machine emulates. Its only display that needs no terminal is a VNC server:
 * alone, nobody else can connect to it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/lab/lab.h"

LAB_EMBEDDED(hosts_bochsrc);

struct value {
	const char *name;
	char text[LAB_PATH];
};

/* The template with its @NAMES@ filled in; allocated, NULL with errno. */
static char *fill(const char *at, const char *end, const struct value *values, size_t count)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	while (at < end) {
		size_t i;

		for (i = 0; i < count; i++)
			if ((size_t)(end - at) >= strlen(values[i].name) &&
			    !strncmp(at, values[i].name, strlen(values[i].name)))
				break;
		if (i < count) {
			fputs(values[i].text, out);
			at += strlen(values[i].name);
		} else {
			fputc(*at++, out);
		}
	}
	return fclose(out) ? NULL : text;
}

static int write_configuration(const struct lab_run *r, const char *model)
{
	struct value values[] = {
		{.name = "@MODEL@"}, {.name = "@ISO@"}, {.name = "@CONSOLE@"}, {.name = "@LOG@"}};
	char *text;
	int ret;

	snprintf(values[0].text, LAB_PATH, "%s", model);
	snprintf(values[1].text, LAB_PATH, "%s/boot.iso", r->work);
	snprintf(values[2].text, LAB_PATH, "%s/console", r->work);
	snprintf(values[3].text, LAB_PATH, "%s/bochs.log", r->work);
	text = fill(LAB_TEXT(hosts_bochsrc),
		    LAB_TEXT(hosts_bochsrc) + LAB_TEXT_LENGTH(hosts_bochsrc), values,
		    sizeof(values) / sizeof(values[0]));
	if (!text)
		return -1;
	ret = lab_write(r, "bochsrc", text, strlen(text));
	free(text);
	/* Debian's has the debugger built in, and it waits for a command: continue. */
	return ret ? ret : lab_write(r, "bochs.commands", "c\n", 2);
}

static int arguments(const struct lab_run *r, struct lab_arguments *a, const char *model)
{
	if (write_configuration(r, model))
		return -1;
	lab_argument(a, "bochs-bin");
	lab_argument(a, "-q");
	lab_argument(a, "-f");
	lab_argument(a, "%s/bochsrc", r->work);
	lab_argument(a, "-rc");
	lab_argument(a, "%s/bochs.commands", r->work);
	return 0;
}

static int vt_x_arguments(const struct lab_run *r, struct lab_arguments *a)
{
	return arguments(r, a, "corei7_haswell_4770");
}

static const char *const programs[] = {"bochs-bin", "grub-mkrescue", "xorriso", NULL};
static const char *const files[] = {"/usr/share/bochs/BIOS-bochs-latest",
				    "/usr/share/vgabios/vgabios.bin",
				    "/usr/lib/grub/i386-pc/cdboot.img", NULL};

#define PACKAGES "bochs bochsbios vgabios grub-common grub-pc-bin xorriso"

LAB_HOST(vt_x, .name = "vt-x", .summary = "VT-x with nested paging (Haswell), Bochs",
	 .module = "kvm_intel", .programs = programs, .files = files, .packages = PACKAGES,
	 .iso = true, .always_deterministic = true, .alone = true, .timeout_s = 1800,
	 .arguments = vt_x_arguments);
LAB_HOST(vt_x_noept, .name = "vt-x-noept",
	 .summary = "VT-x with shadow paging (Haswell, ept=0), Bochs", .module = "kvm_intel",
	 .programs = programs, .files = files, .packages = PACKAGES, .iso = true,
	 .always_deterministic = true, .alone = true, .timeout_s = 1800, .module_options = "ept=0",
	 .arguments = vt_x_arguments);
