/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The init of a container, or of a Linux guest (init_guest.h): the native build of the payload as
 * process 1, a static program that needs nothing but /proc beside it. What it works on in a
 * container it inherits (enum init_fd); its end comes from outside, or with whoever started it.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guests/init_guest.h"
#include "harness/platform/process.h"

static struct machine self;

/* An exit code for each thing that can be missing: who started us shows it. */
enum init_failure { BAD_ARGUMENTS = 120, NO_MEMORY, NO_STATUS };

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

static void say_there(void)
{
	char c = 0;

	if (write(INIT_LIFE, &c, 1) != 1)
		_exit(0);
}

static void wait_for_go(void)
{
	char c;

	say_there();
	if (read(INIT_LIFE, &c, 1) != 1)
		_exit(0);
}

/* Until who started us goes away; what else comes over that socket means nothing. */
static void serve(void)
{
	struct pollfd life = {.fd = INIT_LIFE, .events = POLLIN};
	char c;

	say_there();
	for (;;) {
		if (poll(&life, 1, -1) < 0)
			continue;
		if (read(INIT_LIFE, &c, 1) <= 0)
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

int main(int argc, char **argv)
{
	uint8_t *window;
	size_t size = 0;

	if (argc == 2 && !strcmp(argv[1], INIT_EXEC))
		return 0;
	if (argc == 1 && getpid() == 1)
		return run_guest();
	if (argc != 3 && (argc != 4 || strcmp(argv[3], INIT_WAIT)))
		return BAD_ARGUMENTS;
	take_duties();
	take_affinity(argv[2]);
	read_pins(argv[1]);
	self.memory = map_whole(INIT_MEMORY, &self.memory_size);
	if (!self.memory || self.memory_size < VQ_IMAGE_OFFSET)
		return NO_MEMORY;
	self.status = map_whole(INIT_STATUS, &size);
	if (!self.status || size < sizeof(*self.status))
		return NO_STATUS;
	self.event = INIT_EVENT;
	self.config.notify_fd = INIT_NOTIFY;
	self.config.wake_fd = INIT_WAKE;
	self.config.cpus = ((const struct vq_boot *)(self.memory + VQ_BOOT_OFFSET))->cpus;
	if (!self.config.cpus || self.config.cpus > VQ_MAX_CPUS)
		return BAD_ARGUMENTS;
	window = map_whole(INIT_WINDOW, &size);
	if (argc == 4)
		wait_for_go();
	process_start(&self, window, true);
	serve();
}
