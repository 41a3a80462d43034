/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HVM domain has a PC's firmware, and boots from a disk. Its disk holds a boot sector alone,
 * which says that it was reached, waits for the host to lay the guest into RAM (dom0 may write
 * there), and enters it as a PVH loader does. No boot loader, no file system, no image to make for
 * each trial.
 */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guests/abi.h"
#include "harness/host.h"
#include "harness/platform/xen/boot_sector.h"
#include "harness/platform/xen/domain.h"
#include "harness/platform/xen/foreign.h"
#include "harness/vmm/vmm.h"

#define DISK_SIZE (1 << 20)
#define IMAGE_END (2u << 20) /* the guest image lies below (guests/layout.h) */

/* hvmloader, and SeaBIOS, whose menu alone waits 2.5 s; under an emulator 7 to 45 s were seen, by
 * its host's load (host_patience). */
#define FIRMWARE_NS 30000000000ll

/* xen/include/public/arch-x86/hvm/start_info.h, version 1, and one entry of its memory map. */
struct start_info {
	uint32_t magic, version, flags, modules;
	uint64_t modules_at, command_at, rsdp_at, memory_map_at;
	uint32_t memory_map_entries, reserved;
	uint64_t address, size;
	uint32_t type, reserved_too;
};

#define START_MAGIC	  0x336ec578
#define START_RAM	  1
#define START_INFO_PROPER offsetof(struct start_info, address)

int xen_hvm_disk(struct xen_domain *d)
{
	d->image = memfd_create("virt-qualify disk", MFD_CLOEXEC);
	if (d->image >= 0 && ftruncate(d->image, DISK_SIZE) == 0 &&
	    pwrite(d->image, boot_sector, sizeof(boot_sector), 0) == (ssize_t)sizeof(boot_sector))
		return 0;
	snprintf(d->m->error, sizeof(d->m->error), "a disk for the domain: %s", strerror(errno));
	return -1;
}

static uint32_t *word(const struct xen_domain *d, uint32_t address)
{
	return (uint32_t *)(void *)(d->m->memory + address);
}

static int wait_for_sector(const struct xen_domain *d)
{
	int64_t bound = host_patience(FIRMWARE_NS), deadline = host_now_ns() + bound;

	while (__atomic_load_n(word(d, SECTOR_STATE), __ATOMIC_ACQUIRE) != SECTOR_HERE ||
	       memcmp(d->m->memory + SECTOR, boot_sector, 16)) {
		if (__atomic_load_n(&d->over, __ATOMIC_ACQUIRE))
			return -1;
		if (host_now_ns() > deadline) {
			snprintf(d->m->error, sizeof(d->m->error),
				 "the domain's firmware did not boot its disk within %lld s",
				 (long long)(bound / 1000000000));
			return -1;
		}
		usleep(1000);
	}
	return 0;
}

static void put_start_info(const struct xen_domain *d)
{
	struct start_info s = {
		.magic = START_MAGIC,
		.version = 1,
		.command_at = START_COMMAND,
		.memory_map_at = START_INFO + START_INFO_PROPER,
		.memory_map_entries = 1,
		.size = d->m->memory_size,
		.type = START_RAM,
	};
	char command[VQ_COMMAND_LENGTH];

	xen_domain_command(d->m, command, sizeof(command));
	memcpy(d->m->memory + START_INFO, &s, sizeof(s));
	memcpy(d->m->memory + START_COMMAND, command, strlen(command) + 1);
}

/* The guest image at its place, by a mapping of that part of RAM that is gone afterwards. */
static int put_image(const struct xen_domain *d, uint32_t *entry)
{
	uint8_t *at = mmap(NULL, IMAGE_END, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t entry64;
	int ret;

	if (at == MAP_FAILED)
		return -1;
	ret = xen_foreign_map((uint32_t)d->m->status->memory_of, VQ_IMAGE_OFFSET,
			      at + VQ_IMAGE_OFFSET, IMAGE_END - VQ_IMAGE_OFFSET);
	if (ret)
		snprintf(d->m->error, sizeof(d->m->error), "mapping the domain's RAM: %s",
			 strerror(errno));
	else
		ret = image_load(at, IMAGE_END, &entry64, d->m->error, sizeof(d->m->error));
	munmap(at, IMAGE_END);
	*entry = image_pvh_entry();
	return ret;
}

int xen_hvm_boot(struct xen_domain *d)
{
	uint32_t entry;

	if (wait_for_sector(d) || put_image(d, &entry))
		return -1;
	put_start_info(d);
	*word(d, SECTOR_ENTRY) = entry;
	__atomic_store_n(word(d, SECTOR_STATE), SECTOR_GO, __ATOMIC_RELEASE);
	return 0;
}
