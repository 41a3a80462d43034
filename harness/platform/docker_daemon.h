/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A dockerd of our own, as long as the run: in a directory, mounts, a network and a cgroup of its
 *own, so that it changes neither the host's packet filter nor the user's docker. Root's alone.
 *
 *	harness ── pipe ──> keeper ──> dockerd ──> containerd, shims, containers
 *
 * When the last process of the run is gone, or the harness says so, the keeper kills all of it and
 * removes what it left, as its journal says; who kills the keeper leaves that to `recover`.
 */
#ifndef VQ_DOCKER_DAEMON_H
#define VQ_DOCKER_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define DOCKER_IMAGE "virt-qualify" /* of a container's root directory; it is there at once */

struct docker_daemon {
	char directory[512]; /* all of it */
	int keeper;	     /* its pidfd; -1: there is none */
	int lifeline;	     /* our end of the pipe */
};

/* Could it be started here? false with one sentence. Asked once. */
bool docker_works(char *why, size_t size);

/* "docker 20.10.24+dfsg1, runc 1.1.5+ds1". */
const char *docker_version(void);

/* Start it and wait until it takes calls (20 s at most). 0, or -1 with one line. */
int docker_daemon_start(struct docker_daemon *d, char *error, size_t size);

/* End it with all that it left; 10 s at most. Safe where it was not started. */
void docker_daemon_stop(struct docker_daemon *d);

/* Run `docker ARGUMENT…` with that daemon to its end, at most DOCKER_MS. 0, or -1 with the last
 * thing that it said. */
#define DOCKER_MS 20000
int docker_run(const char *directory, const char *const *arguments, char *error, size_t size);

/* What the keeper says once, in one message. */
struct docker_report {
	pid_t keeper;
	char directory[512];
	char error[512]; /* "": it works */
};

/* The keeper (docker_keeper.c); does not return. `lifeline` ends with the run. */
void docker_keep(int report, int lifeline) __attribute__((noreturn));

#endif
