/* SPDX-License-Identifier: Apache-2.0 */
/* A directory for what a platform puts on disk: one of its own each time, noted in the journal. */
#ifndef VQ_DIRECTORY_H
#define VQ_DIRECTORY_H

struct journal;

enum directory_use {
	DIRECTORY_PRIVATE,  /* mode 0700, beside the journal */
	DIRECTORY_PROGRAMS, /* programs will be run from it, and /run is often mounted noexec */
	DIRECTORY_READABLE, /* who knows the name may read: another user's process has to */
};

struct directory {
	char name[64];	/* virt-qualify-…, no other has it */
	char path[512]; /* beside the journal, or in /var/tmp */
};

/* Make one. 0, or -1 with one line in `error` (`size` bytes). */
int directory_make(struct directory *d, struct journal *j, enum directory_use use, char *error,
		   unsigned int size);

/* Remove it with all that is in it. What cannot be removed is in the journal. */
void directory_remove(struct directory *d);

#endif
