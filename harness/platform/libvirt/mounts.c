/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mounts of a private libvirtd: all that it would write lies in its own directory. It sees
 * nothing of /run, where the user's libvirtd, systemd and D-Bus have their sockets.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/cgroup.h"
#include "harness/platform/libvirt/keeper.h"

static int make_parents(const char *path)
{
	char part[1200];

	snprintf(part, sizeof(part), "%s", path);
	for (char *p = part + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(part, 0755) && errno != EEXIST)
			return -1;
		*p = '/';
	}
	return mkdir(part, 0755) && errno != EEXIST ? -1 : 0;
}

static int bind(const char *from, const char *to)
{
	return mount(from, to, NULL, MS_BIND | MS_REC, NULL);
}

/* Our state directory may be below /run, and must stay where it is. */
static int replace_run(const char *directory)
{
	char run[600], place[512], inside[1200];

	snprintf(run, sizeof(run), "%s/run", directory);
	snprintf(place, sizeof(place), "%.*s", (int)(strrchr(directory, '/') - directory),
		 directory);
	if (!strncmp(place, "/run/", 5)) {
		snprintf(inside, sizeof(inside), "%s%s", run, place + strlen("/run"));
		if (make_parents(inside) || bind(place, inside))
			return -1;
	}
	return bind(run, "/run");
}

/* In place of PARENT/libvirt; where that is not there, of its parent. */
static int replace(const char *directory, const char *name, const char *parent)
{
	char own[600], below[700], path[600];

	snprintf(own, sizeof(own), "%s/%s", directory, name);
	snprintf(path, sizeof(path), "%s/libvirt", parent);
	snprintf(below, sizeof(below), "%s/libvirt", own);
	return access(path, F_OK) ? bind(own, parent) : bind(below, path);
}

/* A file of /etc, where the keeper made another one. */
static int replace_file(const char *directory, const char *name)
{
	char own[700], path[64];

	snprintf(own, sizeof(own), "%s/%s", directory, name);
	snprintf(path, sizeof(path), "/etc/%s", name);
	return access(own, F_OK) ? 0 : mount(own, path, NULL, MS_BIND, NULL);
}

/* Its lxc driver wants one version or the other: where version 1 is used, an empty version 2 mount
 * beside it is taken for the real one. */
static void drop_idle_v2(void)
{
	struct cgroup_own own;

	cgroup_find(&own, 0);
	for (size_t i = 0; own.count > 1 && i < own.count; i++)
		if (own.place[i].v2 && umount2(own.place[i].mount, MNT_DETACH))
			continue; /* then libvirt says so */
}

const char *libvirt_private_mounts(const char *directory)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return "mounts of its own";
	drop_idle_v2();
	if (replace(directory, "etc", "/etc"))
		return "/etc/libvirt";
	if (replace_file(directory, "passwd") || replace_file(directory, "group"))
		return "/etc/passwd";
	if (replace(directory, "lib", "/var/lib"))
		return "/var/lib/libvirt";
	if (replace(directory, "log", "/var/log"))
		return "/var/log/libvirt";
	if (replace(directory, "cache", "/var/cache"))
		return "/var/cache/libvirt";
	if (replace_run(directory))
		return "/run";
	return NULL;
}
