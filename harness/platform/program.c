/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/host_internal.h"

#define VERSION_MS 3000

extern char **environ;

/* ---- Where it is ---- */

static bool find_along(const char *all, const char *name, char *path, size_t size)
{
	for (const char *p = all; p; p = strchr(p, ':')) {
		p += *p == ':';
		snprintf(path, size, "%.*s/%s", (int)strcspn(p, ":"), p, name);
		if (path[0] == '/' && !access(path, X_OK))
			return true;
	}
	path[0] = '\0';
	return false;
}

bool program_find(const char *name, char *path, size_t size)
{
	const char *all = getenv("PATH");

	if (strchr(name, '/')) {
		snprintf(path, size, "%s", name);
		return !access(path, X_OK);
	}
	return find_along(all ? all : "/usr/sbin:/usr/bin", name, path, size);
}

void program_version(const char *path, char *version, size_t size)
{
	static const char before[] = "version ";
	char line[256];
	const char *word;

	version[0] = '\0';
	if (host_program_version(path, VERSION_MS, line, sizeof(line)))
		return;
	word = strstr(line, before);
	word = word ? word + strlen(before) : line;
	snprintf(version, size, "%.*s", (int)strcspn(word, ", "), word);
}

/* ---- A call ---- */

static size_t append(const char **all, size_t n, const char *const *more)
{
	for (size_t i = 0; more && more[i] && n < PROGRAM_MAX_ARGUMENTS; i++)
		all[n++] = more[i];
	return n;
}

static void child(const struct program_call *p, int output, pid_t parent)
{
	const char *all[PROGRAM_MAX_ARGUMENTS + 1] = {p->path};
	char *const *environment = p->environment ? (char *const *)p->environment : environ;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	size_t n = append(all, 1, p->options);

	all[append(all, n, p->arguments)] = NULL;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	if (p->directory && chdir(p->directory))
		_exit(127);
	if (dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
		_exit(127);
	execve(p->path, (char *const *)all, environment);
	_exit(127);
}

/* Its exit status, or -1 where it did not end in time and was killed. */
static int wait_for(pid_t pid, int wait_ms)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0), status = 0;
	struct pollfd gone = {.fd = fd, .events = POLLIN};
	int ready = poll(&gone, 1, wait_ms);

	if (ready != 1)
		kill(pid, SIGKILL); /* our child, not yet reaped */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (fd >= 0)
		close(fd);
	return ready == 1 ? status : -1;
}

/* What they say before each cause. */
static const char *skip_preamble(const char *message)
{
	static const char *const preambles[] = {"Error: ",
						"runc: ",
						"crun: ",
						"runc create failed: ",
						"exec failed: ",
						"unable to start container process: ",
						"error during container init: "};

	for (size_t i = 0; i < sizeof(preambles) / sizeof(preambles[0]); i++)
		if (!strncmp(message, preambles[i], strlen(preambles[i])))
			message += strlen(preambles[i]);
	return message;
}

static char *last_line(char *text)
{
	char *newline;

	for (size_t n = strlen(text); n && strchr(" \n", text[n - 1]);)
		text[--n] = '\0';
	newline = strrchr(text, '\n');
	return newline ? newline + 1 : text;
}

/* The last line that it wrote, without what a logger puts around a message. Who says only that a
 * program of its own failed lets that one have said why, in the line before. */
static void last_words(int output, char *out, size_t size)
{
	char text[2048], *line, *message;
	off_t end = lseek(output, 0, SEEK_END);
	off_t begin = end > (off_t)sizeof(text) - 1 ? end - ((off_t)sizeof(text) - 1) : 0;
	ssize_t n = pread(output, text, sizeof(text) - 1, begin);

	if (n <= 0) {
		snprintf(out, size, "it said nothing");
		return;
	}
	text[n] = '\0';
	line = last_line(text);
	if (line > text && strstr(line, "failed: exit status ")) {
		*line = '\0';
		line = last_line(text);
	}
	message = strstr(line, "msg=\"");
	if (message) {
		line = message + strlen("msg=\"");
		line[strcspn(line, "\"")] = '\0';
	}
	snprintf(out, size, "%.300s", skip_preamble(line));
}

int program_call(const struct program_call *p, char *error, size_t size)
{
	int output = memfd_create("virt-qualify output", MFD_CLOEXEC), status;
	pid_t parent = getpid(), pid;
	char words[320];

	if (output < 0) {
		snprintf(error, size, "memory for what %s says: %s", p->name, strerror(errno));
		return -1;
	}
	fcntl(output, F_SETFL, O_APPEND);
	pid = fork();
	if (pid == 0)
		child(p, output, parent);
	status = pid < 0 ? -1 : wait_for(pid, p->wait_ms);
	if (status == -1)
		snprintf(error, size, "%s %s: %s", p->name, p->arguments[0],
			 pid < 0 ? strerror(errno) : "it did not end within its bound");
	else if (status) {
		last_words(output, words, sizeof(words));
		snprintf(error, size, "%s %s: %s", p->name, p->arguments[0], words);
	}
	close(output);
	return status ? -1 : 0;
}
