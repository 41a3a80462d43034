/* SPDX-License-Identifier: Apache-2.0 */
/* The guest image, which is part of this program, laid into guest memory. */
#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "harness/vmm/vmm.h"

extern const uint8_t guest_image_start[];
extern const uint64_t guest_image_size;

static int segment_load(const Elf64_Phdr *ph, size_t image_size, uint8_t *memory, uint64_t size)
{
	if (ph->p_offset > image_size || ph->p_filesz > image_size - ph->p_offset)
		return -1;
	if (ph->p_paddr > size || ph->p_memsz > size - ph->p_paddr || ph->p_filesz > ph->p_memsz)
		return -1;
	memcpy(memory + ph->p_paddr, guest_image_start + ph->p_offset, ph->p_filesz);
	/* RAM from a fresh memfd is zero; a restart reuses RAM that a guest has written. */
	memset(memory + ph->p_paddr + ph->p_filesz, 0, ph->p_memsz - ph->p_filesz);
	return 0;
}

int image_load(uint8_t *memory, uint64_t size, uint64_t *entry, char *error, size_t error_size)
{
	size_t image_size = guest_image_size;
	Elf64_Ehdr eh;

	memcpy(&eh, guest_image_start, sizeof(eh));
	for (unsigned int i = 0; i < eh.e_phnum; i++) {
		Elf64_Phdr ph;

		memcpy(&ph, guest_image_start + eh.e_phoff + i * sizeof(ph), sizeof(ph));
		if (ph.p_type == PT_LOAD && segment_load(&ph, image_size, memory, size)) {
			snprintf(error, error_size,
				 "the guest image needs more than %llu KiB of RAM",
				 (unsigned long long)size >> 10);
			return -1;
		}
	}
	*entry = eh.e_entry;
	return 0;
}
