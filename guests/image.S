/* SPDX-License-Identifier: Apache-2.0 */
/* The guest image as part of the program. */
	.section .rodata
	.globl	guest_image_start, guest_image_size
	.balign	16
guest_image_start:
	.incbin	GUEST_IMAGE
guest_image_end:
	.balign	8
guest_image_size:
	.quad	guest_image_end - guest_image_start
	.section .note.GNU-stack, "", @progbits
