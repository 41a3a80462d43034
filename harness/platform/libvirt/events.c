/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/libvirt/events.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>

#include <unistd.h>

#include "harness/host.h"

/* libvirt has one loop a process. */
static const struct libvirt_api *api;
static int pipe_in = -1;

static void *run(void *argument)
{
	const struct libvirt_api *lib = argument;

	while (lib->virEventRunDefaultImpl() == 0)
		;
	return NULL;
}

int libvirt_events_begin(const struct libvirt_api *lib, int *fd)
{
	pthread_t thread;
	int ends[2];

	if (lib->virEventRegisterDefaultImpl()) {
		errno = ENOSYS;
		return -1;
	}
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return -1;
	api = lib;
	pipe_in = ends[1];

	errno = pthread_create(&thread, NULL, run, (void *)lib);
	if (errno) {
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	*fd = ends[0];
	return 0;
}

/* A full pipe holds thousands: nobody has listened for long. */
static void tell(virConnectPtr of, int event, int detail)
{
	struct libvirt_event e = {
		.event = event, .detail = detail, .of = of, .at_ns = host_now_ns()};

	(void)!write(pipe_in, &e, sizeof(e));
}

static int on_life(virConnectPtr c, virDomainPtr d, int event, int detail, void *context)
{
	const char *its = api->virDomainGetName(d);

	if (its && !strcmp(its, context))
		tell(c, event, detail);
	return 0;
}

static void on_close(virConnectPtr c, int reason, void *context)
{
	(void)context;
	tell(c, -1, reason);
}

int libvirt_events_of(const struct libvirt_api *lib, virConnectPtr connection, const char *name)
{
	if (lib->virConnectDomainEventRegisterAny(connection, NULL, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
						  VIR_DOMAIN_EVENT_CALLBACK(on_life), (void *)name,
						  NULL) < 0)
		return -1;
	return lib->virConnectRegisterCloseCallback(connection, on_close, NULL, NULL);
}
