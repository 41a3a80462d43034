/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How each kind of change is undone, and how that is verified. All are safe to repeat, and none
 * reaches beyond what a journal of ours can have noted.
 */
#include "harness/journal_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define OUR_PREFIX	"virt-qualify-"
#define RMDIR_TRIES	200 /* 10 ms apart */
#define MAX_KERNEL_FILE 4096

int journal_refuse(char *why, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, size, format, args);
	va_end(args);
	return -1;
}

/* ---- Paths ---- */

/* Absolute, without "//", ".", ".." and a trailing slash: what it says is where it leads. */
static bool path_is_straight(const char *path)
{
	if (*path != '/')
		return false;
	while (*path) {
		size_t length = strcspn(++path, "/");

		if (!length || (length == 1 && path[0] == '.') ||
		    (length == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		path += length;
	}
	return true;
}

static const char *last_component(const char *path)
{
	return strrchr(path, '/') + 1;
}

int inverse_check_name(const char *path, char *why, size_t size)
{
	if (!path_is_straight(path))
		return journal_refuse(why, size, "is not a plain absolute path");
	if (strncmp(last_component(path), OUR_PREFIX, strlen(OUR_PREFIX)))
		return journal_refuse(why, size, "is not named " OUR_PREFIX "*");
	return 0;
}

/* The directory above; of a path in / that is "/". */
static void parent_of(char parent[JOURNAL_MAX_PATH + 1], const char *path)
{
	size_t length = (size_t)(last_component(path) - 1 - path);

	memcpy(parent, path, length);
	parent[length] = '\0';
	if (!length)
		memcpy(parent, "/", 2);
}

/* ---- Cgroups ---- */

static bool is_cgroup(const struct statfs *fs)
{
	return fs->f_type == CGROUP_SUPER_MAGIC || fs->f_type == CGROUP2_SUPER_MAGIC;
}

/* The nearest directory above that is still there must be a cgroup: what is missing below it is
 * gone together with its parents. */
int inverse_check_cgroup(const char *path, char *why, size_t size)
{
	char above[JOURNAL_MAX_PATH + 1];
	struct statfs fs;

	if (inverse_check_name(path, why, size))
		return -1;
	parent_of(above, path);
	while (statfs(above, &fs)) {
		char lower[JOURNAL_MAX_PATH + 1];

		if (errno != ENOENT || !strcmp(above, "/"))
			return journal_refuse(why, size, "cannot look at %s: %s", above,
					      strerror(errno));
		memcpy(lower, above, sizeof(lower));
		parent_of(above, lower);
	}
	if (!is_cgroup(&fs))
		return journal_refuse(why, size, "is not below a cgroup mount");
	return 0;
}

/* How many processes are in it; -1: unknown. */
static long cgroup_processes(const char *path)
{
	char file[JOURNAL_MAX_PATH + 32], line[32];
	long n = 0;
	FILE *f;

	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	f = fopen(file, "re");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		n++;
	fclose(f);
	return n;
}

static int undo_cgroup(const char *path, const char *value, char *why, size_t size)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	char above[JOURNAL_MAX_PATH + 1];
	int directory, error = 0;
	struct statfs fs;
	long processes;

	(void)value;
	parent_of(above, path);
	directory = open(above, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0 && errno == ENOENT)
		return 0; /* verified below */
	if (directory < 0)
		return journal_refuse(why, size, "cannot open %s: %s", above, strerror(errno));
	/* Once more, on what will really be acted upon. */
	if (fstatfs(directory, &fs) || !is_cgroup(&fs)) {
		close(directory);
		return journal_refuse(why, size, "is not below a cgroup mount");
	}
	/* Who is still in it lost its parent and is about to go; it is not ours to signal. */
	for (int i = 0; i < RMDIR_TRIES; i++) {
		error = unlinkat(directory, last_component(path), AT_REMOVEDIR) ? errno : 0;
		if (error != EBUSY && error != EINTR)
			break;
		nanosleep(&pause, NULL);
	}
	close(directory);
	if (!error || error == ENOENT)
		return 0;
	processes = cgroup_processes(path);
	if (error == EBUSY && processes > 0)
		return journal_refuse(why, size, "%ld process%s still in it (see its cgroup.procs)",
				      processes, processes == 1 ? " is" : "es are");
	return journal_refuse(why, size, "cannot be removed: %s", strerror(error));
}

/* Neither a file nor a directory by that name. */
int inverse_verify_gone(const char *path, const char *value, char *why, size_t size)
{
	struct stat st;

	(void)value;
	if (!lstat(path, &st))
		return journal_refuse(why, size, "is still there");
	/* A missing or replaced parent takes the name with it. */
	if (errno != ENOENT && errno != ENOTDIR)
		return journal_refuse(why, size, "cannot be looked at: %s", strerror(errno));
	return 0;
}

/* ---- Values in files of the kernel ---- */

/* A file whose old value belonged to a cgroup of ours that is gone: so is the change. */
static bool went_with_cgroup(const char *path)
{
	char above[JOURNAL_MAX_PATH + 1], why[128];

	parent_of(above, path);
	return access(above, F_OK) && errno == ENOENT &&
	       !inverse_check_cgroup(above, why, sizeof(why));
}

static bool is_kernel_file(int fd, const char *path)
{
	static const char *const proc[] = {"/proc/sys/", "/proc/irq/", "/proc/self/"};
	struct statfs fs;
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || fstatfs(fd, &fs))
		return false;
	if (is_cgroup(&fs) || fs.f_type == SYSFS_MAGIC)
		return true;
	for (size_t i = 0; i < sizeof(proc) / sizeof(proc[0]); i++)
		if (fs.f_type == PROC_SUPER_MAGIC && !strncmp(path, proc[i], strlen(proc[i])))
			return true;
	return false;
}

static int open_kernel_file(const char *path, int flags, char *why, size_t size)
{
	int fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return journal_refuse(why, size, "cannot be opened: %s", strerror(errno));
	if (is_kernel_file(fd, path))
		return fd;
	close(fd);
	return journal_refuse(why, size,
			      "is not a file of sysfs, a cgroup, /proc/sys, /proc/irq or "
			      "/proc/self");
}

static int check_write(const char *path, char *why, size_t size)
{
	int fd;

	if (!path_is_straight(path))
		return journal_refuse(why, size, "is not a plain absolute path");
	if (went_with_cgroup(path))
		return 0;
	fd = open_kernel_file(path, O_PATH, why, size);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int undo_write(const char *path, const char *value, char *why, size_t size)
{
	const char *text = *value ? value : "\n"; /* how an empty value is set */
	int fd, error = 0;
	ssize_t n;

	if (went_with_cgroup(path))
		return 0;
	fd = open_kernel_file(path, O_WRONLY, why, size);
	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	if (n < 0)
		error = errno;
	close(fd);
	if (error)
		return journal_refuse(why, size, "cannot be written: %s", strerror(error));
	return 0;
}

/* "always [madvise] never" holds madvise. */
static bool is_selected(const char *text, const char *value)
{
	char marked[JOURNAL_MAX_VALUE + 3];

	snprintf(marked, sizeof(marked), "[%s]", value);
	return *value && strstr(text, marked);
}

static size_t without_trailing_space(const char *s)
{
	size_t n = strlen(s);

	while (n && strchr(" \t\n", s[n - 1]))
		n--;
	return n;
}

static int verify_write(const char *path, const char *value, char *why, size_t size)
{
	char text[MAX_KERNEL_FILE + 1];
	size_t length;
	ssize_t n;
	int fd;

	if (went_with_cgroup(path))
		return 0;
	fd = open_kernel_file(path, O_RDONLY, why, size);
	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n < 0)
		return journal_refuse(why, size, "was written and cannot be read back");
	text[n] = '\0';
	length = without_trailing_space(text);
	if (length == without_trailing_space(value) && !memcmp(text, value, length))
		return 0;
	if (is_selected(text, value))
		return 0;
	return journal_refuse(why, size, "was written and still reads \"%.*s\"",
			      (int)(length < 64 ? length : 64), text);
}

/* ---- Files ---- */

static int undo_unlink(const char *path, const char *value, char *why, size_t size)
{
	struct stat st;

	(void)value;
	if (lstat(path, &st))
		return 0; /* verified below */
	if (S_ISDIR(st.st_mode))
		return journal_refuse(why, size, "is a directory");
	if (st.st_uid != geteuid())
		return journal_refuse(why, size, "belongs to another user");
	if (unlink(path) && errno != ENOENT)
		return journal_refuse(why, size, "cannot be removed: %s", strerror(errno));
	return 0;
}

static const struct inverse rmdir_cgroup = {
	"rmdir-cgroup", "removed cgroup",    false, false, inverse_check_cgroup,
	undo_cgroup,	inverse_verify_gone,
};
static const struct inverse unlink_file = {
	"unlink", "removed file", false, true, inverse_check_name, undo_unlink, inverse_verify_gone,
};
static const struct inverse write_back = {
	"write", "wrote back", true, false, check_write, undo_write, verify_write,
};

static const struct inverse *const inverses[] = {
	&rmdir_cgroup,	      &inverse_kill_cgroup,  &unlink_file,
	&inverse_remove_tree, &inverse_kill_mounted, &write_back,
};

const struct inverse *inverse_find(const char *name)
{
	for (size_t i = 0; i < sizeof(inverses) / sizeof(inverses[0]); i++)
		if (!strcmp(inverses[i]->name, name))
			return inverses[i];
	return NULL;
}
