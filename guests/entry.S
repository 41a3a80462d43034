/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's ring 0: entry point, descriptor tables, page tables, interrupt stubs.
 *
 * Everything that can be is data in the file (see layout.h). The code below only loads the table
 * registers and drops to the payload in ring 3.
 */
#include "guests/layout.h"

#define MAX_CPUS 32

	.section .fixed, "awx", @progbits

/* ---- Interrupt stubs, 16 bytes each, at LAYOUT_ISR ---- */

	.globl	isr_table
isr_table:
	.set	v, 0
	.rept	32				/* exceptions: error code, vector, on to C */
	.balign	16
	.if	v == VECTOR_GATE
	testq	%rax, %rax
	je	1f
	call	*%rax				/* C's convention: arguments in %rdi, %rsi */
1:	iretq
	.else
	.if	!((v == 8) || ((v >= 10) && (v <= 14)) || (v == 17) || (v == 21) || (v == 29) || (v == 30))
	pushq	$0				/* the CPU pushes no error code for these */
	.endif
	pushq	$v
	jmp	exception_common
	.endif
	.set	v, v + 1
	.endr
	.rept	256 - 32
	.balign	16
	.if	v == VECTOR_SPURIOUS
	iretq
	.else
	incq	interrupt_count + 8 * v		/* where ring 3 can see it */
	jmp	interrupt_end
	.endif
	.set	v, v + 1
	.endr

/* ---- IDT: interrupt gates; the gate may be raised from ring 3 ---- */

	.org	LAYOUT_IDT - LAYOUT_ISR
	.set	v, 0
	.rept	256
	.set	a, LAYOUT_ISR + 16 * v
	.word	a & 0xffff, SELECTOR_KERNEL_CODE
	.if	v == VECTOR_GATE
	.word	0xee00
	.else
	.word	0x8e00
	.endif
	.word	a >> 16
	.quad	0
	.set	v, v + 1
	.endr

/* ---- GDT ---- */

	.org	LAYOUT_GDT - LAYOUT_ISR
	.quad	0
	.quad	0x00af9b000000ffff	/* 0x08 ring-0 code, 64 bit */
	.quad	0x00cf93000000ffff	/* 0x10 ring-0 data */
	.quad	0x00cff3000000ffff	/* 0x18 ring-3 data */
	.quad	0x00affb000000ffff	/* 0x20 ring-3 code, 64 bit */
	.quad	0
	.set	v, 0
	.rept	MAX_CPUS
	.set	a, LAYOUT_TSS + TSS_SIZE * v
	.quad	TSS_LIMIT | (a & 0xffffff) << 16 | 0x89 << 40 | (a >> 24) << 56
	.quad	0
	.set	v, v + 1
	.endr
gdt_end:

/* ---- Multiboot2 specification 2.0, section 3.1: in the first 32 KiB of the file ---- */

	.org	LAYOUT_MULTIBOOT2 - LAYOUT_ISR
multiboot2_header:
	.long	0xe85250d6, 0, multiboot2_end - multiboot2_header
	.long	-(0xe85250d6 + (multiboot2_end - multiboot2_header))
	.balign	8
	.word	3, 0			/* where to enter, in 32-bit protected mode */
	.long	12
	.long	entry_multiboot2
	.balign	8
	.word	0, 0			/* no more tags */
	.long	8
multiboot2_end:

/* ---- TSS: the stack that ring 0 is entered on, and leave to use the ports below 1024 ----
 *
 * The payload has IOPL 3, which should do; but where ring 0 is interpreted (kvm_pvm) IRET does
 * not set it, and the bitmap is what the emulator asks.
 */

	.org	LAYOUT_TSS - LAYOUT_ISR
	.set	v, 0
	.rept	MAX_CPUS
	.long	0
	.quad	kernel_stacks + ((v + 1) << KERNEL_STACK_SHIFT)
	.fill	102 - 12, 1, 0
	.word	104			/* where the bitmap begins */
	.fill	128, 1, 0
	.byte	0xff
	.fill	TSS_SIZE - TSS_LIMIT - 1, 1, 0
	.set	v, v + 1
	.endr

/* ---- Page tables: identity, all of it the payload's (present, writable, user) ---- */

	.org	LAYOUT_PML4 - LAYOUT_ISR
	.quad	LAYOUT_PDPT + 7
	.org	LAYOUT_PDPT - LAYOUT_ISR
	.set	v, 0
	.rept	4
	.quad	LAYOUT_PD + v * 4096 + 7
	.set	v, v + 1
	.endr
	.org	LAYOUT_PD - LAYOUT_ISR
	.quad	LAYOUT_PT0 + 7
	.set	v, 1
	.rept	2047
	.quad	(v << 21) + 0x87
	.set	v, v + 1
	.endr
	.org	LAYOUT_PT0 - LAYOUT_ISR
	.quad	0			/* so that following a null pointer is an exception */
	.set	v, 1
	.rept	511
	.quad	(v << 12) + 7
	.set	v, v + 1
	.endr

/* ---- Code ---- */

	.text

	/*
	 * entry64: long mode, CR3 = LAYOUT_PML4, interrupts off, %rsi = CPU number.
	 * The embedded VMM starts every vCPU here.
	 */
	.globl	entry64
entry64:
	lgdt	gdt_pointer
	lidt	idt_pointer
	movl	%esi, %eax
	shll	$4, %eax
	addl	$SELECTOR_TSS, %eax
	ltr	%ax
	leal	1(%rsi), %eax
	movl	%eax, %edx
	shll	$KERNEL_STACK_SHIFT, %eax
	leaq	kernel_stacks(%rax), %rsp
	shll	$USER_STACK_SHIFT, %edx
	addq	$user_stacks, %rdx
	pushq	$SELECTOR_USER_DATA
	pushq	%rdx
	pushq	$0x3202			/* IOPL 3, interrupts on */
	pushq	$SELECTOR_USER_CODE
	pushq	$ring3_entry
	iretq

	/* %rsi = CPU number, a fresh stack: call the payload, never return. */
ring3_entry:
	movl	%esi, %edi
	xorl	%ebp, %ebp
	call	payload_main
	ud2

	.balign	16
interrupt_end:
	pushq	%rax
	cmpq	$kernel_halt_hlt, 8(%rsp)	/* about to halt: it need not any more */
	je	2f
1:	xorl	%eax, %eax
	movabsl	%eax, 0xfee000b0	/* the local APIC's EOI register */
	popq	%rax
	iretq
2:	movq	$kernel_halt_end, 8(%rsp)
	jmp	1b

	/*
	 * Halt until an interrupt; called in ring 0 with interrupts off. STI should hold interrupts
	 * off until HLT has begun; where ring 0 is interpreted it does not, and one that comes in
	 * between would be slept through: interrupt_end skips the HLT then.
	 */
	.globl	kernel_halt
kernel_halt:
	sti
kernel_halt_hlt:
	hlt
kernel_halt_end:
	cli
	ret

	/* Where SYSCALL goes (bench/switch_ring.c): straight back, by SYSRET or, where that is not
	 * emulated, by IRET over the payload's own stack. */
	.globl	syscall_sysret, syscall_iret
syscall_sysret:
	sysretq
syscall_iret:
	movq	%rsp, %rdx
	pushq	$SELECTOR_USER_DATA
	pushq	%rdx
	pushq	%r11
	pushq	$SELECTOR_USER_CODE
	pushq	%rcx
	iretq

	/*
	 * An exception that nobody asked for: hand vector, error code and address to ring 3, which
	 * reports it (payload_exception never returns).
	 */
exception_common:
	popq	%rdi			/* vector */
	popq	%rsi			/* error code */
	movq	(%rsp), %rdx		/* where */
	movq	$payload_exception, (%rsp)
	andq	$-16, 24(%rsp)
	subq	$8, 24(%rsp)
	movq	$SELECTOR_USER_CODE, 8(%rsp)
	movq	$SELECTOR_USER_DATA, 32(%rsp)
	orq	$0x3202, 16(%rsp)
	iretq

	.section .rodata
	.balign	8
	.globl	gdt_pointer, idt_pointer
gdt_pointer:
	.word	gdt_end - (isr_table + LAYOUT_GDT - LAYOUT_ISR) - 1
	.quad	LAYOUT_GDT
idt_pointer:
	.word	4095
	.quad	LAYOUT_IDT

	.bss
	.balign	4096
	.globl	interrupt_count
interrupt_count:
	.fill	256 * 8
	.balign	4096
	.globl	kernel_stacks, user_stacks
kernel_stacks:
	.fill	MAX_CPUS << KERNEL_STACK_SHIFT
user_stacks:
	.fill	MAX_CPUS << USER_STACK_SHIFT

	.section .note.GNU-stack, "", @progbits
