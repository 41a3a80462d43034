/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static int stop_pipe[2] = {-1, -1};

static void on_stop(int signal)
{
	int saved = errno;

	(void)signal;
	if (write(stop_pipe[1], "", 1) < 0)
		errno = saved; /* full: it was told already */
	errno = saved;
}

static void on_each(const struct sigaction *action)
{
	sigaction(SIGINT, action, NULL);
	sigaction(SIGTERM, action, NULL);
	sigaction(SIGHUP, action, NULL);
}

int stop_on_signals(void)
{
	const struct sigaction tell = {.sa_handler = on_stop, .sa_flags = SA_RESTART};

	if (pipe2(stop_pipe, O_CLOEXEC | O_NONBLOCK))
		return -1;
	on_each(&tell);
	return stop_pipe[0];
}

void stop_ignore_signals(void)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};

	on_each(&ignore);
}
