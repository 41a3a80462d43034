/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/container_cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/host.h"

#define REALTIME_US "100000"		/* of each second */
#define FREEZE_NS   INT64_C(4000000000) /* below what a command may take */

/* ---- The parent ---- */

static void parent_path(const struct cgroup_place *p, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", p->mount, name);
}

int container_note_parent(struct container *c, const struct cgroup_own *own, const char *name)
{
	char path[700];

	for (size_t i = 0; i < own->count; i++) {
		parent_path(&own->place[i], name, path, sizeof(path));
		if (container_note_cgroup(c, path, true))
			return -1;
	}
	return 0;
}

/* And what is left empty next below. */
static void remove_cgroup(const char *path)
{
	struct dirent *e;
	char child[1024];
	DIR *d = opendir(path);

	while (d && (e = readdir(d))) {
		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		snprintf(child, sizeof(child), "%.700s/%s", path, e->d_name);
		rmdir(child);
	}
	if (d)
		closedir(d);
	rmdir(path);
}

void container_remove_parent(const struct cgroup_own *own, const char *name)
{
	char path[700];

	for (size_t i = 0; i < own->count; i++) {
		parent_path(&own->place[i], name, path, sizeof(path));
		remove_cgroup(path);
	}
}

/* ---- Whose init it is ---- */

static int is_below(struct container *c, const char *name)
{
	static struct cgroup_own theirs;
	char part[128];

	snprintf(part, sizeof(part), "/%s/", name);
	cgroup_find(&theirs, c->init);
	for (size_t i = 0; i < theirs.count; i++)
		if (strstr(theirs.place[i].path, part))
			return 0;
	close(c->init_fd);
	c->init_fd = -1;
	c->init = 0;
	snprintf(c->m->error, sizeof(c->m->error), "the container has no init any more");
	return -1;
}

static void find_memory(struct container *c)
{
	static struct cgroup_own theirs;
	const struct cgroup_place *memory;

	if (!c->m->config.memory_limit)
		return;
	cgroup_find(&theirs, c->init);
	memory = cgroup_controlled_by(&theirs, "memory");
	if (!memory && theirs.count)
		memory = &theirs.place[0]; /* version 2 alone */
	if (memory)
		snprintf(c->memory_cgroup, sizeof(c->memory_cgroup), "%s", memory->path);
}

/* ---- Time for SCHED_FIFO ---- */

static void write_realtime(const char *cgroup)
{
	char path[800];
	int fd;

	snprintf(path, sizeof(path), "%s/cpu.rt_runtime_us", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return; /* the kernel does not share it out */
	/* Without it the fault that asked is told EPERM, and says so. */
	(void)!write(fd, REALTIME_US, strlen(REALTIME_US));
	close(fd);
}

/* All of the parent's: what else is below it gets none. */
void container_allow_realtime(const struct container *c, const struct cgroup_own *own,
			      const char *name)
{
	const struct cgroup_place *cpu = cgroup_controlled_by(own, "cpu");
	static struct cgroup_own theirs;
	char path[700];

	if (!cpu || !c->m->config.realtime)
		return;
	parent_path(cpu, name, path, sizeof(path));
	write_realtime(path);
	cgroup_find(&theirs, c->init);
	cpu = cgroup_controlled_by(&theirs, "cpu");
	if (cpu)
		write_realtime(cpu->path);
}

int container_settle(struct container *c, const struct cgroup_own *own, const char *name)
{
	if (is_below(c, name))
		return -1;
	find_memory(c);
	container_allow_realtime(c, own, name);
	return 0;
}

/* ---- The freezer ---- */

/* Of cgroups of version 1, runc looks a thousand times whether all is frozen, and gives up: where
 * the host is busy that is too few. Its callers have to try again, and the time that takes counts.
 */
int container_retry_freeze(struct container *c, bool paused,
			   int (*set)(struct container *c, bool paused))
{
	int64_t until = host_now_ns() + FREEZE_NS;
	int ret;

	do
		ret = set(c, paused);
	while (ret && strstr(c->m->error, "unable to freeze") && host_now_ns() < until);
	return ret;
}
