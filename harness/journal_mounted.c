/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inverse for what a daemon of ours starts: its processes see a directory of ours mounted. They
 * inherit that from before their exec and cannot lose it unnoticed: it names those that nobody has
 * as a child or in a cgroup any more, whatever became of those who started them.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "harness/journal_internal.h"

#define KILL_TRIES 1000 /* 10 ms apart: a busy host takes its time to end a guest */

/* Is `name` a part of that path, which ends with a space? */
static bool path_has(const char *path, const char *name)
{
	size_t length = strlen(name);

	for (; *path && *path != ' '; path++)
		if (*path == '/' && !strncmp(path + 1, name, length) &&
		    strchr("/ ", path[1 + length]))
			return true;
	return false;
}

/* Of a line of mountinfo, which directory of its file system is mounted: the fourth field. */
static const char *mounted_root(const char *line)
{
	for (int i = 0; line && i < 3; i++) {
		line = strchr(line, ' ');
		line = line ? line + 1 : NULL;
	}
	return line ? line : "";
}

static bool has_mounted(long pid, const char *name)
{
	char path[64], *line = NULL;
	bool found = false;
	size_t size = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/mountinfo", pid);
	f = fopen(path, "re");
	while (f && !found && getline(&line, &size, f) > 0)
		found = path_has(mounted_root(line), name);
	free(line);
	if (f)
		fclose(f);
	return found;
}

/* Who shares our view of mounts was not started by a daemon that has its own. */
static bool has_other_mounts(long pid)
{
	struct stat own, other;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/ns/mnt", pid);
	return !stat("/proc/self/ns/mnt", &own) && !stat(path, &other) &&
	       (own.st_ino != other.st_ino || own.st_dev != other.st_dev);
}

/* The number may be another process's by the time that it is signalled: look again. */
static void kill_one(long pid, const char *name)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		return;
	if (has_mounted(pid, name))
		syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
	close(fd);
}

/* How many there are; each is killed where `kills`. -1: it cannot be known. */
static int find_all(const char *path, bool kills)
{
	const char *name = strrchr(path, '/') + 1;
	DIR *proc = opendir("/proc");
	struct dirent *e;
	int count = 0;

	while (proc && (e = readdir(proc))) {
		long pid = strtol(e->d_name, NULL, 10);

		if (pid <= 0 || !has_other_mounts(pid) || !has_mounted(pid, name))
			continue;
		count++;
		if (kills)
			kill_one(pid, name);
	}
	if (!proc)
		return -1;
	closedir(proc);
	return count;
}

static int undo_kill_mounted(const char *path, const char *value, char *why, size_t size)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	int left = 0;

	(void)value;
	for (int i = 0; i < KILL_TRIES; i++) {
		left = find_all(path, true);
		if (!left)
			return 0;
		if (left < 0)
			return journal_refuse(why, size, "/proc cannot be read: %s",
					      strerror(errno));
		nanosleep(&pause, NULL);
	}
	return journal_refuse(why, size, "%d process%s that use%s it cannot be killed", left,
			      left == 1 ? "" : "es", left == 1 ? "s" : "");
}

static int verify_not_mounted(const char *path, const char *value, char *why, size_t size)
{
	(void)value;
	return find_all(path, false) ? journal_refuse(why, size, "is still in use") : 0;
}

const struct inverse inverse_kill_mounted = {
	"kill-mounted",	   "killed what used", false, false, inverse_check_name,
	undo_kill_mounted, verify_not_mounted,
};
