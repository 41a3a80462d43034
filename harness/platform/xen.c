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
#include "harness/platform/libvirt/answers.h"
#include "harness/platform/xen/domain.h"
#include "harness/platform/xen/foreign.h"
#include "harness/setting.h"

#define LOOK_NS 500000 /* at the doorbell; the guest waits as long, outside the timed part */

#define CONNECT_NS                                                                                 \
	20000000000ll /* a libvirtd that is asked for the first time starts its drivers */

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
	if (host_is_dom0())
		return true;
	if (host_has_xen())
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
	char said[300];

	if (libvirt_answers(XEN_URI, (int)(host_patience(CONNECT_NS) / 1000000), said,
			    sizeof(said)))
		return true;
	snprintf(why, size,
		 "libvirt does not connect to " XEN_URI ": %s (Debian: apt-get install "
		 "libvirt-daemon-driver-xen)",
		 said);
	return false;
}

static bool works(char *why, size_t size)
{
	return is_dom0(why, size) && xen_foreign_works(why, size) && connects(why, size);
}

/* libxl has one path built in and does not tell which: Debian's, or Xen's own. */
static bool has_device_model(void)
{
	static const char *const places[] = {
		"/usr/libexec/xen-qemu-system-i386", "/usr/lib/xen/bin/qemu-system-i386",
		"/usr/libexec/xen/bin/qemu-system-i386", "/usr/local/lib/xen/bin/qemu-system-i386",
		"/usr/bin/qemu-system-i386"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (access(places[i], X_OK) == 0)
			return true;
	return false;
}

static bool hvm_works(char *why, size_t size)
{
	if (!works(why, size))
		return false;
	if (!file_says("/sys/hypervisor/properties/capabilities", "hvm-3.0-x86_64")) {
		snprintf(why, size,
			 "this Xen offers no HVM: the processor has to have VT-x or "
			 "AMD-V, and firmware to allow it");
		return false;
	}
	if (has_device_model())
		return true;
	snprintf(why, size,
		 "the device model of HVM domains is not installed (Debian: apt-get "
		 "install qemu-system-xen)");
	return false;
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

static const char *hvm_label(void)
{
	return "xen (HVM)";
}

static unsigned int capabilities(void)
{
	return CAN_GUEST | CAN_PAUSE | CAN_RING0 | CAN_HYPERCALL | CAN_APIC | CAN_DESTROY |
	       CAN_TSC_ADJUST;
}

static unsigned int hvm_capabilities(void)
{
	return capabilities() | CAN_USER_DEVICES;
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

static const char *hvm_lacks(enum capability one)
{
	switch (one) {
	case CAN_SNAPSHOT:
		return "a save ends a domain of Xen, and the one that a restore makes is another, "
		       "whose memory nobody here maps anew";
	case CAN_MIGRATE:
		return "there is one Xen below this host, and a domain that moves needs another";
	case CAN_DISK:
		return "an HVM domain's disk is its device model's, which libxl starts and nobody "
		       "here speaks to";
	default:
		return lacks(one);
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
	if (xen_foreign_map((uint32_t)m->status->memory_of, 0, m->memory, MACHINE_AREAS) == 0)
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
	case COMMAND_DESTROY:
		return xen_domain_destroy(&d->domain);
	case COMMAND_SNAPSHOT:
	case COMMAND_RESTORE:
	case COMMAND_EXEC:
	case COMMAND_MIGRATE:
	case COMMAND_DISK:
	case COMMAND_RESET:
	case COMMAND_SAVE:
	case COMMAND_START:
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

static int start(struct driver *d, struct machine *m, bool hvm)
{
	if (xen_domain_open(&d->domain, m, hvm) || xen_domain_create(&d->domain) || map_domain(d) ||
	    start_timer(d))
		return -1;
	m->status->locked = 1; /* Xen takes no memory back by itself */
	m->status->start_tsc = rdtsc();
	m->status->stamp_ns[STAMP_STARTED] = host_now_ns();
	return xen_domain_resume(&d->domain) || (hvm && xen_hvm_boot(&d->domain)) ? -1 : 0;
}

static void run(struct machine *m, bool hvm)
{
	static struct driver d;
	struct machine_commands commands = {.act = act, .on_fd = look, .end = end, .context = &d};

	if (start(&d, m, hvm)) {
		xen_domain_over(&d.domain, MACHINE_ERROR, m->error);
		xen_domain_close(&d.domain);
		_exit(1);
	}
	commands.fd = d.timer;
	machine_serve(m, &commands);
}

static void pvh_process(struct machine *m)
{
	run(m, false);
}

static void hvm_process(struct machine *m)
{
	run(m, true);
}

/* Only what hangs meets these: libvirt, libxl and xenstore, perhaps emulated, on a busy host … */
#define PVH_SLACK_MS 60000
/* … and a device model and firmware, whose own bound comes first (hvm.c). */
#define HVM_SLACK_MS 420000
/* A recovery makes a domain anew. */
#define PVH_HORIZON_MS 10000
#define HVM_HORIZON_MS 30000

PLATFORM(xen, .summary = "a PVH domain of Xen, through libvirt (" XEN_URI ")", .works = works,
	 .label = pvh_label, .version = version, .capabilities = capabilities,
	 .execution = execution, .lacks = lacks, .slack_ms = PVH_SLACK_MS,
	 .horizon_ms = PVH_HORIZON_MS, .tidies = true, .type1 = true, .map_memory = map_memory,
	 .settings = SETTINGS(&setting_plant), .guest_process = pvh_process);
PLATFORM_CALLED(xen_hvm, "xen-hvm",
		.summary = "an HVM domain of Xen with QEMU's devices, through libvirt (" XEN_URI
			   ")",
		.works = hvm_works, .label = hvm_label, .version = version,
		.capabilities = hvm_capabilities, .execution = execution, .lacks = hvm_lacks,
		.slack_ms = HVM_SLACK_MS, .horizon_ms = HVM_HORIZON_MS, .tidies = true,
		.type1 = true, .map_memory = map_memory, .settings = SETTINGS(&setting_plant),
		.guest_process = hvm_process);
