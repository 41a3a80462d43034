/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/libvirt/console.h"

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#define PIPE_SIZE (1 << 20)

/* The events' thread writes here; it must not wait for long, and nothing may be lost. */
static const struct libvirt_api *api;
static int pipe_in = -1;

static bool hand_on(const char *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(pipe_in, bytes, size);

		if (n <= 0)
			return false;
		bytes += n;
		size -= (size_t)n;
	}
	return true;
}

/* libvirt calls it again as long as there is more. */
static void on_stream(virStreamPtr stream, int events, void *context)
{
	char bytes[8192];
	int n = -1;

	(void)context;
	if (events & VIR_STREAM_EVENT_READABLE)
		n = api->virStreamRecv(stream, bytes, sizeof(bytes));
	if (n == -2 || (n > 0 && hand_on(bytes, (size_t)n)))
		return;
	api->virStreamEventRemoveCallback(stream);
	close(pipe_in);
	pipe_in = -1;
}

static int watch(struct libvirt_console *c)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	signal(SIGPIPE, SIG_IGN); /* the thread may be about to write when we close */
	fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE); /* a smaller one will do */
	c->fd = ends[0];
	pipe_in = ends[1];
	api = c->lib;
	return c->lib->virStreamEventAddCallback(
		c->stream,
		VIR_STREAM_EVENT_READABLE | VIR_STREAM_EVENT_HANGUP | VIR_STREAM_EVENT_ERROR,
		on_stream, NULL, NULL);
}

int libvirt_console_open(struct libvirt_console *c, const struct libvirt_api *lib,
			 virConnectPtr connection, virDomainPtr domain, char *error, size_t size)
{
	c->lib = lib;
	c->fd = -1;
	c->stream = lib->virStreamNew(connection, VIR_STREAM_NONBLOCK);
	if (c->stream && !lib->virDomainOpenConsole(domain, NULL, c->stream, 0) && !watch(c))
		return 0;
	snprintf(error, size, "its console: %.300s", libvirt_error());
	libvirt_console_close(c);
	return -1;
}

void libvirt_console_close(struct libvirt_console *c)
{
	if (c->stream) {
		c->lib->virStreamAbort(c->stream);
		c->lib->virStreamFree(c->stream);
	}
	if (c->fd >= 0)
		close(c->fd);
	c->stream = NULL;
	c->fd = -1;
}
