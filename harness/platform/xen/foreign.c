/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/xen/foreign.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096u

/* xenforeignmemory.h, whose interface is stable from Xen 4.7 on (map2: 4.10). */
static struct {
	void *(*open)(void *logger, unsigned int flags);
	void *(*map)(void *handle, uint32_t domain, void *at, int protection, int flags,
		     size_t pages, const uint64_t frames[], int errors[]);
} library;

static void *handle;

static bool load(char *why, size_t size)
{
	void *file = dlopen("libxenforeignmemory.so.1", RTLD_NOW | RTLD_LOCAL);
	void *open = file ? dlsym(file, "xenforeignmemory_open") : NULL;
	void *map = file ? dlsym(file, "xenforeignmemory_map2") : NULL;

	if (!open || !map) {
		snprintf(why, size,
			 "Xen's library libxenforeignmemory.so.1 is not installed (Debian: "
			 "apt-get install libxenforeignmemory1)");
		return false;
	}
	memcpy(&library.open, &open, sizeof(open));
	memcpy(&library.map, &map, sizeof(map));
	return true;
}

bool xen_foreign_works(char *why, size_t size)
{
	if (handle)
		return true;
	if (!library.map && !load(why, size))
		return false;
	handle = library.open(NULL, 0);
	if (!handle)
		snprintf(why, size, "/dev/xen/privcmd cannot be opened (%s): run as root in dom0",
			 strerror(errno));
	return handle;
}

static int map_pages(uint32_t domain, uint64_t first, void *at, size_t pages, uint64_t *frames,
		     int *errors)
{
	for (size_t i = 0; i < pages; i++)
		frames[i] = first + i;
	if (!library.map(handle, domain, at, PROT_READ | PROT_WRITE, MAP_FIXED, pages, frames,
			 errors))
		return -1;
	for (size_t i = 0; i < pages; i++) {
		if (errors[i]) {
			errno = abs(errors[i]);
			return -1;
		}
	}
	return 0;
}

int xen_foreign_map(uint32_t domain, uint64_t address, void *at, size_t size)
{
	size_t pages = size / PAGE;
	uint64_t *frames = calloc(pages, sizeof(*frames));
	int *errors = calloc(pages, sizeof(*errors));
	char why[256];
	int ret = -1;

	if (frames && errors && xen_foreign_works(why, sizeof(why)))
		ret = map_pages(domain, address / PAGE, at, pages, frames, errors);
	free(frames);
	free(errors);
	return ret;
}
