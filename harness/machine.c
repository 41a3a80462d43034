/* SPDX-License-Identifier: Apache-2.0 */
/* A machine's life as seen from the trial: its process, its memory, its commands. */
#include "harness/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/stop.h"

#define COMMAND_TIMEOUT_MS 2000
#define HOST_END_MS	   5000

struct command_message {
	uint32_t command;
};

struct command_answer {
	int32_t ret;
	char error[512];
};

static int fail(struct machine *m, const char *what)
{
	snprintf(m->error, sizeof(m->error), "%s: %s", what, strerror(errno));
	return -1;
}

const char *capability_name(enum capability one)
{
	switch (one) {
	case CAN_GUEST:
		return "a guest";
	case CAN_SNAPSHOT:
		return "snapshots";
	case CAN_PAUSE:
		return "pause and resume";
	case CAN_RING0:
		return "a guest ring 0";
	case CAN_HYPERCALL:
		return "hypercalls that return";
	case CAN_KERNEL_DEVICES:
		return "devices inside the kernel (ioeventfd, irqfd)";
	case CAN_APIC:
		return "a local APIC";
	case CAN_NOTIFY:
		return "wake-ups between guests";
	case CAN_WINDOW:
		return "memory that guests share";
	case CAN_PRIVATE_RAM:
		return "guest RAM that is private to its process";
	case CAN_CGROUP:
		return "a start inside a given cgroup";
	case CAN_MEMORY_LIMIT:
		return "a memory limit of its own";
	case CAN_EXEC:
		return "processes run beside the payload";
	case CAN_HOST_TSC:
		return "the host's TSC in the guest";
	case CAN_PROCESS:
		return "a process that hosts the guest";
	case CAN_USER_DEVICES:
		return "a program that answers for devices";
	case CAN_LAZY_RAM:
		return "guest RAM that is given when it is first touched";
	case CAN_MANAGEMENT:
		return "a management daemon of ours that can be killed (qemu-kvm and qemu-tcg have "
		       "one)";
	case CAN_PVPANIC:
		return "a pvpanic device";
	case CAN_WATCHDOG:
		return "a watchdog device (ib700)";
	case CAN_MIGRATE:
		return "live migration";
	case CAN_POSTCOPY:
		return "live migration with the RAM behind the guest (postcopy)";
	case CAN_DISK:
		return "a disk for the guest";
	case CAN_RESET:
		return "a reset of the guest that leaves its process alone";
	case CAN_DESTROY:
		return "a domain that its management may destroy and tells of (libvirt's)";
	case CAN_SAVE:
		return "a managed save (libvirt's: the guest in a file of its own, until it is "
		       "started again)";
	case CAN_TSC_ADJUST:
		return "a CPU with IA32_TSC_ADJUST";
	case CAN_SIGHT:
		return "memory that the observer shares with the guest";
	}
	return "?";
}

enum execution platform_execution(const struct platform *p, int ring)
{
	switch (host_emulation()) {
	case HOST_EMULATED:
		return EXECUTION_EMULATED;
	case HOST_DETERMINISTIC:
		return EXECUTION_DETERMINISTIC;
	case HOST_HARDWARE:
		break;
	}
	return p->execution(ring);
}

uint32_t platform_tsc_khz(const struct platform *p)
{
	return p->tsc_khz ? p->tsc_khz() : host_tsc_khz();
}

bool platform_has_guest(const struct platform *p)
{
	return !p->imported && (!p->no_guest || !p->no_guest());
}

bool platform_pins(const struct platform *p)
{
	return !p->tsc_khz;
}

static void *map_shared(int fd, size_t size)
{
	int flags = MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0);
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

static bool prefault_range(struct machine *m, uint64_t from, uint64_t to)
{
	if (to <= from || mlock(m->memory + from, to - from) == 0)
		return true;
	madvise(m->memory + from, to - from, MADV_POPULATE_WRITE);
	return false;
}

/*
 * Pre-fault and lock what the guest will use, so that no timed operation pays for a page fault of
 * the host: the fixed areas up to the ring's header, the image, and what a bench asked for beyond.
 * Records are written outside the timed part. Where RLIMIT_MEMLOCK forbids the lock, memory is
 * pre-faulted only, and that is told.
 */
static void prefault(struct machine *m)
{
	uint64_t shared = m->config.pages == PAGES_SHARED ? m->memory_size : MACHINE_LOWER_RAM;
	uint64_t used = shared - m->config.untouched;
	bool fixed = prefault_range(m, 0, VQ_RING_OFFSET + VQ_PAGE_SIZE);
	bool image = prefault_range(m, VQ_IMAGE_OFFSET, VQ_IMAGE_OFFSET + VQ_IMAGE_ROOM);
	bool rest = prefault_range(m, MACHINE_LOWER_RAM, used);

	m->status->locked = fixed && image && rest;
}

/* What its doorbells shall count. Found out here: the guest process may be another program. */
static void describe_watch(struct machine_status *s)
{
	const struct event_counter *list;
	size_t count = events_catalog(&list);

	for (size_t i = 0; i < count; i++)
		s->event[i] = list[i].event;
	s->event_count = (uint32_t)count;
	s->watch = *cpu_watch_probe();
}

static int make_destination(struct machine *m)
{
	m->destination_fd = memfd_create("virt-qualify destination", MFD_CLOEXEC);
	if (m->destination_fd < 0 || ftruncate(m->destination_fd, (off_t)m->memory_size))
		return fail(m, "memory for the destination");
	m->destination = map_shared(m->destination_fd, m->memory_size);
	return m->destination ? 0 : fail(m, "mapping the destination's memory");
}

static int make_memory(struct machine *m)
{
	m->memory_size = m->config.memory;
	m->memory_fd = memfd_create("virt-qualify guest", MFD_CLOEXEC);
	if (m->memory_fd < 0 || ftruncate(m->memory_fd, (off_t)m->memory_size))
		return fail(m, "guest memory");
	m->memory = map_shared(m->memory_fd, m->memory_size);
	if (!m->memory)
		return fail(m, "mapping guest memory");
	if (m->config.migrates && make_destination(m))
		return -1;
	m->status_fd = memfd_create("virt-qualify status", MFD_CLOEXEC);
	if (m->status_fd < 0 || ftruncate(m->status_fd, sizeof(*m->status)))
		return fail(m, "memory for the machine's status");
	m->status = map_shared(m->status_fd, sizeof(*m->status));
	if (!m->status)
		return fail(m, "mapping the machine's status");
	if (m->config.watch)
		describe_watch(m->status);
	if (m->config.snapshots && m->platform->snapshot_room) {
		m->snapshot_size = m->platform->snapshot_room(&m->config);
		m->snapshot_fd = memfd_create("virt-qualify snapshot", MFD_CLOEXEC);
		if (m->snapshot_fd < 0 || ftruncate(m->snapshot_fd, (off_t)m->snapshot_size))
			return fail(m, "memory for the snapshot");
		m->snapshot = map_shared(m->snapshot_fd, m->snapshot_size);
		if (!m->snapshot)
			return fail(m, "mapping the snapshot");
	}
	prefault(m);
	return 0;
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
		return fail(m, "control socket");
	pid = fork();
	if (pid < 0) {
		close(pair[0]);
		close(pair[1]);
		return fail(m, "fork of the guest process");
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
		return fail(m, "pidfd_open");
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
		return fail(m, "eventfd");
	if (make_memory(m))
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

static struct vq_control *control_page(struct machine *m)
{
	return (struct vq_control *)(m->memory + VQ_CONTROL_OFFSET);
}

/* Requests are taken when their ticket changes: it comes last but for the epoch. */
static void write_control(struct machine *m, const struct vq_control *c)
{
	struct vq_control *to = control_page(m);

	to->request = c->request;
	to->argument = c->argument;
	__atomic_store_n(&to->ticket, c->ticket, __ATOMIC_RELEASE);
	__atomic_store_n(&to->epoch, c->epoch, __ATOMIC_RELEASE);
}

int machine_map_memory(struct machine *m)
{
	struct vq_control control = *control_page(m);
	uint64_t whose = m->status->memory_of;

	if (m->platform->map_memory(m))
		return -1;
	write_control(m, &control);
	m->memory_of = whose;
	return 0;
}

static bool map_over(uint8_t *at, int fd, size_t size)
{
	return mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED;
}

/* The file again in place of a guest's areas: they are kept from the next life, and as long as they
 * are mapped, from the hypervisor. */
static void unmap_memory(struct machine *m)
{
	struct vq_control control;

	if (!m->memory_of)
		return;
	control = *control_page(m);
	m->memory_of = 0;
	if (!map_over(m->memory, m->memory_fd, m->memory_size))
		_exit(1); /* there is nothing at m->memory any more */
	write_control(m, &control);
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

/* Does the answer come in time? `look` as it is waited for. */
static bool await_answer(struct machine *m, int bound_ms, void (*look)(void *context),
			 void *context)
{
	static const struct timespec moment = {.tv_nsec = MACHINE_LOOK_NS};
	struct pollfd wait = {.fd = m->control, .events = POLLIN};
	int64_t deadline = host_now_ns() + bound_ms * 1000000ll;

	if (!look)
		return poll(&wait, 1, bound_ms) == 1;
	while (poll(&wait, 1, 0) != 1) {
		if (host_now_ns() > deadline)
			return false;
		look(context);
		nanosleep(&moment, NULL);
	}
	return true;
}

static int send_watched(struct machine *m, enum machine_command command,
			void (*look)(void *context), void *context)
{
	struct command_message message = {.command = command};
	int bound_ms = COMMAND_TIMEOUT_MS + m->platform->slack_ms;
	struct command_answer answer = {0};

	if (send(m->control, &message, sizeof(message), MSG_NOSIGNAL) != sizeof(message))
		return fail(m, "the guest process takes no command");
	if (!await_answer(m, bound_ms, look, context)) {
		snprintf(m->error, sizeof(m->error),
			 "the guest process did not answer a command within %d ms", bound_ms);
		/* A late answer must not be taken for the next command's. */
		shutdown(m->control, SHUT_RDWR);
		return -1;
	}
	if (recv(m->control, &answer, sizeof(answer), 0) != sizeof(answer)) {
		snprintf(m->error, sizeof(m->error), "the guest process is gone");
		return -1;
	}
	answer.error[sizeof(answer.error) - 1] = '\0';
	if (answer.ret)
		snprintf(m->error, sizeof(m->error), "%s", answer.error);
	return answer.ret;
}

static int send_command(struct machine *m, enum machine_command command)
{
	return send_watched(m, command, NULL, NULL);
}

int machine_pause(struct machine *m)
{
	return send_command(m, COMMAND_PAUSE);
}

int machine_resume(struct machine *m)
{
	return send_command(m, COMMAND_RESUME);
}

int machine_snapshot(struct machine *m)
{
	return send_command(m, COMMAND_SNAPSHOT);
}

int machine_save(struct machine *m)
{
	return send_command(m, COMMAND_SAVE);
}

int machine_start(struct machine *m)
{
	return send_command(m, COMMAND_START);
}

int machine_exec(struct machine *m)
{
	return send_command(m, COMMAND_EXEC);
}

int machine_destroy(struct machine *m)
{
	return send_command(m, COMMAND_DESTROY);
}

int machine_disk(struct machine *m, enum machine_disk how)
{
	m->status->disk = how;
	return send_command(m, COMMAND_DISK);
}

int machine_swap_memory(struct machine *m)
{
	int source = m->memory_fd;

	if (!m->destination) {
		snprintf(m->error, sizeof(m->error), "this machine has no room for a destination");
		return -1;
	}
	if (!map_over(m->memory, m->destination_fd, m->memory_size) ||
	    !map_over(m->destination, source, m->memory_size))
		_exit(1); /* there is nothing at one of them any more */
	m->memory_fd = m->destination_fd;
	m->destination_fd = source;
	return 0;
}

int machine_migrate(struct machine *m, enum machine_migration how, void (*look)(void *context),
		    void *context)
{
	m->status->migration = how;
	if (send_watched(m, COMMAND_MIGRATE, look, context))
		return -1;
	return machine_swap_memory(m);
}

/* Who inherited it may have made it block: container runtimes do. */
static void drain_event(struct machine *m)
{
	struct pollfd ended = {.fd = m->event, .events = POLLIN};
	uint64_t drained;

	if (poll(&ended, 1, 0) == 1 && read(m->event, &drained, sizeof(drained)) < 0)
		return; /* somebody else was faster */
}

int machine_restore(struct machine *m)
{
	drain_event(m);
	return send_command(m, COMMAND_RESTORE);
}

int machine_reset(struct machine *m)
{
	drain_event(m);
	return send_command(m, COMMAND_RESET);
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

void machine_let_go(struct machine *m)
{
	if (m->platform && m->platform->tidies && m->pid && m->control >= 0)
		shutdown(m->control, SHUT_RDWR);
}

/* A guest process that is stuck, or dead, has nothing to tidy that others could not. */
static void let_tidy(struct machine *m)
{
	struct pollfd gone = {.fd = m->pidfd, .events = POLLIN};

	machine_let_go(m);
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

/* The part that was not pre-faulted goes back to the host: it may be charged to a cgroup that is
 * full. */
void machine_forget_memory(struct machine *m)
{
	uint64_t untouched = m->config.untouched;

	memset(m->memory + VQ_HEARTBEAT_OFFSET, 0, VQ_PAGE_SIZE);
	memset(m->memory + VQ_RING_OFFSET, 0, 128);
	if (untouched)
		fallocate(m->memory_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			  (off_t)(m->memory_size - untouched), (off_t)untouched);
}

int machine_restart(struct machine *m, bool from_snapshot)
{
	end_process(m);
	unmap_memory(m);
	drain_event(m);
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

uint8_t *machine_map_window(const struct machine *m)
{
	return m->config.shared_fd < 0 ? NULL
				       : map_shared(m->config.shared_fd, m->config.shared_size);
}

void machine_close(struct machine *m)
{
	if (!m->platform)
		return;
	end_process(m);
	if (m->memory)
		munmap(m->memory, m->memory_size);
	if (m->status)
		munmap(m->status, sizeof(*m->status));
	if (m->snapshot)
		munmap(m->snapshot, m->snapshot_size);
	if (m->destination)
		munmap(m->destination, m->memory_size);
	if (m->memory_fd >= 0)
		close(m->memory_fd);
	if (m->status_fd >= 0)
		close(m->status_fd);
	if (m->snapshot_fd >= 0)
		close(m->snapshot_fd);
	if (m->destination_fd >= 0)
		close(m->destination_fd);
	if (m->event >= 0)
		close(m->event);
	memset(m, 0, sizeof(*m));
}

static void answer_command(struct machine *m, const struct machine_commands *c)
{
	struct command_message message;
	struct command_answer answer = {0};

	if (recv(m->control, &message, sizeof(message), 0) != sizeof(message)) {
		if (c->end)
			c->end(c->context, m);
		_exit(0); /* the trial closed its end */
	}
	m->status->stamp_ns[STAMP_COMMAND] = host_now_ns();
	answer.ret = c->act(c->context, m, message.command);
	m->status->stamp_ns[STAMP_DONE] = host_now_ns();
	if (answer.ret)
		snprintf(answer.error, sizeof(answer.error), "%s", m->error);
	if (send(m->control, &answer, sizeof(answer), MSG_NOSIGNAL) < 0)
		_exit(0);
}

void machine_serve(struct machine *m, const struct machine_commands *c)
{
	struct pollfd fds[2] = {
		{.fd = m->control, .events = POLLIN},
		{.events = POLLIN},
	};

	for (;;) {
		fds[1].fd = c->fd; /* another one after a command that replaced the guest's host */
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents)
			c->on_fd(c->context, m);
		if (fds[0].revents)
			answer_command(m, c);
	}
}
