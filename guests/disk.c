/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's disk: the first one of a PC's first IDE channel, by programmed I/O and polling
 * (ATA-6, T13/1410D, 9.5 and 9.6). Whatever hypervisor offers a disk offers such a one, and all of
 * its ports are the payload's.
 */
#include "guests/payload_private.h"

#define ATA_DATA    0x1f0u
#define ATA_COUNT   0x1f2u
#define ATA_LBA	    0x1f3u /* three ports, low byte first */
#define ATA_DEVICE  0x1f6u /* and the highest four bits */
#define ATA_STATUS  0x1f7u /* IN */
#define ATA_COMMAND 0x1f7u /* OUT */
#define ATA_CONTROL 0x3f6u

#define STATUS_BUSY  0x80u
#define STATUS_READY 0x40u
#define STATUS_FAULT 0x20u
#define STATUS_DATA  0x08u
#define STATUS_ERROR 0x01u
#define NOTHING	     0xffu /* what a port without a device says */

#define COMMAND_READ  0xc4u /* READ MULTIPLE: a block of sectors at a time */
#define COMMAND_BLOCK 0xc6u /* SET MULTIPLE MODE: so many sectors are a block */

#define DEVICE_0      0xe0u /* addressed by number of sector */
#define NO_INTERRUPTS 0x02u
#define SECTORS	      (VQ_PAGE_SIZE / 512u)
#define WORDS	      (VQ_PAGE_SIZE / 2u)
#define WAIT_TICKS    10000000000ull /* seconds */

static bool wait_for(uint8_t wanted)
{
	uint64_t begin = rdtsc();

	do {
		uint8_t status = inb(ATA_STATUS);

		if (status & STATUS_BUSY)
			continue;
		if (status & (STATUS_ERROR | STATUS_FAULT))
			return false;
		if (status & wanted)
			return true;
	} while (rdtsc() - begin < WAIT_TICKS);
	return false;
}

static void command(uint32_t block, uint8_t what)
{
	uint32_t sector = block * SECTORS;

	outb(ATA_DEVICE, (uint8_t)(DEVICE_0 | (sector >> 24 & 15)));
	outb(ATA_COUNT, SECTORS);
	for (uint32_t i = 0; i < 3; i++)
		outb((uint16_t)(ATA_LBA + i), (uint8_t)(sector >> 8 * i));
	outb(ATA_COMMAND, what);
}

bool payload_disk_read(uint32_t block, void *to)
{
	uint64_t words = WORDS;

	command(block, COMMAND_READ);
	if (!wait_for(STATUS_DATA))
		return false;
	__asm__ volatile("rep insw" : "+D"(to), "+c"(words) : "d"(ATA_DATA) : "memory");
	return true;
}

bool payload_disk_open(struct payload *p)
{
	if (!payload_number(p->boot, "disk", 0))
		return payload_refuse(p, "this guest has no disk of its own");
	outb(ATA_CONTROL, NO_INTERRUPTS);
	outb(ATA_DEVICE, DEVICE_0);
	if (inb(ATA_STATUS) == NOTHING)
		return payload_refuse(p, "there is no IDE disk where the platform has one");
	outb(ATA_COUNT, SECTORS);
	outb(ATA_COMMAND, COMMAND_BLOCK);
	if (!wait_for(STATUS_READY) || !payload_disk_read(0, payload_block))
		return payload_refuse(p, "the guest's disk cannot be read");
	if (!vq_disk_block_is(0, payload_block))
		return payload_refuse(p, "the guest's disk does not hold what the harness wrote");
	return true;
}
