/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform `lxc`: the payload as init of a container of libvirt's LXC driver, in a private
 * libvirtd that lives as long as the run. libvirt creates and starts a container at once: what init
 * waits for tells the one from the other.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "harness/platform/container.h"
#include "harness/platform/container_cgroup.h"
#include "harness/platform/libvirt/api.h"
#include "harness/platform/libvirt/daemon.h"
#include "harness/platform/lxc_domain.h"
#include "harness/platform/namespaces.h"
#include "harness/setting.h"

static const char *const drivers[] = {"lxc", NULL};
static const struct libvirt_daemon_options options = {.drivers = drivers};
static struct libvirt_daemon libvirtd; /* the run's */

struct lxc {
	struct container c; /* first: lxc_of() */
	const struct libvirt_api *lib;
	virConnectPtr connection;
	virDomainPtr domain;
	char partition[80];    /* the cgroup that the container's is made in */
	struct cgroup_own own; /* hierarchies that it is made in */
};

static struct lxc *lxc_of(struct container *c)
{
	return (struct lxc *)c;
}

static bool works(char *why, size_t size)
{
	return !libvirt_daemon_missing(&options, why, size) && libvirt_api(why, size) &&
	       namespaces_work(why, size);
}

static int begin(char *error, size_t size)
{
	return libvirt_daemon_start(&libvirtd, &options, error, size);
}

static void end_run(void)
{
	libvirt_daemon_stop(&libvirtd);
}

static const char *label(void)
{
	return "lxc (libvirt)";
}

static const char *version(void)
{
	static struct utsname kernel;
	static char text[256];

	uname(&kernel);
	snprintf(text, sizeof(text), "libvirt %s, Linux %s", libvirt_version(), kernel.release);
	return text;
}

static unsigned int capabilities(void)
{
	char why[256];

	return CAN_NOTIFY | CAN_WINDOW | CAN_PRIVATE_RAM | CAN_EXEC | CAN_PAUSE |
	       (cgroup_memory_works(why, sizeof(why)) ? CAN_MEMORY_LIMIT : 0);
}

/* ---- Cgroups ---- */

/* Does libvirt make a cgroup there? Not in systemd's own hierarchy, and not for pids. */
static bool takes_part(const struct cgroup_own *own, const struct cgroup_place *p)
{
	if (p->v2)
		return own->count == 1;
	return strncmp(p->controllers, "name=", 5) && strcmp(p->controllers, "pids");
}

static void partition_path(const struct lxc *l, const struct cgroup_place *p, char *path,
			   size_t size)
{
	snprintf(path, size, "%s/%s", p->mount, l->partition);
}

/* A cpuset of version 1 is born without CPUs and without memory. */
static int copy_setting(const char *from, const char *to, const char *name)
{
	char path[700], value[512];
	FILE *f;
	int ret;

	snprintf(path, sizeof(path), "%s/%s", from, name);
	f = fopen(path, "re");
	ret = f && fgets(value, sizeof(value), f) ? 0 : -1;
	if (f)
		fclose(f);
	if (ret)
		return -1;
	snprintf(path, sizeof(path), "%s/%s", to, name);
	f = fopen(path, "we");
	if (!f)
		return -1;
	ret = fputs(value, f) < 0 ? -1 : 0;
	return fclose(f) ? -1 : ret;
}

static int set_up(struct lxc *l, const struct cgroup_place *p, const char *path)
{
	struct machine *m = l->c.m;
	bool memory = p->v2 || strstr(p->controllers, "memory");

	if (strstr(p->controllers, "cpuset") && (copy_setting(p->mount, path, "cpuset.cpus") ||
						 copy_setting(p->mount, path, "cpuset.mems")))
		return -1;
	if (!memory || !m->config.memory_limit)
		return 0;
	snprintf(l->c.memory_cgroup, sizeof(l->c.memory_cgroup), "%.599s", path);
	return cgroup_memory_limit(path, m->config.memory_limit, p->v2);
}

static int make_partition(struct lxc *l)
{
	struct machine *m = l->c.m;
	char path[700];

	snprintf(l->partition, sizeof(l->partition), "%s.partition", l->c.directory.name);
	cgroup_find(&l->own, 0);
	for (size_t i = 0; i < l->own.count; i++) {
		const struct cgroup_place *p = &l->own.place[i];

		if (!takes_part(&l->own, p))
			continue;
		partition_path(l, p, path, sizeof(path));
		if (container_note_cgroup(&l->c, path, true))
			return -1;
		if (mkdir(path, 0755) || set_up(l, p, path)) {
			snprintf(m->error, sizeof(m->error), "cgroup %.400s: %s", path,
				 strerror(errno));
			return -1;
		}
	}
	return 0;
}

static void remove_partition(struct lxc *l)
{
	char path[700];

	for (size_t i = 0; i < l->own.count; i++) {
		if (!takes_part(&l->own, &l->own.place[i]))
			continue;
		partition_path(l, &l->own.place[i], path, sizeof(path));
		rmdir(path); /* what stays is in the journal */
	}
}

/* ---- Its life ---- */

static int fail(struct lxc *l, const char *what)
{
	snprintf(l->c.m->error, sizeof(l->c.m->error), "%s: %.400s", what, libvirt_error());
	return -1;
}

static int connect_libvirt(struct lxc *l)
{
	char uri[600];

	l->lib = libvirt_api(l->c.m->error, sizeof(l->c.m->error));
	if (!l->lib)
		return -1;
	snprintf(uri, sizeof(uri), "lxc:///system?socket=%s", libvirtd.socket);
	l->connection = l->lib->virConnectOpen(uri);
	return l->connection ? 0 : fail(l, "connecting to the private libvirtd");
}

static int prepare(struct container *c)
{
	return make_partition(lxc_of(c)) || connect_libvirt(lxc_of(c)) ? -1 : 0;
}

static int create(struct container *c)
{
	struct lxc *l = lxc_of(c);
	struct machine *m = c->m;
	char rootfs[600];
	struct lxc_domain d = {
		.name = l->c.directory.name,
		.partition = l->partition,
		.rootfs = rootfs,
		.arguments = {l->c.pins, l->c.affinity},
		.cpus = m->config.cpus,
	};
	char *xml;
	pid_t init;

	snprintf(rootfs, sizeof(rootfs), "%s/rootfs", l->c.directory.path);
	xml = lxc_domain_xml(&d);
	if (!xml) {
		snprintf(m->error, sizeof(m->error), "out of memory for a domain's description");
		return -1;
	}
	l->domain = l->lib->virDomainCreateXML(l->connection, xml, VIR_DOMAIN_START_AUTODESTROY);
	free(xml);
	if (!l->domain)
		return fail(l, "libvirt does not create the container");
	init = lxc_find_init((pid_t)l->lib->virDomainGetID(l->domain));
	if (init <= 0) {
		snprintf(m->error, sizeof(m->error), "the container has no init any more");
		return -1;
	}
	if (container_has_init(&l->c, init))
		return -1;
	container_allow_realtime(&l->c, &l->own, l->partition);
	return container_wait_there(&l->c);
}

static int start(struct container *c)
{
	return container_go(c);
}

static int set_paused(struct container *c, bool paused)
{
	struct lxc *l = lxc_of(c);
	int ret = paused ? l->lib->virDomainSuspend(l->domain) : l->lib->virDomainResume(l->domain);

	return ret ? fail(l, paused ? "suspend" : "resume") : 0;
}

static int run_beside(struct container *c)
{
	int ret = lxc_run_beside(c->init, c->init_fd);

	if (ret)
		snprintf(c->m->error, sizeof(c->m->error),
			 "a process in the container ended with %d", ret);
	return ret ? -1 : 0;
}

static void destroy(struct container *c)
{
	struct lxc *l = lxc_of(c);

	/* It fails where the container ended by itself. */
	if (l->domain)
		l->lib->virDomainDestroy(l->domain);
	container_kill(c);
	remove_partition(l);
}

static void guest_process(struct machine *m)
{
	static const struct container_driver driver = {.prepare = prepare,
						       .create = create,
						       .start = start,
						       .set_paused = set_paused,
						       .exec = run_beside,
						       .destroy = destroy};
	static struct lxc l;

	container_serve(&l.c, m, &driver);
}

PLATFORM(lxc, .summary = "a container by libvirt's LXC driver: the native payload as its init",
	 .works = works, .label = label, .version = version, .capabilities = capabilities,
	 .execution = container_execution, .lacks = container_lacks, .slack_ms = 4000,
	 .tidies = true, .begin = begin, .end = end_run, .settings = SETTINGS(&setting_plant),
	 .guest_process = guest_process);
