/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The init of a container, or of a Linux guest (init_guest.h): the native build of the payload as
 * process 1, a static program that needs nothing but /proc beside it. What it works on in a
 * container it gets by a socket (enum init_file); its end comes from outside, or with whoever
 * started it.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "guests/init_guest.h"
#include "harness/platform/process.h"

static struct machine self;
static int host = -1; /* the connection to whoever started us */
static int file[INIT_FILES];

/* An exit code for each thing that can be missing: who started us shows it. */
enum init_failure { BAD_ARGUMENTS = 120, NO_MEMORY, NO_STATUS, NO_HOST };

static void *map_whole(int fd, size_t *size)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) || st.st_size <= 0)
		return NULL;
	*size = (size_t)st.st_size;
	p = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return p == MAP_FAILED ? NULL : p;
}

static void read_pins(const char *text)
{
	char *end;

	for (uint32_t i = 0; i < VQ_MAX_CPUS; i++) {
		self.pin[i] = (int)strtol(text, &end, 10);
		if (end == text)
			self.pin[i] = -1;
		text = *end == ',' ? end + 1 : end;
	}
	self.config.pin = self.pin;
}

/* A cpuset that we were moved into may have widened what our parent allowed. */
static void take_affinity(const char *text)
{
	cpu_set_t set;
	char *end;

	CPU_ZERO(&set);
	while (*text) {
		long cpu = strtol(text, &end, 10);

		if (end == text || cpu < 0 || cpu >= CPU_SETSIZE)
			break;
		CPU_SET((size_t)cpu, &set);
		text = *end == ',' ? end + 1 : end;
	}
	if (CPU_COUNT(&set))
		sched_setaffinity(0, sizeof(set), &set);
}

static void end(int signal)
{
	(void)signal;
	_exit(0);
}

/* The kernel drops signals that process 1 has no handler for, and gives it orphans to reap. */
static void take_duties(void)
{
	struct sigaction reap = {.sa_handler = SIG_IGN}, stop = {.sa_handler = end};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGCHLD, &reap, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	prctl(PR_SET_NAME, "vq-init");
}

/* ---- Who started us ---- */

static int dial(void)
{
	struct sockaddr_un there = {.sun_family = AF_UNIX, .sun_path = INIT_SOCKET};

	host = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return host < 0 ? -1 : connect(host, (struct sockaddr *)&there, sizeof(there));
}

static int receive_files(void)
{
	union {
		char room[CMSG_SPACE(sizeof(file))];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = control.room,
				 .msg_controllen = sizeof(control.room)};
	const struct cmsghdr *c;

	if (recvmsg(host, &message, MSG_CMSG_CLOEXEC) != 1)
		_exit(0); /* it let go of us before we began */
	c = CMSG_FIRSTHDR(&message);
	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(sizeof(file)))
		return -1;
	memcpy(file, CMSG_DATA(c), sizeof(file));
	return 0;
}

/* Until who started us goes away; what else comes over that socket means nothing. */
static void serve(void)
{
	struct pollfd life = {.fd = host, .events = POLLIN};
	char c = 0;

	if (write(host, &c, 1) != 1)
		_exit(0);
	for (;;) {
		if (poll(&life, 1, -1) < 0)
			continue;
		if (read(host, &c, 1) <= 0)
			_exit(0);
	}
}

/* The kernel of a Linux guest started us; it panics when we end, and the host sees that. */
static int run_guest(void)
{
	if (init_guest_start(&self))
		return NO_MEMORY;
	for (;;)
		pause();
}

/* Everything that the payload's environment needs; 0, or a failure's exit code. */
static int take_machine(void)
{
	size_t size = 0;

	if (dial() || receive_files())
		return NO_HOST;
	self.memory = map_whole(file[INIT_MEMORY], &self.memory_size);
	if (!self.memory || self.memory_size < VQ_IMAGE_OFFSET)
		return NO_MEMORY;
	self.status = map_whole(file[INIT_STATUS], &size);
	if (!self.status || size < sizeof(*self.status))
		return NO_STATUS;
	self.event = file[INIT_EVENT];
	self.config.notify_fd = file[INIT_NOTIFY];
	self.config.wake_fd = file[INIT_WAKE];
	self.config.cpus = ((const struct vq_boot *)(self.memory + VQ_BOOT_OFFSET))->cpus;
	return self.config.cpus && self.config.cpus <= VQ_MAX_CPUS ? 0 : BAD_ARGUMENTS;
}

int main(int argc, char **argv)
{
	size_t size;
	int failure;

	if (argc == 2 && !strcmp(argv[1], INIT_EXEC))
		return 0;
	if (argc == 1 && getpid() == 1)
		return run_guest();
	if (argc != 3)
		return BAD_ARGUMENTS;
	take_duties();
	take_affinity(argv[2]);
	read_pins(argv[1]);
	failure = take_machine();
	if (failure)
		return failure;
	process_start(&self, map_whole(file[INIT_WINDOW], &size), true);
	serve();
}
