/* SPDX-License-Identifier: Apache-2.0 */
/* From a description to a QEMU of libvirt's that talks with us. */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "guests/payload.h"
#include "harness/host.h"
#include "harness/platform/libvirt/qemu_domain.h"
#include "harness/platform/libvirt/qemu_driver.h"
#include "harness/platform/qemu/disk.h"
#include "harness/platform/qemu/emulator.h"

#define CONNECT_MS 5000 /* QEMU connects before libvirt reports the domain started */

/* ---- What QEMU connects to ---- */

/* The name of a socket is gone once QEMU has connected. */
static int listen_at(struct qemu_driver *d, enum qemu_socket which, const char *suffix)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char *path = d->path[which];
	int fd;

	snprintf(path, sizeof(d->path[0]), "%s/%s.%s", qemu_daemon(0)->directory,
		 d->name + strlen("virt-qualify-"), suffix);
	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return qemu_driver_failed_here(d, path);
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	d->listening[which] = fd;
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 1))
		return qemu_driver_failed_here(d, "a socket for QEMU");
	return 0;
}

int qemu_driver_listen(struct qemu_driver *d)
{
	return listen_at(d, QEMU_DOORBELL, "d") || listen_at(d, QEMU_CONSOLE, "c") ||
			       listen_at(d, QEMU_MONITOR, "m")
		       ? -1
		       : 0;
}

static void stop_listening_at(struct qemu_driver *d, enum qemu_socket which)
{
	if (d->listening[which] < 0)
		return;
	unlink(d->path[which]);
	close(d->listening[which]);
	d->listening[which] = -1;
}

void qemu_driver_stop_listening(struct qemu_driver *d)
{
	for (enum qemu_socket i = 0; i < QEMU_SOCKETS; i++)
		stop_listening_at(d, i);
}

static int take_connection(struct qemu_driver *d, enum qemu_socket which)
{
	struct pollfd come = {.fd = d->listening[which], .events = POLLIN};
	int fd = -1;

	if (poll(&come, 1, CONNECT_MS) == 1)
		fd = accept4(d->listening[which], NULL, NULL, SOCK_CLOEXEC);
	stop_listening_at(d, which);
	if (fd < 0)
		snprintf(d->m->error, sizeof(d->m->error), "libvirt's QEMU did not connect to us");
	return fd;
}

/* Who is at the other end of our monitor, by the kernel's word. */
static int find_qemu(struct qemu_driver *d)
{
	struct qemu_guest *g = d->guest;
	socklen_t size = sizeof(struct ucred);
	struct ucred peer;

	if (getsockopt(g->qmp.fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		return qemu_driver_failed_here(d, "QEMU's number");
	g->pid = peer.pid;
	g->pidfd = (int)syscall(SYS_pidfd_open, peer.pid, 0);
	return g->pidfd < 0 ? qemu_driver_failed_here(d, "pidfd_open of QEMU") : 0;
}

int qemu_driver_take_connections(struct qemu_driver *d)
{
	struct qemu_guest *g = d->guest;

	g->doorbell = take_connection(d, QEMU_DOORBELL);
	g->console = take_connection(d, QEMU_CONSOLE);
	g->qmp.fd = take_connection(d, QEMU_MONITOR);
	if (g->doorbell < 0 || g->console < 0 || g->qmp.fd < 0 || find_qemu(d))
		return -1;
	if (qmp_greet(&g->qmp, host_now_ns() + QEMU_COMMAND_NS))
		return qemu_guest_failed(g, "QEMU's monitor");
	return 0;
}

int qemu_driver_watch(struct qemu_driver *d)
{
	struct qemu_guest *g = d->guest;
	const int fds[] = {g->doorbell, g->console, g->qmp.fd, g->pidfd, d->events};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (qemu_guest_watch(g, fds[i]))
			return -1;
	return 0;
}

/* ---- The domain ---- */

char *qemu_driver_describe(const struct qemu_driver *d, bool pinned)
{
	const struct machine *m = d->m;
	char command[2 * VQ_COMMAND_LENGTH], ram[64], disk[64];
	struct qemu_domain domain = {
		.name = d->name,
		.uuid = d->uuid,
		.kvm = d->kvm,
		.emulator = qemu_program(m),
		.machine = qemu_machine_type(m, "q35"),
		.firmware = qemu_daemons_firmware(),
		.kernel = qemu_daemons_image(),
		.command = command,
		.cpus = m->config.cpus,
		.pin = pinned ? m->config.pin : NULL,
		.memory = m->memory_size,
		.ram = ram,
		.doorbell = d->path[QEMU_DOORBELL],
		.console = d->path[QEMU_CONSOLE],
		.monitor = d->path[QEMU_MONITOR],
		.disk = d->disk < 0 ? NULL : disk,
		.devices = m->config.devices,
	};

	qemu_guest_command(d->guest, command, sizeof(command));
	snprintf(ram, sizeof(ram), "/proc/%d/fd/%d", getpid(), m->memory_fd);
	snprintf(disk, sizeof(disk), "/proc/%d/fd/%d", getpid(), d->disk);
	sched_getaffinity(0, sizeof(domain.others), &domain.others);
	return qemu_domain_xml(&domain);
}

void qemu_driver_snapshot_path(const struct qemu_driver *d, char *path, size_t size)
{
	snprintf(path, size, "/proc/%d/fd/%d", getpid(), d->m->snapshot_fd);
}

/* Into a new QEMU, paused; libvirt insists on the name and UUID that the saved domain had. */
static int create_from_snapshot(struct qemu_driver *d, const char *xml)
{
	virConnectPtr connection = d->connection[d->home];
	char path[64];

	qemu_driver_snapshot_path(d, path, sizeof(path));
	if (d->lib->virDomainRestoreFlags(connection, path, xml, VIR_DOMAIN_SAVE_PAUSED))
		return qemu_driver_failed(d, "libvirt does not restore the domain");
	d->domain = d->lib->virDomainLookupByName(connection, d->name);
	return d->domain ? 0 : qemu_driver_failed(d, "libvirt does not know the restored domain");
}

static int create_from_reset(struct qemu_driver *d, const char *xml)
{
	const struct machine_config *c = &d->m->config;
	bool guarded = c->migrates || c->saves;
	unsigned int flags = VIR_DOMAIN_START_PAUSED | (guarded ? 0 : VIR_DOMAIN_START_AUTODESTROY);

	d->domain = d->lib->virDomainCreateXML(d->connection[d->home], xml, flags);
	if (!d->domain)
		return qemu_driver_failed(d, "libvirt does not start the domain");
	return c->saves ? qemu_driver_define(d) : 0;
}

static int create_from_saved(struct qemu_driver *d)
{
	if (d->lib->virDomainCreateWithFlags(d->domain, VIR_DOMAIN_START_PAUSED))
		return qemu_driver_failed(d, "libvirt does not start the saved domain");
	return 0;
}

static int create(struct qemu_driver *d, enum qemu_origin origin)
{
	char *xml;
	int ret;

	if (origin == QEMU_SAVED) /* it keeps the description, too */
		return create_from_saved(d);
	xml = qemu_driver_describe(d, false);
	if (!xml)
		return qemu_driver_failed_here(d, "a domain's description");
	ret = origin == QEMU_SNAPSHOT ? create_from_snapshot(d, xml) : create_from_reset(d, xml);
	free(xml);
	return ret;
}

int qemu_driver_pin(struct qemu_driver *d)
{
	const struct machine_config *c = &d->m->config;

	for (uint32_t i = 0; i < c->cpus; i++) {
		cpu_set_t set;

		if (c->pin[i] < 0)
			continue;
		CPU_ZERO(&set);
		CPU_SET((size_t)c->pin[i], &set);
		if (d->lib->virDomainPinVcpu(d->domain, i, (unsigned char *)&set, sizeof(set)))
			return qemu_driver_failed(d, "pinning a vCPU");
	}
	return 0;
}

/* Before its first instruction: libvirtd started it in a cgroup of its own. */
int qemu_driver_join_cgroup(struct qemu_driver *d)
{
	const char *cgroup = d->m->config.cgroup;
	char path[600];
	FILE *f;
	int bad;

	if (!cgroup)
		return 0;
	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	f = fopen(path, "we");
	if (!f)
		return qemu_driver_failed_here(d, path);
	bad = fprintf(f, "%d", d->guest->pid) < 0;
	return fclose(f) || bad ? qemu_driver_failed_here(d, path) : 0;
}

/* ---- All of it ---- */

static void put_back(struct machine *m, const uint8_t *said, size_t size)
{
	struct vq_ring *ring = (struct vq_ring *)(m->memory + VQ_RING_OFFSET);

	_Static_assert(VQ_HEARTBEAT_OFFSET == VQ_CONTROL_OFFSET + VQ_PAGE_SIZE, "they touch");
	memcpy(m->memory + VQ_CONTROL_OFFSET, said, size);
	/* A doorbell on its way when the guest was paused was dealt with by an earlier driver. */
	ring->answered = ring->rung;
}

static int make_disk(struct qemu_driver *d)
{
	if (!(d->m->config.devices & CAN_DISK) || d->disk >= 0)
		return 0;
	d->disk = qemu_disk_file(d->m);
	return d->disk < 0 ? -1 : 0;
}

int qemu_driver_start(struct qemu_driver *d, enum qemu_origin origin)
{
	struct machine *m = d->m;
	uint8_t kept[2 * VQ_PAGE_SIZE];

	if (qemu_guest_init(d->guest, m, d->kvm) || make_disk(d) || qemu_driver_connect(d) ||
	    qemu_driver_listen(d))
		return -1;
	d->guest->quiet = d->guest->paused = true;
	/* What host and guest have said to each other since it was saved stays said. */
	memcpy(kept, m->memory + VQ_CONTROL_OFFSET, sizeof(kept));
	if (create(d, origin) || qemu_driver_take_connections(d))
		return -1;
	machine_hosted_by(m, d->guest->pid, d->guest->pidfd);
	if (qemu_guest_cpus(d->guest) || qemu_driver_pin(d) || qemu_driver_join_cgroup(d))
		return -1;
	if (origin != QEMU_RESET)
		put_back(m, kept, sizeof(kept));
	return qemu_driver_watch(d);
}
