/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Some of libvirt's drivers (Xen's) know no autodestroy: a domain outlives whoever made it. So each
 * has a guard, a process of its own that nobody signals, which destroys it when the guest process
 * dies.
 */
#include "harness/platform/libvirt/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "harness/stop.h"

#define DESTROY_S 60 /* a daemon that does not answer must not keep the guard */
#define RETRIES	  16 /* one that died may be back soon */
#define RETRY_MS  500
#define ARMED	  'a'
#define DISMISSED 'd'

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

static virConnectPtr connect_again(const struct libvirt_api *lib,
				   libvirt_guard_connect *open_connection)
{
	virConnectPtr connection = open_connection(lib);

	for (int i = 0; !connection && i < RETRIES; i++) {
		usleep(RETRY_MS * 1000);
		connection = open_connection(lib);
	}
	return connection;
}

static void delete_volume(const struct libvirt_api *lib, virConnectPtr connection,
			  const struct libvirt_guarded *what)
{
	virStoragePoolPtr pool = lib->virStoragePoolLookupByName(connection, what->pool);
	virStorageVolPtr volume = pool ? lib->virStorageVolLookupByName(pool, what->volume) : NULL;

	if (volume)
		lib->virStorageVolDelete(volume, 0);
}

static void destroy(const struct libvirt_guarded *what, libvirt_guard_connect *open_connection)
{
	char why[256];
	const struct libvirt_api *lib = libvirt_api(why, sizeof(why));
	virConnectPtr connection = lib ? connect_again(lib, open_connection) : NULL;
	virDomainPtr domain;

	if (!connection)
		return;
	domain = lib->virDomainLookupByName(connection, what->domain);
	if (domain) {
		lib->virDomainDestroy(domain);
		/* It fails for one that was never defined, or whose driver saves none. */
		if (lib->virDomainUndefineFlags(domain, VIR_DOMAIN_UNDEFINE_MANAGED_SAVE))
			lib->virDomainUndefine(domain);
	}
	if (what->volume)
		delete_volume(lib, connection, what);
}

static void guard(const struct libvirt_guarded *what, libvirt_guard_connect *open_connection,
		  int lifeline) __attribute__((noreturn));

static void guard(const struct libvirt_guarded *what, libvirt_guard_connect *open_connection,
		  int lifeline)
{
	bool armed = false;
	char byte = 0;
	ssize_t n;

	prctl(PR_SET_PDEATHSIG, 0);
	prctl(PR_SET_NAME, "vq-guard");
	setsid();
	stop_ignore_signals();
	let_go_of_all(&lifeline);
	do {
		n = read(lifeline, &byte, 1);
		armed |= n == 1 && byte == ARMED;
	} while ((n < 0 && errno == EINTR) || (n == 1 && byte == ARMED));
	alarm(DESTROY_S);
	if (n == 0 && armed)
		destroy(what, open_connection);
	_exit(0);
}

int libvirt_guard_start(const struct libvirt_guarded *what, libvirt_guard_connect *open_connection)
{
	int pipes[2];
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC))
		return -1;
	pid = fork();
	if (pid == 0) {
		close(pipes[1]);
		guard(what, open_connection, pipes[0]);
	}
	close(pipes[0]);
	if (pid > 0)
		return pipes[1];
	close(pipes[1]);
	return -1;
}

/* It fails where the guard is gone. */
static void tell(int guard_fd, char what)
{
	(void)!write(guard_fd, &what, 1);
}

void libvirt_guard_arm(int guard_fd)
{
	tell(guard_fd, ARMED);
}

void libvirt_guard_dismiss(int guard_fd)
{
	tell(guard_fd, DISMISSED);
}
