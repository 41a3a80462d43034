/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/oci_runc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/host_internal.h"
#include "harness/platform/namespaces.h"

#define VERSION_MS    3000
#define MAX_ARGUMENTS 16
#define FIRST_FILE    3

/* ---- Where it is ---- */

static const char *find_program(void)
{
	static char path[512];
	const char *all = getenv("PATH");

	if (path[0])
		return path;
	/* It is an administrator's tool: users may not have its directory in their PATH. */
	for (const char *p = all ? all : "/usr/sbin:/usr/bin"; p; p = strchr(p, ':')) {
		p += *p == ':';
		snprintf(path, sizeof(path), "%.*s/runc", (int)strcspn(p, ":"), p);
		if (path[0] == '/' && !access(path, X_OK))
			return path;
	}
	path[0] = '\0';
	return NULL;
}

/* "runc version 1.1.5+ds1" */
const char *runc_version(void)
{
	static char line[128];
	static const char *version;
	const char *program = find_program();

	if (version)
		return version;
	version = "";
	if (program && !host_program_version(program, VERSION_MS, line, sizeof(line))) {
		version = strrchr(line, ' ');
		version = version ? version + 1 : line;
	}
	return version;
}

/* ---- What it needs of the host ---- */

/* Who may make no device nodes gets the host's own; runc fails where one is missing. */
static const char *missing_device(void)
{
	static const char *const devices[] = {"/dev/null",   "/dev/zero",    "/dev/full",
					      "/dev/random", "/dev/urandom", "/dev/tty"};

	for (size_t i = 0; geteuid() && i < sizeof(devices) / sizeof(devices[0]); i++)
		if (access(devices[i], F_OK))
			return devices[i];
	return NULL;
}

static bool look(char *why, size_t size)
{
	const char *device = missing_device();

	if (!find_program() || !runc_version()[0]) {
		snprintf(why, size, "runc is not in PATH (Debian: apt-get install runc)");
		return false;
	}
	if (device) {
		snprintf(why, size,
			 "%s is not there, and runc needs it where it is not root; run "
			 "as root, or make it",
			 device);
		return false;
	}
	return namespaces_work(why, size);
}

bool runc_works(char *why, size_t size)
{
	static bool asked, works;
	static char because[256];

	if (!asked)
		works = look(because, sizeof(because));
	asked = true;
	if (!works)
		snprintf(why, size, "%s", because);
	return works;
}

/* ---- A call ---- */

/* First out of the way of each other, then to their places; these survive the exec. */
static void place_files(const int *inherited, int count)
{
	int high[64];

	for (int i = 0; i < count; i++) {
		high[i] = fcntl(inherited[i], F_DUPFD_CLOEXEC, FIRST_FILE + count);
		if (high[i] < 0)
			_exit(127);
	}
	for (int i = 0; i < count; i++)
		if (dup2(high[i], FIRST_FILE + i) < 0)
			_exit(127);
}

static void child(const char *state, const char *const *arguments, const int *inherited, int count,
		  int output, pid_t parent)
{
	const char *all[MAX_ARGUMENTS + 4] = {find_program(), "--root", state};
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	size_t n = 3;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || !all[0])
		_exit(127);
	for (size_t i = 0; i < MAX_ARGUMENTS && arguments[i]; i++)
		all[n++] = arguments[i];
	if (dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
		_exit(127);
	if (inherited)
		place_files(inherited, count);
	execv(all[0], (char *const *)all);
	_exit(127);
}

/* Its exit status, or -1 where it did not end in time and was killed. */
static int wait_for(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0), status = 0;
	struct pollfd gone = {.fd = fd, .events = POLLIN};
	int ready = poll(&gone, 1, RUNC_MS);

	if (ready != 1)
		kill(pid, SIGKILL); /* our child, not yet reaped */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (fd >= 0)
		close(fd);
	return ready == 1 ? status : -1;
}

/* What it says before each cause. */
static const char *skip_preamble(const char *message)
{
	static const char *const preambles[] = {
		"runc create failed: ", "unable to start container process: ",
		"error during container init: ", "exec failed: "};

	for (size_t i = 0; i < sizeof(preambles) / sizeof(preambles[0]); i++)
		if (!strncmp(message, preambles[i], strlen(preambles[i])))
			message += strlen(preambles[i]);
	return message;
}

/* The last line that it wrote, without what its logger puts around a message. */
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
	while (n && strchr(" \n", text[n - 1]))
		text[--n] = '\0';
	line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	message = strstr(line, "msg=\"");
	if (message) {
		line = message + strlen("msg=\"");
		text[strlen(text) - 1] = '\0';
	}
	snprintf(out, size, "%.300s", skip_preamble(line));
}

int runc_run(const char *state, const char *const *arguments, const int *inherited, int count,
	     char *error, size_t size)
{
	int output = memfd_create("virt-qualify runc", MFD_CLOEXEC), status;
	pid_t parent = getpid(), pid;
	char words[320];

	if (output < 0) {
		snprintf(error, size, "memory for what runc says: %s", strerror(errno));
		return -1;
	}
	fcntl(output, F_SETFL, O_APPEND);
	pid = fork();
	if (pid == 0)
		child(state, arguments, inherited, count, output, parent);
	status = pid < 0 ? -1 : wait_for(pid);
	if (status == -1)
		snprintf(error, size, "runc %s: %s", arguments[0],
			 pid < 0 ? strerror(errno) : "it did not end within its bound");
	else if (status) {
		last_words(output, words, sizeof(words));
		snprintf(error, size, "runc %s: %s", arguments[0], words);
	}
	close(output);
	return status ? -1 : 0;
}
