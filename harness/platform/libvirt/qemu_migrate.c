/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Live migration between the two private libvirtds, as libvirt's client directs it: this process
 * talks with both. It goes over a Unix socket, with libvirt's own limits.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/platform/libvirt/qemu_driver.h"

static void set_text(virTypedParameterPtr p, const char *field, char *value)
{
	snprintf(p->field, sizeof(p->field), "%s", field);
	p->type = VIR_TYPED_PARAM_STRING;
	p->value.s = value;
}

/* The domain at the other daemon; NULL with m->error. */
static virDomainPtr send_to(struct qemu_driver *d, unsigned int other, char *xml)
{
	virTypedParameter parameters[2] = {0};
	char path[600], uri[620];
	virDomainPtr domain;

	snprintf(path, sizeof(path), "%s/%s.s", qemu_daemon(0)->directory,
		 d->name + strlen("virt-qualify-"));
	snprintf(uri, sizeof(uri), "unix://%s", path);
	set_text(&parameters[0], VIR_MIGRATE_PARAM_URI, uri);
	set_text(&parameters[1], VIR_MIGRATE_PARAM_DEST_XML, xml);
	domain = d->lib->virDomainMigrate3(d->domain, d->connection[other], parameters, 2,
					   VIR_MIGRATE_LIVE);
	unlink(path);
	if (!domain)
		qemu_driver_failed(d, "libvirt's migration");
	return domain;
}

/* All that the destination has is given up; the guest, if it is still there, goes on at home. */
static int stay(struct qemu_driver *d, struct qemu_guest *home)
{
	char why[sizeof(d->m->error)];

	memcpy(why, d->m->error, sizeof(why));
	qemu_driver_stop_listening(d);
	qemu_guest_close(d->guest);
	d->guest = home;
	if (machine_swap_memory(d->m))
		return -1;
	home->paused = false;
	qemu_guest_cpus(home);
	memcpy(d->m->error, why, sizeof(why));
	return -1;
}

/* With d->guest the destination's. It runs there by the time that libvirt says so. */
static int move(struct qemu_driver *d, unsigned int other)
{
	char *xml = qemu_driver_describe(d, true);
	virDomainPtr domain = xml ? send_to(d, other, xml) : NULL;

	if (!xml)
		qemu_driver_failed_here(d, "a domain's description");
	free(xml);
	if (!domain)
		return -1;
	d->lib->virDomainFree(d->domain);
	d->domain = domain;
	d->home = other;
	return 0;
}

/* What leads to the guest, in its new place. */
static int settle(struct qemu_driver *d)
{
	d->guest->paused = false;
	if (qemu_driver_take_connections(d))
		return -1;
	machine_hosted_by(d->m, d->guest->pid, d->guest->pidfd);
	return qemu_guest_cpus(d->guest) || qemu_driver_join_cgroup(d) || qemu_driver_watch(d) ? -1
											       : 0;
}

int qemu_driver_migrate(struct qemu_driver *d)
{
	struct qemu_guest *from = d->guest;
	struct qemu_guest *to = &d->room[from == &d->room[0]];
	unsigned int other = (d->home + 1) % QEMU_DAEMONS;

	if (from->paused || !d->domain) {
		snprintf(d->m->error, sizeof(d->m->error),
			 "a live migration is of a guest that runs, and that libvirt has");
		return -1;
	}
	if (machine_swap_memory(d->m))
		return -1;
	d->guest = to;
	from->paused = true; /* QEMU stops it, at the end, because we want it to */
	if (qemu_guest_init(to, d->m, d->kvm) || qemu_driver_open_connection(d, other) ||
	    qemu_driver_listen(d) || move(d, other))
		return stay(d, from);
	to->quiet = true;
	/* What the guest said last, before it left. */
	qemu_guest_events(from, d->m);
	qemu_guest_close(from);
	d->commands.fd = to->epoll;
	return settle(d);
}
