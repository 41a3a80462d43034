/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/container.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/journal.h"

#define KILL_MS 2000

extern const uint8_t init_image_start[];
extern const uint64_t init_image_size;

static int fail(struct machine *m, const char *what)
{
	snprintf(m->error, sizeof(m->error), "%.400s: %s", what, strerror(errno));
	return -1;
}

void container_failed(struct machine *m)
{
	machine_ended(m, MACHINE_ERROR, m->error);
	_exit(1);
}

/* ---- Its files ---- */

static int fail_file(const char *path, char *error, size_t size)
{
	snprintf(error, size, "%.400s: %s", path, strerror(errno));
	return -1;
}

static int write_init(const char *path, char *error, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	ssize_t n;

	if (fd < 0)
		return fail_file(path, error, size);
	n = write(fd, init_image_start, init_image_size);
	if (close(fd) || n != (ssize_t)init_image_size) {
		if (n >= 0)
			errno = ENOSPC;
		return fail_file(path, error, size);
	}
	return 0;
}

int container_make_rootfs(const char *directory, char *error, size_t size)
{
	static const char *const directories[] = {"", "/proc", "/dev", "/sys"};
	char path[600];

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		snprintf(path, sizeof(path), "%s/rootfs%s", directory, directories[i]);
		if (mkdir(path, 0755))
			return fail_file(path, error, size);
	}
	snprintf(path, sizeof(path), "%s/rootfs/init", directory);
	return write_init(path, error, size);
}

/* ---- What its init gets ---- */

static void list_cpus(struct container *c)
{
	const struct machine_config *config = &c->m->config;
	size_t n = 0;

	for (uint32_t i = 0; i < config->cpus && n < sizeof(c->pins); i++)
		n += (size_t)snprintf(c->pins + n, sizeof(c->pins) - n, "%s%d", i ? "," : "",
				      config->pin ? config->pin[i] : -1);
	n = 0;
	for (int i = 0; config->affinity && i < CPU_SETSIZE && n < sizeof(c->affinity); i++)
		if (CPU_ISSET(i, config->affinity))
			n += (size_t)snprintf(c->affinity + n, sizeof(c->affinity) - n, "%s%d",
					      n ? "," : "", i);
}

int container_make(struct container *c, struct machine *m)
{
	c->m = m;
	c->listener = c->life = c->init_fd = -1;
	if (directory_make(&c->directory, m->config.journal, DIRECTORY_PROGRAMS, m->error,
			   sizeof(m->error)) ||
	    container_make_rootfs(c->directory.path, m->error, sizeof(m->error)) ||
	    container_listen(c))
		return -1;
	list_cpus(c);
	process_write_boot(m);
	return 0;
}

int container_note_cgroup(struct container *c, const char *path, bool kill)
{
	struct journal *j = c->m->config.journal;

	if (!journal_add(j, "rmdir-cgroup", path) &&
	    (!kill || !journal_add(j, "kill-cgroup", path)))
		return 0;
	snprintf(c->m->error, sizeof(c->m->error), "%s", journal_error(j));
	return -1;
}

/* ---- Its init ---- */

int container_read_pid(struct container *c, const char *program, const char *path, pid_t *pid)
{
	FILE *f = fopen(path, "re");
	bool ok = f && fscanf(f, "%d", pid) == 1 && *pid > 1;

	if (f)
		fclose(f);
	if (!ok)
		snprintf(c->m->error, sizeof(c->m->error), "%s left no process number in %.400s",
			 program, path);
	return ok ? 0 : -1;
}

int container_has_init(struct container *c, pid_t pid)
{
	c->init_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (c->init_fd < 0)
		return fail(c->m, "pidfd_open of the container's init");
	c->init = pid;
	machine_hosted_by(c->m, pid, c->init_fd);
	return 0;
}

/* vCPU number that a thread's name says; -1: it is another thread. */
static long vcpu_of_thread(pid_t init, const char *tid)
{
	size_t length = strlen(PROCESS_THREAD_NAME);
	char path[96], name[32] = "";
	long cpu = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%.16s/comm", init, tid);
	f = fopen(path, "re");
	if (f && fgets(name, sizeof(name), f) && !strncmp(name, PROCESS_THREAD_NAME, length))
		cpu = strtol(name + length, NULL, 10);
	if (f)
		fclose(f);
	return cpu < VQ_MAX_CPUS ? cpu : -1;
}

static void find_threads(struct container *c)
{
	char path[64];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/task", c->init);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		long cpu = vcpu_of_thread(c->init, e->d_name);

		if (cpu >= 0)
			c->m->status->vcpu_tid[cpu] = atoi(e->d_name);
	}
	if (d)
		closedir(d);
}

void container_describe_end(struct container *c, char *text, size_t size)
{
	struct pollfd gone = {.fd = c->init_fd, .events = POLLIN};
	int status;

	poll(&gone, 1, KILL_MS);
	if (waitpid(c->init, &status, WNOHANG) != c->init)
		text[0] = '\0';
	else if (WIFSIGNALED(status))
		snprintf(text, size, " (signal %d)", WTERMSIG(status));
	else
		snprintf(text, size, " (exit code %d)", WEXITSTATUS(status));
}

/* A byte of init's; -1 with m->error. */
static int hear(struct container *c)
{
	struct pollfd life = {.fd = c->life, .events = POLLIN};
	char byte, how[64];

	if (poll(&life, 1, CONTAINER_START_MS) != 1) {
		snprintf(c->m->error, sizeof(c->m->error),
			 "the container's init did not start within %d ms", CONTAINER_START_MS);
		return -1;
	}
	if (read(c->life, &byte, 1) == 1)
		return 0;
	container_describe_end(c, how, sizeof(how));
	snprintf(c->m->error, sizeof(c->m->error), "the container's init ended at once%s", how);
	return -1;
}

int container_wait_started(struct container *c)
{
	if (hear(c))
		return -1;
	find_threads(c);
	return 0;
}

/* Once, before whoever made its memory cgroup removes that. */
static void count_kills(struct container *c)
{
	int64_t kills = c->memory_cgroup[0] ? cgroup_memory_kills(c->memory_cgroup) : 0;

	if (kills > 0)
		c->m->status->oom_kills += (uint32_t)kills;
	c->memory_cgroup[0] = '\0';
}

void container_init_gone(struct container *c)
{
	char how[64], why[128];

	count_kills(c);
	container_describe_end(c, how, sizeof(how));
	snprintf(why, sizeof(why), "the container's init ended%s", how);
	machine_ended(c->m, MACHINE_ERROR, why);
}

void container_kill(struct container *c)
{
	struct pollfd gone = {.fd = c->init_fd, .events = POLLIN};

	if (c->init_fd < 0)
		return;
	syscall(SYS_pidfd_send_signal, c->init_fd, SIGKILL, NULL, 0);
	poll(&gone, 1, KILL_MS);
	waitpid(c->init, NULL, WNOHANG);
	count_kills(c);
}

void container_remove(struct container *c)
{
	directory_remove(&c->directory);
}

const char *container_lacks(enum capability one)
{
	if (one == CAN_SNAPSHOT)
		return "a container has no snapshot: that would take CRIU, which this does not use";
	if (one == CAN_MIGRATE)
		return "a container does not migrate: that would take CRIU, which this does not "
		       "use";
	if (one == CAN_DISK)
		return "a container has its host's files, and no disk of its own";
	if (one == CAN_CGROUP)
		return "a container has cgroups of its own";
	return NULL;
}
