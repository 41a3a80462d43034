/* SPDX-License-Identifier: Apache-2.0 */
/* Inverses for what a container leaves: processes in a cgroup of ours, and a tree of files. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "harness/journal_internal.h"

#define KILL_TRIES 200 /* 10 ms apart */
#define MAX_DEPTH  16

/* ---- Processes of a cgroup ---- */

/* Does the kernel still say that the process is in a cgroup of that name, or in one below it? Its
 * number may be another process's by now. */
static bool is_member(long pid, const char *name)
{
	size_t length = strlen(name);
	char path[64], line[1024];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/cgroup", pid);
	f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f)) {
		for (const char *p = strchr(line, '/'); p && !found; p = strchr(p + 1, '/'))
			found = !strncmp(p + 1, name, length) && strchr("/\n", p[1 + length]);
	}
	if (f)
		fclose(f);
	return found;
}

static void kill_member(long pid, const char *name)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd < 0)
		return;
	if (is_member(pid, name))
		syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
	close(fd);
}

/* How many processes were in it; -1: it cannot be read, and errno says why. */
static int kill_members(const char *path, const char *name)
{
	char file[JOURNAL_MAX_PATH + 32], line[32];
	int count = 0;
	FILE *f;

	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	f = fopen(file, "re");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		long pid = strtol(line, NULL, 10);

		count++;
		if (pid > 0) /* 0: of another PID namespace */
			kill_member(pid, name);
	}
	fclose(f);
	return count;
}

static void write_into(const char *directory, const char *name, const char *value)
{
	char file[JOURNAL_MAX_PATH + 32];
	int fd;

	snprintf(file, sizeof(file), "%s/%s", directory, name);
	fd = open(file, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return; /* of the other version, or another controller */
	/* What is left in the cgroup tells whether it did. */
	(void)!write(fd, value, strlen(value));
	close(fd);
}

/* Who is frozen dies only when thawed. */
static void thaw(const char *path)
{
	write_into(path, "freezer.state", "THAWED");
	write_into(path, "cgroup.freeze", "0");
}

/* Members of it and of all below, which are removed as they get empty; -1: it cannot be read. */
static int kill_tree(const char *path, const char *name, int depth)
{
	int count = kill_members(path, name), below;
	char child[JOURNAL_MAX_PATH + 300];
	struct dirent *e;
	DIR *d;

	if (count < 0 || depth > MAX_DEPTH)
		return count;
	thaw(path);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		snprintf(child, sizeof(child), "%s/%s", path, e->d_name);
		if (strlen(child) > JOURNAL_MAX_PATH)
			continue;
		below = kill_tree(child, name, depth + 1);
		/* What is gone by itself counts for nothing; what stays, for one. */
		count += below > 0 ? below : rmdir(child) && errno != ENOENT;
	}
	if (d)
		closedir(d);
	return count;
}

static int undo_kill_cgroup(const char *path, const char *value, char *why, size_t size)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	int left = 0;

	(void)value;
	for (int i = 0; i < KILL_TRIES; i++) {
		left = kill_tree(path, strrchr(path, '/') + 1, 0);
		if (left == 0 || (left < 0 && errno == ENOENT))
			return 0;
		if (left < 0)
			return journal_refuse(why, size, "cannot be read: %s", strerror(errno));
		nanosleep(&pause, NULL);
	}
	return journal_refuse(why, size, "%d process%s in it cannot be killed", left,
			      left == 1 ? "" : "es");
}

static int verify_no_members(const char *path, const char *value, char *why, size_t size)
{
	char file[JOURNAL_MAX_PATH + 32];
	bool empty;
	FILE *f;

	(void)value;
	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	f = fopen(file, "re");
	if (!f)
		return errno == ENOENT ? 0 : journal_refuse(why, size, "cannot be read back");
	empty = fgetc(f) == EOF;
	fclose(f);
	return empty ? 0 : journal_refuse(why, size, "still has processes in it");
}

const struct inverse inverse_kill_cgroup = {
	"kill-cgroup",	  "killed what was in", false, false, inverse_check_cgroup,
	undo_kill_cgroup, verify_no_members,
};

/* ---- Trees of files ---- */

struct removal {
	dev_t device;
	char *why;
	size_t size;
};

static int remove_below(struct removal *r, int directory, int depth);

static bool is_dot(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

static int remove_directory(struct removal *r, int above, const char *name, int depth)
{
	int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), ret;
	struct stat st;

	if (fd < 0)
		return errno == ENOENT
			       ? 0
			       : journal_refuse(r->why, r->size, "%.64s in it cannot be opened: %s",
						name, strerror(errno));
	if (fstat(fd, &st) || st.st_dev != r->device) {
		close(fd);
		return journal_refuse(r->why, r->size, "%.64s in it is another file system", name);
	}
	ret = remove_below(r, fd, depth);
	close(fd);
	if (!ret && unlinkat(above, name, AT_REMOVEDIR) && errno != ENOENT)
		return journal_refuse(r->why, r->size, "%.64s in it cannot be removed: %s", name,
				      strerror(errno));
	return ret;
}

/* Who waits at a FIFO that is about to go would wait for ever: let it see that nobody is there. */
static void release_waiter(int directory, const char *name)
{
	int fd = openat(directory, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
}

static int remove_entry(struct removal *r, int directory, const char *name, int depth)
{
	struct stat st;

	if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW))
		return 0; /* gone by itself */
	if (S_ISDIR(st.st_mode))
		return remove_directory(r, directory, name, depth + 1);
	if (S_ISFIFO(st.st_mode))
		release_waiter(directory, name);
	if (unlinkat(directory, name, 0) && errno != ENOENT)
		return journal_refuse(r->why, r->size, "%.64s in it cannot be removed: %s", name,
				      strerror(errno));
	return 0;
}

static int remove_below(struct removal *r, int directory, int depth)
{
	int copy = dup(directory), ret = 0;
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *e;

	if (!d || depth > MAX_DEPTH) {
		if (d)
			closedir(d);
		else if (copy >= 0)
			close(copy);
		return journal_refuse(r->why, r->size,
				      d ? "is deeper than what we make" : "cannot be read");
	}
	while (!ret && (e = readdir(d)))
		if (!is_dot(e->d_name))
			ret = remove_entry(r, directory, e->d_name, depth);
	closedir(d);
	return ret;
}

static int undo_remove_tree(const char *path, const char *value, char *why, size_t size)
{
	struct removal r = {.why = why, .size = size};
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), ret;
	struct stat st;

	(void)value;
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : journal_refuse(why, size, "cannot be opened: %s", strerror(errno));
	if (fstat(fd, &st) || st.st_uid != geteuid()) {
		close(fd);
		return journal_refuse(why, size, "belongs to another user");
	}
	r.device = st.st_dev;
	ret = remove_below(&r, fd, 0);
	close(fd);
	if (!ret && rmdir(path) && errno != ENOENT)
		return journal_refuse(why, size, "cannot be removed: %s", strerror(errno));
	return ret;
}

int journal_remove_tree(const char *path, char *why, size_t size)
{
	return inverse_check_name(path, why, size) ? -1 : undo_remove_tree(path, "", why, size);
}

const struct inverse inverse_remove_tree = {
	"remove-tree",	  "removed directory", false, true, inverse_check_name,
	undo_remove_tree, inverse_verify_gone,
};
