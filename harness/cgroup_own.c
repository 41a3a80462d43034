/* SPDX-License-Identifier: Apache-2.0 */
/* Where a process stands in each mounted cgroup hierarchy: proc(5), cgroups(7). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/cgroup.h"

/* One line of /proc/self/mountinfo, as far as it matters here. */
struct mount {
	char root[256], point[256], type[32], options[256];
};

static bool parse_mount(const char *line, struct mount *m)
{
	const char *rest = strstr(line, " - ");

	return rest && sscanf(line, "%*d %*d %*s %255s %255s", m->root, m->point) == 2 &&
	       sscanf(rest, " - %31s %*s %255s", m->type, m->options) == 2;
}

/* Is `one` among the words of a comma-separated list? */
static bool has_word(const char *list, const char *one)
{
	size_t length = strlen(one);

	for (const char *p = list; p; p = strchr(p, ',')) {
		p += *p == ',';
		if (!strncmp(p, one, length) && (p[length] == ',' || !p[length]))
			return true;
	}
	return false;
}

/* `controllers` as /proc/self/cgroup has them: "cpu,cpuacct", "name=systemd", "" for version 2. */
static bool is_mount_of(const struct mount *m, const char *controllers)
{
	char first[64];

	if (!*controllers)
		return !strcmp(m->type, "cgroup2");
	snprintf(first, sizeof(first), "%.*s", (int)strcspn(controllers, ","), controllers);
	return !strcmp(m->type, "cgroup") && has_word(m->options, first);
}

static bool find_mount(const char *controllers, struct mount *found)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	bool ok = false;
	char line[2048];

	while (f && !ok && fgets(line, sizeof(line), f))
		ok = parse_mount(line, found) && is_mount_of(found, controllers);
	if (f)
		fclose(f);
	return ok;
}

/* Where the path that the kernel names is below that mount; false: outside of it. */
static bool place_below(const struct mount *m, const char *path, char *out, size_t size)
{
	size_t root = strcmp(m->root, "/") ? strlen(m->root) : 0;

	if (strncmp(path, m->root, root) || (path[root] && path[root] != '/'))
		return false;
	path += root;
	snprintf(out, size, "%s%s", m->point, strcmp(path, "/") ? path : "");
	return access(out, F_OK) == 0;
}

static void add_line(struct cgroup_own *own, char *line)
{
	char *controllers = strchr(line, ':');
	char *path = controllers ? strchr(controllers + 1, ':') : NULL;
	struct cgroup_place *place = &own->place[own->count];
	struct mount m;

	if (!path || own->count >= CGROUP_MAX_PLACES)
		return;
	*controllers++ = *path++ = '\0';
	path[strcspn(path, "\n")] = '\0';
	if (!find_mount(controllers, &m))
		return;
	place->v2 = !*controllers;
	snprintf(place->controllers, sizeof(place->controllers), "%s", controllers);
	snprintf(place->mount, sizeof(place->mount), "%s", m.point);
	if (place_below(&m, path, place->path, sizeof(place->path)))
		own->count++;
}

void cgroup_find(struct cgroup_own *own, pid_t pid)
{
	char path[64] = "/proc/self/cgroup", line[1024];
	FILE *f;

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	f = fopen(path, "re");
	own->count = 0;
	while (f && fgets(line, sizeof(line), f))
		add_line(own, line);
	if (f)
		fclose(f);
}

const struct cgroup_place *cgroup_controlled_by(const struct cgroup_own *own,
						const char *controller)
{
	for (size_t i = 0; i < own->count; i++)
		if (has_word(own->place[i].controllers, controller))
			return &own->place[i];
	return NULL;
}

const struct cgroup_place *cgroup_of_cpu(const struct cgroup_own *own)
{
	const struct cgroup_place *place = cgroup_controlled_by(own, "cpu");

	for (size_t i = 0; !place && i < own->count; i++)
		if (own->place[i].v2)
			place = &own->place[i];
	return place;
}

static bool has_quota(const char *directory, bool v2)
{
	char path[600], text[64] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, v2 ? "cpu.max" : "cpu.cfs_quota_us");
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(text, sizeof(text), f))
		*text = '\0';
	fclose(f);
	return *text && *text != '-' && strncmp(text, "max", 3);
}

bool cgroup_find_quota(const struct cgroup_place *place, char *directory, size_t size)
{
	snprintf(directory, size, "%s", place->path);
	while (!has_quota(directory, place->v2)) {
		char *slash = strrchr(directory, '/');

		if (strlen(directory) <= strlen(place->mount) || !slash) {
			snprintf(directory, size, "%s", place->path);
			return false;
		}
		*slash = '\0';
	}
	return true;
}
