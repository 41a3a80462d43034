/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Live migration between the two private libvirtds, as libvirt's client directs it: this process
 * talks with both. It goes over a Unix socket, with libvirt's own limits but for the rate at which
 * RAM goes before a guest that it is to follow.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/platform/libvirt/qemu_driver.h"

#define LOOK_MS 20 /* between two looks whether the migration is over */

int qemu_driver_migrate_ms = 15000;

static void set_text(virTypedParameterPtr p, const char *field, char *value)
{
	snprintf(p->field, sizeof(p->field), "%s", field);
	p->type = VIR_TYPED_PARAM_STRING;
	p->value.s = value;
}

/*
 * What goes on beside libvirt's call, which returns when all is over: another thread ends a
 * migration that does not end, and starts postcopy. As soon as QEMU has begun, and not before,
 * libvirt takes the word to let the guest go. That QEMU has, our monitor tells: to ask libvirt
 * again and again would keep it from its work. Nobody else reads the monitor meanwhile.
 */
struct companion {
	const struct libvirt_api *lib;
	virDomainPtr domain;
	struct qemu_guest *from;
	bool postcopy; /* it is to be started */
	bool over;     /* the migration is */
	bool late;     /* it was ended, by killing QEMU: postcopy knows no way back */
};

/* Returns when it has done that, or it is not yet to be done. */
static void start_postcopy(struct companion *c)
{
	if (!c->from->leaving && qmp_pump(&c->from->qmp))
		c->postcopy = false; /* QEMU is gone: libvirt says so */
	if (c->from->leaving && !c->lib->virDomainMigrateStartPostCopy(c->domain, 0))
		c->postcopy = false;
}

static void *accompany(void *context)
{
	static const struct timespec moment = {.tv_nsec = 5000000};
	struct companion *c = context;
	int64_t deadline = host_now_ns() + qemu_driver_migrate_ms * 1000000ll;

	while (!__atomic_load_n(&c->over, __ATOMIC_ACQUIRE)) {
		bool waits = c->postcopy && !c->from->leaving;
		struct pollfd word = {.fd = waits ? c->from->qmp.fd : -1, .events = POLLIN};

		if (!c->late && host_now_ns() > deadline) {
			c->late = true;
			syscall(SYS_pidfd_send_signal, c->from->pidfd, SIGKILL, NULL, 0);
		}
		if (c->postcopy && !waits)
			nanosleep(&moment, NULL);
		else if (poll(&word, 1, LOOK_MS) != 1)
			continue;
		if (c->postcopy)
			start_postcopy(c);
	}
	return NULL;
}

static virDomainPtr migrate3(struct qemu_driver *d, struct companion *c, unsigned int other,
			     virTypedParameterPtr parameters, unsigned int count)
{
	unsigned int flags = VIR_MIGRATE_LIVE | (c->postcopy ? VIR_MIGRATE_POSTCOPY : 0);
	virDomainPtr domain;
	pthread_t thread;

	if (pthread_create(&thread, NULL, accompany, c)) {
		qemu_driver_failed_here(d, "a thread for the migration");
		return NULL;
	}
	domain = d->lib->virDomainMigrate3(d->domain, d->connection[other], parameters, count,
					   flags);
	if (!domain)
		qemu_driver_failed(d, "libvirt's migration");
	__atomic_store_n(&c->over, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	if (!domain && c->late)
		snprintf(d->m->error, sizeof(d->m->error),
			 "libvirt's migration was not through within %g s, and was ended by a kill "
			 "of its QEMU",
			 qemu_driver_migrate_ms / 1000.0);
	return domain;
}

/* The domain at the other daemon; NULL with m->error. */
static virDomainPtr send_to(struct qemu_driver *d, struct qemu_guest *from, unsigned int other,
			    char *xml)
{
	struct companion c = {.lib = d->lib,
			      .domain = d->domain,
			      .from = from,
			      .postcopy = d->m->status->migration == POSTCOPY};
	unsigned int count = c.postcopy ? 3 : 2;
	virTypedParameter parameters[3] = {
		[2] = {.field = VIR_MIGRATE_PARAM_BANDWIDTH,
		       .type = VIR_TYPED_PARAM_ULLONG,
		       .value.ul = QEMU_POSTCOPY_RATE},
	};
	char path[600], uri[620];
	virDomainPtr domain;

	snprintf(path, sizeof(path), "%s/%s.s", qemu_daemon(0)->directory,
		 d->name + strlen("virt-qualify-"));
	snprintf(uri, sizeof(uri), "unix://%s", path);
	set_text(&parameters[0], VIR_MIGRATE_PARAM_URI, uri);
	set_text(&parameters[1], VIR_MIGRATE_PARAM_DEST_XML, xml);
	domain = migrate3(d, &c, other, parameters, count);
	unlink(path);
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
static int move(struct qemu_driver *d, struct qemu_guest *from, unsigned int other)
{
	char *xml = qemu_driver_describe(d, true);
	virDomainPtr domain = xml ? send_to(d, from, other, xml) : NULL;

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
	from->leaving = from->followed = false;
	from->paused = true; /* QEMU stops it, at the end, because we want it to */
	if (qemu_guest_init(to, d->m, d->kvm) || qemu_driver_open_connection(d, other) ||
	    qemu_driver_listen(d) || move(d, from, other))
		return stay(d, from);
	to->quiet = true;
	if (d->m->status->migration == POSTCOPY && qemu_guest_followed(from))
		return -1;
	/* What the guest said last, before it left. */
	qemu_guest_events(from, d->m);
	qemu_guest_close(from);
	d->commands.fd = to->epoll;
	return settle(d);
}
