/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/qemu/spawned.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guests/payload.h"
#include "harness/host.h"
#include "harness/platform/qemu/disk.h"

#define START_NS 5000000000ll /* from exec to QMP's greeting, however busy the host */

struct driver {
	struct qemu_guest *guest; /* one of the two: where the guest runs */
	struct qemu_guest room[2];
	const struct qemu_spawned *kind;
	struct machine_commands commands;
};

/* What QEMU waits for at its start. */
enum beginning {
	FROM_RESET,
	FROM_SNAPSHOT,
	FROM_MIGRATION,
};

/* ---- Start ---- */

/* The other ends of what the driver holds; QEMU inherits them. */
struct ends {
	int qmp, doorbell, console, messages;
	int disk; /* -1: it has none */
	struct qemu_files files;
};

static int fail(struct machine *m, const char *what)
{
	snprintf(m->error, sizeof(m->error), "%s: %s", what, strerror(errno));
	return -1;
}

static int pair_up(int *ours, int *theirs)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -1;
	*ours = pair[0];
	*theirs = pair[1];
	return 0;
}

int qemu_memory_file(struct machine *m, const char *name, const void *bytes, size_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd >= 0 && write(fd, bytes, size) == (ssize_t)size)
		return fd;
	fail(m, name);
	if (fd >= 0)
		close(fd);
	return -1;
}

static void close_ends(const struct ends *e)
{
	const int fds[] = {e->qmp,  e->doorbell,     e->console,     e->messages,
			   e->disk, e->files.kernel, e->files.initrd};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static int make_ends(struct driver *d, struct ends *e)
{
	struct qemu_guest *g = d->guest;

	*e = (struct ends){-1, -1, -1, -1, -1, {-1, -1}};
	if (d->kind->open_files(g->m, &e->files))
		return -1;
	if (g->m->config.devices & CAN_DISK) {
		e->disk = qemu_disk_file(g->m);
		if (e->disk < 0)
			return -1;
	}
	if (pair_up(&g->qmp.fd, &e->qmp) || pair_up(&g->doorbell, &e->doorbell) ||
	    pair_up(&g->console, &e->console) || pair_up(&g->messages, &e->messages))
		return fail(g->m, "sockets to QEMU");
	return 0;
}

static void add_character_device(struct qemu_arguments *a, const char *id, int fd)
{
	qemu_argument(a, "-chardev");
	qemu_argument(a, "socket,id=%s,fd=%d", id, fd);
}

static void put_argument(void *to, const char *argument)
{
	qemu_argument(to, "%s", argument);
}

static void add_disk(struct qemu_arguments *a, int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	qemu_disk_describe(path, put_argument, a);
}

static void build(struct qemu_arguments *a, const struct driver *d, const struct ends *e,
		  enum beginning beginning)
{
	const struct qemu_guest *g = d->guest;

	qemu_argument(a, QEMU_PROGRAM);
	qemu_argument(a, "-nodefaults");
	qemu_argument(a, "-no-user-config");
	qemu_argument(a, "-display");
	qemu_argument(a, "none");
	qemu_argument(a, "-action");
	qemu_argument(a, "reboot=shutdown,shutdown=pause,panic=pause,watchdog=pause");
	qemu_argument(a, "-cpu");
	qemu_argument(a, g->kvm ? "host" : "max");
	qemu_argument(a, "-smp");
	qemu_argument(a, "%u", g->m->config.cpus);
	add_character_device(a, "qmp", e->qmp);
	qemu_argument(a, "-mon");
	qemu_argument(a, "chardev=qmp,mode=control");
	add_character_device(a, "console", e->console);
	add_character_device(a, "doorbell", e->doorbell);
	qemu_argument(a, "-device");
	qemu_argument(a, "isa-debugcon,iobase=%#x,chardev=doorbell", VQ_PORT_DOORBELL);
	d->kind->arguments(a, g, &e->files);
	qemu_add_devices(a, g->m->config.devices);
	if (e->disk >= 0)
		add_disk(a, e->disk);
	if (beginning != FROM_MIGRATION)
		qemu_argument(a, "-S");
	if (beginning != FROM_RESET) {
		qemu_argument(a, "-incoming");
		qemu_argument(a, "defer");
	}
}

static int spawn(struct driver *d, enum beginning beginning)
{
	static struct qemu_arguments a;
	struct qemu_guest *g = d->guest;
	struct ends e;
	int ret = -1;

	a = (struct qemu_arguments){.program = qemu_program(g->m)};
	if (make_ends(d, &e))
		goto out;
	build(&a, d, &e, beginning);
	/* Beside a guest that runs it stays where we are: off that one's first vCPU. */
	ret = qemu_spawn(&a,
			 (int[]){e.qmp, e.doorbell, e.console, e.disk, e.files.kernel,
				 e.files.initrd, g->m->memory_fd},
			 7, e.messages, beginning == FROM_MIGRATION ? NULL : g->m->config.affinity,
			 &g->pid, &g->pidfd);
	if (ret)
		fail(g->m, "starting " QEMU_PROGRAM);
	g->ours = !ret;
out:
	close_ends(&e);
	return ret;
}

static int watch_all(struct qemu_guest *g)
{
	return qemu_guest_watch(g, g->doorbell) || qemu_guest_watch(g, g->console) ||
			       qemu_guest_watch(g, g->qmp.fd) || qemu_guest_watch(g, g->messages) ||
			       qemu_guest_watch(g, g->pidfd)
		       ? -1
		       : 0;
}

/* A QEMU for d->guest, with which we can talk. */
static int prepare(struct driver *d, struct machine *m, enum beginning beginning)
{
	struct qemu_guest *g = d->guest;

	if (qemu_guest_init(g, m, d->kind->kvm) || spawn(d, beginning))
		return -1;
	g->paused = true;
	if (beginning != FROM_MIGRATION)
		machine_hosted_by(m, g->pid, g->pidfd);
	if (qmp_greet(&g->qmp, host_now_ns() + START_NS))
		return qemu_guest_failed(g, "starting QEMU");
	if (qemu_guest_cpus(g) || watch_all(g))
		return -1;
	qemu_guest_confine(g);
	if (m->config.pages == PAGES_HUGE &&
	    !machine_has_huge_pages(g->pid, m->memory_size - MACHINE_LOWER_RAM))
		return machine_without_huge_pages(m);
	return 0;
}

/* A QEMU with the guest in it, paused before its first instruction, or at the snapshot. */
static int start(struct driver *d, struct machine *m, bool from_snapshot)
{
	if (prepare(d, m, from_snapshot ? FROM_SNAPSHOT : FROM_RESET))
		return -1;
	return from_snapshot ? qemu_snapshot_load(d->guest) : 0;
}

static int let_go(struct qemu_guest *g, bool from_snapshot)
{
	struct machine *m = g->m;

	/* Of a guest that went on from a snapshot nobody will say so. */
	if (from_snapshot)
		__atomic_store_n(&m->status->ready, 1, __ATOMIC_RELEASE);
	m->status->start_tsc = rdtsc();
	m->status->stamp_ns[STAMP_STARTED] = host_now_ns();
	return qemu_guest_resume(g);
}

/* ---- Commands ---- */

/* QEMU takes a state in only once, at its start: the guest goes on in a new one. */
static int restore(struct driver *d, struct machine *m)
{
	qemu_guest_close(d->guest);
	m->status->end = MACHINE_RUNNING;
	if (start(d, m, true) || let_go(d->guest, true))
		return -1;
	d->commands.fd = d->guest->epoll;
	return 0;
}

static int reset(struct qemu_guest *g)
{
	if (qemu_guest_pause(g) || qemu_guest_to_reset(g))
		return -1;
	if (qmp_run(&g->qmp, host_now_ns() + QEMU_COMMAND_NS, "system_reset", NULL))
		return qemu_guest_failed(g, "the reset of the guest");
	return qemu_guest_reset_done(g) || qemu_guest_resume(g) ? -1 : 0;
}

/* All that the destination has is given up; the guest, if it is still there, goes on at home. */
static int stay(struct driver *d, struct machine *m, struct qemu_guest *home)
{
	char why[sizeof(m->error)];

	memcpy(why, m->error, sizeof(why));
	qemu_guest_close(d->guest);
	d->guest = home;
	if (machine_swap_memory(m))
		return -1;
	home->paused = false;
	qemu_guest_cpus(home);
	memcpy(m->error, why, sizeof(why));
	return -1;
}

/* Into a new QEMU on the destination's memory. */
static int migrate(struct driver *d, struct machine *m)
{
	struct qemu_guest *from = d->guest;
	struct qemu_guest *to = &d->room[from == &d->room[0]];

	if (from->paused) {
		snprintf(m->error, sizeof(m->error), "a live migration is of a guest that runs");
		return -1;
	}
	if (machine_swap_memory(m))
		return -1;
	d->guest = to;
	from->paused = true; /* QEMU stops it, at the end, because we want it to */
	if (prepare(d, m, FROM_MIGRATION) || qemu_migrate(from, to, m->status->migration))
		return stay(d, m, from);
	to->paused = false;
	machine_hosted_by(m, to->pid, to->pidfd);
	/* What the guest said last, before it left. */
	qemu_guest_events(from, m);
	qemu_guest_close(from);
	d->commands.fd = to->epoll;
	return 0;
}

static int act(void *context, struct machine *m, enum machine_command command)
{
	struct driver *d = context;

	switch (command) {
	case COMMAND_PAUSE:
		return qemu_guest_pause(d->guest);
	case COMMAND_RESUME:
		return qemu_guest_resume(d->guest);
	case COMMAND_SNAPSHOT:
		return qemu_snapshot_take(d->guest);
	case COMMAND_RESTORE:
		return restore(d, m);
	case COMMAND_MIGRATE:
		return migrate(d, m);
	case COMMAND_RESET:
		return reset(d->guest);
	case COMMAND_DISK:
		return qemu_disk_set(d->guest, m->status->disk);
	case COMMAND_EXEC:
	case COMMAND_SAVE:
	case COMMAND_START:
	case COMMAND_DESTROY:
		break;
	}
	snprintf(m->error, sizeof(m->error), "QEMU's driver knows no command %d", command);
	return -1;
}

static void on_fd(void *context, struct machine *m)
{
	struct driver *d = context;

	qemu_guest_events(d->guest, m);
}

void qemu_drive(struct machine *m, const struct qemu_spawned *kind)
{
	static struct driver d; /* large, and this process drives one */
	bool from_snapshot = m->status->from_snapshot;

	d.kind = kind;
	d.guest = &d.room[0];
	qemu_guest_keep_off(m);
	if (start(&d, m, from_snapshot) || let_go(d.guest, from_snapshot)) {
		machine_ended(m, MACHINE_ERROR, m->error);
		qemu_guest_close(d.guest);
		_exit(1);
	}
	d.commands = (struct machine_commands){
		.act = act, .on_fd = on_fd, .fd = d.guest->epoll, .context = &d};
	machine_serve(m, &d.commands);
}
