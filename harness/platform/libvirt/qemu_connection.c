/* SPDX-License-Identifier: Apache-2.0 */
/* Connections to the private libvirtds: made, lost and made again. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/platform/libvirt/events.h"
#include "harness/platform/libvirt/guard.h"
#include "harness/platform/libvirt/qemu_driver.h"

#define RECONNECT_MS 10000 /* as long as a libvirtd may take to start */
#define RETRY_MS     2

int qemu_driver_failed(struct qemu_driver *d, const char *what)
{
	snprintf(d->m->error, sizeof(d->m->error), "%s: %.400s", what, libvirt_error());
	return -1;
}

int qemu_driver_failed_here(struct qemu_driver *d, const char *what)
{
	snprintf(d->m->error, sizeof(d->m->error), "%.400s: %s", what, strerror(errno));
	return -1;
}

int qemu_driver_open_connection(struct qemu_driver *d, unsigned int which)
{
	if (d->connection[which])
		return 0;
	d->connection[which] = qemu_daemon_connect(d->lib, which);
	if (!d->connection[which])
		return qemu_driver_failed(d, "connecting to the private libvirtd");
	if (libvirt_events_of(d->lib, d->connection[which], d->name))
		return qemu_driver_failed(d, "libvirt's events");
	return 0;
}

/* One name for all lives of the trial's guest, as libvirt insists on that of a saved domain, and no
 * other's: that of a file which stays the machine's, whichever memory it has. */
static int name_domain(struct qemu_driver *d)
{
	struct stat st = {0};
	unsigned long long number;

	if (fstat(d->m->status_fd, &st))
		return qemu_driver_failed_here(d, "the machine's status");
	number = st.st_ino;
	snprintf(d->name, sizeof(d->name), "virt-qualify-%llu", number);
	snprintf(d->uuid, sizeof(d->uuid), "7671756c-0000-4000-8000-%012llx",
		 number & 0xffffffffffff);
	return 0;
}

/* In a guard: where its keeper has cleared the daemon away, there is no domain to destroy. */
static virConnectPtr connect_guard(const struct libvirt_api *lib, unsigned int which)
{
	if (access(qemu_daemon(which)->directory, F_OK))
		_exit(0);
	return qemu_daemon_connect(lib, which);
}

static virConnectPtr connect_first(const struct libvirt_api *lib)
{
	return connect_guard(lib, 0);
}

static virConnectPtr connect_second(const struct libvirt_api *lib)
{
	return connect_guard(lib, 1);
}

/* libvirt neither migrates nor saves a domain that is destroyed with our connection, nor restores
 * one as such. */
static int start_guards(struct qemu_driver *d)
{
	static libvirt_guard_connect *const connect_daemon[QEMU_DAEMONS] = {connect_first,
									    connect_second};
	const struct libvirt_guarded what = {.domain = d->name};
	const struct machine_config *c = &d->m->config;
	unsigned int count = c->migrates ? QEMU_DAEMONS : c->snapshots || c->saves ? 1 : 0;

	for (unsigned int i = 0; i < count; i++) {
		d->guard[i] = libvirt_guard_start(&what, connect_daemon[i]);
		if (d->guard[i] < 0)
			return qemu_driver_failed_here(d, "a guard for the domain");
		libvirt_guard_arm(d->guard[i]); /* the daemon is ours, and so is the name */
	}
	return 0;
}

void qemu_driver_dismiss_guards(struct qemu_driver *d)
{
	for (unsigned int i = 0; i < QEMU_DAEMONS; i++) {
		if (d->guard[i] < 0)
			continue;
		libvirt_guard_dismiss(d->guard[i]);
		close(d->guard[i]);
		d->guard[i] = -1;
	}
}

/* What a daemon does once in its life is no part of a migration. */
static int prepare_other(struct qemu_driver *d)
{
	unsigned int other = (d->home + 1) % QEMU_DAEMONS;

	if (qemu_driver_open_connection(d, other))
		return -1;
	qemu_daemon_warm(d->lib, d->connection[other]);
	return 0;
}

int qemu_driver_connect(struct qemu_driver *d)
{
	if (d->connection[d->home])
		return 0;
	d->lib = libvirt_api(d->m->error, sizeof(d->m->error));
	if (!d->lib || name_domain(d))
		return -1;
	/* The guards are forked before there is a thread of events. */
	if (d->events < 0 && start_guards(d))
		return -1;
	if (d->events < 0 && libvirt_events_begin(d->lib, &d->events))
		return qemu_driver_failed_here(d, "libvirt's events");
	if (qemu_driver_open_connection(d, d->home))
		return -1;
	return d->m->config.migrates ? prepare_other(d) : 0;
}

/* ---- A libvirtd that is gone ---- */

static void disconnect(struct qemu_driver *d)
{
	if (d->domain)
		d->lib->virDomainFree(d->domain);
	if (d->connection[d->home])
		d->lib->virConnectClose(d->connection[d->home]);
	d->domain = NULL;
	d->connection[d->home] = NULL;
}

/* Does a libvirtd know the guest, as one that runs, and act on it? To pin again what is pinned
 * disturbs it least. */
static int find_again(struct qemu_driver *d)
{
	if (qemu_driver_open_connection(d, d->home))
		return -1;
	d->domain = d->lib->virDomainLookupByName(d->connection[d->home], d->name);
	if (!d->domain)
		return qemu_driver_failed(d, "libvirt does not know the domain");
	if (d->lib->virDomainIsActive(d->domain) != 1)
		return qemu_driver_failed(d, "libvirt does not take the domain for running");
	return qemu_driver_pin(d);
}

void qemu_driver_reconnect(struct qemu_driver *d, int64_t lost_ns)
{
	struct machine *m = d->m;
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
