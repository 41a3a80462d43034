/* SPDX-License-Identifier: Apache-2.0 */
/* Running a program of others, bounded, with nothing left behind. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/lab/lab.h"

#define TICK_MS 200

static void become_program(const struct lab_run *r, const struct lab_program *p, int out,
			   pid_t parent)
{
	char path[LAB_PATH];
	int null = open("/dev/null", O_RDWR), err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	setpgid(0, 0);
	snprintf(path, sizeof(path), "%s/%s", r->work, p->stderr_name);
	err = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (null < 0 || err < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(127);
	for (int fd = 3; fd < 256; fd++)
		close(fd);
	/* As root plainly; others get one with a user namespace, where those are allowed. */
	if (p->alone && unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
		dprintf(2, "no network of its own: %m\n");
	execvp(p->argv[0], p->argv);
	dprintf(2, "%s: %m\n", p->argv[0]);
	_exit(127);
}

static void end_group(pid_t pid)
{
	/* Our child leads it and is not yet reaped: the number is its. */
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
}

static bool take_output(struct lab_program *p, int fd)
{
	char bytes[65536];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	if (n > 0 && p->take)
		p->take(p->context, bytes, (size_t)n);
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

static enum lab_end watch(const struct lab_run *r, struct lab_program *p, int fd, int pidfd)
{
	struct pollfd fds[3] = {
		{.fd = fd, .events = POLLIN},
		{.fd = pidfd, .events = POLLIN},
		{.fd = r->stop, .events = POLLIN},
	};

	for (;;) {
		if (poll(fds, 3, TICK_MS) < 0) {
			if (errno == EINTR)
				continue; /* what is in revents was dealt with */
			return LAB_NOT_STARTED;
		}
		if (fds[2].revents)
			return LAB_STOPPED;
		/* What it wrote before it ended is read to its end first. */
		if (fds[0].revents && !take_output(p, fd))
			fds[0].fd = -1;
		else if (fds[1].revents && !fds[0].revents)
			return LAB_EXITED;
		if (fds[0].fd < 0 && fds[1].revents)
			return LAB_EXITED;
		if (host_now_ns() > p->deadline_ns)
			return LAB_TIMED_OUT;
		if (p->tick && p->tick(p->context))
			return LAB_CALLED_BACK;
	}
}

static void reap(struct lab_program *p, pid_t pid)
{
	int status = 0;

	end_group(pid);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	p->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

enum lab_end lab_spawn(const struct lab_run *r, struct lab_program *p)
{
	pid_t parent = getpid(), pid;
	enum lab_end end;
	int out[2], pidfd;

	if (pipe2(out, O_CLOEXEC))
		return LAB_NOT_STARTED;
	pid = fork();
	if (pid == 0)
		become_program(r, p, out[1], parent);
	close(out[1]);
	if (pid < 0) {
		close(out[0]);
		return LAB_NOT_STARTED;
	}
	setpgid(pid, pid); /* whichever of us comes first */
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	end = pidfd < 0 ? LAB_NOT_STARTED : watch(r, p, out[0], pidfd);
	reap(p, pid);
	if (pidfd >= 0)
		close(pidfd);
	close(out[0]);
	return end;
}

void lab_last_line(const struct lab_run *r, const char *name, char *line, size_t size)
{
	char path[LAB_PATH], text[512];
	FILE *in;

	*line = '\0';
	snprintf(path, sizeof(path), "%s/%s", r->work, name);
	in = fopen(path, "re");
	while (in && fgets(text, sizeof(text), in)) {
		text[strcspn(text, "\r\n")] = '\0';
		if (text[strspn(text, " \t")])
			snprintf(line, size, "%s", text);
	}
	if (in)
		fclose(in);
}
