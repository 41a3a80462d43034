/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/libvirt/answers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/core/text.h"
#include "harness/host.h"
#include "harness/platform/libvirt/api.h"

struct word {
	bool connected;
	char said[300];
};

static void try_it(const char *uri, int report, pid_t parent) __attribute__((noreturn));

static void try_it(const char *uri, int report, pid_t parent)
{
	struct word w = {0};
	const struct libvirt_api *lib;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	setsid();
	lib = libvirt_api(w.said, sizeof(w.said));
	w.connected = lib && lib->virConnectOpen(uri);
	if (lib && !w.connected)
		snprintf(w.said, sizeof(w.said), "%s", libvirt_error());
	_exit(write(report, &w, sizeof(w)) != sizeof(w));
}

/* Ctrl-C is not for us to hear: the bound is short. */
static bool hear(int report, int bound_ms, struct word *w)
{
	int64_t deadline = host_now_ns() + bound_ms * 1000000ll, left;
	struct pollfd word = {.fd = report, .events = POLLIN};
	int n;

	do {
		left = (deadline - host_now_ns()) / 1000000;
		n = poll(&word, 1, left > 0 ? (int)left : 0);
	} while (n < 0 && errno == EINTR);
	if (n != 1 || read(report, w, sizeof(*w)) != sizeof(*w)) {
		snprintf(w->said, sizeof(w->said),
			 n == 1 ? "its client crashed"
				: "it took a connection, and did not answer within %g s",
			 bound_ms / 1000.0);
		w->connected = false;
	}
	return w->connected;
}

bool libvirt_answers(const char *uri, int bound_ms, char *why, size_t size)
{
	char clean[TEXT_CLEAN_SIZE(sizeof(((struct word *)0)->said))];
	pid_t parent = getpid(), child;
	struct word w = {0};
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC)) {
		snprintf(why, size, "pipe: %s", strerror(errno));
		return false;
	}
	child = fork();
	if (child == 0)
		try_it(uri, pipes[1], parent);
	close(pipes[1]);
	if (child > 0) {
		hear(pipes[0], bound_ms, &w);
		kill(child, SIGKILL); /* not yet reaped: the number is its */
		waitpid(child, NULL, 0);
	} else {
		snprintf(w.said, sizeof(w.said), "fork: %s", strerror(errno));
	}
	close(pipes[0]);
	w.said[sizeof(w.said) - 1] = '\0';
	text_clean(clean, w.said, strlen(w.said), false);
	snprintf(why, size, "%s", clean);
	return w.connected;
}
