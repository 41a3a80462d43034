/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform `libvirt`: whatever a URI of libvirt's leads to (-p libvirt:URI), be it ESX,
 * VirtualBox, OpenVZ, a QEMU elsewhere or libvirt's own test driver. Where the driver offers a
 * console, and an image of make iso is there, its domains boot our guest from that, as a CD, one
 * boot a trial, and what it says on the console is the trial's. Else its domains are the smallest
 * that the driver takes, empty, and what is measured is the life cycle, by the driver's own word.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "guests/payload.h"
#include "harness/host.h"
#include "harness/import.h"
#include "harness/platform.h"
#include "harness/platform/libvirt/events.h"
#include "harness/platform/libvirt/guest_domain.h"
#include "harness/platform/libvirt/uri_probe.h"
#include "harness/platform/serial_guest.h"

#define SLACK_MS 60000 /* a daemon elsewhere, firmware, a boot loader */

static struct libvirt_uri uri;
static struct uri_found found;

static int take(const char *text, char *error, size_t size)
{
	struct libvirt_uri u;

	if (libvirt_uri_parse(text, &u, error, size))
		return -1;
	if (uri.whole[0] && strcmp(uri.whole, text)) {
		snprintf(error, size,
			 "-p libvirt:URI: two different URIs; a run takes one of them");
		return -1;
	}
	uri = u;
	return 0;
}

static virConnectPtr connect_guard(const struct libvirt_api *lib)
{
	return lib->virConnectOpen(uri.uri);
}

static bool works(char *why, size_t size)
{
	static bool asked;

	if (!libvirt_api(why, size))
		return false;
	if (!uri.whole[0]) {
		snprintf(why, size,
			 "no URI was given; say where: run -p libvirt:URI, for instance "
			 "-p libvirt:qemu+ssh://root@HOST/system");
		return false;
	}
	if (!asked)
		uri_probe(&uri, connect_guard, &found);
	asked = true;
	if (!found.ok)
		snprintf(why, size, "%s: %.350s (virsh -c URI list tells more)", uri.uri,
			 found.error);
	return found.ok;
}

static bool no_guest(void)
{
	return !found.guest;
}

static const char *label(void)
{
	static char text[sizeof(uri.uri) + 64];

	if (!uri.whole[0])
		return "libvirt";
	if (found.guest)
		snprintf(text, sizeof(text), "libvirt (%s, %s)", uri.uri, found.shape.type);
	else
		snprintf(text, sizeof(text), "libvirt (%s), no guest", uri.uri);
	return text;
}

static const char *version(void)
{
	static char text[400];
	char host[64];
	int n;

	if (!found.ok)
		return NULL;
	n = snprintf(text, sizeof(text), "libvirt %s, driver %s, domains of type %s, %s",
		     libvirt_version(), found.kind, found.shape.type, found.shape.arch);
	if (!found.guest || n < 0 || (size_t)n >= sizeof(text))
		return text;
	import_host_name(&found.machine, host, sizeof(host));
	snprintf(text + n, sizeof(text) - (size_t)n,
		 "; its guests see %s, and a TSC of %u.%03u MHz (%s)", host,
		 found.machine.tsc_khz / 1000, found.machine.tsc_khz % 1000,
		 import_tsc_source(found.machine.tsc_source));
	return text;
}

/* What it is that runs the guest, by the guest's word where there is one; what is known without is
 * that some drivers have no hardware below them. */
static enum execution execution(int ring)
{
	char why[256];

	if (!strcmp(found.shape.type, "test"))
		return EXECUTION_EMULATED;
	if (!strcmp(found.shape.type, "qemu"))
		return EXECUTION_INTERPRETED;
	if (!found.guest)
		return EXECUTION_HARDWARE;
	if (import_execution(&found.machine, why, sizeof(why)) == EXECUTION_EMULATED)
		return EXECUTION_EMULATED;
	return ring == 0 && found.machine.flags & VQ_MACHINE_INTERPRETED ? EXECUTION_INTERPRETED
									 : EXECUTION_HARDWARE;
}

static unsigned int capabilities(void)
{
	unsigned int all = found.shape.pauses ? CAN_PAUSE : 0;

	if (!found.guest)
		return all;
	all |= CAN_GUEST | CAN_RING0 | CAN_TSC_ADJUST;
	if (!(found.machine.flags & VQ_MACHINE_NO_APIC))
		all |= CAN_APIC;
	if (found.machine.flags & VQ_MACHINE_HYPERVISOR && execution(0) == EXECUTION_HARDWARE)
		all |= CAN_HYPERCALL;
	return all;
}

static const char *lacks(enum capability one)
{
	static char text[sizeof(found.no_guest) + 200];

	if (one == CAN_PAUSE)
		return "this driver of libvirt's does not suspend and resume a domain";
	if (!found.guest) {
		snprintf(text, sizeof(text),
			 "%s; only the life cycle is measured there. A guest can be booted by hand "
			 "from the image of make iso, and its console taken in by virt-qualify "
			 "import",
			 found.no_guest);
		return text;
	}
	switch (one) {
	case CAN_SIGHT:
		return "what the guest acknowledges is seen late, over a serial console";
	case CAN_HYPERCALL:
		return "there is no hypervisor to call, or ring 0 is interpreted and a hypercall "
		       "may never return";
	case CAN_APIC:
		return "the firmware left the local APIC off or in x2APIC mode";
	case CAN_PRIVATE_RAM:
		return "which page sizes lie below a guest is not told";
	case CAN_HOST_TSC:
		return "the guest's TSC may be another host's";
	default:
		return "by a libvirt URI the guest is alone on a machine that nobody here shares "
		       "with it";
	}
}

static uint32_t tsc_khz(void)
{
	return found.machine.tsc_khz;
}

/* ---- The guest process ---- */

struct driver {
	struct guest_domain domain;
	struct serial_guest serial;
	struct machine *m;
	char command[VQ_COMMAND_LENGTH];
	int epoll;
};

static int fail(struct driver *d)
{
	uri_flatten(d->domain.domain.error);
	snprintf(d->m->error, sizeof(d->m->error), "%s", d->domain.domain.error);
	return -1;
}

static int act(void *context, struct machine *m, enum machine_command command)
{
	struct driver *d = context;

	if (command == COMMAND_PAUSE)
		return any_domain_pause(&d->domain.domain) ? fail(d) : 0;
	if (command == COMMAND_RESUME)
		return any_domain_resume(&d->domain.domain) ? fail(d) : 0;
	snprintf(m->error, sizeof(m->error), "by a libvirt URI there are no snapshots");
	return -1;
}

static void hear_console(struct driver *d)
{
	struct pollfd word = {.fd = d->domain.console.fd, .events = POLLIN};
	char bytes[8192];
	ssize_t n;

	if (word.fd < 0 || poll(&word, 1, 0) != 1)
		return;
	n = read(word.fd, bytes, sizeof(bytes));
	if (n > 0) {
		serial_guest_feed(&d->serial, bytes, (size_t)n);
		return;
	}
	epoll_ctl(d->epoll, EPOLL_CTL_DEL, word.fd, NULL);
	serial_guest_over(&d->serial, MACHINE_ERROR, "libvirt: the guest's console ended");
}

static void hear_events(struct driver *d)
{
	struct libvirt_event e;

	while (read(d->domain.events, &e, sizeof(e)) == sizeof(e)) {
		if (e.event == -1)
			serial_guest_over(&d->serial, MACHINE_ERROR,
					  "libvirt: the connection is gone");
		else if (e.event == VIR_DOMAIN_EVENT_STOPPED || e.event == VIR_DOMAIN_EVENT_CRASHED)
			serial_guest_over(&d->serial, MACHINE_ERROR,
					  "libvirt: the domain stopped by itself");
	}
}

/* What the guest said before its domain stopped comes first. */
static void on_fd(void *context, struct machine *m)
{
	struct driver *d = context;

	(void)m;
	hear_console(d);
	hear_events(d);
}

static void end(void *context, struct machine *m)
{
	struct driver *d = context;

	(void)m;
	guest_domain_close(&d->domain);
}

static int watch(struct driver *d)
{
	const int fds[] = {d->domain.events, d->domain.console.fd};

	d->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (size_t i = 0; i < 2 && d->epoll >= 0; i++) {
		struct epoll_event e = {.events = EPOLLIN};

		if (fds[i] >= 0 && epoll_ctl(d->epoll, EPOLL_CTL_ADD, fds[i], &e))
			return -1;
	}
	return d->epoll < 0 ? -1 : 0;
}

static int start(struct driver *d)
{
	struct machine *m = d->m;
	struct guest_domain *g = &d->domain;

	any_domain_never_ask();
	guest_domain_init(g, &uri, &found.shape);
	serial_guest_begin(&d->serial, m);
	if (found.guest) {
		serial_guest_command(m, found.machine.tsc_khz, d->command, sizeof(d->command));
		g->image = found.image;
		g->command = d->command;
		g->guest.cpus = m->config.cpus;
		g->guest.memory = m->memory_size;
	}
	if (guest_domain_prepare(g, m->config.journal, connect_guard) || guest_domain_connect(g))
		return fail(d);
	/* So far it was bookkeeping; what the platform costs begins here. */
	m->status->stamp_ns[STAMP_OPEN] = host_now_ns();
	if (guest_domain_start(g))
		return fail(d);
	m->status->start_tsc = rdtsc();
	m->status->stamp_ns[STAMP_STARTED] = host_now_ns();
	if (guest_domain_listen(g))
		return fail(d);
	if (watch(d)) {
		snprintf(m->error, sizeof(m->error), "epoll: %m");
		return -1;
	}
	return 0;
}

static void guest_process(struct machine *m)
{
	static struct driver d; /* large, and this process drives one */
	struct machine_commands commands = {.act = act, .end = end, .on_fd = on_fd, .context = &d};

	d.m = m;
	if (start(&d)) {
		serial_guest_over(&d.serial, MACHINE_ERROR, m->error);
		guest_domain_close(&d.domain);
		_exit(1);
	}
	commands.fd = d.epoll;
	machine_serve(m, &commands);
}

PLATFORM(libvirt, .summary = "any URI of libvirt's: run -p libvirt:URI", .works = works,
	 .label = label, .version = version, .capabilities = capabilities, .execution = execution,
	 .lacks = lacks, .tsc_khz = tsc_khz, .slack_ms = SLACK_MS, .tidies = true, .type1 = true,
	 .no_guest = no_guest, .take = take, .guest_process = guest_process);
