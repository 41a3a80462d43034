/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot sector of an HVM domain's disk (hvm.c): it says that it was reached, waits for the host
 * to lay the guest into RAM, and enters it as a PVH loader does: 32-bit, flat, paging off, %ebx at
 * the start information.
 */
#include "harness/platform/xen/boot_sector.h"

	.section .rodata.boot_sector, "a"
	.globl	boot_sector
	.code16
boot_sector:
	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	movl	$SECTOR_HERE, SECTOR_STATE
1:	pause
	cmpl	$SECTOR_GO, SECTOR_STATE
	jne	1b
	lgdtl	gdt_pointer - boot_sector + SECTOR
	movl	$0x11, %eax		/* CR0: protection, and a bit that is always set */
	movl	%eax, %cr0
	ljmpl	$0x08, $(in_32 - boot_sector + SECTOR)
	.code32
in_32:
	movw	$0x10, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movl	$START_INFO, %ebx
	jmp	*SECTOR_ENTRY

	.balign	8
gdt:
	.quad	0
	.quad	0x00cf9b000000ffff	/* 0x08: code, 32 bit, flat */
	.quad	0x00cf93000000ffff	/* 0x10: data */
gdt_pointer:
	.word	gdt_pointer - gdt - 1
	.long	gdt - boot_sector + SECTOR
	.org	boot_sector + 510
	.byte	0x55, 0xaa
	.section .note.GNU-stack, "", @progbits
