/* SPDX-License-Identifier: Apache-2.0 */
/* Run a program, bounded, and time it from before it is made until it is reaped. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/vmm/vmm.h"
#include "tests/perf/perf.h"

extern char **environ;

/* vfork underneath: the cheapest way to a new program, and so the strictest baseline. */
static int start(char *const argv[], int output, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int error;

	posix_spawn_file_actions_init(&actions);
	if (output >= 0)
		posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	else
		posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (output < 0)
		posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
	error = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error ? -1 : 0;
}

static int finish(pid_t pid, int limit_s)
{
	struct pollfd gone = {.events = POLLIN};
	int status;

	gone.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (gone.fd >= 0) {
		if (poll(&gone, 1, limit_s * 1000) == 0)
			kill(pid, SIGTERM); /* our child, not yet reaped; it heals and ends */
		if (poll(&gone, 1, 5000) == 0)
			kill(pid, SIGKILL);
		close(gone.fd);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int perf_spawn(char *const argv[], int limit_s, double *ns, char *output, size_t size)
{
	int64_t begin;
	int fds[2] = {-1, -1};
	int code = -1;
	ssize_t n;
	pid_t pid;

	/* What is read fits a pipe: it is read once the program is gone. */
	if (output && pipe2(fds, O_CLOEXEC | O_NONBLOCK))
		return -1;
	begin = host_now_ns();
	if (start(argv, fds[1], &pid) == 0)
		code = finish(pid, limit_s);
	*ns = (double)(host_now_ns() - begin);
	if (!output)
		return code;
	n = read(fds[0], output, size - 1);
	output[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	close(fds[1]);
	return code;
}

int perf_bare(struct perf *p, struct perf_row *row, uint64_t memory, const char *command,
	      double *ns, char *output, size_t size)
{
	char bytes[24], cpu[16], khz[16], interpreted[16];
	char *argv[] = {(char *)p->bare, bytes,		  cpu, khz, interpreted,
			p->cpuid,	 (char *)command, NULL};
	int code;

	snprintf(bytes, sizeof(bytes), "%llu", (unsigned long long)memory);
	snprintf(cpu, sizeof(cpu), "%u", p->cpus[0]);
	snprintf(khz, sizeof(khz), "%u", host_tsc_khz());
	snprintf(interpreted, sizeof(interpreted), "%d", !vmm_probe()->hardware_ring0);
	code = perf_spawn(argv, 5, ns, output, size);
	if (code)
		perf_fail(row, "%s ended with code %d", p->bare, code);
	return code ? -1 : 0;
}
