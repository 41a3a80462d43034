/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/libvirt/api.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static struct libvirt_api table;

static bool take(void *library, const char *name, void *member, char *why, size_t size)
{
	void *found = dlsym(library, name);

	if (!found) {
		snprintf(why, size, "this libvirt is too old: it has no %s", name);
		return false;
	}
	memcpy(member, &found, sizeof(found));
	return true;
}

static void drop_error(void *data, virErrorPtr error)
{
	(void)data;
	(void)error;
}

static bool load(char *why, size_t size)
{
	void *library = dlopen("libvirt.so.0", RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		snprintf(why, size, "libvirt is not installed (Debian: apt-get install libvirt0)");
		return false;
	}
#define LIBVIRT_TAKE(name)                                                                         \
	if (!take(library, #name, &table.name, why, size))                                         \
		return false;
	LIBVIRT_FUNCTIONS(LIBVIRT_TAKE)
	if (table.virInitialize()) {
		snprintf(why, size, "libvirt does not start: %s", libvirt_error());
		return false;
	}
	table.virSetErrorFunc(NULL, drop_error);
	return true;
}

const struct libvirt_api *libvirt_api(char *why, size_t size)
{
	static bool asked, loaded;
	static char because[256];

	if (!asked)
		loaded = load(because, sizeof(because));
	asked = true;
	if (!loaded)
		snprintf(why, size, "%s", because);
	return loaded ? &table : NULL;
}

const char *libvirt_version(void)
{
	static char text[32];
	unsigned long v;
	char why[256];

	if (!text[0] && libvirt_api(why, sizeof(why)) && !table.virGetVersion(&v, NULL, NULL))
		snprintf(text, sizeof(text), "%lu.%lu.%lu", v / 1000000, v / 1000 % 1000, v % 1000);
	return text;
}

const char *libvirt_error(void)
{
	return table.virGetLastErrorMessage ? table.virGetLastErrorMessage() : "not loaded";
}
