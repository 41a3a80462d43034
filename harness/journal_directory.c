/* SPDX-License-Identifier: Apache-2.0 */
/* The state directories in which journals lie. */
#include "harness/journal_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "harness/core/text.h"
#include "harness/home.h"

#define LOOK_NS 5000000 /* between two tries to lock */

int journal_lock_ms = 5000; /* whoever holds it makes or opens a file meanwhile */

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

/* ---- Its lock ---- */

/* Who has a lock on that file (proc(5), /proc/locks); 0: it cannot be seen. */
static int lock_holder(int fd)
{
	FILE *f = fopen("/proc/locks", "re");
	unsigned long long inode;
	unsigned int major_id, minor_id;
	int pid, found = 0;
	struct stat st;
	char line[256];

	if (fstat(fd, &st))
		memset(&st, 0, sizeof(st));
	while (f && !found && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*d: FLOCK %*s %*s %d %x:%x:%llu", &pid, &major_id, &minor_id,
			   &inode) == 4 &&
		    inode == st.st_ino && makedev(major_id, minor_id) == st.st_dev && pid > 0)
			found = pid;
	if (f)
		fclose(f);
	return found;
}

static int refuse_locked(int directory, const char *path, char *error, size_t size)
{
	char file[48], name[32] = "?", clean[TEXT_CLEAN_SIZE(32)], who[160] = "somebody";
	int pid = lock_holder(directory);
	FILE *f;

	if (pid) {
		snprintf(file, sizeof(file), "/proc/%d/comm", pid);
		f = fopen(file, "re");
		if (f && fgets(name, sizeof(name), f))
			name[strcspn(name, "\n")] = '\0';
		if (f)
			fclose(f);
		text_clean(clean, name, strlen(name), false);
		snprintf(who, sizeof(who), "process %d (%s)", pid, clean);
	}
	return journal_refuse(error, size,
			      "state directory %s: %s has had it locked for over %g s; end that, "
			      "or set VIRT_QUALIFY_STATE to another one",
			      path, who, journal_lock_ms / 1000.0);
}

int journal_lock_directory(int directory, const char *path, char *error, size_t size)
{
	static const struct timespec moment = {.tv_nsec = LOOK_NS};
	int64_t tries = journal_lock_ms * 1000000ll / LOOK_NS;

	while (flock(directory, LOCK_EX | LOCK_NB)) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return journal_refuse(error, size, "state directory %s: locking it: %s",
					      path, strerror(errno));
		if (tries-- <= 0)
			return refuse_locked(directory, path, error, size);
		nanosleep(&moment, NULL);
	}
	return 0;
}
