/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platforms `qemu-kvm-microvm` and `qemu-tcg-microvm`: QEMU's smallest machine, started by the
 * guest process itself and driven over QMP. No firmware worth its name, no PCI, no libvirt: QEMU's
 * fast path.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "guests/payload.h"
#include "harness/host.h"
#include "harness/platform.h"
#include "harness/platform/qemu/emulator.h"
#include "harness/platform/qemu/guest.h"
#include "harness/vmm/vmm.h"

#define START_NS 5000000000ll /* from exec to QMP's greeting, however busy the host */

extern const uint8_t guest_image_start[];
extern const uint64_t guest_image_size;

/* ---- Start ---- */

/* The other ends of what the driver holds; QEMU inherits them. */
struct ends {
	int qmp, doorbell, console, messages, image;
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

static int image_file(void)
{
	int fd = memfd_create("virt-qualify image", MFD_CLOEXEC);

	if (fd < 0 || write(fd, guest_image_start, guest_image_size) == (ssize_t)guest_image_size)
		return fd;
	close(fd);
	return -1;
}

static void close_ends(const struct ends *e)
{
	const int fds[] = {e->qmp, e->doorbell, e->console, e->messages, e->image};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static int make_ends(struct qemu_guest *g, struct ends *e)
{
	*e = (struct ends){-1, -1, -1, -1, image_file()};
	if (e->image < 0)
		return fail(g->m, "a file for the guest image");
	if (pair_up(&g->qmp.fd, &e->qmp) || pair_up(&g->doorbell, &e->doorbell) ||
	    pair_up(&g->console, &e->console) || pair_up(&g->messages, &e->messages))
		return fail(g->m, "sockets to QEMU");
	return 0;
}

static void add_device(struct qemu_arguments *a, const char *id, int fd, unsigned int port)
{
	qemu_argument(a, "-chardev");
	qemu_argument(a, "socket,id=%s,fd=%d", id, fd);
	qemu_argument(a, "-device");
	qemu_argument(a, "isa-debugcon,iobase=%#x,chardev=%s", port, id);
}

/* acpi=off chooses qboot as firmware, which is a few hundred instructions. */
static void build(struct qemu_arguments *a, const struct qemu_guest *g, const struct ends *e,
		  bool incoming)
{
	const struct machine *m = g->m;
	char command[2 * VQ_COMMAND_LENGTH];

	qemu_guest_command(g, command, sizeof(command));
	qemu_argument(a, QEMU_PROGRAM);
	qemu_argument(a, "-machine");
	qemu_argument(a,
		      "microvm,accel=%s,memory-backend=ram,acpi=off,pit=off,pic=off,rtc=off,"
		      "isa-serial=off,auto-kernel-cmdline=off",
		      g->kvm ? "kvm" : "tcg");
	qemu_argument(a, "-cpu");
	qemu_argument(a, g->kvm ? "host" : "max");
	qemu_argument(a, "-smp");
	qemu_argument(a, "%u", m->config.cpus);
	qemu_argument(a, "-m");
	qemu_argument(a, "%lluK", (unsigned long long)m->memory_size >> 10);
	qemu_argument(a, "-object");
	qemu_argument(a, "memory-backend-file,id=ram,size=%llu,mem-path=/proc/self/fd/%d,share=on",
		      (unsigned long long)m->memory_size, m->memory_fd);
	qemu_argument(a, "-nodefaults");
	qemu_argument(a, "-no-user-config");
	qemu_argument(a, "-display");
	qemu_argument(a, "none");
	qemu_argument(a, "-action");
	qemu_argument(a, "reboot=shutdown,shutdown=pause");
	qemu_argument(a, "-kernel");
	qemu_argument(a, "/proc/self/fd/%d", e->image);
	qemu_argument(a, "-append");
	qemu_argument(a, "%s", command);
	qemu_argument(a, "-chardev");
	qemu_argument(a, "socket,id=qmp,fd=%d", e->qmp);
	qemu_argument(a, "-mon");
	qemu_argument(a, "chardev=qmp,mode=control");
	add_device(a, "doorbell", e->doorbell, VQ_PORT_DOORBELL);
	add_device(a, "console", e->console, VQ_PORT_CONSOLE);
	qemu_argument(a, "-S");
	if (incoming) {
		qemu_argument(a, "-incoming");
		qemu_argument(a, "defer");
	}
}

static int spawn(struct qemu_guest *g, bool incoming)
{
	static struct qemu_arguments a;
	struct ends e;
	int ret = -1;

	a = (struct qemu_arguments){0};
	if (make_ends(g, &e))
		goto out;
	build(&a, g, &e, incoming);
	ret = qemu_spawn(&a, (int[]){e.qmp, e.doorbell, e.console, e.image, g->m->memory_fd}, 5,
			 e.messages, &g->pid, &g->pidfd);
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

/* A QEMU with the guest in it, paused before its first instruction, or at the snapshot. */
static int start(struct qemu_guest *g, struct machine *m, bool kvm, bool from_snapshot)
{
	if (qemu_guest_init(g, m, kvm) || spawn(g, from_snapshot))
		return -1;
	g->paused = true;
	machine_hosted_by(m, g->pid, g->pidfd);
	if (qmp_greet(&g->qmp, host_now_ns() + START_NS))
		return qemu_guest_failed(g, "starting QEMU");
	if (qemu_guest_cpus(g) || watch_all(g))
		return -1;
	return from_snapshot ? qemu_snapshot_load(g) : 0;
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
static int restore(struct qemu_guest *g, struct machine_commands *c)
{
	struct machine *m = g->m;
	bool kvm = g->kvm;

	qemu_guest_close(g);
	m->status->end = MACHINE_RUNNING;
	if (start(g, m, kvm, true) || let_go(g, true))
		return -1;
	c->fd = g->epoll;
	return 0;
}

struct driver {
	struct qemu_guest guest;
	struct machine_commands commands;
};

static int act(void *context, struct machine *m, enum machine_command command)
{
	struct driver *d = context;

	switch (command) {
	case COMMAND_PAUSE:
		return qemu_guest_pause(&d->guest);
	case COMMAND_RESUME:
		return qemu_guest_resume(&d->guest);
	case COMMAND_SNAPSHOT:
		return qemu_snapshot_take(&d->guest);
	case COMMAND_RESTORE:
		return restore(&d->guest, &d->commands);
	case COMMAND_EXEC:
		break;
	}
	snprintf(m->error, sizeof(m->error), "QEMU's driver knows no command %d", command);
	return -1;
}

static void on_fd(void *context, struct machine *m)
{
	struct driver *d = context;

	qemu_guest_events(&d->guest, m);
}

static void drive(struct machine *m, bool kvm)
{
	static struct driver d; /* large, and this process drives one */
	bool from_snapshot = m->status->from_snapshot;

	qemu_guest_keep_off(m);
	if (start(&d.guest, m, kvm, from_snapshot) || let_go(&d.guest, from_snapshot)) {
		machine_ended(m, MACHINE_ERROR, m->error);
		qemu_guest_close(&d.guest);
		_exit(1);
	}
	d.commands = (struct machine_commands){
		.act = act, .on_fd = on_fd, .fd = d.guest.epoll, .context = &d};
	machine_serve(m, &d.commands);
}

static void kvm_process(struct machine *m)
{
	drive(m, true);
}

static void tcg_process(struct machine *m)
{
	drive(m, false);
}

/* ---- What they are ---- */

static bool kvm_works(char *why, size_t size)
{
	return qemu_works(true, why, size);
}

static bool tcg_works(char *why, size_t size)
{
	return qemu_works(false, why, size);
}

static const char *kvm_label(void)
{
	return "qemu-kvm (microvm)";
}

static const char *tcg_label(void)
{
	return "qemu-tcg (microvm)";
}

static unsigned int tcg_capabilities(void)
{
	return CAN_GUEST | CAN_SNAPSHOT | CAN_PAUSE | CAN_RING0 | CAN_APIC | CAN_CGROUP;
}

static unsigned int kvm_capabilities(void)
{
	return tcg_capabilities() | (vmm_probe()->hypercalls ? CAN_HYPERCALL : 0);
}

#define SLACK_MS 3000 /* QEMU's exec and initialisation, on a busy host */

PLATFORM_CALLED(qemu_kvm_microvm, "qemu-kvm-microvm",
		.summary = "QEMU's microvm on /dev/kvm, driven over QMP", .works = kvm_works,
		.label = kvm_label, .version = qemu_version, .capabilities = kvm_capabilities,
		.execution = qemu_kvm_execution, .lacks = qemu_kvm_lacks, .slack_ms = SLACK_MS,
		.ambient_exits = QEMU_AMBIENT_EXITS, .snapshot_room = qemu_snapshot_room,
		.guest_process = kvm_process);

PLATFORM_CALLED(qemu_tcg_microvm, "qemu-tcg-microvm",
		.summary = "QEMU's microvm, its CPU in software, driven over QMP",
		.works = tcg_works, .label = tcg_label, .version = qemu_version,
		.capabilities = tcg_capabilities, .execution = qemu_tcg_execution,
		.lacks = qemu_tcg_lacks, .slack_ms = SLACK_MS, .snapshot_room = qemu_snapshot_room,
		.guest_process = tcg_process);
