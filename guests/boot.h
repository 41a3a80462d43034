/* SPDX-License-Identifier: Apache-2.0 */
/* Between guests/boot_entry.S and guests/boot.c: a boot by PVH or multiboot2. */
#ifndef VQ_BOOT_H
#define VQ_BOOT_H

#define BOOT_PVH	1
#define BOOT_MULTIBOOT2 2

#define BOOT_TRAMPOLINE 0x8000 /* below 1 MiB, on a page of its own: SIPI names the page */

#ifndef __ASSEMBLER__
#include <stdint.h>

extern uint32_t boot_loader;	  /* BOOT_PVH or BOOT_MULTIBOOT2 */
extern uint32_t boot_information; /* what it handed over, in memory below 4 GiB */
extern volatile uint32_t boot_cpus_up;
extern uint32_t boot_cpus_wanted;
extern const uint8_t boot_trampoline[], boot_trampoline_end[];

/* How fast the TSC ticks, and how that is known (enum vq_tsc_source); 0: unknown. In ring 0. */
uint32_t boot_tsc_khz(uint32_t *source);

/* In ring 0 on the first CPU: fill in the boot page, start the other CPUs. */
void boot_main(void);

/* In ring 0 on each other CPU, once it has arrived. */
void boot_other(uint32_t cpu);
#endif

#endif
