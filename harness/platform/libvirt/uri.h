/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a user writes behind "libvirt:": a URI of libvirt's, and, behind a #, what we are to do
 * there:
 *
 *	qemu+ssh://root@HOST/system#image=virt-qualify.iso,type=qemu
 */
#ifndef VQ_LIBVIRT_URI_H
#define VQ_LIBVIRT_URI_H

#include <stddef.h>

struct libvirt_uri {
	char whole[512]; /* as it was written; "": none was */
	char uri[301];	 /* libvirt's part */
	char image[256]; /* of make iso; "": look for one, "none": no guest */
	char type[32];	 /* of domains; "": the driver's kvm, else its first */
	char pool[64];	 /* of storage, to upload the image to; "": "default", where the URI names
			  * another host, else it is not uploaded */
};

/* A plan, too, may say so, and that may come from a stranger. 0, or -1 with one line in `error`. */
int libvirt_uri_parse(const char *text, struct libvirt_uri *u, char *error, size_t size);

#endif
