/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform `docker`: the payload as init of a container that docker makes of an image of the
 * root directory of oci's bundle, confined alike, in a dockerd of our own (docker_daemon.h).
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "harness/platform/container.h"
#include "harness/platform/container_cgroup.h"
#include "harness/platform/docker_daemon.h"
#include "harness/platform/engine.h"
#include "harness/setting.h"

#define SLACK_MS   20000
#define HORIZON_MS 8000 /* a restart takes half a second, on a quiet host */

static struct docker_daemon dockerd; /* the run's */

struct docker {
	struct container c;    /* first: docker_of() */
	struct cgroup_own own; /* hierarchies that its cgroups are made in */
};

static struct docker *docker_of(struct container *c)
{
	return (struct docker *)c;
}

static int begin(char *error, size_t size)
{
	return docker_daemon_start(&dockerd, error, size);
}

static void end_run(void)
{
	docker_daemon_stop(&dockerd);
}

static const char *label(void)
{
	return "docker (runc)";
}

static const char *version(void)
{
	static struct utsname kernel;
	static char text[400];

	uname(&kernel);
	snprintf(text, sizeof(text), "%s, Linux %s", docker_version(), kernel.release);
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
	return docker_run(dockerd.directory, arguments, c->m->error, sizeof(c->m->error));
}

/* ---- Its life ---- */

static int prepare(struct container *c)
{
	cgroup_find(&docker_of(c)->own, 0);
	return container_note_parent(c, &docker_of(c)->own, c->directory.name);
}

/* Its runtime is called only when it is started: there is no init before. */
static int create(struct container *c)
{
	struct engine_create a = {0};
	char socket[800];

	snprintf(socket, sizeof(socket), "type=bind,source=%s/rootfs%s,target=%s",
		 c->directory.path, INIT_SOCKET, INIT_SOCKET);
	engine_begin_create(&a, c);
	engine_add(&a, "--security-opt", "apparmor=unconfined");
	engine_add(&a, "--mount", socket);
	engine_end_create(&a, c, DOCKER_IMAGE);
	return run(c, a.argument);
}

static int start(struct container *c)
{
	const char *arguments[] = {"start", c->directory.name, NULL};

	if (run(c, arguments) || container_wait_there(c) ||
	    container_settle(c, &docker_of(c)->own, c->directory.name))
		return -1;
	return container_go(c);
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

static void destroy(struct container *c)
{
	const char *arguments[] = {"rm", "--force", c->directory.name, NULL};

	container_kill(c);
	run(c, arguments);
	container_remove_parent(&docker_of(c)->own, c->directory.name);
}

static void guest_process(struct machine *m)
{
	static const struct container_driver driver = {.prepare = prepare,
						       .create = create,
						       .start = start,
						       .set_paused = set_paused,
						       .exec = run_beside,
						       .destroy = destroy};
	static struct docker d;

	container_serve(&d.c, m, &driver);
}

PLATFORM(docker, .summary = "a container by docker: the native payload as its init",
	 .works = docker_works, .label = label, .version = version, .capabilities = capabilities,
	 .execution = container_execution, .lacks = container_lacks, .slack_ms = SLACK_MS,
	 .horizon_ms = HORIZON_MS, .tidies = true, .begin = begin, .end = end_run,
	 .settings = SETTINGS(&setting_plant), .guest_process = guest_process);
