/* SPDX-License-Identifier: Apache-2.0 */
#include "guests/init_guest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "guests/payload.h"
#include "harness/platform/process.h"

#define DEVICES	  "/sys/bus/pci/devices"
#define MEMORY	  "/dev/mem"
#define PATH_SIZE 320

static int open_attribute(const char *device, const char *name, int flags)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), DEVICES "/%.255s/%s", device, name);
	return open(path, flags | O_CLOEXEC);
}

static bool attribute_is(const char *device, const char *name, const char *value)
{
	int fd = open_attribute(device, name, O_RDONLY);
	char text[32] = "";

	if (fd < 0)
		return false;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return !strncmp(text, value, strlen(value));
}

static bool enable(const char *device)
{
	int fd = open_attribute(device, "enable", O_WRONLY);
	bool done = fd >= 0 && write(fd, "1", 1) == 1;

	if (fd >= 0)
		close(fd);
	return done;
}

static uint8_t *map_bar(const char *device, size_t *size)
{
	int fd = open_attribute(device, "resource2", O_RDWR);
	struct stat st;
	void *p = MAP_FAILED;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size >= VQ_IMAGE_OFFSET) {
		*size = (size_t)st.st_size;
		p = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	}
	if (fd >= 0)
		close(fd);
	return p == MAP_FAILED ? NULL : p;
}

static uint8_t *find_shared(size_t *size)
{
	DIR *devices = opendir(DEVICES);
	uint8_t *found = NULL;
	struct dirent *e;

	while (devices && !found && (e = readdir(devices)))
		if (attribute_is(e->d_name, "vendor", "0x1af4") &&
		    attribute_is(e->d_name, "device", "0x1110") && enable(e->d_name))
			found = map_bar(e->d_name, size);
	if (devices)
		closedir(devices);
	return found;
}

/* Of physical memory that is not the kernel's. */
static uint8_t *map_areas(const char *text, size_t *size)
{
	char *end;
	unsigned long long address = strtoull(text, &end, 0);
	int fd;
	void *p = MAP_FAILED;

	*size = *end == ',' ? strtoull(end + 1, NULL, 0) : 0;
	if (*size < VQ_IMAGE_OFFSET ||
	    (mknod(MEMORY, S_IFCHR | 0600, makedev(1, 1)) && errno != EEXIST))
		return NULL;
	fd = open(MEMORY, O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		p = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)address);
		close(fd);
	}
	return p == MAP_FAILED ? NULL : p;
}

static uint8_t *find_areas(size_t *size)
{
	const char *areas = getenv(INIT_AREAS);

	if (areas)
		return map_areas(areas, size);
	if ((mkdir("/sys", 0755) && access("/sys", F_OK)) || mount("sys", "/sys", "sysfs", 0, NULL))
		return NULL;
	return find_shared(size);
}

static int make_ready(struct machine *self)
{
	static struct machine_status status; /* the host keeps its own */

	self->memory = find_areas(&self->memory_size);
	if (!self->memory || syscall(SYS_iopl, 3)) /* threads inherit it */
		return -1;
	self->status = &status;
	self->event = -1;
	return 0;
}

int init_guest_start(struct machine *self)
{
	const struct vq_boot *boot;

	if (make_ready(self))
		return -1;
	boot = (const void *)(self->memory + VQ_BOOT_OFFSET);
	if (boot->magic != VQ_BOOT_MAGIC || !boot->cpus || boot->cpus > VQ_MAX_CPUS)
		return -1;
	self->config.cpus = boot->cpus;
	for (uint32_t i = 0; i < boot->cpus; i++)
		self->pin[i] = (int)i;
	self->config.pin = self->pin;
	outb(VQ_PORT_DOORBELL, VQ_DOORBELL_READY);
	process_start(self, NULL, true);
	return 0;
}
