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

#define NOTE_PHYS32_ENTRY 18u /* xen/include/public/elfnote.h */

/* In one segment of notes; 0: it is not there. */
static uint32_t find_entry(const uint8_t *note, size_t size)
{
	Elf64_Nhdr h;

	for (size_t at = 0; at + sizeof(h) <= size;) {
		size_t name = at + sizeof(h), value;
		uint32_t entry;

		memcpy(&h, note + at, sizeof(h));
		value = name + ((h.n_namesz + 3u) & ~3u);
		at = value + ((h.n_descsz + 3u) & ~3u);
		if (at > size || h.n_type != NOTE_PHYS32_ENTRY || h.n_namesz != 4 ||
		    memcmp(note + name, "Xen", 4))
			continue;
		memcpy(&entry, note + value, sizeof(entry));
		return entry;
	}
	return 0;
}

uint32_t image_pvh_entry(void)
{
	uint32_t entry = 0;
	Elf64_Ehdr eh;

	memcpy(&eh, guest_image_start, sizeof(eh));
	for (unsigned int i = 0; i < eh.e_phnum && !entry; i++) {
		Elf64_Phdr ph;

		memcpy(&ph, guest_image_start + eh.e_phoff + i * sizeof(ph), sizeof(ph));
		if (ph.p_type == PT_NOTE)
			entry = find_entry(guest_image_start + ph.p_offset, ph.p_filesz);
	}
	return entry;
}
