/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/qemu/emulator.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/core/text.h"
#include "harness/host.h"
#include "harness/platform.h"
#include "harness/vmm/vmm.h"

#define VERSION_MS   5000	  /* a cold start from a slow disk */
#define DEVICES_SIZE (128u << 10) /* of a list that takes 20 KiB in QEMU 7.2 */

bool qemu_is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

const char *qemu_path(void)
{
	static char path[4096];
	static bool looked;
	const char *at = getenv("PATH");

	if (looked)
		return path[0] ? path : NULL;
	looked = true;
	while (at && *at) {
		size_t length = strcspn(at, ":");

		snprintf(path, sizeof(path), "%.*s/" QEMU_PROGRAM, (int)length, at);
		/* Not one that happens to lie where we are run. */
		if (*at == '/' && qemu_is_program(path))
			return path;
		at += length + (at[length] == ':');
	}
	path[0] = '\0';
	return NULL;
}

void qemu_argument(struct qemu_arguments *a, const char *format, ...)
{
	size_t room = sizeof(a->text) - a->used;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(a->text + a->used, room, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room || a->count + 1 >= sizeof(a->argv) / sizeof(a->argv[0])) {
		a->overflow = true;
		return;
	}
	a->argv[a->count++] = a->text + a->used;
	a->argv[a->count] = NULL;
	a->used += (size_t)n + 1;
}

/* Between fork and exec. */
static void become(const struct qemu_arguments *a, const int *keep, size_t keep_count, int messages,
		   const cpu_set_t *cpus, pid_t parent)
{
	struct sigaction normal = {.sa_handler = SIG_DFL};
	int nothing = open("/dev/null", O_RDWR);
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || nothing < 0)
		_exit(127);
	if (cpus)
		sched_setaffinity(0, sizeof(*cpus), cpus);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	sigaction(SIGPIPE, &normal, NULL);
	dup2(nothing, 0);
	dup2(nothing, 1);
	dup2(messages, 2);
	for (size_t i = 0; i < keep_count; i++)
		if (keep[i] >= 0)
			fcntl(keep[i], F_SETFD, 0);
	if (nothing > 2)
		close(nothing);
	execv(a->program, a->argv);
	dprintf(2, "%s: %s", a->program, strerror(errno));
	_exit(127);
}

int qemu_spawn(const struct qemu_arguments *a, const int *keep, size_t keep_count, int messages,
	       const cpu_set_t *cpus, pid_t *pid, int *pidfd)
{
	pid_t parent = getpid();

	if (a->overflow || !a->count || !a->program) {
		errno = a->overflow ? E2BIG : ENOENT;
		return -1;
	}
	*pid = fork();
	if (*pid < 0)
		return -1;
	if (*pid == 0)
		become(a, keep, keep_count, messages, cpus, parent);
	*pidfd = (int)syscall(SYS_pidfd_open, *pid, 0);
	if (*pidfd >= 0)
		return 0;
	kill(*pid, SIGKILL); /* our child, not yet reaped */
	waitpid(*pid, NULL, 0);
	return -1;
}

/* ---- What it is ---- */

/* Read until its end, or time is up. */
static void read_all(int fd, char *text, size_t size)
{
	int64_t deadline = host_now_ns() + VERSION_MS * 1000000ll;
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	size_t used = 0;

	while (used + 1 < size) {
		int left = (int)((deadline - host_now_ns()) / 1000000);
		ssize_t n;

		if (left <= 0 || (poll(&wait, 1, left) <= 0 && errno != EINTR))
			break;
		n = read(fd, text + used, size - 1 - used);
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	text[used] = '\0';
}

static void ask(const char *program, const char *option, const char *value, char *text, size_t size)
{
	int out[2];
	pid_t pid;

	text[0] = '\0';
	if (pipe2(out, O_CLOEXEC))
		return;
	pid = fork();
	if (pid == 0) {
		dup2(out[1], 1);
		execl(program, QEMU_PROGRAM, option, value, NULL);
		_exit(127);
	}
	close(out[1]);
	if (pid > 0) {
		read_all(out[0], text, size);
		kill(pid, SIGKILL); /* our child, not yet reaped */
		waitpid(pid, NULL, 0);
	}
	close(out[0]);
}

void qemu_version_of(const char *program, char version[QEMU_VERSION_SIZE])
{
	char text[512];

	ask(program, "--version", NULL, text, sizeof(text));
	text[strcspn(text, "\r\n")] = '\0';
	text_clean(version, text, strnlen(text, 160), false);
}

const char *qemu_version(void)
{
	static char version[QEMU_VERSION_SIZE];
	static bool asked;

	if (asked || !qemu_path())
		return version;
	asked = true;
	qemu_version_of(qemu_path(), version);
	return version;
}

unsigned int qemu_devices(void)
{
	static char list[DEVICES_SIZE];
	static unsigned int devices;
	static bool asked;

	if (asked || !qemu_path())
		return devices;
	asked = true;
	ask(qemu_path(), "-device", "help", list, sizeof(list));
	devices = (strstr(list, "\"pvpanic\"") ? CAN_PVPANIC : 0) |
		  (strstr(list, "\"ib700\"") ? CAN_WATCHDOG : 0) |
		  (strstr(list, "\"isa-ide\"") && strstr(list, "\"ide-hd\"") ? CAN_DISK : 0);
	return devices;
}

void qemu_add_devices(struct qemu_arguments *a, unsigned int devices)
{
	if (devices & CAN_PVPANIC) {
		qemu_argument(a, "-device");
		qemu_argument(a, "pvpanic,ioport=%#x", VQ_PORT_PANIC);
	}
	if (devices & CAN_WATCHDOG) {
		qemu_argument(a, "-device");
		qemu_argument(a, "ib700");
	}
}

bool qemu_works(bool kvm, char *why, size_t size)
{
	const struct vmm_host *h;

	if (!qemu_path()) {
		snprintf(why, size,
			 "no " QEMU_PROGRAM " in PATH; install QEMU (Debian: "
			 "qemu-system-x86)");
		return false;
	}
	if (!qemu_version()[0]) {
		snprintf(why, size, "%.200s does not run (--version says nothing)", qemu_path());
		return false;
	}
	h = kvm ? vmm_probe() : NULL;
	if (!h || h->usable)
		return true;
	snprintf(why, size, "%s", h->why_not);
	return false;
}
