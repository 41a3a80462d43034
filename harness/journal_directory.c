/* SPDX-License-Identifier: Apache-2.0 */
/* The state directories in which journals lie. */
#include "harness/journal_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/home.h"

static void add_directory(struct journal_directories *d, const char *base, const char *below)
{
	char *path = d->path[d->count];

	if (base && *base == '/' && snprintf(path, PATH_MAX, "%s%s", base, below) < PATH_MAX)
		d->count++;
}

int journal_find_directories(struct journal_directories *d, char *error, size_t size)
{
	const char *given = getenv("VIRT_QUALIFY_STATE");

	d->count = 0;
	if (given && *given) {
		add_directory(d, given, "");
		if (!d->count)
			return journal_refuse(error, size,
					      "VIRT_QUALIFY_STATE is \"%s\"; set an absolute path",
					      given);
		return 0;
	}
	if (!geteuid()) {
		add_directory(d, "/run/virt-qualify", "");
		return 0;
	}
	add_directory(d, getenv("XDG_RUNTIME_DIR"), "/virt-qualify");
	add_directory(d, home_directory(), "/.local/state/virt-qualify");
	if (!d->count)
		return journal_refuse(error, size,
				      "there is no place for the journal of host changes; set "
				      "VIRT_QUALIFY_STATE to a directory of yours");
	return 0;
}

int journal_make_directory(const char *path)
{
	char part[PATH_MAX];

	snprintf(part, sizeof(part), "%s", path);
	for (char *p = part + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		mkdir(part, 0700);
		*p = '/';
	}
	return mkdir(part, 0700) ? errno : 0;
}

/* One that others can write in could hold entries that we never made. */
int journal_open_directory(const char *path, char *error, size_t size)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), saved = errno;
	struct stat st;

	if (fd < 0) {
		journal_refuse(error, size,
			       "state directory %s: %s; set VIRT_QUALIFY_STATE to another one",
			       path, strerror(saved));
		errno = saved;
		return -1;
	}
	if (!fstat(fd, &st) && st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH)))
		return fd;
	close(fd);
	journal_refuse(error, size,
		       "state directory %s must belong to you and be writable by nobody else; put "
		       "that right (chmod 700) or set VIRT_QUALIFY_STATE to another one",
		       path);
	errno = EPERM;
	return -1;
}
