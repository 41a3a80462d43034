/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform `oci`: the payload as init of an OCI container, by runc. Its guest process writes
 * the bundle, then creates, starts, pauses and deletes it as any caller of runc does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "guests/payload.h"
#include "harness/platform/container.h"
#include "harness/platform/container_cgroup.h"
#include "harness/platform/oci_bundle.h"
#include "harness/platform/oci_runc.h"
#include "harness/setting.h"

#define REALTIME_US 100000 /* of each second, for a container that asks for SCHED_FIFO */

struct oci {
	struct container c;    /* first: oci_of() */
	char cgroup[600];      /* cgroupsPath; "": none */
	char memory_root[512]; /* directory below which its memory cgroup is made */
	bool realtime;	       /* this kernel shares SCHED_FIFO out by cgroup */
	char state[600];       /* runc's own, in the container's directory */
};

static struct oci *oci_of(struct container *c)
{
	return (struct oci *)c;
}

static const char *label(void)
{
	return "oci (runc)";
}

static const char *version(void)
{
	static struct utsname kernel;
	static char text[256];

	uname(&kernel);
	snprintf(text, sizeof(text), "runc %s, Linux %s", runc_version(), kernel.release);
	return text;
}

/* ---- Cgroups ---- */

static const struct cgroup_own *own_cgroups(void)
{
	static struct cgroup_own own;
	static bool known;

	if (!known)
		cgroup_find(&own, 0);
	known = true;
	return &own;
}

/* Version 2 alone, as Debian boots: its one hierarchy. */
static const struct cgroup_place *pure_v2(void)
{
	const struct cgroup_own *own = own_cgroups();

	return own->count == 1 && own->place[0].v2 ? &own->place[0] : NULL;
}

/* Where children are made in a version 2 hierarchy: below a cgroup that has processes none can
 * be limited, so root takes the top. */
static const char *v2_parent(const struct cgroup_place *place)
{
	return access(place->mount, W_OK) ? place->path : place->mount;
}

static bool has_cgroups(void)
{
	const struct cgroup_place *v2 = pure_v2();

	if (v2)
		return access(v2_parent(v2), W_OK) == 0;
	return !geteuid() && cgroup_controlled_by(own_cgroups(), "freezer");
}

static bool has_memory_cgroup(void)
{
	char why[256];

	return has_cgroups() && cgroup_memory_works(why, sizeof(why));
}

static unsigned int capabilities(void)
{
	return CAN_NOTIFY | CAN_WINDOW | CAN_PRIVATE_RAM | CAN_EXEC | CAN_HOST_TSC |
	       (has_cgroups() ? CAN_PAUSE : 0) | (has_memory_cgroup() ? CAN_MEMORY_LIMIT : 0);
}

static const char *lacks(enum capability one)
{
	if (one == CAN_PAUSE)
		return "pausing a container takes a cgroup of its own; run as root, or in a "
		       "delegated cgroup of version 2";
	if (one == CAN_MEMORY_LIMIT)
		return "limiting a container's memory takes a memory cgroup; run as root, or in a "
		       "delegated cgroup of version 2";
	return container_lacks(one);
}

/* The cgroups that runc will make go into the journal. */
static int plan_v2(struct oci *o, const struct cgroup_place *place)
{
	const char *parent = v2_parent(place);
	char path[1200];

	snprintf(path, sizeof(path), "%s/%s", parent, o->c.directory.name);
	snprintf(o->memory_root, sizeof(o->memory_root), "%s", parent);
	snprintf(o->cgroup, sizeof(o->cgroup), "%s", path + strlen(place->mount));
	return container_note_cgroup(&o->c, path, true);
}

/* A relative path: runc makes it below our own cgroup in each hierarchy. The freezer's comes last,
 * to be emptied first. */
static int plan_v1(struct oci *o)
{
	const struct cgroup_own *own = own_cgroups();
	const struct cgroup_place *freezer = cgroup_controlled_by(own, "freezer");
	const struct cgroup_place *memory = cgroup_controlled_by(own, "memory");
	const struct cgroup_place *cpu = cgroup_controlled_by(own, "cpu");
	char path[1200];

	snprintf(o->cgroup, sizeof(o->cgroup), "%s", o->c.directory.name);
	for (size_t i = 0; i < own->count; i++) {
		if (&own->place[i] == freezer)
			continue;
		snprintf(path, sizeof(path), "%s/%s", own->place[i].path, o->c.directory.name);
		if (container_note_cgroup(&o->c, path, false))
			return -1;
	}
	if (memory)
		snprintf(o->memory_root, sizeof(o->memory_root), "%s", memory->path);
	if (cpu) {
		snprintf(path, sizeof(path), "%s/cpu.rt_runtime_us", cpu->path);
		o->realtime = access(path, F_OK) == 0;
	}
	snprintf(path, sizeof(path), "%s/%s", freezer->path, o->c.directory.name);
	return container_note_cgroup(&o->c, path, true);
}

static int plan_cgroups(struct oci *o)
{
	const struct cgroup_place *v2 = pure_v2();

	if (!has_cgroups())
		return 0;
	if (v2 ? plan_v2(o, v2) : plan_v1(o))
		return -1;
	if (o->c.m->config.memory_limit)
		snprintf(o->c.memory_cgroup, sizeof(o->c.memory_cgroup), "%.500s/%s",
			 o->memory_root, o->c.directory.name);
	return 0;
}

/* ---- The bundle ---- */

static int write_file(struct machine *m, const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	size_t length = strlen(text);
	bool whole = fd >= 0 && write(fd, text, length) == (ssize_t)length;

	if (!whole)
		snprintf(m->error, sizeof(m->error), "%.400s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return whole ? 0 : -1;
}

static bool swap_is_accounted(const struct oci *o)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/memory.memsw.limit_in_bytes", o->memory_root);
	if (!access(path, F_OK))
		return true;
	return pure_v2() && !access("/proc/swaps", F_OK);
}

static int write_bundle(struct oci *o)
{
	struct machine *m = o->c.m;
	const char *arguments[] = {"/init", o->c.pins, o->c.affinity, NULL};
	struct oci_bundle b = {
		.hostname = "virt-qualify",
		.arguments = arguments,
		.cgroup = o->cgroup[0] ? o->cgroup : NULL,
		.memory_limit = m->config.memory_limit,
		.limit_swap = swap_is_accounted(o),
		.realtime_us = m->config.realtime && o->realtime ? REALTIME_US : 0,
		.user_namespace = geteuid() != 0,
		.uid = geteuid(),
		.gid = getegid(),
	};
	char *text = oci_bundle_text(&b);
	char path[600];
	int ret;

	snprintf(path, sizeof(path), "%s/config.json", o->c.directory.path);
	if (!text) {
		snprintf(m->error, sizeof(m->error), "%.400s: out of memory", path);
		return -1;
	}
	ret = write_file(m, path, text);
	free(text);
	return ret;
}

/* ---- Its life ---- */

static int prepare(struct container *c)
{
	struct oci *o = oci_of(c);

	snprintf(o->state, sizeof(o->state), "%s/state", c->directory.path);
	return plan_cgroups(o);
}

static int runc(struct container *c, const char *const *arguments)
{
	return runc_run(oci_of(c)->state, arguments, c->m->error, sizeof(c->m->error));
}

static int create(struct container *c)
{
	struct oci *o = oci_of(c);
	char pid_file[600];
	const char *arguments[] = {"create", "--bundle",	 o->c.directory.path, "--pid-file",
				   pid_file, "--no-new-keyring", o->c.directory.name, NULL};
	pid_t pid;

	snprintf(pid_file, sizeof(pid_file), "%s/pid", o->c.directory.path);
	if (write_bundle(o) || runc(c, arguments))
		return -1;
	/* Orphaned by `runc create`, it is our child, and cannot go before we reap it. */
	return container_read_pid(c, "runc", pid_file, &pid) || container_has_init(&o->c, pid) ? -1
											       : 0;
}

static int start(struct container *c)
{
	const char *arguments[] = {"start", c->directory.name, NULL};

	return runc(c, arguments) || container_wait_there(c) || container_go(c) ? -1 : 0;
}

static int pause_or_resume(struct container *c, bool paused)
{
	const char *arguments[] = {paused ? "pause" : "resume", c->directory.name, NULL};

	return runc(c, arguments);
}

static int set_paused(struct container *c, bool paused)
{
	return container_retry_freeze(c, paused, pause_or_resume);
}

static int run_beside(struct container *c)
{
	const char *arguments[] = {"exec", c->directory.name, "/init", INIT_EXEC, NULL};

	return runc(c, arguments);
}

static void destroy(struct container *c)
{
	const char *arguments[] = {"delete", "--force", c->directory.name, NULL};

	container_kill(c);
	runc(c, arguments);
}

static void guest_process(struct machine *m)
{
	static const struct container_driver driver = {.prepare = prepare,
						       .create = create,
						       .start = start,
						       .set_paused = set_paused,
						       .exec = run_beside,
						       .destroy = destroy};
	static struct oci o;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	container_serve(&o.c, m, &driver);
}

PLATFORM(oci, .summary = "an OCI container by runc: the native payload as its init",
	 .works = runc_works, .label = label, .version = version, .capabilities = capabilities,
	 .execution = container_execution, .lacks = lacks, .slack_ms = 4000, .tidies = true,
	 .settings = SETTINGS(&setting_plant), .guest_process = guest_process);
