/* SPDX-License-Identifier: Apache-2.0 */
/* An ELF image laid into guest memory: the guest image, which is part of this program, or a kernel
 * of the user's, of which nothing is believed. */
#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "harness/vmm/vmm.h"

extern const uint8_t guest_image_start[];
extern const uint64_t guest_image_size;

#define NOTE_PHYS32_ENTRY 18u /* xen/include/public/elfnote.h */

static bool is_program(const struct vm_image *image, Elf64_Ehdr *eh)
{
	if (image->size < sizeof(*eh))
		return false;
	memcpy(eh, image->bytes, sizeof(*eh));
	return !memcmp(eh->e_ident, ELFMAG, SELFMAG) && eh->e_ident[EI_CLASS] == ELFCLASS64 &&
	       eh->e_machine == EM_X86_64 && eh->e_phentsize == sizeof(Elf64_Phdr) &&
	       eh->e_phoff <= image->size &&
	       eh->e_phnum <= (image->size - eh->e_phoff) / sizeof(Elf64_Phdr);
}

/* A segment that lies within the image. */
static bool segment(const struct vm_image *image, const Elf64_Ehdr *eh, unsigned int i,
		    Elf64_Phdr *ph)
{
	memcpy(ph, image->bytes + eh->e_phoff + i * sizeof(*ph), sizeof(*ph));
	return ph->p_offset <= image->size && ph->p_filesz <= image->size - ph->p_offset;
}

static int segment_load(const struct vm_image *image, const Elf64_Phdr *ph, uint8_t *memory,
			uint64_t size)
{
	if (ph->p_paddr > size || ph->p_memsz > size - ph->p_paddr || ph->p_filesz > ph->p_memsz)
		return -1;
	memcpy(memory + ph->p_paddr, image->bytes + ph->p_offset, ph->p_filesz);
	/* RAM from a fresh memfd is zero; a restart reuses RAM that a guest has written. */
	memset(memory + ph->p_paddr + ph->p_filesz, 0, ph->p_memsz - ph->p_filesz);
	return 0;
}

int image_load_elf(const struct vm_image *image, uint8_t *memory, uint64_t size, uint64_t *entry,
		   char *error, size_t error_size)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph;

	if (!is_program(image, &eh)) {
		snprintf(error, error_size, "the guest image is no ELF program for x86-64");
		return -1;
	}
	for (unsigned int i = 0; i < eh.e_phnum; i++) {
		bool whole = segment(image, &eh, i, &ph);

		if (ph.p_type != PT_LOAD || (whole && !segment_load(image, &ph, memory, size)))
			continue;
		if (whole)
			snprintf(error, error_size,
				 "the guest image needs more than %llu KiB of RAM",
				 (unsigned long long)size >> 10);
		else
			snprintf(error, error_size, "the guest image is cut off");
		return -1;
	}
	*entry = eh.e_entry;
	return 0;
}

/* In one segment of notes; 0: it is not there. */
static uint32_t find_entry(const uint8_t *note, size_t size)
{
	Elf64_Nhdr h;

	for (size_t at = 0; at + sizeof(h) <= size;) {
		size_t name = at + sizeof(h), value;
		uint32_t entry;

		memcpy(&h, note + at, sizeof(h));
		value = name + (((size_t)h.n_namesz + 3) & ~(size_t)3);
		at = value + (((size_t)h.n_descsz + 3) & ~(size_t)3);
		if (at > size || h.n_type != NOTE_PHYS32_ENTRY || h.n_namesz != 4 ||
		    h.n_descsz < sizeof(entry) || memcmp(note + name, "Xen", 4))
			continue;
		memcpy(&entry, note + value, sizeof(entry));
		return entry;
	}
	return 0;
}

uint32_t image_pvh_entry_elf(const struct vm_image *image)
{
	uint32_t entry = 0;
	Elf64_Ehdr eh;
	Elf64_Phdr ph;

	if (!is_program(image, &eh))
		return 0;
	for (unsigned int i = 0; i < eh.e_phnum && !entry; i++)
		if (segment(image, &eh, i, &ph) && ph.p_type == PT_NOTE)
			entry = find_entry(image->bytes + ph.p_offset, ph.p_filesz);
	return entry;
}

/* ---- Our own ---- */

static struct vm_image guest_image(void)
{
	return (struct vm_image){.bytes = guest_image_start, .size = guest_image_size};
}

int image_load(uint8_t *memory, uint64_t size, uint64_t *entry, char *error, size_t error_size)
{
	struct vm_image image = guest_image();

	return image_load_elf(&image, memory, size, entry, error, error_size);
}

uint32_t image_pvh_entry(void)
{
	struct vm_image image = guest_image();

	return image_pvh_entry_elf(&image);
}
