/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/directory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "harness/journal.h"

static void choose_place(struct journal *j, enum directory_use use, char *place, size_t size)
{
	struct statvfs fs;

	journal_place(j, place, size);
	if (use == DIRECTORY_READABLE ||
	    (use == DIRECTORY_PROGRAMS && (statvfs(place, &fs) || fs.f_flag & ST_NOEXEC)))
		snprintf(place, size, "/var/tmp");
}

int directory_make(struct directory *d, struct journal *j, enum directory_use use, char *error,
		   unsigned int size)
{
	unsigned long long number;
	char place[400];

	d->path[0] = '\0';
	if (getrandom(&number, sizeof(number), 0) != sizeof(number)) {
		snprintf(error, size, "getrandom: %s", strerror(errno));
		return -1;
	}
	choose_place(j, use, place, sizeof(place));
	snprintf(d->name, sizeof(d->name), "virt-qualify-%d-%016llx", getpid(), number);
	snprintf(d->path, sizeof(d->path), "%s/%s", place, d->name);
	if (journal_add(j, "remove-tree", d->path)) {
		snprintf(error, size, "%s", journal_error(j));
		return -1;
	}
	/* One that is there already is somebody else's. */
	if (!mkdir(d->path, 0700) && (use != DIRECTORY_READABLE || !chmod(d->path, 0711)))
		return 0;
	snprintf(error, size, "%.400s: %s", d->path, strerror(errno));
	return -1;
}

void directory_remove(struct directory *d)
{
	char why[256];

	if (d->path[0])
		journal_remove_tree(d->path, why, sizeof(why));
}
