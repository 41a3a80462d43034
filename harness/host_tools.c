/* SPDX-License-Identifier: Apache-2.0 */
/* What hypervisor tools on PATH say, bounded in time and size: their versions, above all. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/host_internal.h"

#define WAIT_MS 3000

extern char **environ;

static int start(const char *const *command, int output, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int status;

	status = posix_spawn_file_actions_init(&actions);
	if (status)
		return status;
	status = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (!status)
		status = posix_spawn_file_actions_adddup2(&actions, output, 1);
	if (!status)
		status = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (!status)
		status = posix_spawnp(pid, command[0], &actions, NULL, (char *const *)command,
				      environ);
	posix_spawn_file_actions_destroy(&actions);
	return status;
}

/* Read until the first line is whole where a line is wanted, the program ends its output, or time
 * is up (-1). */
static int read_output(int fd, int64_t deadline, bool line, char *out, size_t size)
{
	size_t n = 0;

	while (n < size - 1) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		int64_t left = deadline - host_now_ns();
		int status = left > 0 ? poll(&ready, 1, (int)(left / 1000000) + 1) : 0;
		ssize_t got;

		if (!status)
			return -1;
		if (status < 0)
			continue; /* a signal */
		got = read(fd, out + n, size - 1 - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		n += (size_t)got;
		if (line && memchr(out + n - got, '\n', (size_t)got))
			break;
	}
	out[n] = '\0';
	if (line)
		out[strcspn(out, "\n")] = '\0';
	return 0;
}

/* It has said what it had to say: no program outlives this. */
static void stop(pid_t pid, int64_t deadline)
{
	/* Not reaped yet, so the pid is still its own. */
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd ended = {.fd = fd, .events = POLLIN};
	int64_t left = (deadline - host_now_ns()) / 1000000;

	if (fd >= 0) {
		if (poll(&ended, 1, left > 0 ? (int)left : 0) <= 0)
			syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
		close(fd);
	} else {
		kill(pid, SIGKILL); /* a kernel without pidfds */
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int run(const char *const *command, int wait_ms, bool line, char *out, size_t size)
{
	int64_t deadline = host_now_ns() + wait_ms * INT64_C(1000000);
	int ends[2], status;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC)) {
		snprintf(out, size, "pipe: %s", strerror(errno));
		return -1;
	}
	status = start(command, ends[1], &pid);
	close(ends[1]);
	if (status) {
		close(ends[0]);
		if (status == ENOENT)
			snprintf(out, size, "%s is not on PATH", command[0]);
		else
			snprintf(out, size, "%s: %s", command[0], strerror(status));
		return -1;
	}
	status = read_output(ends[0], deadline, line, out, size);
	close(ends[0]);
	stop(pid, deadline);
	if (status)
		snprintf(out, size, "%s %s said nothing within %d ms", command[0], command[1],
			 wait_ms);
	else if (!*out)
		snprintf(out, size, "%s %s printed nothing", command[0], command[1]);
	else
		return 0;
	return -1;
}

int host_program_version(const char *program, int wait_ms, char *out, size_t size)
{
	const char *const command[] = {program, "--version", NULL};

	return run(command, wait_ms, true, out, size);
}

int host_program_output(const char *const *command, int wait_ms, char *out, size_t size)
{
	return run(command, wait_ms, false, out, size);
}

void host_gather_tools(struct host_facts *f)
{
	static const char *const tools[][2] = {
		{"tool.qemu", "qemu-system-x86_64"},
		{"tool.libvirt", "libvirtd"},
		{"tool.virsh", "virsh"},
	};
	char text[256];

	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		if (host_program_version(tools[i][1], WAIT_MS, text, sizeof(text)))
			fact_missing(f, tools[i][0], "%s", text);
		else
			fact_set(f, tools[i][0], "%s", text);
	}
}
