/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The image of make iso as one boot wants it: a copy in which the first entry of GRUB's menu has
 * the guest's command line of that boot. The image keeps room for it (guests/grub.cfg), so that
 * nothing but that file's bytes change, and no tool is needed.
 */
#ifndef VQ_LIBVIRT_BOOT_IMAGE_H
#define VQ_LIBVIRT_BOOT_IMAGE_H

#include <stddef.h>

struct boot_image {
	unsigned char *bytes; /* malloc'd */
	size_t size;
};

/*
 * The image beside this program: iso/virt-qualify.iso of a build, or
 * ../share/virt-qualify/virt-qualify.iso of an installation. NULL: none; static.
 */
const char *boot_image_find(void);

/* Read an image, 64 MiB at the most. 0, or -1 with one line in `error`: what is wrong with it, and
 * how to get one. */
int boot_image_read(struct boot_image *i, const char *path, char *error, size_t size);

/* Write the command line in, in place of an earlier one. 0, or -1 with one line in `error`. */
int boot_image_command(struct boot_image *i, const char *command, char *error, size_t size);

/* Into a new file, readable by all. 0, or -1 with one line in `error`. */
int boot_image_write(const struct boot_image *i, const char *path, char *error, size_t size);

void boot_image_free(struct boot_image *i);

#endif
