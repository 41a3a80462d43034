/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platforms `xen` (PVH) and `xen-hvm`: domains through libvirt, driven from dom0. No process
 * hosts them: the hypervisor, below dom0's kernel, runs them itself. Ring and heartbeat are the
 * guest's own pages, which dom0 maps; its doorbells are found by looking there, since no port of
 * it leads to us.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "guests/payload.h"
#include "harness/host.h"
#include "harness/platform.h"
#include "harness/platform/xen/domain.h"
#include "harness/platform/xen/foreign.h"
#include "harness/setting.h"

#define LOOK_NS 500000 /* at the doorbell; the guest waits as long, outside the timed part */

struct driver {
	struct xen_domain domain;
	uint64_t answered;
	int timer;
};

/* ---- What the host has ---- */

static bool file_says(const char *path, const char *word)
{
	char text[256] = "";
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = '\0';
	return strstr(text, word);
}

static bool is_dom0(char *why, size_t size)
{
	if (file_says("/proc/xen/capabilities", "control_d"))
		return true;
	if (file_says("/sys/hypervisor/type", "xen"))
		snprintf(why, size,
			 "this is a guest of Xen, or /proc/xen is not mounted: only dom0 can start "
			 "others");
	else
		snprintf(why, size,
			 "no Xen below this host: boot Xen (Debian: apt-get install "
			 "xen-system-amd64), or run virt-qualify lab xen");
	return false;
}

static bool connects(char *why, size_t size)
{
	const struct libvirt_api *lib = libvirt_api(why, size);
	virConnectPtr connection;

	if (!lib)
		return false;
	connection = lib->virConnectOpen(XEN_URI);
	if (!connection) {
		snprintf(why, size,
			 "libvirt does not connect to " XEN_URI ": %.300s (Debian: apt-get install "
			 "libvirt-daemon-driver-xen)",
			 libvirt_error());
		return false;
	}
	lib->virConnectClose(connection);
	return true;
}

static bool works(char *why, size_t size)
{
	return is_dom0(why, size) && xen_foreign_works(why, size) && connects(why, size);
}

static const char *version(void)
{
	static char text[128];
	char part[3][32] = {"", "", ""};
	static const char *const names[] = {"major", "minor", "extra"};

	for (int i = 0; i < 3; i++) {
		char path[64];
		FILE *f;

		snprintf(path, sizeof(path), "/sys/hypervisor/version/%s", names[i]);
		f = fopen(path, "re");
		if (f && fscanf(f, "%31s", part[i]) != 1)
			part[i][0] = '\0';
		if (f)
			fclose(f);
	}
	if (!part[0][0])
		return NULL;
	snprintf(text, sizeof(text), "Xen %s.%s%s, libvirt %s", part[0], part[1], part[2],
		 libvirt_version());
	return text;
}

static const char *pvh_label(void)
{
	return "xen (PVH)";
}

static unsigned int capabilities(void)
{
	return CAN_GUEST | CAN_PAUSE | CAN_RING0 | CAN_HYPERCALL | CAN_APIC;
}

static const char *lacks(enum capability one)
{
	switch (one) {
	case CAN_SNAPSHOT:
		return "Xen suspends a PVH guest for a save with the help of the guest's own "
		       "xenstore driver, which this guest has not";
	case CAN_MIGRATE:
		return "Xen suspends a PVH guest for its last move with the help of the guest's "
		       "own xenstore driver, which this guest has not";
	case CAN_DISK:
		return "a PVH guest's disks come by Xen's own block protocol, for which this guest "
		       "has no driver";
	case CAN_KERNEL_DEVICES:
		return "no kernel answers for a Xen guest's devices: there is no ioeventfd";
	case CAN_NOTIFY:
		return "Xen's guests wake each other by event channels, for which this guest has "
		       "no "
		       "driver";
	case CAN_WINDOW:
		return "Xen's guests share memory by grants, for which this guest has no driver";
	case CAN_PRIVATE_RAM:
		return "which page sizes lie below a guest, Xen does not tell";
	case CAN_CGROUP:
	case CAN_MEMORY_LIMIT:
		return "a Xen guest's memory and CPU time are not dom0's: no cgroup has them";
	case CAN_HOST_TSC:
		return "Xen starts each guest's TSC at zero, and its offset from the host's is not "
		       "told";
	case CAN_PROCESS:
		return "no process hosts a Xen guest: the hypervisor runs it itself";
	case CAN_USER_DEVICES:
		return "Xen itself answers for ports and addresses where a PVH guest has no "
		       "device: "
		       "nothing leaves the hypervisor";
	case CAN_LAZY_RAM:
		return "Xen gives a guest all of its RAM before it starts";
	default:
		return NULL;
	}
}

static enum execution execution(int ring)
{
	(void)ring;
	return EXECUTION_HARDWARE;
}

/* ---- The guest's memory ---- */

static int map_memory(struct machine *m)
{
	if (xen_foreign_map((uint32_t)m->status->memory_of, m->memory, MACHINE_AREAS) == 0)
		return 0;
	snprintf(m->error, sizeof(m->error), "mapping the memory of domain %u: %s",
		 (unsigned int)m->status->memory_of, strerror(errno));
	return -1;
}

/* ---- Doorbells ---- */

static void take_doorbell(struct driver *d, const struct vq_ring *ring)
{
	if (ring->reason == VQ_DOORBELL_GOODBYE)
		xen_domain_over(&d->domain, MACHINE_GOODBYE, "");
	else if (ring->reason == VQ_DOORBELL_RING_FULL)
		usleep(100); /* the trial drains the ring */
}

static void look(void *context, struct machine *m)
{
	struct driver *d = context;
	struct vq_ring *ring = (struct vq_ring *)(m->memory + VQ_RING_OFFSET);
	const struct vq_boot *boot = (const void *)(m->memory + VQ_BOOT_OFFSET);
	uint64_t ticks, rung;

	if (read(d->timer, &ticks, sizeof(ticks)) < 0 || d->domain.over)
		return;
	/* The guest fills in its boot page after it cleared the areas that firmware may have used.
	 */
	if (!m->status->ready && __atomic_load_n(&boot->magic, __ATOMIC_ACQUIRE) == VQ_BOOT_MAGIC)
		__atomic_store_n(&m->status->ready, 1, __ATOMIC_RELEASE);
	rung = __atomic_load_n(&ring->rung, __ATOMIC_ACQUIRE);
	if (!m->status->ready || rung == d->answered)
		return;
	take_doorbell(d, ring);
	d->answered = rung;
	__atomic_store_n(&ring->answered, rung, __ATOMIC_RELEASE);
}

static int start_timer(struct driver *d)
{
	struct itimerspec each = {.it_interval.tv_nsec = LOOK_NS, .it_value.tv_nsec = LOOK_NS};

	d->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (d->timer >= 0 && timerfd_settime(d->timer, 0, &each, NULL) == 0)
		return 0;
	snprintf(d->domain.m->error, sizeof(d->domain.m->error), "timerfd: %s", strerror(errno));
	return -1;
}

/* ---- The guest process ---- */

static int act(void *context, struct machine *m, enum machine_command command)
{
	struct driver *d = context;

	switch (command) {
	case COMMAND_PAUSE:
		return xen_domain_pause(&d->domain);
	case COMMAND_RESUME:
		return xen_domain_resume(&d->domain);
	case COMMAND_SNAPSHOT:
	case COMMAND_RESTORE:
	case COMMAND_EXEC:
	case COMMAND_MIGRATE:
	case COMMAND_DISK:
	case COMMAND_RESET:
		break;
	}
	snprintf(m->error, sizeof(m->error), "%s", lacks(CAN_SNAPSHOT));
	return -1;
}

static void end(void *context, struct machine *m)
{
	struct driver *d = context;

	(void)m;
	xen_domain_close(&d->domain);
}

static int map_domain(struct driver *d)
{
	struct machine *m = d->domain.m;

	m->status->memory_of = d->domain.lib->virDomainGetID(d->domain.domain);
	return machine_map_memory(m);
}

static int start(struct driver *d, struct machine *m)
{
	if (xen_domain_open(&d->domain, m, false) || xen_domain_create(&d->domain) ||
	    map_domain(d) || start_timer(d))
		return -1;
	m->status->locked = 1; /* Xen takes no memory back by itself */
	m->status->start_tsc = rdtsc();
	m->status->stamp_ns[STAMP_STARTED] = host_now_ns();
	return xen_domain_resume(&d->domain);
}

static void guest_process(struct machine *m)
{
	static struct driver d;
	struct machine_commands commands = {.act = act, .on_fd = look, .end = end, .context = &d};

	if (start(&d, m)) {
		xen_domain_over(&d.domain, MACHINE_ERROR, m->error);
		xen_domain_close(&d.domain);
		_exit(1);
	}
	commands.fd = d.timer;
	machine_serve(m, &commands);
}

#define SLACK_MS 8000 /* libvirt, libxl and xenstore, on a busy or emulated host */

PLATFORM(xen, .summary = "a PVH domain of Xen, through libvirt (" XEN_URI ")", .works = works,
	 .label = pvh_label, .version = version, .capabilities = capabilities,
	 .execution = execution, .lacks = lacks, .slack_ms = SLACK_MS, .tidies = true,
	 .type1 = true, .map_memory = map_memory, .settings = SETTINGS(&setting_plant),
	 .guest_process = guest_process);
