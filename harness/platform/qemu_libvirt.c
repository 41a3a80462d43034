/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platforms `qemu-kvm` and `qemu-tcg`: QEMU's machine type q35 as libvirt runs it, in a private
 * libvirtd that lives as long as the run. libvirt defines, starts, pins, suspends, saves, migrates
 * and ends; a monitor of our own reads counters, and breaks the disk. The firmware is qboot: where
 * guest ring 0 is interpreted, SeaBIOS would take two seconds.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guests/payload.h"
#include "harness/host.h"
#include "harness/platform.h"
#include "harness/platform/libvirt/destroy.h"
#include "harness/platform/libvirt/events.h"
#include "harness/platform/libvirt/qemu_driver.h"
#include "harness/platform/qemu/disk.h"
#include "harness/platform/qemu/emulator.h"
#include "harness/setting.h"
#include "harness/vmm/vmm.h"

#define NOTICE_MS  500	/* QEMU is gone: libvirt says so by then, or never … */
#define DESTROY_MS 5000 /* … unless it does that itself: it tells when all is cleared away */

static int set_paused(struct qemu_driver *d, bool paused)
{
	if (d->guest->paused == paused)
		return 0; /* libvirt would refuse */
	if (!d->domain) {
		snprintf(d->m->error, sizeof(d->m->error),
			 "libvirtd is gone, and none has taken its place");
		return -1;
	}
	/* Before: our monitor tells of it, too, and may be the first. */
	if (paused)
		d->guest->paused = true;
	if (paused ? d->lib->virDomainSuspend(d->domain) : d->lib->virDomainResume(d->domain))
		return qemu_driver_failed(d, paused ? "suspend" : "resume");
	if (!paused)
		d->guest->paused = false;
	return 0;
}

static int let_go(struct qemu_driver *d, bool from_snapshot)
{
	struct machine *m = d->m;

	if (from_snapshot)
		__atomic_store_n(&m->status->ready, 1, __ATOMIC_RELEASE);
	m->status->start_tsc = rdtsc();
	m->status->stamp_ns[STAMP_STARTED] = host_now_ns();
	return set_paused(d, false);
}

/* ---- What libvirt tells ---- */

/* The daemon to which the guest may migrate is gone. */
static void lose_other(struct qemu_driver *d, const struct libvirt_event *e)
{
	unsigned int other = (d->home + 1) % QEMU_DAEMONS;

	if (e->event >= 0 || !d->connection[other] || e->of != d->connection[other])
		return;
	d->lib->virConnectClose(d->connection[other]);
	d->connection[other] = NULL;
}

static enum machine_end end_of(int detail)
{
	switch (detail) {
	case VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN:
		return MACHINE_SHUTDOWN;
	case VIR_DOMAIN_EVENT_STOPPED_DESTROYED:
		return MACHINE_DESTROYED;
	default:
		return MACHINE_ERROR;
	}
}

static void take_event(struct qemu_driver *d, const struct libvirt_event *e)
{
	static const char *const stopped[] = {
		[VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN] = "shut down",
		[VIR_DOMAIN_EVENT_STOPPED_DESTROYED] = "was destroyed",
		[VIR_DOMAIN_EVENT_STOPPED_CRASHED] = "crashed",
		[VIR_DOMAIN_EVENT_STOPPED_MIGRATED] = "migrated",
		[VIR_DOMAIN_EVENT_STOPPED_SAVED] = "saved",
		[VIR_DOMAIN_EVENT_STOPPED_FAILED] = "failed",
		[VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT] = "stopped for a snapshot",
	};
	char why[128];

	if (e->of != d->connection[d->home]) {
		lose_other(d, e); /* of the domain that a migration left, or did not come to be */
	} else if (e->event < 0) {
		qemu_driver_reconnect(d, e->at_ns);
	} else if (e->event == VIR_DOMAIN_EVENT_SHUTDOWN &&
		   e->detail == VIR_DOMAIN_EVENT_SHUTDOWN_HOST) {
		d->ending = true; /* by a signal: on whose order, its end tells */
	} else if (e->event == VIR_DOMAIN_EVENT_SHUTDOWN) {
		qemu_guest_over(d->guest, MACHINE_SHUTDOWN, "libvirt: the guest shut down");
	} else if (e->event == VIR_DOMAIN_EVENT_STOPPED) {
		bool known =
			e->detail >= 0 && (size_t)e->detail < sizeof(stopped) / sizeof(stopped[0]);

		d->stopped = true;

		snprintf(why, sizeof(why), "libvirt: the domain %s",
			 known ? stopped[e->detail] : "stopped");
		qemu_guest_over(d->guest, end_of(e->detail), why);
	} else if (e->event == VIR_DOMAIN_EVENT_CRASHED) {
		qemu_guest_over(d->guest, MACHINE_PANICKED, "libvirt: the guest panicked");
	} else if (e->event == VIR_DOMAIN_EVENT_SUSPENDED &&
		   e->detail == VIR_DOMAIN_EVENT_SUSPENDED_WATCHDOG) {
		qemu_guest_over(d->guest, MACHINE_UNFED, "libvirt: the watchdog device ran out");
	}
}

static void read_events(struct qemu_driver *d)
{
	struct libvirt_event e;

	while (read(d->events, &e, sizeof(e)) == sizeof(e))
		take_event(d, &e);
}

static void on_fd(void *context, struct machine *m)
{
	struct qemu_driver *d = context;
	struct pollfd word = {.fd = d->events, .events = POLLIN};
	int64_t gone_ns;

	qemu_guest_events(d->guest, m);
	read_events(d);
	if (!d->guest->gone || d->guest->over)
		return;
	gone_ns = host_now_ns();
	while (!d->guest->over &&
	       host_now_ns() - gone_ns < (d->ending ? DESTROY_MS : NOTICE_MS) * 1000000ll)
		if (poll(&word, 1, 10) == 1)
			read_events(d);
	qemu_guest_over(d->guest, MACHINE_ERROR, "QEMU is gone, and libvirt did not say so");
}

/* ---- Commands ---- */

/* RAM and devices into a file, the domain goes on existing. */
static int take_snapshot(struct qemu_driver *d)
{
	virDomainSnapshotPtr snapshot;
	char path[64], xml[256];

	qemu_driver_snapshot_path(d, path, sizeof(path));
	snprintf(xml, sizeof(xml),
		 "<domainsnapshot><memory snapshot='external' file='%s'/></domainsnapshot>", path);
	snapshot = d->lib->virDomainSnapshotCreateXML(d->domain, xml,
						      VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA);
	if (!snapshot)
		return qemu_driver_failed(d, "libvirt's snapshot");
	d->lib->virDomainSnapshotFree(snapshot);
	return 0;
}

static void end_domain(struct qemu_driver *d);

/* A saved state is taken in by a new QEMU only. */
static int restore(struct qemu_driver *d)
{
	struct machine *m = d->m;

	end_domain(d);
	qemu_driver_await_stopped(d);
	d->stopped = d->ending = false;
	m->status->end = MACHINE_RUNNING;
	if (qemu_driver_start(d, QEMU_SNAPSHOT) || let_go(d, true))
		return -1;
	d->commands.fd = d->guest->epoll;
	return 0;
}

static int start_saved(struct qemu_driver *d)
{
	if (!d->saved) {
		snprintf(d->m->error, sizeof(d->m->error), "the guest is not saved");
		return -1;
	}
	d->stopped = d->ending = d->saved = false;
	if (qemu_driver_start(d, QEMU_SAVED) || let_go(d, true))
		return -1;
	d->commands.fd = d->guest->epoll;
	return 0;
}

/* libvirt's own settings let a guest that resets itself end. */
static int reset(struct qemu_driver *d)
{
	if (d->stopped || !d->domain) {
		snprintf(d->m->error, sizeof(d->m->error), "libvirt has no guest to be reset");
		return -1;
	}
	if (set_paused(d, true) || qemu_guest_to_reset(d->guest))
		return -1;
	if (d->lib->virDomainReset(d->domain, 0))
		return qemu_driver_failed(d, "libvirt's reset");
	return qemu_guest_reset_done(d->guest) || set_paused(d, false) ? -1 : 0;
}

static int act(void *context, struct machine *m, enum machine_command command)
{
	struct qemu_driver *d = context;

	switch (command) {
	case COMMAND_PAUSE:
		return set_paused(d, true);
	case COMMAND_RESUME:
		return set_paused(d, false);
	case COMMAND_SNAPSHOT:
		return take_snapshot(d);
	case COMMAND_RESTORE:
		return restore(d);
	case COMMAND_MIGRATE:
		return qemu_driver_migrate(d);
	case COMMAND_RESET:
		return reset(d);
	case COMMAND_SAVE:
		return qemu_driver_save(d);
	case COMMAND_START:
		return start_saved(d);
	case COMMAND_DISK:
		return qemu_disk_set(d->guest, m->status->disk);
	case COMMAND_DESTROY:
		return libvirt_destroy(d->lib, d->domain)
			       ? qemu_driver_failed_here(d, "destroying the domain")
			       : 0;
	case COMMAND_EXEC:
		break;
	}
	snprintf(m->error, sizeof(m->error), "libvirt's driver knows no command %d", command);
	return -1;
}

/* libvirt asks a QEMU to end and waits for it; one that is stopped hears nothing. */
static void end_domain(struct qemu_driver *d)
{
	struct qemu_guest *g = d->guest;

	if (g->pidfd >= 0 && machine_stopped(d->m))
		syscall(SYS_pidfd_send_signal, g->pidfd, SIGKILL, NULL, 0);
	/* It fails where the domain ended by itself. */
	if (d->domain) {
		d->lib->virDomainDestroy(d->domain);
		qemu_driver_undefine(d);
		d->lib->virDomainFree(d->domain);
	}
	d->domain = NULL;
	if (g->pidfd >= 0)
		syscall(SYS_pidfd_send_signal, g->pidfd, SIGKILL, NULL, 0);
	qemu_driver_stop_listening(d);
	if (d->disk >= 0)
		close(d->disk);
	d->disk = -1;
	qemu_guest_close(g);
}

static void end(void *context, struct machine *m)
{
	(void)m;
	end_domain(context);
	qemu_driver_dismiss_guards(context);
}

static void drive(struct machine *m, bool kvm)
{
	static struct qemu_driver d; /* large, and this process drives one */
	bool from_snapshot = m->status->from_snapshot;

	d = (struct qemu_driver){.m = m,
				 .kvm = kvm,
				 .disk = -1,
				 .events = -1,
				 .guard = {-1, -1},
				 .listening = {-1, -1, -1}};
	d.guest = &d.room[0];
	qemu_guest_keep_off(m);
	if (qemu_driver_start(&d, from_snapshot ? QEMU_SNAPSHOT : QEMU_RESET) ||
	    let_go(&d, from_snapshot)) {
		machine_ended(m, MACHINE_ERROR, m->error);
		end(&d, m);
		_exit(1);
	}
	d.commands = (struct machine_commands){
		.act = act, .end = end, .on_fd = on_fd, .fd = d.guest->epoll, .context = &d};
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
	return qemu_works(kvm, why, size) && qemu_daemons_work(why, size) && libvirt_api(why, size);
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
	       CAN_MANAGEMENT | CAN_MIGRATE | CAN_RESET | CAN_DESTROY | CAN_SAVE | qemu_postcopy() |
	       qemu_devices();
}

static unsigned int kvm_capabilities(void)
{
	return tcg_capabilities() | CAN_TSC_ADJUST | (vmm_probe()->hypercalls ? CAN_HYPERCALL : 0);
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
		.begin = qemu_daemons_begin, .end = qemu_daemons_end,
		.kill_management = qemu_daemons_kill,
		.settings = SETTINGS(&setting_plant, &setting_qemu, &setting_machine, &setting_kvm),
		.guest_process = kvm_process);

PLATFORM_CALLED(qemu_tcg, "qemu-tcg", .summary = "QEMU's q35, its CPU in software, through libvirt",
		.works = tcg_works, .label = tcg_label, .version = version,
		.capabilities = tcg_capabilities, .execution = qemu_tcg_execution,
		.lacks = qemu_tcg_lacks, .slack_ms = SLACK_MS, .horizon_ms = HORIZON_MS,
		.tidies = true, .snapshot_room = snapshot_room, .begin = qemu_daemons_begin,
		.end = qemu_daemons_end, .kill_management = qemu_daemons_kill,
		.settings = SETTINGS(&setting_plant, &setting_qemu, &setting_machine),
		.guest_process = tcg_process);
