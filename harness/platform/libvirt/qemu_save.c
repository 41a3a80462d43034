/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libvirt's managed save: RAM and devices go to a file in libvirt's own directory, QEMU ends, and
 * the next start of the domain goes on from there. It is for domains that libvirt knows also while
 * they are off.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/platform/libvirt/events.h"
#include "harness/platform/libvirt/qemu_driver.h"

#define NOTICE_MS 500 /* libvirt says that QEMU is gone about when its call returns */

int qemu_driver_define(struct qemu_driver *d)
{
	char *xml = qemu_driver_describe(d, true);
	virDomainPtr domain;

	if (!xml)
		return qemu_driver_failed_here(d, "a domain's description");
	domain = d->lib->virDomainDefineXML(d->connection[d->home], xml);
	free(xml);
	if (!domain)
		return qemu_driver_failed(d, "libvirt does not define the domain");
	d->lib->virDomainFree(domain);
	return 0;
}

void qemu_driver_undefine(struct qemu_driver *d)
{
	if (d->m->config.saves)
		d->lib->virDomainUndefineFlags(d->domain, VIR_DOMAIN_UNDEFINE_MANAGED_SAVE);
}

void qemu_driver_await_stopped(struct qemu_driver *d)
{
	int64_t deadline = host_now_ns() + NOTICE_MS * 1000000ll;
	struct pollfd word = {.fd = d->events, .events = POLLIN};
	struct libvirt_event e = {.event = -1};

	while (!d->stopped && host_now_ns() < deadline) {
		if (poll(&word, 1, 10) == 1 && read(d->events, &e, sizeof(e)) != sizeof(e))
			return;
		d->stopped = e.event == VIR_DOMAIN_EVENT_STOPPED && e.of == d->connection[d->home];
	}
}

int qemu_driver_save(struct qemu_driver *d)
{
	bool was_paused = d->guest->paused;

	if (d->stopped || d->saved || !d->domain) {
		snprintf(d->m->error, sizeof(d->m->error), "libvirt has no guest to be saved");
		return -1;
	}
	d->guest->paused = true; /* QEMU stops it because we want it to */
	if (d->lib->virDomainManagedSave(d->domain, VIR_DOMAIN_SAVE_PAUSED)) {
		d->guest->paused = was_paused;
		return qemu_driver_failed(d, "libvirt's managed save");
	}
	/* What the guest said last. */
	qemu_guest_events(d->guest, d->m);
	qemu_driver_await_stopped(d);
	d->saved = true;
	machine_hosted_by(d->m, 0, 0); /* until it is started again, this process is all there is */
	qemu_guest_close(d->guest);
	d->commands.fd = -1;
	return 0;
}
