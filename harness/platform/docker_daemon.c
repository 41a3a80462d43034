/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/docker_daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/platform/namespaces.h"
#include "harness/platform/orphan.h"
#include "harness/platform/program.h"

#define START_MS 20000
#define STOP_MS	 10000

/* ---- What is here ---- */

static bool look(char *why, size_t size)
{
	static const char *const programs[] = {"docker", "dockerd", "containerd", "runc", "tar"};
	char path[512];

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		if (program_find(programs[i], path, sizeof(path)))
			continue;
		snprintf(why, size, "%s is not in PATH (Debian: apt-get install docker.io)",
			 programs[i]);
		return false;
	}
	if (!geteuid())
		return namespaces_work(why, size);
	snprintf(why, size, "a dockerd of its own takes root; run as root (oci needs no root)");
	return false;
}

bool docker_works(char *why, size_t size)
{
	static bool asked, works;
	static char because[256];

	if (!asked)
		works = look(because, sizeof(because));
	asked = true;
	if (!works)
		snprintf(why, size, "%s", because);
	return works;
}

const char *docker_version(void)
{
	static char text[256];
	char path[512], docker[64] = "", runc[64] = "";

	if (text[0])
		return text;
	if (program_find("dockerd", path, sizeof(path)))
		program_version(path, docker, sizeof(docker));
	if (program_find("runc", path, sizeof(path)))
		program_version(path, runc, sizeof(runc));
	snprintf(text, sizeof(text), "docker %s, runc %s", docker[0] ? docker : "(none)",
		 runc[0] ? runc : "(none)");
	return text;
}

/* ---- A call ---- */

int docker_run(const char *directory, const char *const *arguments, char *error, size_t size)
{
	char path[512], socket[600], home[600], search[1100];
	const char *all = getenv("PATH");
	const char *options[] = {"--host", socket, NULL};
	/* What a user sets (DOCKER_HOST, a context) is for the user's docker. */
	const char *environment[] = {search, home, NULL};
	struct program_call call = {.path = path,
				    .name = "docker",
				    .options = options,
				    .arguments = arguments,
				    .environment = environment,
				    .wait_ms = DOCKER_MS};

	if (!program_find("docker", path, sizeof(path))) {
		snprintf(error, size, "docker is not in PATH any more");
		return -1;
	}
	snprintf(socket, sizeof(socket), "unix://%s/docker.sock", directory);
	snprintf(home, sizeof(home), "HOME=%s", directory);
	snprintf(search, sizeof(search), "PATH=%s", all ? all : "/usr/sbin:/usr/bin");
	return program_call(&call, error, size);
}

/* ---- Its life ---- */

struct keep {
	int report, lifeline;
};

static void keep(void *context)
{
	const struct keep *k = context;

	docker_keep(k->report, k->lifeline);
}

static int take_report(struct docker_daemon *d, int report, char *error, size_t size)
{
	struct pollfd ready = {.fd = report, .events = POLLIN};
	struct docker_report r;

	if (poll(&ready, 1, START_MS) != 1 || read(report, &r, sizeof(r)) != sizeof(r)) {
		snprintf(error, size, "a private dockerd did not start within %d ms", START_MS);
		return -1;
	}
	/* It waits for the end of the pipe that we hold: the number is its own. */
	d->keeper = (int)syscall(SYS_pidfd_open, r.keeper, 0);
	memcpy(d->directory, r.directory, sizeof(d->directory));
	if (r.error[0])
		snprintf(error, size, "%s", r.error);
	return r.error[0] ? -1 : 0;
}

int docker_daemon_start(struct docker_daemon *d, char *error, size_t size)
{
	int report[2] = {-1, -1}, lifeline[2] = {-1, -1}, ret;
	struct keep k;

	memset(d, 0, sizeof(*d));
	d->keeper = d->lifeline = -1;
	if (pipe2(report, O_CLOEXEC) || pipe2(lifeline, O_CLOEXEC)) {
		snprintf(error, size, "pipe to a keeper: %s", strerror(errno));
		return -1; /* no descriptors are left: the run ends */
	}
	k = (struct keep){report[1], lifeline[0]};
	ret = orphan_fork(keep, &k);
	if (ret)
		snprintf(error, size, "fork of a keeper: %s", strerror(errno));
	close(report[1]);
	close(lifeline[0]);
	d->lifeline = lifeline[1];
	ret = ret || take_report(d, report[0], error, size);
	close(report[0]);
	if (ret)
		docker_daemon_stop(d);
	return ret ? -1 : 0;
}

void docker_daemon_stop(struct docker_daemon *d)
{
	struct pollfd gone = {.fd = d->keeper, .events = POLLIN};

	if (d->lifeline > 0)
		close(d->lifeline);
	if (d->keeper > 0) {
		poll(&gone, 1, STOP_MS); /* what it could not clear, `recover` does */
		close(d->keeper);
	}
	memset(d, 0, sizeof(*d));
	d->keeper = d->lifeline = -1;
}
