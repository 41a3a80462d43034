/* SPDX-License-Identifier: Apache-2.0 */
/* A bench's trial: boot the cast, let member 0 measure, take in its records, prove the workload. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/core/record.h"
#include "harness/disturbance.h"
#include "harness/host.h"
#include "harness/intake.h"
#include "harness/setting.h"

#define DEFAULT_BATCHES	  4u
#define DEFAULT_SAMPLES	  50u
#define DEFAULT_MEMORY	  (2ull << 20)
#define WINDOW_SIZE	  4096u
#define DRAIN_INTERVAL_NS 20000000
#define COUNTER_TOLERANCE 0.02
#define EXITS_PER_SWITCH  3.0 /* around each switch of the vCPU thread */
#define AMBIENT_EXITS	  8.0 /* a trial, however short */
#define AMBIENT_EXITS_MS  4.0 /* the host's own interrupts make a guest exit, too */

static uint32_t or_default(uint32_t a, uint32_t b, uint32_t c)
{
	return a ? a : b ? b : c;
}

static uint32_t cast_size(const struct trial_spec *s)
{
	const struct bench *b = s->bench;

	if (b->cast_is_parameter)
		return s->parameter < TRIAL_MAX_CAST ? s->parameter : TRIAL_MAX_CAST;
	return b->cast ? b->cast : 1;
}

/* ---- The cast ---- */

struct cast_wiring {
	int notify[TRIAL_MAX_CAST]; /* notify[i] wakes member i + 1 */
	int window;
};

static int wire(struct trial *t, struct cast_wiring *w, uint32_t n)
{
	w->window = -1;
	for (uint32_t i = 0; i < TRIAL_MAX_CAST; i++)
		w->notify[i] = -1;
	for (uint32_t i = 0; i < n && t->spec->bench->needs & CAN_NOTIFY; i++) {
		w->notify[i] = eventfd(0, EFD_CLOEXEC);
		if (w->notify[i] < 0)
			return trial_fail(t, TRIAL_FAILED, "eventfd for the cast: %m");
	}
	if (!t->spec->bench->share_window)
		return 0;
	w->window = memfd_create("virt-qualify window", MFD_CLOEXEC);
	if (w->window < 0 || ftruncate(w->window, WINDOW_SIZE))
		return trial_fail(t, TRIAL_FAILED, "the window that the cast shares: %m");
	return 0;
}

static void choose_cpus(const struct trial_spec *s, uint32_t member, int *pin, uint32_t cpus)
{
	uint32_t first = s->bench->one_cpu ? 0 : member * cpus;

	for (uint32_t i = 0; i < cpus; i++)
		pin[i] = trial_cpu(s, s->bench->one_cpu ? 0 : first + i);
}

static int open_member(struct trial *t, const struct cast_wiring *w, uint32_t member, uint32_t n)
{
	const struct trial_spec *s = t->spec;
	const struct bench *b = s->bench;
	uint32_t samples = or_default(s->samples, b->samples, DEFAULT_SAMPLES);
	char command[VQ_COMMAND_LENGTH];
	int pin[VQ_MAX_CPUS];
	struct machine_config c = {
		.cpus = b->cpus ? b->cpus : 1,
		.memory = b->memory ? b->memory : DEFAULT_MEMORY,
		.pages = b->pages,
		.untouched = b->untouched,
		.kernel_devices = b->needs & CAN_KERNEL_DEVICES,
		.command = command,
		.member = member,
		.watch = member == 0,
		.devices = b->needs & CAN_DEVICES,
		/* Never where switches are timed. */
		.events = member == 0 && !b->disturbance_exempt && !b->sleeps,
		.pin = pin,
		.shared_fd = w->window,
		.shared_size = WINDOW_SIZE,
		.notify_fd = w->notify[member],
		.wake_fd = w->notify[(member + n - 1) % n],
	};

	choose_cpus(s, member, pin, c.cpus);
	snprintf(command, sizeof(command),
		 "bench=%s batches=%u samples=%u warmup=%u parameter=%u seed=%u%s", b->name,
		 or_default(s->batches, b->batches, DEFAULT_BATCHES), samples,
		 b->warmup ? b->warmup : samples, s->parameter, (uint32_t)s->seed,
		 s->raw && member == 0 ? " raw=1" : "");
	if (member == 0)
		setting_tell_guest(s->variant, s->platform, command, sizeof(command));
	return trial_open(t, member, &c);
}

/* A guest has its interrupts enabled once it said hello: a wake-up before that would be lost. */
static int wait_for_hello(struct trial *t, uint32_t member)
{
	struct machine *m = &t->machine[member];
	const struct vq_ring *ring = (const void *)(m->memory + VQ_RING_OFFSET);

	while (!machine_ready(m) || !__atomic_load_n(&ring->head, __ATOMIC_ACQUIRE)) {
		if (m->status->end == MACHINE_ERROR || m->status->end == MACHINE_DESTROYED ||
		    !machine_alive(m) || host_now_ns() > t->deadline_ns)
			return trial_fail(t, TRIAL_FAILED,
					  "guest %u of the cast did not come up: %s", member,
					  m->status->error);
		usleep(100);
	}
	return 0;
}

/* Member 0, which measures, comes last. */
static int open_cast(struct trial *t)
{
	uint32_t n = cast_size(t->spec);
	struct cast_wiring w;

	if (wire(t, &w, n))
		return -1;
	for (uint32_t i = n; i-- > 0;) {
		if (i == 0)
			for (uint32_t peer = 1; peer < n; peer++)
				if (wait_for_hello(t, peer))
					return -1;
		if (open_member(t, &w, i, n))
			return -1;
	}
	return 0;
}

/* ---- Records ---- */

static int drain(struct trial *t, struct intake *in)
{
	struct vq_ring *ring = (void *)(t->machine[0].memory + VQ_RING_OFFSET);
	int moved;

	if (!machine_ready(&t->machine[0]))
		return 0;
	do {
		moved = record_feed_ring(&in->reader, ring);
		if (moved < 0)
			return trial_fail(t, TRIAL_FAILED, "record ring: %s", in->reader.error);
		for (;;) {
			enum record_status s = record_next(&in->reader, &in->record);

			if (s == RECORD_NONE)
				break;
			if (s == RECORD_CORRUPT)
				return trial_fail(t, TRIAL_FAILED, "record stream: %s",
						  in->reader.error);
			if (intake_record(t, in))
				return -1;
		}
	} while (moved > 0 && host_now_ns() < t->deadline_ns);
	return 0;
}

static int wait_and_drain(struct trial *t, struct intake *in)
{
	struct machine *m = &t->machine[0];

	for (;;) {
		int64_t now = host_now_ns();
		int64_t until = now + DRAIN_INTERVAL_NS;
		bool ended = machine_wait(m, until < t->deadline_ns ? until : t->deadline_ns);

		if (drain(t, in))
			return -1;
		if (ended)
			return 0;
		if (now >= t->deadline_ns)
			return trial_fail(t, TRIAL_FAILED,
					  "the guest was not done within %lld ms (it %s)",
					  (long long)(t->deadline_ns - t->start_ns) / 1000000,
					  in->hello ? "had begun" : "never said hello");
	}
}

static int check_end(struct trial *t, const struct intake *in)
{
	for (uint32_t i = t->cast; i-- > 0;) {
		struct machine_status *s = t->machine[i].status;

		s->error[sizeof(s->error) - 1] = '\0';
		if (s->end == MACHINE_ERROR && s->unsupported)
			return trial_fail(t, TRIAL_UNSUPPORTED, "%s", s->error);
		if (s->end == MACHINE_ERROR || s->end == MACHINE_SHUTDOWN ||
		    s->end == MACHINE_DESTROYED)
			return trial_fail(t, TRIAL_FAILED, "guest %u: %s", i, s->error);
	}
	if (!in->hello || !in->goodbye)
		return trial_fail(t, TRIAL_FAILED, "the guest process is gone: %s",
				  in->hello ? "its measurement is not whole"
					    : "it never said hello");
	if (in->failed || in->batches != t->result->batch_count)
		return trial_fail(t, TRIAL_FAILED, "the guest did %u batches and says %u%s",
				  t->result->batch_count, in->batches,
				  in->failed ? ", and that it failed" : "");
	if (in->reader.missing)
		return trial_fail(t, TRIAL_FAILED, "%llu records were lost",
				  (unsigned long long)in->reader.missing);
	return 0;
}

/* A guest that planted nothing must not pass for one that did. */
static int check_planted(struct trial *t, const struct intake *in)
{
	int64_t now = host_now_ns();

	if (!setting_planted(t->spec->variant))
		return 0;
	if (!in->planted)
		return trial_fail(t, TRIAL_INVALID,
				  "the guest did not say that it planted anything");
	trial_event(t, now, now - t->start_ns, "guest 0", "planted %.0f ns in each operation",
		    (double)in->planted * 1e6 / host_tsc_khz());
	return 0;
}

/* ---- Disturbance and proof ---- */

static void keep_statistics(struct trial *t)
{
	const struct machine_status *s = t->machine[0].status;
	uint32_t n = __atomic_load_n(&s->stat_count, __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; i < n && i < MACHINE_MAX_STATS; i++) {
		t->result->stat[i] = s->stat[i];
		trial_count(t, COUNT_KVM, i, RESULT_WHOLE_TRIAL, s->stat[i].value);
	}
}

static void mark_disturbances(struct trial *t, const struct intake *in)
{
	const struct machine_status *s = t->machine[0].status;
	struct trial_result *r = t->result;
	uint32_t n = s->batches < r->batch_count ? s->batches : r->batch_count;
	bool exempt = t->spec->bench->disturbance_exempt;

	for (uint32_t i = 0; i < n; i++) {
		double window_ns =
			(double)in->window_ticks[i] * 1e6 / platform_tsc_khz(t->spec->platform);

		disturbance_mark(&r->batch[i], &s->batch[i], window_ns, exempt);
		trial_count_batch(t, i, &s->batch[i]);
	}
	if (!exempt)
		disturbance_mark_interrupts(r->batch, s->batch, n);
	keep_statistics(t);
}

struct totals {
	double operations, exits, emulated, switches, window_ms;
};

/* Over the batches that were counted; 0 operations where none was. */
static struct totals sum_counters(const struct trial *t)
{
	const struct machine_status *s = t->machine[0].status;
	struct totals sum = {0};

	for (uint32_t i = 0; i < s->batches && i < t->result->batch_count; i++) {
		const struct batch_counters *c = &s->batch[i];

		if (!c->counted)
			continue;
		sum.operations += t->result->batch[i].count + t->result->batch[i].plain_count;
		/* The closing doorbell is itself an exit, and emulated where ring 3's OUT is. */
		sum.exits += (double)c->exits - 1;
		sum.emulated += (double)c->emulated;
		if (t->spec->platform->execution(0) == EXECUTION_INTERPRETED)
			sum.emulated -= 1;
		sum.switches += (double)(c->voluntary + c->involuntary);
		/* Where a doorbell takes its time, more of the host's interrupts fall into it. */
		sum.window_ms += (double)c->count_ns / 1e6;
	}
	return sum;
}

static int hold_against(struct trial *t, const char *what, double seen, struct range r,
			double ambient)
{
	if (seen >= r.low * (1 - COUNTER_TOLERANCE) &&
	    seen <= r.high * (1 + COUNTER_TOLERANCE) + ambient)
		return 0;
	return trial_fail(t, TRIAL_INVALID,
			  "not the workload it claims: KVM counted %.2f %s an operation, the bench "
			  "declares %g to %g",
			  seen, what, r.low, r.high);
}

/*
 * KVM's own counters against what the bench declares: nothing declared is none allowed. Where ring
 * 0 is interpreted and takes part, the number of emulated instructions is the interpreter's
 * business.
 */
static int prove(struct trial *t, const struct intake *in)
{
	const struct bench *b = t->spec->bench;
	bool interpreted = t->spec->platform->execution((int)in->ring) == EXECUTION_INTERPRETED;
	struct range exits = interpreted && b->exits_interpreted.high > 0 ? b->exits_interpreted
									  : b->exits_per_op;
	struct totals sum = sum_counters(t);
	double ambient;

	t->result->exits_per_op = t->result->emulated_per_op = NAN;
	if (in->interrupts < in->operations)
		return trial_fail(
			t, TRIAL_INVALID, "only %llu of %llu interrupts were seen to arrive",
			(unsigned long long)in->interrupts, (unsigned long long)in->operations);
	if (sum.operations == 0)
		return 0;
	t->result->exits_per_op = sum.exits / sum.operations;
	t->result->emulated_per_op = sum.emulated / sum.operations;
	ambient = (AMBIENT_EXITS + t->spec->platform->ambient_exits +
		   AMBIENT_EXITS_MS * sum.window_ms + EXITS_PER_SWITCH * sum.switches) /
		  sum.operations;
	if (hold_against(t, "exits", t->result->exits_per_op, exits, ambient))
		return -1;
	if (interpreted)
		return 0;
	return hold_against(t, "emulated instructions", t->result->emulated_per_op,
			    b->emulated_per_op, AMBIENT_EXITS / sum.operations);
}

static int collect(struct trial *t, const struct intake *in)
{
	struct trial_result *r = t->result;

	r->tick_ns = 1e6 / platform_tsc_khz(t->spec->platform);
	if (t->spec->bench->divide_by)
		r->tick_ns /= t->spec->bench->divide_by;
	r->work = t->spec->bench->work > 0 ? t->spec->bench->work : 1;
	r->execution = platform_execution(t->spec->platform, (int)in->ring);
	r->memory_locked = (int32_t)t->machine[0].status->locked;
	memcpy(r->console, t->machine[0].status->console, sizeof(r->console));
	if (!r->batch_count)
		return trial_fail(t, TRIAL_FAILED, "the guest ended without a batch");
	mark_disturbances(t, in);
	return check_planted(t, in) ? -1 : prove(t, in);
}

int trial_bench(struct trial *t)
{
	static struct intake in; /* large, and a trial process takes in one stream */

	if (t->spec->bench->measure) {
		t->result->tick_ns = 1;
		t->result->work = 1;
		t->result->exits_per_op = t->result->emulated_per_op = NAN;
		t->result->execution =
			platform_execution(t->spec->platform, t->spec->bench->boots ? 0 : 3);
		if (t->spec->bench->measure(t))
			return -1;
		trial_watch_finish(t);
		return 0;
	}
	if (!platform_tsc_khz(t->spec->platform))
		return trial_fail(t, TRIAL_UNSUPPORTED,
				  "the TSC is not invariant: its ticks are no time");
	intake_begin(&in);
	record_reader_init(&in.reader);
	if (open_cast(t) || wait_and_drain(t, &in) || check_end(t, &in))
		return -1;
	return collect(t, &in);
}
