/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platforms `qemu-kvm` and `qemu-tcg`: QEMU's machine type q35 as libvirt runs it, in a private
 * libvirtd that lives as long as the run. libvirt defines, starts, pins, suspends, saves and ends;
 * a monitor of our own reads counters, and breaks the disk. The firmware is qboot: where guest ring
 * 0 is interpreted, SeaBIOS would take two seconds.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "guests/payload.h"
#include "harness/host.h"
#include "harness/platform.h"
#include "harness/platform/libvirt/api.h"
#include "harness/platform/libvirt/daemon.h"
#include "harness/platform/libvirt/events.h"
#include "harness/platform/libvirt/qemu_domain.h"
#include "harness/platform/qemu/disk.h"
#include "harness/platform/qemu/emulator.h"
#include "harness/platform/qemu/guest.h"
#include "harness/setting.h"
#include "harness/vmm/vmm.h"

#define CONNECT_MS   5000  /* QEMU connects before libvirt reports the domain started */
#define RECONNECT_MS 10000 /* as long as a libvirtd may take to start */
#define RETRY_MS     2
#define NOTICE_MS    500 /* QEMU is gone: libvirt says so by then, or never */

extern const uint8_t guest_image_start[];
extern const uint64_t guest_image_size;

/* ---- The private libvirtd ---- */

static const char *const drivers[] = {"qemu", NULL};
static const struct libvirt_daemon_options options = {
	.drivers = drivers,
	.qemu_conf = "user = \"root\"\ngroup = \"root\"\ndynamic_ownership = 0\n"
		     "remember_owner = 0\nsecurity_driver = \"none\"\nnamespaces = []\n"
		     "cgroup_controllers = []\nstdio_handler = \"file\"\n",
};
static struct libvirt_daemon libvirtd; /* the run's */
static unsigned int users;	       /* platforms that have begun */

static const char *find_firmware(void)
{
	static const char *const paths[] = {
		"/usr/share/qemu/qboot.rom", "/usr/share/qemu/bios-microvm.bin",
		"/usr/share/qboot/bios.bin", "/usr/local/share/qemu/qboot.rom"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (!access(paths[i], R_OK))
			return paths[i];
	return NULL;
}

static int write_image(char *error, size_t size)
{
	char path[600];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "%s/guest.elf", libvirtd.directory);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd >= 0)
		n = write(fd, guest_image_start, guest_image_size);
	if (n != (ssize_t)guest_image_size)
		snprintf(error, size, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return n == (ssize_t)guest_image_size ? 0 : -1;
}

static int begin(char *error, size_t size)
{
	if (users++)
		return 0;
	if (libvirt_daemon_start(&libvirtd, &options, error, size) || write_image(error, size)) {
		users = 0;
		libvirt_daemon_stop(&libvirtd);
		return -1;
	}
	return 0;
}

static int kill_libvirtd(void)
{
	return libvirt_daemon_kill(&libvirtd);
}

static void end_run(void)
{
	if (users && --users == 0)
		libvirt_daemon_stop(&libvirtd);
}

/* ---- A guest ---- */

struct driver {
	struct qemu_guest guest;
	struct machine_commands commands;
	const struct libvirt_api *lib;
	virConnectPtr connection;
	virDomainPtr domain;
	int events;   /* struct libvirt_event; -1: none */
	bool stopped; /* libvirt has said so */
	char name[64], uuid[40];
	int disk; /* the file that its disk is; -1: it has none */
	int listening[3];
	char path[3][600];
};

enum { DOORBELL, CONSOLE, MONITOR };

static int fail(struct driver *d, const char *what)
{
	snprintf(d->guest.m->error, sizeof(d->guest.m->error), "%s: %.400s", what, libvirt_error());
	return -1;
}

static int fail_errno(struct driver *d, const char *what)
{
	snprintf(d->guest.m->error, sizeof(d->guest.m->error), "%.400s: %s", what, strerror(errno));
	return -1;
}

static int open_connection(struct driver *d)
{
	char uri[600];

	snprintf(uri, sizeof(uri), "qemu+unix:///system?socket=%s", libvirtd.socket);
	d->connection = d->lib->virConnectOpen(uri);
	if (!d->connection)
		return fail(d, "connecting to the private libvirtd");
	if (libvirt_events_of(d->lib, d->connection, d->name))
		return fail(d, "libvirt's events");
	return 0;
}

static int connect_libvirt(struct driver *d)
{
	d->lib = libvirt_api(d->guest.m->error, sizeof(d->guest.m->error));
	if (!d->lib)
		return -1;
	if (d->events < 0 && libvirt_events_begin(d->lib, &d->events))
		return fail_errno(d, "libvirt's events");
	return d->connection ? 0 : open_connection(d);
}

/* QEMU connects to us; the name of a socket is gone once it has. */
static int listen_at(struct driver *d, int which, const char *suffix)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char *path = d->path[which];
	int fd;

	snprintf(path, sizeof(d->path[0]), "%s/%s.%s", libvirtd.directory,
		 d->name + strlen("virt-qualify-"), suffix);
	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return fail_errno(d, path);
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	d->listening[which] = fd;
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 1))
		return fail_errno(d, "a socket for QEMU");
	return 0;
}

static int take_connection(struct driver *d, int which)
{
	struct pollfd come = {.fd = d->listening[which], .events = POLLIN};
	int fd = -1;

	if (poll(&come, 1, CONNECT_MS) == 1)
		fd = accept4(d->listening[which], NULL, NULL, SOCK_CLOEXEC);
	unlink(d->path[which]);
	close(d->listening[which]);
	d->listening[which] = -1;
	if (fd < 0)
		snprintf(d->guest.m->error, sizeof(d->guest.m->error),
			 "libvirt's QEMU did not connect to us");
	return fd;
}

/* Who is at the other end of our monitor, by the kernel's word. */
static int find_qemu(struct driver *d)
{
	struct qemu_guest *g = &d->guest;
	socklen_t size = sizeof(struct ucred);
	struct ucred peer;

	if (getsockopt(g->qmp.fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		return fail_errno(d, "QEMU's number");
	g->pid = peer.pid;
	g->pidfd = (int)syscall(SYS_pidfd_open, peer.pid, 0);
	if (g->pidfd < 0)
		return fail_errno(d, "pidfd_open of QEMU");
	machine_hosted_by(g->m, g->pid, g->pidfd);
	return 0;
}

static int connect_guest(struct driver *d)
{
	struct qemu_guest *g = &d->guest;

	g->doorbell = take_connection(d, DOORBELL);
	g->console = take_connection(d, CONSOLE);
	g->qmp.fd = take_connection(d, MONITOR);
	if (g->doorbell < 0 || g->console < 0 || g->qmp.fd < 0 || find_qemu(d))
		return -1;
	if (qmp_greet(&g->qmp, host_now_ns() + QEMU_COMMAND_NS))
		return qemu_guest_failed(g, "QEMU's monitor");
	return 0;
}

static char *describe(struct driver *d)
{
	struct machine *m = d->guest.m;
	char command[2 * VQ_COMMAND_LENGTH], ram[64], disk[64], kernel[600];
	struct qemu_domain domain = {
		.name = d->name,
		.uuid = d->uuid,
		.kvm = d->guest.kvm,
		.emulator = qemu_program(m),
		.machine = qemu_machine_type(m, "q35"),
		.firmware = find_firmware(),
		.kernel = kernel,
		.command = command,
		.cpus = m->config.cpus,
		.memory = m->memory_size,
		.ram = ram,
		.doorbell = d->path[DOORBELL],
		.console = d->path[CONSOLE],
		.monitor = d->path[MONITOR],
		.disk = d->disk < 0 ? NULL : disk,
		.devices = m->config.devices,
	};

	qemu_guest_command(&d->guest, command, sizeof(command));
	snprintf(ram, sizeof(ram), "/proc/%d/fd/%d", getpid(), m->memory_fd);
	snprintf(disk, sizeof(disk), "/proc/%d/fd/%d", getpid(), d->disk);
	snprintf(kernel, sizeof(kernel), "%s/guest.elf", libvirtd.directory);
	sched_getaffinity(0, sizeof(domain.others), &domain.others);
	return qemu_domain_xml(&domain);
}

/* The trial's memfd, as libvirtd can open it. */
static void snapshot_path(const struct machine *m, char *path, size_t size)
{
	snprintf(path, size, "/proc/%d/fd/%d", getpid(), m->snapshot_fd);
}

/* Into a new QEMU, paused; libvirt insists on the name and UUID that the saved domain had. */
static int create_from_snapshot(struct driver *d, const char *xml)
{
	char path[64];

	snapshot_path(d->guest.m, path, sizeof(path));
	if (d->lib->virDomainRestoreFlags(d->connection, path, xml, VIR_DOMAIN_SAVE_PAUSED))
		return fail(d, "libvirt does not restore the domain");
	d->domain = d->lib->virDomainLookupByName(d->connection, d->name);
	return d->domain ? 0 : fail(d, "libvirt does not know the restored domain");
}

static int create(struct driver *d, bool from_snapshot)
{
	char *xml = describe(d);
	int ret;

	if (!xml)
		return fail_errno(d, "a domain's description");
	if (from_snapshot) {
		ret = create_from_snapshot(d, xml);
		free(xml);
		return ret;
	}
	d->domain = d->lib->virDomainCreateXML(
		d->connection, xml, VIR_DOMAIN_START_PAUSED | VIR_DOMAIN_START_AUTODESTROY);
	free(xml);
	return d->domain ? 0 : fail(d, "libvirt does not start the domain");
}

static int pin_cpus(struct driver *d)
{
	const struct machine_config *c = &d->guest.m->config;

	for (uint32_t i = 0; i < c->cpus; i++) {
		cpu_set_t set;

		if (c->pin[i] < 0)
			continue;
		CPU_ZERO(&set);
		CPU_SET((size_t)c->pin[i], &set);
		if (d->lib->virDomainPinVcpu(d->domain, i, (unsigned char *)&set, sizeof(set)))
			return fail(d, "pinning a vCPU");
	}
	return 0;
}

/* Before its first instruction: libvirtd started it in a cgroup of its own. */
static int join_cgroup(struct driver *d)
{
	const char *cgroup = d->guest.m->config.cgroup;
	char path[600];
	FILE *f;
	int bad;

	if (!cgroup)
		return 0;
	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	f = fopen(path, "we");
	if (!f)
		return fail_errno(d, path);
	bad = fprintf(f, "%d", d->guest.pid) < 0;
	return fclose(f) || bad ? fail_errno(d, path) : 0;
}

static int watch_all(struct driver *d)
{
	struct qemu_guest *g = &d->guest;
	const int fds[] = {g->doorbell, g->console, g->qmp.fd, g->pidfd, d->events};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (qemu_guest_watch(g, fds[i]))
			return -1;
	return 0;
}

static void put_back(struct machine *m, const uint8_t *said, size_t size)
{
	struct vq_ring *ring = (struct vq_ring *)(m->memory + VQ_RING_OFFSET);

	_Static_assert(VQ_HEARTBEAT_OFFSET == VQ_CONTROL_OFFSET + VQ_PAGE_SIZE, "they touch");
	memcpy(m->memory + VQ_CONTROL_OFFSET, said, size);
	/* A doorbell on its way when the guest was paused was dealt with by an earlier driver. */
	ring->answered = ring->rung;
}

/* One name for all lives of the trial's guest (see create_from_snapshot), and no other's: its
 * memory's. */
static int name_domain(struct driver *d, const struct machine *m)
{
	struct stat st = {0};
	unsigned long long number;

	if (fstat(m->memory_fd, &st))
		return fail_errno(d, "guest memory");
	number = st.st_ino;
	snprintf(d->name, sizeof(d->name), "virt-qualify-%llu", number);
	snprintf(d->uuid, sizeof(d->uuid), "7671756c-0000-4000-8000-%012llx",
		 number & 0xffffffffffff);
	return 0;
}

static int make_disk(struct driver *d, struct machine *m)
{
	if (!(m->config.devices & CAN_DISK))
		return 0;
	d->disk = qemu_disk_file(m);
	return d->disk < 0 ? -1 : 0;
}

static int start(struct driver *d, struct machine *m, bool kvm, bool from_snapshot)
{
	uint8_t *said = m->memory + VQ_CONTROL_OFFSET;
	uint8_t kept[2 * VQ_PAGE_SIZE];

	if (qemu_guest_init(&d->guest, m, kvm) || name_domain(d, m) || make_disk(d, m) ||
	    connect_libvirt(d) || listen_at(d, DOORBELL, "d") || listen_at(d, CONSOLE, "c") ||
	    listen_at(d, MONITOR, "m"))
		return -1;
	d->guest.quiet = d->guest.paused = true;
	/* What host and guest have said to each other since the snapshot stays said. */
	memcpy(kept, said, sizeof(kept));
	if (create(d, from_snapshot) || connect_guest(d) || qemu_guest_cpus(&d->guest) ||
	    pin_cpus(d) || join_cgroup(d))
		return -1;
	if (from_snapshot)
		put_back(m, kept, sizeof(kept));
	return watch_all(d);
}

static int set_paused(struct driver *d, bool paused)
{
	if (d->guest.paused == paused)
		return 0; /* libvirt would refuse */
	if (!d->domain) {
		snprintf(d->guest.m->error, sizeof(d->guest.m->error),
			 "libvirtd is gone, and none has taken its place");
		return -1;
	}
	/* Before: our monitor tells of it, too, and may be the first. */
	if (paused)
		d->guest.paused = true;
	if (paused ? d->lib->virDomainSuspend(d->domain) : d->lib->virDomainResume(d->domain))
		return fail(d, paused ? "suspend" : "resume");
	if (!paused)
		d->guest.paused = false;
	return 0;
}

static int let_go(struct driver *d, bool from_snapshot)
{
	struct machine *m = d->guest.m;

	if (from_snapshot)
		__atomic_store_n(&m->status->ready, 1, __ATOMIC_RELEASE);
	m->status->start_tsc = rdtsc();
	m->status->stamp_ns[STAMP_STARTED] = host_now_ns();
	return set_paused(d, false);
}

/* ---- A libvirtd that is gone ---- */

static void disconnect(struct driver *d)
{
	if (d->domain)
		d->lib->virDomainFree(d->domain);
	if (d->connection)
		d->lib->virConnectClose(d->connection);
	d->domain = NULL;
	d->connection = NULL;
}

/* Does a libvirtd know the guest, as one that runs, and act on it? To pin again what is pinned
 * disturbs it least. */
static int find_again(struct driver *d)
{
	if (open_connection(d))
		return -1;
	d->domain = d->lib->virDomainLookupByName(d->connection, d->name);
	if (!d->domain)
		return fail(d, "libvirt does not know the domain");
	if (d->lib->virDomainIsActive(d->domain) != 1)
		return fail(d, "libvirt does not take the domain for running");
	return pin_cpus(d);
}

/* Until one is there again, the trial wants something, or time is up: then libvirt is no longer
 * asked, and the guest is ended by its pidfd. */
static void reconnect(struct driver *d, int64_t lost_ns)
{
	struct machine *m = d->guest.m;
	struct pollfd trial = {.fd = m->control, .events = POLLIN};
	int64_t deadline = host_now_ns() + RECONNECT_MS * 1000000ll;

	m->status->managed_ns = 0;
	__atomic_store_n(&m->status->unmanaged_ns, lost_ns, __ATOMIC_RELEASE);
	disconnect(d);
	while (host_now_ns() < deadline && poll(&trial, 1, RETRY_MS) == 0) {
		if (find_again(d) == 0) {
			__atomic_store_n(&m->status->managed_ns, host_now_ns(), __ATOMIC_RELEASE);
			return;
		}
		disconnect(d);
	}
}

/* ---- What libvirt tells ---- */

static void take_event(struct driver *d, const struct libvirt_event *e)
{
	static const char *const stopped[] = {
		[VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN] = "shut down",
		[VIR_DOMAIN_EVENT_STOPPED_DESTROYED] = "destroyed",
		[VIR_DOMAIN_EVENT_STOPPED_CRASHED] = "crashed",
		[VIR_DOMAIN_EVENT_STOPPED_MIGRATED] = "migrated",
		[VIR_DOMAIN_EVENT_STOPPED_SAVED] = "saved",
		[VIR_DOMAIN_EVENT_STOPPED_FAILED] = "failed",
		[VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT] = "stopped for a snapshot",
	};
	char why[128];

	if (e->event < 0) {
		reconnect(d, e->at_ns);
	} else if (e->event == VIR_DOMAIN_EVENT_SHUTDOWN) {
		qemu_guest_over(&d->guest, MACHINE_SHUTDOWN, "libvirt: the guest shut down");
	} else if (e->event == VIR_DOMAIN_EVENT_STOPPED) {
		bool known =
			e->detail >= 0 && (size_t)e->detail < sizeof(stopped) / sizeof(stopped[0]);

		d->stopped = true;

		snprintf(why, sizeof(why), "libvirt: the domain %s",
			 known ? stopped[e->detail] : "stopped");
		qemu_guest_over(&d->guest,
				e->detail == VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN ? MACHINE_SHUTDOWN
									       : MACHINE_ERROR,
				why);
	} else if (e->event == VIR_DOMAIN_EVENT_CRASHED) {
		qemu_guest_over(&d->guest, MACHINE_PANICKED, "libvirt: the guest panicked");
	} else if (e->event == VIR_DOMAIN_EVENT_SUSPENDED &&
		   e->detail == VIR_DOMAIN_EVENT_SUSPENDED_WATCHDOG) {
		qemu_guest_over(&d->guest, MACHINE_UNFED, "libvirt: the watchdog device ran out");
	}
}

static void read_events(struct driver *d)
{
	struct libvirt_event e;

	while (read(d->events, &e, sizeof(e)) == sizeof(e))
		take_event(d, &e);
}

static void on_fd(void *context, struct machine *m)
{
	struct driver *d = context;
	struct pollfd word = {.fd = d->events, .events = POLLIN};

	qemu_guest_events(&d->guest, m);
	read_events(d);
	if (!d->guest.gone || d->guest.over)
		return;
	if (poll(&word, 1, NOTICE_MS) == 1)
		read_events(d);
	qemu_guest_over(&d->guest, MACHINE_ERROR, "QEMU is gone, and libvirt did not say so");
}

/* ---- Commands ---- */

/* RAM and devices into a file, the domain goes on existing. */
static int take_snapshot(struct driver *d)
{
	virDomainSnapshotPtr snapshot;
	char path[64], xml[256];

	snapshot_path(d->guest.m, path, sizeof(path));
	snprintf(xml, sizeof(xml),
		 "<domainsnapshot><memory snapshot='external' file='%s'/></domainsnapshot>", path);
	snapshot = d->lib->virDomainSnapshotCreateXML(d->domain, xml,
						      VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA);
	if (!snapshot)
		return fail(d, "libvirt's snapshot");
	d->lib->virDomainSnapshotFree(snapshot);
	return 0;
}

static void end(void *context, struct machine *m);

/* libvirt's word on the life that is over must not be taken for one on the next. */
static void await_old_end(struct driver *d)
{
	int64_t deadline = host_now_ns() + NOTICE_MS * 1000000ll;
	struct pollfd word = {.fd = d->events, .events = POLLIN};
	struct libvirt_event e = {.event = -1};

	while (!d->stopped && e.event != VIR_DOMAIN_EVENT_STOPPED && host_now_ns() < deadline)
		if (poll(&word, 1, 10) == 1 && read(d->events, &e, sizeof(e)) != sizeof(e))
			return;
}

/* A saved state is taken in by a new QEMU only. */
static int restore(struct driver *d)
{
	struct machine *m = d->guest.m;
	bool kvm = d->guest.kvm;

	end(d, m);
	await_old_end(d);
	d->stopped = false;
	m->status->end = MACHINE_RUNNING;
	if (start(d, m, kvm, true) || let_go(d, true))
		return -1;
	d->commands.fd = d->guest.epoll;
	return 0;
}

static int act(void *context, struct machine *m, enum machine_command command)
{
	struct driver *d = context;

	switch (command) {
	case COMMAND_PAUSE:
		return set_paused(d, true);
	case COMMAND_RESUME:
		return set_paused(d, false);
	case COMMAND_SNAPSHOT:
		return take_snapshot(d);
	case COMMAND_RESTORE:
		return restore(d);
	case COMMAND_EXEC:
	case COMMAND_MIGRATE:
		break;
	case COMMAND_DISK:
		return qemu_disk_set(&d->guest, m->status->disk);
	}
	snprintf(m->error, sizeof(m->error), "libvirt's driver knows no command %d", command);
	return -1;
}

/* libvirt asks a QEMU to end and waits for it; one that is stopped hears nothing. */
static void end(void *context, struct machine *m)
{
	struct driver *d = context;
	struct qemu_guest *g = &d->guest;

	if (g->pidfd >= 0 && machine_stopped(m))
		syscall(SYS_pidfd_send_signal, g->pidfd, SIGKILL, NULL, 0);
	/* It fails where the domain ended by itself. */
	if (d->domain) {
		d->lib->virDomainDestroy(d->domain);
		d->lib->virDomainFree(d->domain);
	}
	d->domain = NULL;
	if (g->pidfd >= 0)
		syscall(SYS_pidfd_send_signal, g->pidfd, SIGKILL, NULL, 0);
	for (int i = 0; i < 3; i++) {
		if (d->listening[i] < 0)
			continue;
		unlink(d->path[i]);
		close(d->listening[i]);
	}
	if (d->disk >= 0)
		close(d->disk);
	d->disk = -1;
	qemu_guest_close(g);
}

static void drive(struct machine *m, bool kvm)
{
	static struct driver d; /* large, and this process drives one */
	bool from_snapshot = m->status->from_snapshot;

	d.disk = d.events = d.listening[DOORBELL] = d.listening[CONSOLE] = d.listening[MONITOR] =
		-1;
	qemu_guest_keep_off(m);
	if (start(&d, m, kvm, from_snapshot) || let_go(&d, from_snapshot)) {
		machine_ended(m, MACHINE_ERROR, m->error);
		end(&d, m);
		_exit(1);
	}
	d.commands = (struct machine_commands){
		.act = act, .end = end, .on_fd = on_fd, .fd = d.guest.epoll, .context = &d};
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

static bool works(bool kvm, char *why, size_t size)
{
	if (!qemu_works(kvm, why, size) || libvirt_daemon_missing(&options, why, size) ||
	    !libvirt_api(why, size))
		return false;
	if (find_firmware())
		return true;
	snprintf(why, size,
		 "no qboot.rom among QEMU's firmware; install QEMU 5.1 or later "
		 "(Debian: qemu-system-data)");
	return false;
}

static bool kvm_works(char *why, size_t size)
{
	return works(true, why, size);
}

static bool tcg_works(char *why, size_t size)
{
	return works(false, why, size);
}

static const char *version(void)
{
	static char text[512];

	snprintf(text, sizeof(text), "%s, libvirt %s", qemu_version(), libvirt_version());
	return text;
}

static const char *kvm_label(void)
{
	return "qemu-kvm (libvirt)";
}

static const char *tcg_label(void)
{
	return "qemu-tcg (libvirt)";
}

static unsigned int tcg_capabilities(void)
{
	return CAN_GUEST | CAN_SNAPSHOT | CAN_PAUSE | CAN_RING0 | CAN_APIC | CAN_CGROUP |
	       CAN_MANAGEMENT | qemu_devices();
}

static unsigned int kvm_capabilities(void)
{
	return tcg_capabilities() | (vmm_probe()->hypercalls ? CAN_HYPERCALL : 0);
}

/* libvirt writes a file as large as it needs. */
static size_t snapshot_room(const struct machine_config *c)
{
	(void)c;
	return VQ_PAGE_SIZE;
}

#define HORIZON_MS 2000	 /* a restart takes half a second, on a quiet host */
#define SLACK_MS   20000 /* a trial may restore ten times, a second each on a busy host */

PLATFORM_CALLED(qemu_kvm, "qemu-kvm", .summary = "QEMU's q35 on /dev/kvm, through libvirt",
		.works = kvm_works, .label = kvm_label, .version = version,
		.capabilities = kvm_capabilities, .execution = qemu_kvm_execution,
		.lacks = qemu_kvm_lacks, .slack_ms = SLACK_MS, .horizon_ms = HORIZON_MS,
		.ambient_exits = QEMU_AMBIENT_EXITS, .tidies = true, .snapshot_room = snapshot_room,
		.begin = begin, .end = end_run, .kill_management = kill_libvirtd,
		.settings = SETTINGS(&setting_plant, &setting_qemu, &setting_machine, &setting_kvm),
		.guest_process = kvm_process);

PLATFORM_CALLED(qemu_tcg, "qemu-tcg", .summary = "QEMU's q35, its CPU in software, through libvirt",
		.works = tcg_works, .label = tcg_label, .version = version,
		.capabilities = tcg_capabilities, .execution = qemu_tcg_execution,
		.lacks = qemu_tcg_lacks, .slack_ms = SLACK_MS, .horizon_ms = HORIZON_MS,
		.tidies = true, .snapshot_room = snapshot_room, .begin = begin, .end = end_run,
		.kill_management = kill_libvirtd,
		.settings = SETTINGS(&setting_plant, &setting_qemu, &setting_machine),
		.guest_process = tcg_process);
