/* SPDX-License-Identifier: Apache-2.0 */
/* Journals that others left, or still hold. */
#include "harness/journal_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FOUND 4096 /* journals looked at in one directory */

static int is_journal_name(const struct dirent *d)
{
	size_t length = strlen(d->d_name), suffix = strlen(JOURNAL_NAME_SUFFIX);

	return !strncmp(d->d_name, JOURNAL_NAME_PREFIX, strlen(JOURNAL_NAME_PREFIX)) &&
	       length > suffix && !strcmp(d->d_name + length - suffix, JOURNAL_NAME_SUFFIX);
}

/* The file, locked, of a directory that is. -1: see errno; EWOULDBLOCK: somebody has it, ENOENT: it
 * is gone by now. */
static int lock_found(int directory, const char *name)
{
	int fd, error = 0;
	struct stat st;

	fd = openat(directory, name,
		    O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) || (S_ISREG(st.st_mode) && flock(fd, LOCK_EX | LOCK_NB)) ||
	    fstat(fd, &st))
		error = errno;
	else if (!st.st_nlink) /* healed by somebody between open and lock */
		error = ENOENT;
	else if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink != 1 ||
		 (st.st_mode & (S_IWGRP | S_IWOTH)))
		error = EPERM;
	if (!error)
		return fd;
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}

static void visit_found(const char *place, int directory, const char *name, int fd, int saved,
			journal_visit *visit, void *context)
{
	char path[PATH_MAX + NAME_MAX + 2], error[512];
	struct journal *j = NULL;
	int own;

	snprintf(path, sizeof(path), "%s/%s", place, name);
	if (fd < 0) {
		if (saved == EWOULDBLOCK)
			visit(context, JOURNAL_LIVE, path, NULL, NULL);
		else if (saved != ENOENT)
			visit(context, JOURNAL_UNREADABLE, path, NULL,
			      saved == EPERM ? "is not a plain file of yours alone"
					     : strerror(saved));
		return;
	}
	own = fcntl(directory, F_DUPFD_CLOEXEC, 0);
	if (own < 0) {
		journal_refuse(error, sizeof(error), "%s", strerror(errno));
		close(fd);
	} else {
		j = journal_new(fd, own, place, name, error, sizeof(error));
	}
	visit(context, j ? JOURNAL_DEAD : JOURNAL_UNREADABLE, path, j, j ? NULL : error);
}

/* 0, or -1 with `error`: the directory cannot be locked. */
static int find_one(const char *place, int directory, const char *name, journal_visit *visit,
		    void *context, char *error, size_t size)
{
	int fd, saved;

	if (journal_lock_directory(directory, place, error, size))
		return -1;
	fd = lock_found(directory, name);
	saved = errno;
	flock(directory, LOCK_UN);
	visit_found(place, directory, name, fd, saved, visit, context);
	return 0;
}

static int scan_directory(const char *place, journal_visit *visit, void *context, char *error,
			  size_t size)
{
	int directory = journal_open_directory(place, error, size);
	struct dirent **found = NULL;
	int n, ret = 0;

	if (directory < 0)
		return errno == ENOENT ? 0 : -1;
	n = scandirat(directory, ".", &found, is_journal_name, alphasort);
	if (n < 0)
		ret = journal_refuse(error, size, "state directory %s: %s", place, strerror(errno));
	for (int i = 0; i < n; i++) {
		if (i < MAX_FOUND && !ret)
			ret = find_one(place, directory, found[i]->d_name, visit, context, error,
				       size);
		free(found[i]);
	}
	free(found);
	close(directory);
	return ret;
}

int journal_scan(journal_visit *visit, void *context, char *error, size_t size)
{
	struct journal_directories *d = malloc(sizeof(*d));
	int ret;

	if (!d)
		return journal_refuse(error, size, "out of memory");
	ret = journal_find_directories(d, error, size);
	for (size_t i = 0; !ret && i < d->count; i++)
		ret = scan_directory(d->path[i], visit, context, error, size);
	free(d);
	return ret;
}

struct left_over {
	size_t count;
	char *path;
	size_t size;
};

static void count_left_over(void *context, enum journal_state state, const char *path,
			    struct journal *j, const char *why)
{
	struct left_over *l = context;

	(void)why;
	if (state != JOURNAL_DEAD)
		return;
	journal_close(j);
	if (access(path, F_OK))
		return; /* it was settled */
	if (!l->count++)
		snprintf(l->path, l->size, "%s", path);
}

size_t journal_left_over(char *path, size_t size)
{
	struct left_over l = {.path = path, .size = size};
	char error[512];

	*path = '\0';
	journal_scan(count_left_over, &l, error,
		     sizeof(error)); /* what it says, opening one does */
	return l.count;
}
