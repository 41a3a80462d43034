/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses inside the guest image that must be known while assembling: the descriptor tables
 * are complete in the file, so that the guest's ring 0 builds nothing at boot. Where ring 0 is
 * interpreted, an instruction saved there is half a microsecond saved in every trial.
 */
#ifndef VQ_LAYOUT_H
#define VQ_LAYOUT_H

#define LAYOUT_ISR	  0x100000 /* 256 interrupt stubs of 16 bytes */
#define LAYOUT_IDT	  0x101000
#define LAYOUT_GDT	  0x102000
#define LAYOUT_MULTIBOOT2 0x102800
#define LAYOUT_TSS	  0x103000 /* one of 256 bytes for each CPU */
#define LAYOUT_PML4	  0x105000
#define LAYOUT_PDPT	  0x106000
#define LAYOUT_PD	  0x107000 /* four pages: 4 GiB in pages of 2 MiB */
#define LAYOUT_PT0	  0x10b000 /* the first 2 MiB in pages of 4 KiB, page 0 absent */
#define LAYOUT_TEXT	  0x10c000

#define TSS_SIZE  256 /* stride */
#define TSS_LIMIT 232 /* 104 bytes, a bit for each port below 1024, and the closing byte */

#define KERNEL_STACK_SHIFT 11 /* 2 KiB a CPU */
#define USER_STACK_SHIFT   13 /* 8 KiB a CPU */

#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_USER_DATA   0x1b
#define SELECTOR_USER_CODE   0x23
#define SELECTOR_TSS	     0x30 /* of CPU 0, 16 bytes each */

/*
 * Vectors. Each CPU has its own, so that handlers need no per-CPU data. The way into ring 0 is
 * INT3: where ring 0 is interpreted (kvm_pvm) no INT n works.
 */
#define VECTOR_GATE	0x03 /* call the function in %rax in ring 0; 0: only return */
#define VECTOR_TIMER	0x40 /* + CPU */
#define VECTOR_IPI	0xa0 /* + CPU */
#define VECTOR_SPURIOUS 0xff

#endif
