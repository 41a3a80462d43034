/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform `podman`: the payload as init of a container that podman makes of the root directory
 * of oci's bundle. What podman adds to its runtime shows: the container gets the same rights, the
 * same namespaces and no seccomp filter. podman has no daemon; a conmon stands by each container:
 *
 *	guest process ── podman ──> conmon ──> init of the container
 *
 * The guest process is the subreaper of all of them, and has a podman of its own (podman_store.h).
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/platform/container.h"
#include "harness/platform/container_cgroup.h"
#include "harness/platform/engine.h"
#include "harness/platform/podman_store.h"
#include "harness/setting.h"

#define SLACK_MS   20000	       /* a call takes 0.1 s of CPU, and a start four of them */
#define HORIZON_MS 8000		       /* a restart takes half a second, on a quiet host */
#define CONMON_NS  INT64_C(3000000000) /* until it ended, after its container did */

struct podman {
	struct container c; /* first: podman_of() */
	struct podman_store store;
	struct cgroup_own own; /* hierarchies that its cgroups are made in */
};

static struct podman *podman_of(struct container *c)
{
	return (struct podman *)c;
}

static const char *label(void)
{
	static char text[32];

	snprintf(text, sizeof(text), "podman (%s)", podman_runtime());
	return text;
}

static const char *version(void)
{
	static struct utsname kernel;
	static char text[400];

	uname(&kernel);
	snprintf(text, sizeof(text), "%s, Linux %s", podman_version(), kernel.release);
	return text;
}

static unsigned int capabilities(void)
{
	char why[256];

	return CAN_NOTIFY | CAN_WINDOW | CAN_PRIVATE_RAM | CAN_EXEC | CAN_HOST_TSC | CAN_PAUSE |
	       (cgroup_memory_works(why, sizeof(why)) ? CAN_MEMORY_LIMIT : 0);
}

static int run(struct container *c, const char *const *arguments)
{
	return podman_run(&podman_of(c)->store, arguments, c->m->error, sizeof(c->m->error));
}

/* ---- Making it ---- */

static int prepare(struct container *c)
{
	struct podman *p = podman_of(c);

	cgroup_find(&p->own, 0);
	return container_note_parent(c, &p->own, c->directory.name) ||
			       podman_store_make(&p->store, c->directory.path, c->m->error,
						 sizeof(c->m->error))
		       ? -1
		       : 0;
}

/* podman creates when it is asked to, but has its runtime do so only with `init`. */
static int create(struct container *c)
{
	const char *init[] = {"init", c->directory.name, NULL};
	struct engine_create a = {0};
	char pid_file[600], rootfs[600];
	pid_t pid;

	snprintf(pid_file, sizeof(pid_file), "%s/pid", c->directory.path);
	snprintf(rootfs, sizeof(rootfs), "%s/rootfs", c->directory.path);
	engine_begin_create(&a, c);
	engine_add(&a, "--read-only-tmpfs=false", "--no-hosts");
	engine_add(&a, "--pidfile", pid_file);
	engine_add(&a, "--rootfs", NULL);
	engine_end_create(&a, c, rootfs);
	if (run(c, a.argument) || run(c, init) || container_read_pid(c, "podman", pid_file, &pid) ||
	    container_has_init(c, pid))
		return -1;
	return container_settle(c, &podman_of(c)->own, c->directory.name);
}

/* ---- Its life ---- */

static int start(struct container *c)
{
	const char *arguments[] = {"start", c->directory.name, NULL};

	return run(c, arguments) || container_wait_there(c) || container_go(c) ? -1 : 0;
}

static int pause_or_resume(struct container *c, bool paused)
{
	const char *arguments[] = {paused ? "pause" : "unpause", c->directory.name, NULL};

	return run(c, arguments);
}

static int set_paused(struct container *c, bool paused)
{
	return container_retry_freeze(c, paused, pause_or_resume);
}

static int run_beside(struct container *c)
{
	const char *arguments[] = {"exec", c->directory.name, "/init", INIT_EXEC, NULL};

	return run(c, arguments);
}

/* Each conmon, and the podman that it starts when its container ended: they write into the
 * directory, which is to go. */
static void wait_for_children(void)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	int64_t until = host_now_ns() + CONMON_NS;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, NULL, WNOHANG);
		if ((pid < 0 && errno != EINTR) || host_now_ns() > until)
			return; /* who stays is killed by its cgroup, as the journal says */
		if (pid == 0)
			nanosleep(&pause, NULL);
	}
}

static void destroy(struct container *c)
{
	const char *arguments[] = {"rm", "--force", "--time", "0", c->directory.name, NULL};

	container_kill(c);
	run(c, arguments);
	wait_for_children();
	container_remove_parent(&podman_of(c)->own, c->directory.name);
}

static void guest_process(struct machine *m)
{
	static const struct container_driver driver = {.prepare = prepare,
						       .create = create,
						       .start = start,
						       .set_paused = set_paused,
						       .exec = run_beside,
						       .destroy = destroy};
	static struct podman p;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	container_serve(&p.c, m, &driver);
}

PLATFORM(podman, .summary = "a container by podman: the native payload as its init",
	 .works = podman_works, .label = label, .version = version, .capabilities = capabilities,
	 .execution = container_execution, .lacks = container_lacks, .slack_ms = SLACK_MS,
	 .horizon_ms = HORIZON_MS, .tidies = true, .settings = SETTINGS(&setting_plant),
	 .guest_process = guest_process);
