/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ways in from firmware and boot loaders: PVH (QEMU -kernel, Xen, Firecracker-like VMMs) and
 * multiboot2 (GRUB, from any BIOS or UEFI). Both arrive in 32-bit protected mode without paging;
 * from there it is one road to long mode and to entry64. The embedded VMM does without it.
 */
#include "guests/boot.h"
#include "guests/layout.h"

#define MSR_EFER    0xc0000080
#define EFER_BITS   0x101		/* long mode, SYSCALL */
#define CR4_BITS    0x620		/* PAE, and SSE for the payload (OSFXSR, OSXMMEXCPT) */
#define CR4_OSXSAVE (1 << 18)
#define CR0_BITS    0x80010033		/* PG, WP, NE, ET, MP, PE */
#define XCR0_BITS   0xe7		/* x87, SSE, AVX, AVX-512: those that there are */

/* ---- What loaders look for ---- */

	/* PVH: Xen, docs/misc/pvh.pandoc; XEN_ELFNOTE_PHYS32_ENTRY. */
	.section .note.Xen, "a", @note
	.balign	4
	.long	4, 8, 18
	.asciz	"Xen"
	.quad	entry_pvh

/* ---- 32-bit entries: %ebx points to what the loader has to say ---- */

	.section .text.boot, "ax", @progbits
	.code32
entry_pvh:
	movl	$BOOT_PVH, boot_loader
	jmp	1f
	.globl	entry_multiboot2
entry_multiboot2:
	movl	$BOOT_MULTIBOOT2, boot_loader
1:	movl	%ebx, boot_information
	xorl	%esi, %esi
	movl	$road_boot, %ebp

	/* To long mode, then to %ebp; %esi = CPU number. */
to_long_mode:
	cld
	cli
	lgdt	gdt_pointer
	movl	$CR4_BITS, %edi
	movl	$1, %eax
	cpuid
	testl	$(1 << 26), %ecx	/* XSAVE: AVX needs it turned on */
	jz	1f
	orl	$CR4_OSXSAVE, %edi
1:	movl	%edi, %cr4
	testl	$CR4_OSXSAVE, %edi
	jz	2f
	movl	$0xd, %eax
	xorl	%ecx, %ecx
	cpuid
	andl	$XCR0_BITS, %eax
	xorl	%edx, %edx
	xorl	%ecx, %ecx
	xsetbv
2:	movl	$LAYOUT_PML4, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$EFER_BITS, %eax
	wrmsr
	movl	$CR0_BITS, %eax
	movl	%eax, %cr0
	ljmp	$SELECTOR_KERNEL_CODE, $3f

	.code64
3:	movl	$SELECTOR_KERNEL_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	jmp	*%rbp

	/* The first CPU: fill in the boot page, start the others; then as under the embedded VMM. */
road_boot:
	lidt	idt_pointer
	movq	$boot_stack_end, %rsp
	xorl	%ebp, %ebp
	call	boot_main
	xorl	%esi, %esi
	jmp	entry64

/* ---- The other CPUs: from real mode, at BOOT_TRAMPOLINE (Intel SDM vol. 3A, 9.4) ---- */

	.section .rodata
	.globl	boot_trampoline, boot_trampoline_end
	.code16
boot_trampoline:
	cli
	movw	%cs, %ax
	movw	%ax, %ds
	lgdtl	trampoline_gdt_pointer - boot_trampoline
	movl	$0x11, %eax
	movl	%eax, %cr0
	ljmpl	$0x08, $(BOOT_TRAMPOLINE + trampoline32 - boot_trampoline)
	.code32
trampoline32:
	movw	$0x10, %ax
	movw	%ax, %ds
	movl	$1, %esi
	lock xaddl %esi, boot_cpus_up	/* numbers in the order of arrival: 1, 2, … */
	movzwl	%si, %esi		/* above: how many are up already */
	cmpl	boot_cpus_wanted, %esi
	jae	1f
	movl	$road_other, %ebp
	movl	$to_long_mode, %eax
	jmp	*%eax
1:	cli
	hlt
	jmp	1b
	.balign	8
trampoline_gdt:
	.quad	0
	.quad	0x00cf9b000000ffff	/* 0x08 code, 32 bit */
	.quad	0x00cf93000000ffff	/* 0x10 data */
trampoline_gdt_pointer:
	.word	trampoline_gdt_pointer - trampoline_gdt - 1
	.long	BOOT_TRAMPOLINE + trampoline_gdt - boot_trampoline
boot_trampoline_end:

	.section .text.boot, "ax", @progbits
	.code64
road_other:
	lidt	idt_pointer
	leal	1(%rsi), %eax
	shll	$KERNEL_STACK_SHIFT, %eax
	leaq	kernel_stacks(%rax), %rsp
	pushq	%rsi
	movl	%esi, %edi
	call	boot_other
	popq	%rsi
	jmp	entry64

	.bss
	.balign	16
	.fill	4096
boot_stack_end:

	.section .note.GNU-stack, "", @progbits
