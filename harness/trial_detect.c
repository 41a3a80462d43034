/* SPDX-License-Identifier: Apache-2.0 */
/* Detectors: what notices that a fault struck, and what it says of itself. */
#include <stdarg.h>
#include <stdio.h>

#include "harness/trial_fault.h"

#define MS	       1000000ll
#define SILENCE_NS     (25 * MS)
#define DEGRADED_SHARE 0.7 /* of the baseline rate: the rate detector fires below it */

static int64_t last_watched_progress(const struct fault_trial *f)
{
	int64_t oldest = INT64_MAX;

	for (uint32_t i = 0; i < f->oracle.guests; i++)
		if (watch_counts(f->fault, i) && oracle_last_progress(&f->oracle, i) < oldest)
			oldest = oracle_last_progress(&f->oracle, i);
	return oldest;
}

static void name_detector(struct watch *w, bool ours, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void name_detector(struct watch *w, bool ours, const char *format, ...)
{
	struct trial_result *r = w->f->trial->result;
	va_list args;

	va_start(args, format);
	vsnprintf(r->detector, sizeof(r->detector), format, args);
	va_end(args);
	w->out->detector_ours = ours;
}

static void detected(struct watch *w, int64_t now, const char *what)
{
	watch_stamp(w, T2_DETECTED, now, watch_since_last_sample(w), "detector", what);
}

static void by_heartbeats(struct watch *w, int64_t now)
{
	int64_t last = last_watched_progress(w->f);

	name_detector(w, true, "watchdog: no heartbeat for %lld ms, every %.1f ms", SILENCE_NS / MS,
		      WATCH_SAMPLE_NS / 1e6);
	/* Silence before the injection was not this fault's. */
	if (last < w->stamp[T0_INJECTED])
		last = w->stamp[T0_INJECTED];
	if (now - last > SILENCE_NS)
		detected(w, now, "no heartbeat");
}

static void by_locks(struct watch *w, int64_t now)
{
	struct fault_trial *f = w->f;
	char cycle[192];

	name_detector(w, true, "deadlock: wait-for cycle in two samples, every %.1f ms",
		      WATCH_SAMPLE_NS / 1e6);
	if (!oracle_deadlock(&f->oracle, &w->cycle, cycle, sizeof(cycle)))
		return;
	for (uint32_t i = 0; i < f->trial->cast; i++)
		oracle_note_loss(&f->oracle, i);
	detected(w, now, cycle);
}

static void by_rate(struct watch *w, int64_t now)
{
	name_detector(w, true, "rate: below %.0f %% of baseline over %lld ms", DEGRADED_SHARE * 100,
		      WATCH_RATE_NS / MS);
	if (watch_recent_rate(&w->window, w->stamp[T0_INJECTED]) < w->baseline * DEGRADED_SHARE)
		detected(w, now, "throughput fell");
}

static void by_guest_end(struct watch *w, int64_t now)
{
	struct fault_trial *f = w->f;
	uint32_t end = fault_victim(f)->status->end;

	name_detector(w, false, "platform: the guest's exit reached the VMM");
	if (end != MACHINE_SHUTDOWN && end != MACHINE_ERROR && end != MACHINE_DESTROYED)
		return;
	oracle_note_loss(&f->oracle, f->victim);
	detected(w, now, "the platform reports the end of the guest");
}

static void by_pvpanic(struct watch *w, int64_t now)
{
	name_detector(w, false, "platform: pvpanic");
	if (fault_victim(w->f)->status->end != MACHINE_PANICKED)
		return;
	oracle_note_loss(&w->f->oracle, w->f->victim);
	detected(w, now, "the platform reports that the guest panicked");
}

static void by_device(struct watch *w, int64_t now)
{
	name_detector(w, false, "platform: watchdog device ib700, %u s, fed every %u ms",
		      VQ_WATCHDOG_SECONDS, VQ_WATCHDOG_FED_MS);
	if (fault_victim(w->f)->status->end != MACHINE_UNFED)
		return;
	oracle_note_loss(&w->f->oracle, w->f->victim);
	detected(w, now, "the platform reports that the watchdog device ran out");
}

static void by_disk(struct watch *w, int64_t now)
{
	name_detector(w, false, "platform: errors of the guest's disk");
	if (__atomic_load_n(&fault_victim(w->f)->status->disk_errors, __ATOMIC_ACQUIRE))
		detected(w, now, "the platform reports an error of the guest's disk");
}

static void by_destruction(struct watch *w, int64_t now)
{
	name_detector(w, false, "platform: libvirt's event, domain destroyed");
	if (fault_victim(w->f)->status->end != MACHINE_DESTROYED)
		return;
	oracle_note_loss(&w->f->oracle, w->f->victim);
	detected(w, now, "the platform reports that the domain was destroyed");
}

static void by_connection(struct watch *w, int64_t now)
{
	int64_t lost = fault_victim(w->f)->status->unmanaged_ns;

	(void)now;
	name_detector(w, false, "platform: libvirt's client, connection closed");
	if (lost)
		watch_stamp(w, T2_DETECTED, lost, 0, "detector",
			    "the connection to the daemon closed");
}

static void by_process(struct watch *w, int64_t now)
{
	struct fault_trial *f = w->f;

	name_detector(w, false, "host: exit of the guest process (pidfd)");
	if (machine_alive(fault_victim(f)))
		return;
	oracle_note_loss(&f->oracle, f->victim);
	detected(w, now, "the guest process is gone");
}

void watch_detect(struct watch *w, int64_t now)
{
	static void (*const watchers[])(struct watch *, int64_t) = {
		[DETECT_WATCHDOG] = by_heartbeats,
		[DETECT_DEADLOCK] = by_locks,
		[DETECT_RATE] = by_rate,
		[DETECT_GUEST_END] = by_guest_end,
		[DETECT_PROCESS_EXIT] = by_process,
		[DETECT_PVPANIC] = by_pvpanic,
		[DETECT_DEVICE] = by_device,
		[DETECT_DISK] = by_disk,
		[DETECT_DESTROYED] = by_destruction,
		[DETECT_CONNECTION] = by_connection,
	};

	watchers[w->f->fault->detector](w, now);
}
