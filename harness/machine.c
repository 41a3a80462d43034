/* SPDX-License-Identifier: Apache-2.0 */
/* A machine's life as seen from the trial: its process, and what hosts it. */
#include "harness/machine_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/stop.h"

#define HOST_END_MS 5000

int machine_fail(struct machine *m, const char *what)
{
	snprintf(m->error, sizeof(m->error), "%s: %s", what, strerror(errno));
	return -1;
}

static int join_cgroup(const char *directory)
{
	char path[512];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/cgroup.procs", directory);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = write(fd, "0", 1) == 1 ? 0 : -1;
	close(fd);
	return ret;
}

static void guest_main(struct machine *m, int control, pid_t parent)
{
	/* Die with the trial, whatever kills it; and if it is dead already, now. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	stop_ignore_signals();
	prctl(PR_SET_NAME, "vq-guest");
	if (m->config.affinity)
		sched_setaffinity(0, sizeof(*m->config.affinity), m->config.affinity);
	m->control = control;
	if (m->config.cgroup && join_cgroup(m->config.cgroup)) {
		snprintf(m->status->error, sizeof(m->status->error), "cannot join cgroup %s: %s",
			 m->config.cgroup, strerror(errno));
		m->status->end = MACHINE_ERROR;
		_exit(1);
	}
	m->platform->guest_process(m);
}

static int start_process(struct machine *m)
{
	pid_t parent = getpid();
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return machine_fail(m, "control socket");
	pid = fork();
	if (pid < 0) {
		close(pair[0]);
		close(pair[1]);
		return machine_fail(m, "fork of the guest process");
	}
	if (pid == 0) {
		close(pair[0]);
		guest_main(m, pair[1], parent);
	}
	close(pair[1]);
	m->pid = pid;
	m->control = pair[0];
	m->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (m->pidfd < 0)
		return machine_fail(m, "pidfd_open");
	return 0;
}

/* A restart, long after the caller's own copies are gone, needs them again. */
static void copy_config(struct machine *m, const struct machine_config *c)
{
	m->config = *c;
	for (uint32_t i = 0; i < c->cpus && i < VQ_MAX_CPUS; i++)
		m->pin[i] = c->pin ? c->pin[i] : -1;
	snprintf(m->command, sizeof(m->command), "%s", c->command);
	if (c->affinity) {
		m->affinity = *c->affinity;
		m->config.affinity = &m->affinity;
	}
	m->config.pin = m->pin;
	m->config.command = m->command;
}

int machine_open(struct machine *m, const struct platform *p, const struct machine_config *c)
{
	int64_t opened = host_now_ns();

	memset(m, 0, sizeof(*m));
	m->platform = p;
	copy_config(m, c);
	m->pidfd = m->host_fd = m->control = -1;
	m->memory_fd = m->destination_fd = m->status_fd = m->snapshot_fd = -1;
	m->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (m->event < 0)
		return machine_fail(m, "eventfd");
	if (machine_make_memory(m))
		return -1;
	m->status->stamp_ns[STAMP_OPEN] = opened;
	return start_process(m);
}

/* The guest process opened the pidfd as the parent or as one who could be sure whose it is; a
 * number alone might be another's by now. */
int machine_host_fd(struct machine *m)
{
	uint32_t changes = __atomic_load_n(&m->status->host_changes, __ATOMIC_ACQUIRE);
	int theirs = m->status->host_pidfd;

	if (m->host_fd >= 0 && m->host_changes != changes) {
		close(m->host_fd);
		m->host_fd = -1;
	}
	m->host_changes = changes;
	if (m->host_fd < 0 && theirs > 0 && m->pidfd >= 0)
		m->host_fd = (int)syscall(SYS_pidfd_getfd, m->pidfd, theirs, 0);
	return m->host_fd >= 0 ? m->host_fd : m->pidfd;
}

pid_t machine_host(struct machine *m)
{
	pid_t theirs = __atomic_load_n(&m->status->host_pid, __ATOMIC_ACQUIRE);

	return theirs ? theirs : m->pid;
}

void machine_hosted_by(struct machine *m, pid_t pid, int pidfd)
{
	m->status->host_pid = pid;
	m->status->host_pidfd = pidfd;
	__atomic_add_fetch(&m->status->host_changes, 1, __ATOMIC_RELEASE);
}

bool machine_alive(struct machine *m)
{
	struct pollfd gone = {.events = POLLIN};

	if (!m->pid)
		return false;
	gone.fd = machine_host_fd(m);
	return poll(&gone, 1, 0) == 0;
}

/* The state that the kernel shows for it: T, stopped. */
bool machine_stopped(struct machine *m)
{
	char path[64], state = '?';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", machine_host(m));
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = '?';
	fclose(file);
	return state == 'T';
}

bool machine_ready(struct machine *m)
{
	if (!__atomic_load_n(&m->status->ready, __ATOMIC_ACQUIRE))
		return false;
	if (!m->platform->map_memory || m->memory_of == m->status->memory_of)
		return true;
	if (machine_map_memory(m) == 0)
		return true;
	if (m->status->end == MACHINE_RUNNING)
		machine_ended(m, MACHINE_ERROR, m->error);
	return false;
}

bool machine_wait(struct machine *m, int64_t deadline_ns)
{
	struct pollfd fds[2] = {
		{.fd = m->event, .events = POLLIN},
		{.fd = m->pidfd, .events = POLLIN},
	};
	int64_t left = (deadline_ns - host_now_ns() + 999999) / 1000000;
	int ready;

	do {
		ready = poll(fds, 2, left > 0 ? (int)left : 0);
	} while (ready < 0 && errno == EINTR);
	return ready > 0;
}

static int send_signal(int pidfd, int signal)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int machine_signal(struct machine *m, int signal)
{
	return send_signal(machine_host_fd(m), signal);
}

/* Its memory must not be written by a life that is over. */
static void end_host(struct machine *m)
{
	struct pollfd gone = {.fd = machine_host_fd(m), .events = POLLIN};

	if (m->host_fd < 0)
		return;
	send_signal(m->host_fd, SIGKILL);
	poll(&gone, 1, HOST_END_MS);
	close(m->host_fd);
	m->host_fd = -1;
}

static void hang_up(struct machine *m)
{
	if (m->platform->tidies && m->pid && m->control >= 0)
		shutdown(m->control, SHUT_RDWR);
}

void machine_let_go(struct machine *m)
{
	if (!m->platform || !m->platform->tidies)
		return;
	/* It is nobody's figure how the platform would have ended it: libvirt asks, and looks each
	 * 0.2 s whether it has. */
	if (m->pid && machine_host_fd(m) >= 0 && m->host_fd >= 0)
		send_signal(m->host_fd, SIGKILL);
	hang_up(m);
}

/* A guest process that is stuck, or dead, has nothing to tidy that others could not. */
static void let_tidy(struct machine *m)
{
	struct pollfd gone = {.fd = m->pidfd, .events = POLLIN};

	hang_up(m);
	if (m->platform->tidies && m->pidfd >= 0)
		poll(&gone, 1, HOST_END_MS);
}

static void end_process(struct machine *m)
{
	if (!m->pid)
		return;
	let_tidy(m);
	end_host(m);
	if (m->pidfd >= 0)
		send_signal(m->pidfd, SIGKILL);
	else
		kill(m->pid, SIGKILL); /* our own child, not yet reaped: the number is its */
	while (waitpid(m->pid, NULL, 0) < 0 && errno == EINTR)
		;
	m->pid = 0;
	if (m->pidfd >= 0)
		close(m->pidfd);
	if (m->control >= 0)
		close(m->control);
	m->pidfd = m->control = -1;
}

int machine_restart(struct machine *m, bool from_snapshot)
{
	end_process(m);
	machine_unmap_memory(m);
	machine_drain_event(m);
	m->status->end = MACHINE_RUNNING;
	m->status->memory_of = 0;
	m->status->batches = 0;
	m->status->ready = 0;
	m->status->host_pid = m->status->host_pidfd = 0;
	memset(m->status->vcpu_tid, 0, sizeof(m->status->vcpu_tid));
	m->status->from_snapshot = from_snapshot;
	if (!from_snapshot)
		machine_forget_memory(m);
	return start_process(m);
}

void machine_close(struct machine *m)
{
	if (!m->platform)
		return;
	end_process(m);
	machine_free_memory(m);
	if (m->event >= 0)
		close(m->event);
	memset(m, 0, sizeof(*m));
}
