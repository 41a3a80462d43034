/* SPDX-License-Identifier: Apache-2.0 */
/* A program for guests as part of this one: NAME_start and NAME_size. */
#define JOIN_(a, b) a##b
#define JOIN(a, b)  JOIN_(a, b)
#define START JOIN(IMAGE_NAME, _start)
#define SIZE  JOIN(IMAGE_NAME, _size)

	.section .rodata
	.globl	START, SIZE
	.balign	16
START:
	.incbin	IMAGE_FILE
1:
	.balign	8
SIZE:
	.quad	1b - START
	.section .note.GNU-stack, "", @progbits
