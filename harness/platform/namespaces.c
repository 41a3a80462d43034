/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAMESPACES (CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET)

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		_exit(EACCES);
	close(fd);
}

static void map_user(uid_t uid, gid_t gid)
{
	char map[48];

	write_text("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	write_text("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	write_text("/proc/self/gid_map", map);
}

/* In a child, whose exit code is an errno: the namespaces of a container, and its /proc. */
static void try_namespaces(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int status;
	pid_t pid;

	if (unshare(NAMESPACES | (uid ? CLONE_NEWUSER : 0)))
		_exit(errno);
	if (uid)
		map_user(uid, gid);
	pid = fork();
	if (pid < 0)
		_exit(errno);
	if (pid == 0) {
		if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		    mount("proc", "/proc", "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL))
			_exit(errno);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		_exit(EIO);
	_exit(WEXITSTATUS(status));
}

static int namespaces_fail(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		try_namespaces();
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

bool namespaces_work(char *why, size_t size)
{
	int error = namespaces_fail();

	if (!error)
		return true;
	if (geteuid())
		snprintf(why, size,
			 "this user may not make a container's namespaces (%s); run as root, or "
			 "allow user namespaces (sysctl user.max_user_namespaces, "
			 "kernel.unprivileged_userns_clone)",
			 strerror(error));
	else
		snprintf(why, size,
			 "a container's namespaces and its /proc are refused here (%s); inside "
			 "another container that one must be privileged",
			 strerror(error));
	return false;
}
