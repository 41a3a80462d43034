/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Some of libvirt's drivers (Xen's) know no autodestroy: a domain outlives whoever made it. So each
 * has a guard, a process of its own that nobody signals, which destroys it when the guest process
 * dies.
 */
#include "harness/platform/libvirt/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#define DESTROY_S 60 /* a daemon that does not answer must not keep the guard */

/* It must hold nothing that others wait for the end of. */
static void let_go_of_all(int *lifeline)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	dup2(*lifeline, 3);
	close_range(4, ~0u, 0);
	*lifeline = 3;
}

static void destroy(const char *name, libvirt_guard_connect *open_connection)
{
	char why[256];
	const struct libvirt_api *lib = libvirt_api(why, sizeof(why));
	virConnectPtr connection = lib ? open_connection(lib) : NULL;
	virDomainPtr domain = connection ? lib->virDomainLookupByName(connection, name) : NULL;

	if (!domain)
		return;
	lib->virDomainDestroy(domain);
	lib->virDomainUndefine(domain); /* it fails for one that was never defined */
}

static void guard(const char *name, libvirt_guard_connect *open_connection, int lifeline)
	__attribute__((noreturn));

static void guard(const char *name, libvirt_guard_connect *open_connection, int lifeline)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	char byte;
	ssize_t n;

	prctl(PR_SET_PDEATHSIG, 0);
	prctl(PR_SET_NAME, "vq-guard");
	setsid();
	sigaction(SIGINT, &ignore, NULL);
	sigaction(SIGTERM, &ignore, NULL);
	sigaction(SIGHUP, &ignore, NULL);
	let_go_of_all(&lifeline);
	do {
		n = read(lifeline, &byte, 1);
	} while (n < 0 && errno == EINTR);
	alarm(DESTROY_S);
	if (n == 0)
		destroy(name, open_connection);
	_exit(0);
}

int libvirt_guard_start(const char *name, libvirt_guard_connect *open_connection)
{
	int pipes[2];
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC))
		return -1;
	pid = fork();
	if (pid == 0) {
		close(pipes[1]);
		guard(name, open_connection, pipes[0]);
	}
	close(pipes[0]);
	if (pid > 0)
		return pipes[1];
	close(pipes[1]);
	return -1;
}
