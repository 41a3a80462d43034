/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/xen/domain.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/platform/libvirt/destroy.h"
#include "harness/platform/libvirt/guard.h"

/* libvirtd 9 was seen to crash, once in some 60 domains; whoever started it
 * starts it again. */
#define CONNECT_NS 5000000000ll /* under an emulator more: host_patience */

#define FIRMWARE_MEMORY (32ull << 20) /* the least that an HVM domain starts with */

extern const uint8_t guest_image_start[];
extern const uint64_t guest_image_size;

static int fail(struct xen_domain *d, const char *what)
{
	snprintf(d->m->error, sizeof(d->m->error), "%s: %.400s", what, libvirt_error());
	return -1;
}

static int fail_here(struct xen_domain *d, const char *what)
{
	snprintf(d->m->error, sizeof(d->m->error), "%s: %s", what, strerror(errno));
	return -1;
}

/* ---- What it is ---- */

/* libvirtd, which is root, reads the image from our table of files: nothing stays behind. */
static int make_image(struct xen_domain *d)
{
	d->image = memfd_create("virt-qualify image", MFD_CLOEXEC);
	if (d->image < 0 ||
	    write(d->image, guest_image_start, guest_image_size) != (ssize_t)guest_image_size)
		return fail_here(d, "a file for the guest image");
	return 0;
}

void xen_domain_command(const struct machine *m, char *out, size_t size)
{
	uint64_t untouched = m->config.untouched ? m->memory_size - m->config.untouched : 0;

	snprintf(out, size, "cpus=%u doorbell=%d tsc_khz=%u member=%u untouched=%llu %s",
		 m->config.cpus, VQ_DOORBELLS_ANSWERED, host_tsc_khz(), m->config.member,
		 (unsigned long long)untouched >> 10, m->config.command);
}

/* From dom0's point of view libvirtd, and what it starts, reads our table of files. */
static void put_boot(FILE *f, const struct xen_domain *d)
{
	char command[VQ_COMMAND_LENGTH];

	if (d->hvm) {
		fputs("<boot dev='hd'/></os>", f);
		return;
	}
	xen_domain_command(d->m, command, sizeof(command));
	fprintf(f, "<kernel>/proc/%d/fd/%d</kernel><cmdline>%s</cmdline></os>", getpid(), d->image,
		command);
}

static void put_devices(FILE *f, const struct xen_domain *d)
{
	if (d->hvm)
		fprintf(f,
			"<devices><disk type='file' device='disk'><driver name='qemu' type='raw'/>"
			"<source file='/proc/%d/fd/%d'/><target dev='hda' bus='ide'/></disk>"
			"</devices>",
			getpid(), d->image);
	else
		fputs("<devices/>", f);
}

static uint64_t memory_kib(const struct xen_domain *d)
{
	uint64_t size = d->m->memory_size;

	return (d->hvm && size < FIRMWARE_MEMORY ? FIRMWARE_MEMORY : size) >> 10;
}

/*
 * The TSC native: else, where the host's is not invariant, Xen emulates each RDTSC. The guest has
 * no use for any device.
 */
static void put_domain(FILE *f, const struct xen_domain *d)
{
	fprintf(f,
		"<domain type='xen'><name>%s</name><memory unit='KiB'>%llu</memory>"
		"<vcpu>%u</vcpu><os><type arch='x86_64' machine='%s'>%s</type>",
		d->name, (unsigned long long)memory_kib(d), d->m->config.cpus,
		d->hvm ? "xenfv" : "xenpvh", d->hvm ? "hvm" : "xenpvh");
	put_boot(f, d);
	fputs("<features><acpi/><apic/></features>"
	      "<clock offset='utc'><timer name='tsc' mode='native'/></clock>"
	      "<on_poweroff>destroy</on_poweroff><on_reboot>destroy</on_reboot>"
	      "<on_crash>destroy</on_crash>",
	      f);
	put_devices(f, d);
	fputs("</domain>", f);
}

static char *describe(const struct xen_domain *d)
{
	char *text = NULL;
	size_t length;
	FILE *f = open_memstream(&text, &length);

	if (!f)
		return NULL;
	put_domain(f, d);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

/* ---- Its end ---- */

void xen_domain_over(struct xen_domain *d, enum machine_end end, const char *why)
{
	if (!__atomic_exchange_n(&d->over, 1, __ATOMIC_ACQ_REL))
		machine_ended(d->m, end, why);
}

static const char *how_it_stopped(int event, int detail)
{
	if (event == VIR_DOMAIN_EVENT_CRASHED || detail == VIR_DOMAIN_EVENT_STOPPED_CRASHED)
		return "libvirt: the domain crashed";
	if (detail == VIR_DOMAIN_EVENT_STOPPED_DESTROYED)
		return "libvirt: the domain was destroyed";
	return "libvirt: the domain shut down";
}

static int on_event(virConnectPtr connection, virDomainPtr domain, int event, int detail,
		    void *context)
{
	struct xen_domain *d = context;

	(void)connection;
	if (strcmp(d->lib->virDomainGetName(domain), d->name))
		return 0;
	if (event == VIR_DOMAIN_EVENT_STOPPED || event == VIR_DOMAIN_EVENT_CRASHED ||
	    event == VIR_DOMAIN_EVENT_SHUTDOWN)
		xen_domain_over(d,
				event == VIR_DOMAIN_EVENT_STOPPED &&
						detail == VIR_DOMAIN_EVENT_STOPPED_DESTROYED
					? MACHINE_DESTROYED
					: MACHINE_SHUTDOWN,
				how_it_stopped(event, detail));
	return 0;
}

/* Lives as long as the process. */
static void *run_events(void *context)
{
	struct xen_domain *d = context;

	while (d->lib->virEventRunDefaultImpl() == 0)
		;
	return NULL;
}

static int watch(struct xen_domain *d)
{
	pthread_t thread;

	if (d->lib->virConnectDomainEventRegister(d->connection, on_event, d, NULL) < 0)
		return fail(d, "asking libvirt for events");
	errno = pthread_create(&thread, NULL, run_events, d);
	return errno ? fail_here(d, "a thread for libvirt's events") : 0;
}

/* ---- Its life ---- */

virConnectPtr xen_connect(const struct libvirt_api *lib)
{
	int64_t deadline = host_now_ns() + host_patience(CONNECT_NS);
	virConnectPtr connection;

	while (!(connection = lib->virConnectOpen(XEN_URI)) && host_now_ns() < deadline)
		usleep(100000);
	return connection;
}

int xen_domain_open(struct xen_domain *d, struct machine *m, bool hvm)
{
	*d = (struct xen_domain){.m = m, .hvm = hvm, .guard = -1, .image = -1};
	snprintf(d->name, sizeof(d->name), "virt-qualify-%d", getpid());
	d->lib = libvirt_api(m->error, sizeof(m->error));
	if (!d->lib)
		return -1;
	d->lib->virEventRegisterDefaultImpl();
	d->connection = xen_connect(d->lib);
	return d->connection ? 0 : fail(d, "connecting to " XEN_URI);
}

static int start_guard(struct xen_domain *d)
{
	const struct libvirt_guarded what = {.domain = d->name};

	d->guard = libvirt_guard_start(&what, xen_connect);
	return d->guard < 0 ? fail_here(d, "a guard for the domain") : 0;
}

/* A number of a host CPU is dom0's: it is Xen's where dom0's vCPUs are pinned one to one
 * (dom0_vcpus_pin), else any other is as good. */
static int pin(struct xen_domain *d)
{
	const struct machine_config *c = &d->m->config;

	for (uint32_t i = 0; i < c->cpus; i++) {
		unsigned char map[128] = {0};
		int cpu = c->pin ? c->pin[i] : -1;

		if (cpu < 0 || cpu >= (int)sizeof(map) * 8)
			continue;
		map[cpu / 8] = (unsigned char)(1u << cpu % 8);
		if (d->lib->virDomainPinVcpu(d->domain, i, map, cpu / 8 + 1))
			return fail(d, "pinning a vCPU");
	}
	return 0;
}

static int create(struct xen_domain *d)
{
	char *text = describe(d);

	if (!text)
		return fail_here(d, "describing the domain");
	d->domain = d->lib->virDomainCreateXML(d->connection, text, VIR_DOMAIN_START_PAUSED);
	free(text);
	return d->domain ? 0 : fail(d, "creating the domain");
}

int xen_domain_create(struct xen_domain *d)
{
	/* The guard is forked before there are threads. */
	if (start_guard(d) || (d->hvm ? xen_hvm_disk(d) : make_image(d)) || watch(d))
		return -1;
	libvirt_guard_arm(d->guard);
	return create(d) || pin(d) ? -1 : 0;
}

int xen_domain_pause(struct xen_domain *d)
{
	return d->lib->virDomainSuspend(d->domain) ? fail(d, "pausing the domain") : 0;
}

int xen_domain_resume(struct xen_domain *d)
{
	return d->lib->virDomainResume(d->domain) ? fail(d, "resuming the domain") : 0;
}

int xen_domain_destroy(struct xen_domain *d)
{
	return libvirt_destroy(d->lib, d->domain) ? fail_here(d, "destroying the domain") : 0;
}

/* Where it cannot be destroyed and is still there, the guard has the last word. */
void xen_domain_close(struct xen_domain *d)
{
	bool gone = true;

	if (d->domain && d->lib->virDomainDestroy(d->domain))
		gone = d->lib->virDomainIsActive(d->domain) <= 0;
	if (d->guard >= 0 && gone)
		libvirt_guard_dismiss(d->guard);
	if (d->guard >= 0)
		close(d->guard);
	d->guard = -1;
}
