/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel documentation: admin-guide/cgroup-v1/memory.rst and admin-guide/cgroup-v2.rst. */
#include "harness/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/journal.h"

#define V1_ROOT "/sys/fs/cgroup/memory"
#define V2_ROOT "/sys/fs/cgroup"

/* Where we may make children: our own cgroup of the v1 controller, or the root of v2 (a v2 cgroup
 * with processes in it can have no controlled children). */
static bool find_parent(char *path, size_t size, bool *v2)
{
	char line[512];
	FILE *f = fopen("/proc/self/cgroup", "re");
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		char *own = strstr(line, ":memory:");

		if (!own)
			continue;
		own += strlen(":memory:");
		own[strcspn(own, "\n")] = '\0';
		snprintf(path, size, V1_ROOT "%s", strcmp(own, "/") ? own : "");
		*v2 = false;
		found = access(path, F_OK) == 0;
	}
	if (f)
		fclose(f);
	if (found)
		return true;
	snprintf(path, size, V2_ROOT);
	*v2 = true;
	f = fopen(V2_ROOT "/cgroup.subtree_control", "re");
	found = f && fgets(line, sizeof(line), f) && strstr(line, "memory");
	if (f)
		fclose(f);
	return found;
}

bool cgroup_memory_works(char *why, size_t size)
{
	char path[600];
	bool v2;

	if (!find_parent(path, sizeof(path), &v2)) {
		snprintf(why, size, "no memory cgroup controller is mounted or delegated here");
		return false;
	}
	if (access(path, W_OK)) {
		snprintf(why, size,
			 "no permission to make a cgroup in %s; run as root, or in a "
			 "delegated cgroup",
			 path);
		return false;
	}
	return true;
}

static int write_file(const char *directory, const char *name, const char *value)
{
	char path[700];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = write(fd, value, strlen(value));
	close(fd);
	return n == (ssize_t)strlen(value) ? 0 : -1;
}

int cgroup_memory_limit(const char *path, uint64_t limit, bool v2)
{
	char value[32];

	snprintf(value, sizeof(value), "%llu", (unsigned long long)limit);
	if (!v2) {
		if (write_file(path, "memory.limit_in_bytes", value))
			return -1;
		/* Absent where swap is not accounted; then there is none to escape to, or the
		 * guest is slowed before it is killed, which the outcome shows. */
		write_file(path, "memory.memsw.limit_in_bytes", value);
		return 0;
	}
	write_file(path, "memory.swap.max", "0");
	return write_file(path, "memory.max", value);
}

int cgroup_memory_make(struct journal *j, uint64_t limit, char *path, size_t path_size, char *error,
		       size_t size)
{
	static unsigned int count;
	char parent[600];
	bool v2;

	if (!find_parent(parent, sizeof(parent), &v2)) {
		snprintf(error, size, "no memory cgroup controller is mounted or delegated here");
		return -1;
	}
	snprintf(path, path_size, "%s/virt-qualify-%d-%u", parent, getpid(), count++);
	if (journal_add(j, "rmdir-cgroup", path)) {
		snprintf(error, size, "%s", journal_error(j));
		return -1;
	}
	if (mkdir(path, 0755)) {
		snprintf(error, size, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (cgroup_memory_limit(path, limit, v2)) {
		snprintf(error, size, "limit of %s: %s", path, strerror(errno));
		rmdir(path);
		return -1;
	}
	return 0;
}

static int64_t read_kills(const char *path, const char *name)
{
	char file[700], line[128];
	long long kills = -1;
	FILE *f;

	snprintf(file, sizeof(file), "%s/%s", path, name);
	f = fopen(file, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "oom_kill %lld", &kills) == 1)
			break;
	if (f)
		fclose(f);
	return kills;
}

int64_t cgroup_memory_kills(const char *path)
{
	int64_t kills = read_kills(path, "memory.events");

	return kills >= 0 ? kills : read_kills(path, "memory.oom_control");
}
