/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper of a private dockerd: see docker_daemon.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/cgroup.h"
#include "harness/host.h"
#include "harness/journal.h"
#include "harness/platform/container.h"
#include "harness/platform/directory.h"
#include "harness/platform/docker_daemon.h"
#include "harness/platform/orphan.h"
#include "harness/platform/program.h"
#include "harness/stop.h"

#define READY_NS INT64_C(12000000000) /* until dockerd takes calls */

struct keeper {
	struct docker_report report;
	struct journal *journal;
	struct directory directory;
	char cgroup[700]; /* dockerd's, and of all that it starts but containers */
	char place[512];  /* where directories of containers are */
	pid_t daemon;	  /* 0: none, or reaped */
};

static int fail(struct keeper *k, const char *what)
{
	snprintf(k->report.error, sizeof(k->report.error), "a private dockerd: %.300s: %s", what,
		 strerror(errno));
	return -1;
}

/* ---- dockerd ---- */

/* Every directory above a path, and that one. */
static int make_path(char *path)
{
	for (char *p = path + 1;; p++) {
		char was = *p;

		if (was && was != '/')
			continue;
		*p = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			return -1;
		*p = was;
		if (!was)
			return 0;
	}
}

/* It and its containerd write to /etc/docker, /run/docker and /run/containerd, whatever they are
 * told: these are its own. What lies in /run of ours shows through. */
static int hide_directories(char *place)
{
	int fd = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char source[64];

	if (fd < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/run", "tmpfs", 0, "mode=755") ||
	    mount("none", "/etc", "tmpfs", 0, "mode=755"))
		return -1;
	if (!access(place, F_OK))
		return 0;
	snprintf(source, sizeof(source), "/proc/self/fd/%d", fd);
	return make_path(place) || mount(source, place, NULL, MS_BIND | MS_REC, NULL) ? -1 : 0;
}

static int join_cgroup(const char *cgroup)
{
	char path[800];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ret = fd < 0 || write(fd, "0", 1) != 1 ? -1 : 0;
	if (fd >= 0)
		close(fd);
	return ret;
}

static void exec_daemon(const struct keeper *k, const char *program)
{
	const char *d = k->directory.path;
	char data[600], state[600], pid_file[600], socket[600], settings[600];
	const char *const arguments[] = {program,
					 "--iptables=false",
					 "--ip6tables=false",
					 "--bridge=none",
					 "--ip-forward=false",
					 "--ip-masq=false",
					 "--userland-proxy=false",
					 "--exec-opt=native.cgroupdriver=cgroupfs",
					 "--log-level=error",
					 data,
					 state,
					 pid_file,
					 socket,
					 settings,
					 NULL};

	snprintf(data, sizeof(data), "--data-root=%s/data", d);
	snprintf(state, sizeof(state), "--exec-root=%s/state", d);
	snprintf(pid_file, sizeof(pid_file), "--pidfile=%s/pid", d);
	snprintf(socket, sizeof(socket), "--host=unix://%s/docker.sock", d);
	snprintf(settings, sizeof(settings), "--config-file=%s/daemon.json", d);
	setenv("HOME", d, 1);
	execv(program, (char *const *)arguments);
}

/* In the child: what goes wrong stands in the log. */
static void become_daemon(struct keeper *k, const char *program, pid_t parent)
{
	char path[600];
	int log;

	snprintf(path, sizeof(path), "%s/log", k->directory.path);
	log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (log < 0 || getppid() != parent || dup2(log, 1) < 0 || dup2(log, 2) < 0)
		_exit(127);
	if (join_cgroup(k->cgroup))
		perror("its cgroup");
	else if (unshare(CLONE_NEWNS | CLONE_NEWNET) || hide_directories(k->place))
		perror("mounts and a network of its own");
	else {
		exec_daemon(k, program);
		perror(program);
	}
	_exit(127);
}

static int start_daemon(struct keeper *k)
{
	pid_t self = getpid();
	char program[512];

	if (!program_find("dockerd", program, sizeof(program)))
		return fail(k, "dockerd");
	k->daemon = fork();
	if (k->daemon == 0)
		become_daemon(k, program, self);
	return k->daemon < 0 ? fail(k, "fork") : 0;
}

static void quote_log(struct keeper *k)
{
	char path[600], text[400] = "";
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/log", k->directory.path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[n > 0 ? strcspn(text, "\n") : 0] = '\0';
	snprintf(k->report.error, sizeof(k->report.error),
		 "a private dockerd did not start: %.300s", text[0] ? text : "it said nothing");
}

static int wait_until_ready(struct keeper *k)
{
	static const char *const version[] = {"version", NULL};
	int64_t until = host_now_ns() + READY_NS;
	char why[512];

	while (docker_run(k->directory.path, version, why, sizeof(why))) {
		if (host_now_ns() > until || waitpid(k->daemon, NULL, WNOHANG) == k->daemon) {
			quote_log(k);
			return -1;
		}
		usleep(20000);
	}
	return 0;
}

/* ---- What it needs ---- */

static int make_cgroup(struct keeper *k)
{
	static struct cgroup_own own;
	const struct cgroup_place *place;

	cgroup_find(&own, 0);
	place = cgroup_controlled_by(&own, "freezer");
	if (!place && own.count)
		place = &own.place[0]; /* version 2 alone */
	if (!place) {
		errno = ENOENT;
		return fail(k, "a hierarchy of cgroups");
	}
	snprintf(k->cgroup, sizeof(k->cgroup), "%s/%s", place->mount, k->directory.name);
	if (!journal_add(k->journal, "rmdir-cgroup", k->cgroup) &&
	    !journal_add(k->journal, "kill-cgroup", k->cgroup))
		return mkdir(k->cgroup, 0755) ? fail(k, k->cgroup) : 0;
	snprintf(k->report.error, sizeof(k->report.error), "%s", journal_error(k->journal));
	return -1;
}

static int write_settings(struct keeper *k)
{
	char path[600];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/daemon.json", k->directory.path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ret = fd < 0 || write(fd, "{}\n", 3) != 3 ? fail(k, path) : 0;
	if (fd >= 0)
		close(fd);
	return ret;
}

/* docker takes no directory for a root: an image of it. */
static int import_image(struct keeper *k)
{
	char rootfs[600], archive[600], tar[512];
	const char *const pack[] = {"-cf", archive, "-C", rootfs, ".", NULL};
	const char *const import[] = {"import", archive, DOCKER_IMAGE, NULL};
	struct program_call call = {
		.path = tar, .name = "tar", .arguments = pack, .wait_ms = DOCKER_MS};

	snprintf(rootfs, sizeof(rootfs), "%s/rootfs", k->directory.path);
	snprintf(archive, sizeof(archive), "%s/rootfs.tar", k->directory.path);
	if (!program_find("tar", tar, sizeof(tar)))
		return fail(k, "tar");
	return program_call(&call, k->report.error, sizeof(k->report.error)) ||
			       docker_run(k->directory.path, import, k->report.error,
					  sizeof(k->report.error))
		       ? -1
		       : 0;
}

static int start(struct keeper *k)
{
	char *error = k->report.error;
	size_t size = sizeof(k->report.error);

	k->journal = journal_open(error, size);
	if (!k->journal || directory_make(&k->directory, k->journal, DIRECTORY_PROGRAMS, error,
					  (unsigned int)size))
		return -1;
	memcpy(k->report.directory, k->directory.path, sizeof(k->report.directory));
	snprintf(k->place, sizeof(k->place), "%.*s",
		 (int)(strrchr(k->directory.path, '/') - k->directory.path), k->directory.path);
	return make_cgroup(k) || write_settings(k) ||
			       container_make_rootfs(k->directory.path, error, size) ||
			       start_daemon(k) || wait_until_ready(k) || import_image(k)
		       ? -1
		       : 0;
}

/* ---- Its life ---- */

void docker_keep(int report, int lifeline)
{
	struct pollfd end = {.fd = lifeline, .events = POLLIN};
	static struct keeper k;

	setpgid(0, 0); /* what kills all of the run must leave who clears up after it */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_NAME, "vq-keeper");
	stop_ignore_signals();
	signal(SIGPIPE, SIG_IGN);
	orphan_close_others(report, lifeline);
	k.report.keeper = getpid();
	if (start(&k) && !k.report.error[0])
		fail(&k, "it could not be started");
	if (write(report, &k.report, sizeof(k.report)) == sizeof(k.report) && !k.report.error[0])
		while (poll(&end, 1, 1000) <= 0)
			while (waitpid(-1, NULL, WNOHANG) > 0)
				; /* shims; dockerd: then its clients are told */
	/* Its cgroup's, and then its directory: what is in it goes with it. */
	if (k.journal)
		journal_heal(k.journal);
	journal_close(k.journal);
	_exit(0);
}
