/* SPDX-License-Identifier: Apache-2.0 */
/* What the boot sector of an HVM domain's disk and its host have in common: addresses in RAM. */
#ifndef VQ_XEN_BOOT_SECTOR_H
#define VQ_XEN_BOOT_SECTOR_H

/* Where a BIOS puts the boot sector, and what it holds at its end. */
#define SECTOR	     0x7c00
#define SECTOR_ENTRY 0x7df0 /* host to guest: where to go, 32 bits */
#define SECTOR_STATE 0x7df4
#define SECTOR_HERE  1 /* guest to host: the boot sector runs */
#define SECTOR_GO    2 /* host to guest: the guest is laid in */

/* What a PVH loader hands over, in RAM that nobody else uses until the guest has read it. */
#define START_INFO    0x9000
#define START_COMMAND 0x9100

#ifndef __ASSEMBLER__
#include <stdint.h>

extern const uint8_t boot_sector[512];
#endif

#endif
