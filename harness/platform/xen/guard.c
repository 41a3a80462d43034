/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libvirt's Xen driver knows no autodestroy: a domain outlives whoever made it. So each has a
 * guard, a process of its own that nobody signals, which destroys it when the guest process dies.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "harness/platform/xen/domain.h"

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

static void destroy(const char *name)
{
	char why[256];
	const struct libvirt_api *lib = libvirt_api(why, sizeof(why));
	virConnectPtr connection = lib ? xen_connect(lib) : NULL;
	virDomainPtr domain = connection ? lib->virDomainLookupByName(connection, name) : NULL;

	if (domain)
		lib->virDomainDestroy(domain);
}

void xen_domain_guard(const char *name, int lifeline)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	char byte;
	ssize_t n;

	prctl(PR_SET_PDEATHSIG, 0);
	prctl(PR_SET_NAME, "vq-xen-guard");
	setsid();
	sigaction(SIGINT, &ignore, NULL);
	sigaction(SIGTERM, &ignore, NULL);
	sigaction(SIGHUP, &ignore, NULL);
	let_go_of_all(&lifeline);
	do {
		n = read(lifeline, &byte, 1);
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		destroy(name);
	_exit(0);
}
